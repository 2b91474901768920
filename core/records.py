"""What moderation keeps: verdicts on what is shown, texts that were kept back, what moderators let pass, the log."""

import contextlib
import datetime as dt
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, String, Table, cast, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from core import audit, prepared
from core import tables as t
from core.change import Settled
from core.database import Database
from core.errors import StoreError
from core.leases import Leases
from core.moderation import Cleared
from core.moments import now, utc
from core.place import Contributor, Place, Turn
from core.reply import Alert, Block, Shape
from core.statements import allowing

APPEAL_TIME = dt.timedelta(hours=72)
"""How long a text waits for a moderator."""
_CARRIED_ON = dt.timedelta(hours=1)
_TRIES = 5


class State(StrEnum):
    """How far it is with a text that was kept back."""

    REFUSED = "refused"
    """Its author may still ask a moderator."""
    WAITING = "waiting"
    """A moderator is to look at it."""
    APPROVED = "approved"
    EDITED = "edited"
    REJECTED = "rejected"
    EXPIRED = "expired"
    """Nobody looked at it in time."""


@dataclass(frozen=True)
class Refusal:
    """A request whose text was kept back."""

    turn: Turn
    operation: str
    arguments: Mapping[str, str]
    author: str
    """The contributor's name as it was given; never shown unless it passes by itself."""
    digest: bytes
    """SHA-256 of the text."""
    reasons: tuple[str, ...]
    state: State


class Told(NamedTuple):
    """What is said of a text that was kept back: to its author, and to moderators (nothing if empty)."""

    author: Cleared
    moderators: tuple[Block, ...]


@dataclass(frozen=True)
class Held:
    """A text that was kept back. `id` is the number by which people speak of it."""

    id: int
    place: Place
    request_id: str
    contributor_id: str
    author: str
    operation: str
    arguments: Mapping[str, str]
    asked: Mapping[str, Any]
    """Of the turn: language, here, adult, dedicated, about, source."""
    digest: bytes
    reasons: tuple[str, ...]
    state: State
    note: str
    created_at: dt.datetime
    softer: str = ""
    """A gentler wording that was found for it."""

    @property
    def turn(self) -> Turn:
        """The turn in which it is posted after all: the author's, with an id of its own."""
        who = Contributor(self.contributor_id, self.author)
        own = f"{self.request_id}+{self.id}"[:128]
        return Turn(id=own, place=self.place, contributor=who, admitted=True, **self.asked)


class Records:
    """Reads and writes them; what belongs to a turn's own transaction is written by `core.commit`."""

    def __init__(self, database: Database, leases: Leases | None = None) -> None:
        self._database = database
        self._leases = leases or Leases(database)

    async def allow(self, policy: str, digests: Sequence[bytes]) -> None:
        """Store that these texts may be shown under the policy of this key."""
        moment = now()
        rows = [{"digest": each, "policy": policy, "decided_at": moment} for each in digests]

        def unit(connection: Connection) -> None:
            statement = allowing(postgres=connection.dialect.name == "postgresql")
            for row in rows:
                prepared.execute(connection, statement, row)

        await self._database.write(unit)

    async def allowed(self, digest: bytes) -> bool:
        """Whether a text was ever allowed, under any policy."""
        wanted = select(t.verdict.c.policy).where(t.verdict.c.digest == digest).limit(1)
        return await self._database.read(lambda c: c.scalar(wanted)) is not None

    async def keep(self, refusal: Refusal, say: Callable[[int], Told]) -> tuple[int, Alert | None]:
        """Keep a text that was kept back and what is said of it, and log it; the turn has been performed then.

        Returns its number, and what moderators are to be told, which stays in the outbox until they are.
        """
        holder = self._leases.holder(refusal.turn.place.platform)
        for _ in range(_TRIES):
            with contextlib.suppress(IntegrityError):  # another process wrote the next row of the log
                return await self._database.write(lambda c: _keep(c, refusal, say, holder))
        raise StoreError

    async def held(self, platform: str, workspace: str, held_id: int) -> Held | None:
        """A text that was kept back on this server; None if there is none of this number."""
        wanted = _held().where(t.held.c.id == held_id, *_on(platform, workspace))
        row = await self._database.read(lambda c: c.execute(wanted).one_or_none())
        return None if row is None else _held_of(row)

    async def unposted(self, platform: str) -> list[Held]:
        """What was let pass in the last hour and yet was not posted, as when a stop came between; oldest first."""
        held, turn = t.held.c, t.turn.c
        of_its_own = func.substr(held.request_id + "+" + cast(held.id, String), 1, 128)  # as `Held.turn` has it
        posted = select(turn.id).where(turn.place_id == held.place_id, turn.request_id == of_its_own).exists()
        since = now() - _CARRIED_ON
        let_pass = held.state.in_((State.APPROVED, State.EDITED)), held.decided_at > since
        wanted = _held().where(*let_pass, t.place.c.platform == platform, ~posted).order_by(held.id)
        return await self._database.read(lambda c: [_held_of(row) for row in c.execute(wanted)])

    async def waiting(self, platform: str, workspace: str, *, limit: int = 50) -> list[Held]:
        """What waits for a moderator of this server, the oldest first."""
        fresh = now() - APPEAL_TIME
        since = func.coalesce(t.held.c.decided_at, t.held.c.created_at)  # an appeal waits from when it was made
        wanted = _held().where(t.held.c.state == State.WAITING, since > fresh, *_on(platform, workspace))
        wanted = wanted.order_by(t.held.c.id).limit(limit)
        return await self._database.read(lambda c: [_held_of(row) for row in c.execute(wanted)])

    async def usual_wait(self, platform: str, workspace: str, *, newest: int = 100) -> dt.timedelta | None:
        """The median time from when a text was kept back until a moderator of this server decided, of the newest.

        None if nothing was decided yet.
        """
        others = t.held.c.decided_by != t.held.c.contributor_id  # an author may post a gentler wording by themselves
        decided = t.held.c.state.in_((State.APPROVED, State.EDITED, State.REJECTED)), others
        times = select(t.held.c.created_at, t.held.c.decided_at).join(t.place, t.place.c.id == t.held.c.place_id)
        wanted = times.where(*decided, *_on(platform, workspace)).order_by(t.held.c.decided_at.desc()).limit(newest)
        waits = await self._database.read(lambda c: [row.decided_at - row.created_at for row in c.execute(wanted)])
        return statistics.median_low(waits) if waits else None

    async def overridden(self, place: Place, digest: bytes) -> bool:
        """Whether a moderator of this server lets this very text pass."""
        pass_ = t.override.c
        wanted = select(pass_.actor).where(
            pass_.platform == place.platform, pass_.workspace == place.workspace, pass_.digest == digest
        )
        return await self._database.read(lambda c: c.scalar(wanted)) is not None

    async def log(self, platform: str, workspace: str, *, newest: int = 10_000) -> list[audit.Entry]:
        """The newest rows of a server's audit log, oldest first."""
        return await self._database.read(lambda c: audit.entries(c, (platform, workspace), newest=newest))

    async def servers(self) -> list[tuple[str, str]]:
        """Every (platform, workspace) that has an audit log."""
        wanted = select(t.audit.c.platform, t.audit.c.workspace).distinct()
        return await self._database.read(lambda c: [(row.platform, row.workspace) for row in c.execute(wanted)])


def settle(connection: Connection, settled: Settled, server: tuple[str, str], actor: str) -> bool:
    """Settle a text that was kept back on this server (platform, workspace), in the caller's transaction, and log it.

    False if somebody else did already.
    """
    if settled.softer is not None:
        return _softened(connection, settled, settled.softer)
    open_ = (State.REFUSED,) if settled.state == State.WAITING else (State.REFUSED, State.WAITING)
    moment = now()
    values: dict[str, Any] = {"state": settled.state, "decided_at": moment}
    if settled.state != State.WAITING:
        values |= {"note": settled.note, "decided_by": actor}
    if settled.text is not None:
        values["arguments"] = _reworded(connection, settled)
    mine = update(t.held).where(t.held.c.id == settled.held, t.held.c.state.in_(open_)).values(**values)
    if connection.execute(mine).rowcount != 1:
        return False
    details: dict[str, Any] = {"held": settled.held}
    if settled.digest is not None:
        same = {"platform": server[0], "workspace": server[1], "digest": settled.digest}
        connection.execute(delete(t.override).where(*(t.override.c[name] == value for name, value in same.items())))
        connection.execute(insert(t.override), same | {"actor": actor, "reason": settled.note, "created_at": moment})
        details["digest"] = settled.digest.hex()
    audit.append(connection, server, actor, "appealed" if settled.state == State.WAITING else settled.state, details)
    return True


def _softened(connection: Connection, settled: Settled, softer: str) -> bool:
    old: dict[str, Any] = connection.scalars(select(t.held.c.arguments).where(t.held.c.id == settled.held)).one()
    mine = update(t.held).where(t.held.c.id == settled.held, t.held.c.state == State.REFUSED)
    return connection.execute(mine.values(arguments=old | {"softer": softer})).rowcount == 1


def _reworded(connection: Connection, settled: Settled) -> dict[str, Any]:
    old: dict[str, Any] = connection.scalars(select(t.held.c.arguments).where(t.held.c.id == settled.held)).one()
    return old | {"values": old["values"] | {"text": settled.text}}


def _keep(
    connection: Connection, refusal: Refusal, say: Callable[[int], Told], holder: str
) -> tuple[int, Alert | None]:
    turn, moment = refusal.turn, now()
    place_id = _place_row(connection, turn)
    row = {
        "place_id": place_id,
        "request_id": turn.id,
        "contributor_id": turn.contributor.id,
        "author": refusal.author,
        "operation": refusal.operation,
        "arguments": {"values": dict(refusal.arguments), "turn": _asked(turn)},
        "digest": refusal.digest,
        "reasons": list(refusal.reasons),
        "state": refusal.state,
        "created_at": moment,
    }
    number = _inserted(connection, t.held, row)
    details = {"held": number, "reasons": list(refusal.reasons), "digest": refusal.digest.hex(), "state": refusal.state}
    audit.append(connection, (turn.place.platform, turn.place.workspace), "gate", "kept back", details)
    return number, _tell(connection, refusal, place_id, say(number), moment, holder)


def _tell(
    connection: Connection, refusal: Refusal, place_id: int, told: Told, moment: dt.datetime, holder: str
) -> Alert | None:
    """Write the turn with what was said, which its author sees at once, and what moderators are still to be told."""
    turn = refusal.turn
    performed = {"request_id": turn.id, "operation": refusal.operation, "contributor_id": turn.contributor.id}
    turn_id = _inserted(connection, t.turn, performed | {"place_id": place_id, "created_at": moment})
    blocks = [vars(Block(Shape.NOTE, told.author))]
    shown = {
        "turn_id": turn_id,
        "place_id": place_id,
        "blocks": blocks,
        "private": True,
        "delivered_at": moment,
        "holder": holder,
    }
    post = _inserted(connection, t.post, shown)
    if not told.moderators:
        return None
    connection.execute(
        insert(t.alert), {"post_id": post, "blocks": [vars(each) for each in told.moderators], "source": turn.source}
    )
    return Alert(turn.place, post, told.moderators, turn.source, moment)


def _inserted(connection: Connection, table: Table, values: Mapping[str, Any]) -> int:
    key = connection.execute(insert(table), values).inserted_primary_key
    assert key is not None  # noqa: S101 - for the type checker
    return int(key[0])


def _place_row(connection: Connection, turn: Turn) -> int:
    """The id of the place, which may be new."""
    key = asdict(turn.place)
    known = connection.scalar(select(t.place.c.id).where(*(t.place.c[name] == value for name, value in key.items())))
    if known is not None:
        return int(known)
    return _inserted(connection, t.place, key | {"version": 1, "dedicated": turn.dedicated})


def _asked(turn: Turn) -> dict[str, Any]:
    names = ("language", "here", "adult", "dedicated", "about", "source")
    return {name: value for name, value in asdict(turn).items() if name in names}


def _held() -> Any:
    place = [t.place.c[name] for name in ("platform", "workspace", "channel", "thread")]
    return select(t.held, *place).join(t.place, t.place.c.id == t.held.c.place_id)


def _on(platform: str, workspace: str) -> tuple[Any, ...]:
    return t.place.c.platform == platform, t.place.c.workspace == workspace


def _state_of(row: Row[Any]) -> State:
    """The state now: what waited too long has expired."""
    since = utc(row.decided_at or row.created_at)
    state = State(row.state)
    return State.EXPIRED if state is State.WAITING and since < now() - APPEAL_TIME else state


def _held_of(row: Row[Any]) -> Held:
    return Held(
        id=row.id,
        place=Place(platform=row.platform, workspace=row.workspace, channel=row.channel, thread=row.thread),
        request_id=row.request_id,
        contributor_id=row.contributor_id,
        author=row.author,
        operation=row.operation,
        arguments=row.arguments.get("values", {}),
        asked=row.arguments.get("turn", {}),
        digest=row.digest,
        reasons=tuple(row.reasons),
        state=_state_of(row),
        note=row.note,
        created_at=row.created_at,
        softer=row.arguments.get("softer", ""),
    )
