"""What only one of several processes may hold at a time: leases in the database, which end with their holder.

Processes that serve one platform on one PostgreSQL know of each other by rows. Each says every few seconds that it
lives; what a process holds that has not said so for its `life` is free. Parts of the platform's work (Discord's
connections) are divided evenly, and what a dead process has not shown is shown by another. On SQLite there is one
process, which has everything (`core.alone` sees to it), and nothing is written. Knows no platform.
"""

import asyncio
import contextlib
import datetime as dt
import logging
import math
import secrets
import time
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass, replace

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    DateTime,
    RowMapping,
    Select,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert

from core import tables as t
from core.alone import alone
from core.database import Database
from core.errors import StoreError
from core.story import NOBODY

LIFE = 15.0
"""Seconds after its last sign of life for which a process keeps what it holds."""
_BEATS = 5
"""Signs of life in that time."""
_CAREFUL = 0.9
"""Share of its life after which a process that cannot reach the database lets go of everything: before others may take
it, although clocks differ and letting go takes a moment."""
_ORDER = 20261126
"""The advisory lock under which processes look at leases and change them, one after the other."""
_MEMBER = "member"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Share:
    """What one process has of what all of them divide."""

    parts: frozenset[int] = frozenset()
    """Numbers from 0 on. Nobody else holds any of these."""
    of: int = 0
    """How many parts there are. All processes go by one number: that of those that hold any."""
    excess: frozenset[int] = frozenset()
    """Those of `parts` that another process waits for: to be put down, and then given back."""


class Leases:
    """The leases of one process, for each platform that it serves."""

    def __init__(self, database: Database, *, life: float = LIFE) -> None:
        self._database = database
        self._life = life
        self._members: dict[str, Member] = {}

    def holder(self, platform: str) -> str:
        """By which name this process is known to others there; empty if it is not."""
        member = self._members.get(platform)
        return "" if member is None else member.id

    async def breathe(self, platform: str) -> None:
        """Say now that this process lives, where it serves a platform. Raises `StoreError`."""
        if (member := self._members.get(platform)) is not None:
            await member.breathe()

    async def under_way(self, platform: str, request_id: str) -> bool:
        """Whether a process that lives has begun this turn, which everybody is to see, and not ended it.

        False where there is one process.
        """
        return self._database.shared and await self._database.read(lambda c: _under_way(c, platform, request_id))

    @contextlib.asynccontextmanager
    async def joined(self, platform: str) -> "AsyncIterator[Member]":
        """Be one of the processes that serve a platform, on SQLite the only one, while the block lasts.

        Raises `StoreError`.
        """
        file = self._database.file
        with contextlib.nullcontext() if file is None else alone(file, platform):
            async with self._member(platform) as member:
                yield member

    @contextlib.asynccontextmanager
    async def _member(self, platform: str) -> "AsyncIterator[Member]":
        member = Member(self._database, platform, self._life)
        await member.breathe()
        self._members[platform] = member
        heart = asyncio.create_task(member.live())
        try:
            yield member
        finally:
            heart.cancel()
            await asyncio.wait([heart])
            del self._members[platform]
            await member.leave()


class Member:
    """One process on one platform. Made by `Leases.joined`."""

    def __init__(self, database: Database, platform: str, life: float) -> None:
        self.alone = not database.shared
        """There are no others, ever: nothing need be asked for, and `share` stays empty."""
        self.id = "" if self.alone else secrets.token_hex(8)
        self.beat = life / _BEATS
        """Seconds between two signs of life."""
        self.share = Share()
        """As of the last sign of life; nothing once that is uncertain."""
        self._life = dt.timedelta(seconds=life)
        self._database = database
        self._platform = platform
        self._wanted, self._fixed = 0, False
        self._bereaved = False
        self._changed = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None

    async def divide(self, parts: int, *, fixed: bool = False) -> None:
        """Take part in dividing so many parts from now on. Raises `StoreError`.

        If others hold parts of another number, theirs is taken over; with `fixed` this process waits until they end.
        """
        self._wanted, self._fixed = parts, fixed
        await self.breathe()

    async def changed(self) -> bool:
        """Wait until `share` has changed or another process has died, since the last call; True if one has died."""
        await self._changed.wait()
        self._changed.clear()
        bereaved, self._bereaved = self._bereaved, False
        return bereaved

    async def breathe(self) -> None:
        """Say that this process lives, and see what is its share. Raises `StoreError`."""
        if self.alone:
            return
        asked = time.monotonic()
        share, bereaved = await self._database.write_aside(self._breath)
        self._expect_another(asked)
        self._bereaved = self._bereaved or bereaved
        if bereaved or share != self.share:
            self.share = share
            self._changed.set()

    async def live(self) -> None:
        """Say every few seconds that this process lives. Until cancelled."""
        while not self.alone:
            await asyncio.sleep(self.beat)
            try:
                await self.breathe()
            except StoreError as error:  # it is tried again; if that is too late, `_let_go` has seen to it
                log.warning("No sign of life could be written: %s", type(error).__name__)

    async def give_back(self, parts: Iterable[int]) -> None:
        """Let others have these parts, which have been put down. Raises `StoreError`."""
        gone, of = frozenset(parts), self.share.of
        self.share = replace(self.share, parts=self.share.parts - gone, excess=self.share.excess - gone)
        await self._delete(t.lease.c.name.in_([_part(each, of) for each in gone]))

    async def moment(self, name: str, seconds: float) -> float:
        """Reserve the next of the moments that lie `seconds` apart for all processes. In how many seconds it comes.

        Raises `StoreError`.
        """
        apart, until = dt.timedelta(seconds=seconds), t.lease.c.until
        reserve = self._new(name, _clock() + apart, holder="").on_conflict_do_update(
            index_elements=[t.lease.c.platform, t.lease.c.name], set_={"until": func.greatest(until, _clock()) + apart}
        )
        wait = reserve.returning(func.extract("epoch", until - apart - _clock()))
        return max(0.0, float(await self._database.write_aside(lambda c: c.execute(wait).scalar_one())))

    @contextlib.asynccontextmanager
    async def only(self, name: str) -> AsyncIterator[None]:
        """A block in which one process is at a time. The others come after it, also if it dies there.

        Raises `StoreError`.
        """
        if self.alone:
            yield
            return
        while not await self._database.write_aside(lambda c: self._takes(c, name)):  # noqa: ASYNC110 - rows tell nobody
            await asyncio.sleep(self.beat)
        try:
            yield
        finally:
            await self._delete(t.lease.c.name == name)

    async def leave(self) -> None:
        """Give everything back."""
        if self._alarm is not None:
            self._alarm.cancel()
        if not self.alone:
            with contextlib.suppress(StoreError):  # then it ends by itself
                await self._delete()

    def _expect_another(self, asked: float) -> None:
        """Let go of everything in time, unless another sign of life comes before."""
        if self._alarm is not None:
            self._alarm.cancel()
        left = asked + self._life.total_seconds() * _CAREFUL - time.monotonic()
        self._alarm = asyncio.get_running_loop().call_later(left, self._let_go)

    def _let_go(self) -> None:
        self.share = Share()
        self._changed.set()

    async def _delete(self, *which: ColumnElement[bool]) -> None:
        mine = delete(t.lease).where(*self._mine(), *which)
        await self._database.write_aside(lambda c: c.execute(mine).close())

    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return t.lease.c.platform == self._platform, t.lease.c.holder == self.id

    def _new(self, name: str, until: ColumnElement[dt.datetime], *, holder: str) -> Insert:
        return insert(t.lease).values(platform=self._platform, name=name, holder=holder, until=until)

    def _takes(self, connection: Connection, name: str) -> bool:
        here = t.lease.c.platform == self._platform, t.lease.c.name == name
        connection.execute(delete(t.lease).where(*here, t.lease.c.until <= _clock()))
        made = self._new(name, _clock() + self._life, holder=self.id).on_conflict_do_nothing()
        return connection.execute(made).rowcount == 1

    def _breath(self, connection: Connection) -> tuple[Share, bool]:
        """One sign of life: bury the dead, take what is free, sign for it. Whether there were any dead."""
        connection.execute(_in_turn())
        here = t.lease.c.platform == self._platform
        over = delete(t.lease).where(here, t.lease.c.until <= _clock(), t.lease.c.holder != self.id)
        dead = connection.scalars(over.returning(t.lease.c.name)).all()
        rows = connection.execute(select(t.lease.c.name, t.lease.c.holder).where(here))
        held = {row.name: row.holder for row in rows}
        share, names = self._shared(held)
        self._sign(connection, names, new=[name for name in names if name not in held])
        return share, any(name.startswith(_MEMBER) for name in dead)

    def _shared(self, held: dict[str, str]) -> tuple[Share, list[str]]:
        """The share, by who holds what; and the names of the rows that say so."""
        counts = {_count(name) for name, holder in held.items() if "/" in name and holder != self.id}
        of = max(counts, default=self._wanted)
        if self._fixed and of != self._wanted:
            return Share(of=of), [f"{_MEMBER} 0 {self.id}"]
        own = f"{_MEMBER} {of} {self.id}"
        members = {own} | {name for name in held if name.startswith(f"{_MEMBER} {of} ")}
        most = math.ceil(of / len(members))
        mine = [part for part in range(of) if held.get(_part(part, of)) == self.id]
        free = [part for part in range(of) if _part(part, of) not in held]
        mine += free[: max(0, most - len(mine))]
        share = Share(frozenset(mine), of, frozenset(mine[most:]))
        return share, [own, *(_part(each, of) for each in mine)]

    def _sign(self, connection: Connection, names: Collection[str], new: Collection[str]) -> None:
        until = func.now(type_=t.lease.c.until.type) + self._life  # of the transaction: all of it ends at one time
        connection.execute(delete(t.lease).where(*self._mine(), _stale(names)))
        connection.execute(update(t.lease).where(*self._mine()).values(until=until))
        for name in new:
            connection.execute(self._new(name, until, holder=self.id))


def inherit(connection: Connection, platform: str, heir: str) -> list[int]:
    """Give the posts of a platform that are not shown, or whose alert is not told, to `heir` if their process is dead.

    Among them are those of turns that it had begun: these end with what was to be said then. The ids of these posts. Of
    several heirs one gets them.
    """
    connection.execute(_in_turn())  # who is thought dead and says that it lives, says so before or after
    alive = living(platform)
    there = select(t.place.c.id).where(t.place.c.platform == platform)
    broken_off = delete(t.begun).where(t.begun.c.holder.not_in(alive), t.begun.c.place_id.in_(there))
    for row in connection.execute(broken_off.returning(*t.begun.c)).mappings():
        _end(connection, row)
    waiting = or_(t.post.c.delivered_at.is_(None), t.post.c.id.in_(select(t.alert.c.post_id)))
    left = update(t.post).where(waiting, t.post.c.holder.not_in(alive), t.post.c.place_id.in_(there))
    return list(connection.scalars(left.values(holder=heir).returning(t.post.c.id)))


def _under_way(connection: Connection, platform: str, request_id: str) -> bool:
    """Whether a process that lives has begun this turn and not ended it."""
    there = select(t.place.c.id).where(t.place.c.platform == platform)
    begun = t.begun.c.request_id == request_id, t.begun.c.place_id.in_(there), t.begun.c.holder.in_(living(platform))
    return connection.scalar(select(t.begun.c.holder).where(*begun).limit(1)) is not None


def living(platform: str | BindParameter[str]) -> Select[tuple[str]]:
    """By which names the processes that live on a platform are known."""
    member = t.lease.c.name.startswith(f"{_MEMBER} ")
    return select(t.lease.c.holder).where(t.lease.c.platform == platform, member, t.lease.c.until > _clock())


def _in_turn() -> Select[tuple[None]]:
    """Lock out other processes that look at leases and change them, until the commit."""
    return select(func.pg_advisory_xact_lock(_ORDER))


def _end(connection: Connection, begun: RowMapping) -> None:
    """Perform a turn whose process died in it, unless it was performed after all: it says so, and does nothing."""
    turn = {name: begun[name] for name in ("place_id", "request_id", "operation", "created_at")}
    turn["contributor_id"] = NOBODY
    made = insert(t.turn).values(**turn).on_conflict_do_nothing().returning(t.turn.c.id)
    if (turn_id := connection.scalar(made)) is not None:
        post = {"turn_id": turn_id, "place_id": begun["place_id"], "blocks": begun["blocks"], "private": False}
        connection.execute(insert(t.post).values(**post))


def _stale(names: Collection[str]) -> ColumnElement[bool]:
    """Rows that told of this process or its parts before, and are not among `names`."""
    told = or_(t.lease.c.name.startswith(f"{_MEMBER} "), t.lease.c.name.contains("/"))
    return told & t.lease.c.name.not_in(names)


def _part(number: int, of: int) -> str:
    return f"{number}/{of}"


def _count(name: str) -> int:
    return int(name.partition("/")[2])


def _clock() -> ColumnElement[dt.datetime]:
    """The database's; not that of the transaction's beginning, which may have waited."""
    return func.clock_timestamp(type_=DateTime(timezone=True))
