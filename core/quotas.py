"""How often the storyteller may be asked for words: by one person, in one channel, on one server.

What was asked in the last minute is counted in memory, so that what is still being written counts too. What a person
asked in the last day is counted in the database; where several processes share it, so is what they all wrote in the
last minute, in the same statement. Reading and writing by oneself cost nothing and are not counted.
"""

import datetime as dt
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias
from weakref import WeakSet

from sqlalchemy import Connection, Integer, Select, bindparam, select

from core import tables as t
from core.database import Database
from core.errors import BadArgument, TooOften
from core.moments import utc
from core.permission import RIGHTS
from core.place import Turn
from core.wording import Said, said

Key: TypeAlias = tuple[str, ...]

_MINUTE = 60.0
_DAY = dt.timedelta(days=1)
_MINUTES = dt.timedelta(seconds=_MINUTE)
_NONE: Mapping[str, int] = MappingProxyType({})
_ASKING = [name for name, right in RIGHTS.items() if right.asks]


@dataclass(frozen=True)
class Allowance:
    """How many turns that ask the storyteller are let through; 0 is as many as anybody likes."""

    person_minute: int = 6
    person_day: int = 100
    channel_minute: int = 20
    server_minute: int = 200

    def within(self, own: Mapping[str, int]) -> "Allowance":
        """With a server's own quotas, none of which is more than these."""
        return replace(self, **{name: min(most, getattr(self, name) or most) for name, most in own.items()})

    def check(self, own: Mapping[str, int]) -> None:
        """Raises `BadArgument`, with what the operator allows, if a server's own quota is more."""
        for word, name in _WORDS.items():
            bound = getattr(self, name)
            if bound and own.get(name, 0) > bound:
                raise BadArgument(
                    said("The operator of this bot allows {bound} at most for {word}.", bound=bound, word=word)
                )


_WORDS = {"person": "person_minute", "day": "person_day", "channel": "channel_minute", "server": "server_minute"}
"""What people call each quota: for one person in a minute and in a day, for a channel and a server in a minute."""
_MOST = 9999


def read(value: str) -> dict[str, int]:
    """A server's own quotas as they are typed, e.g. `person 3, day 50`; none for `none`. Raises `BadArgument`."""
    words = value.replace(",", " ").replace("=", " ").replace(":", " ").casefold().split()
    if words == ["none"]:
        return {}
    pairs = list(zip(words[::2], words[1::2], strict=False))
    good = all(word in _WORDS and n.isascii() and n.isdigit() and 0 < int(n) <= _MOST for word, n in pairs)
    if not pairs or len(words) % 2 or not good:
        raise BadArgument(
            said(
                "Quotas are written like person 3, day 50, channel 10, server 100: whole numbers from 1 to {most}, for "
                "one person in a minute and in a day, and for a channel and the server in a minute. Those left out are "
                "as the operator set them; none: all of them.",
                most=_MOST,
            )
        )
    return {_WORDS[word]: int(number) for word, number in pairs}


def shown(allowance: Allowance) -> list[str]:
    """Quotas as they are typed; those without a limit are left out."""
    found = [(word, getattr(allowance, name)) for word, name in _WORDS.items()]
    return [f"{word} {most}" for word, most in found if most]


class Quotas:
    """Counts, and refuses. Its memory is bounded by what was let through in the last minute."""

    def __init__(
        self, allowance: Allowance, database: Database, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._allowance = allowance
        self._database = database
        self._clock = clock
        self._windows: OrderedDict[Key, deque[float]] = OrderedDict()
        """When each key was let through in the last minute; keys in the order of their last time."""
        self._paid: WeakSet[Turn] = WeakSet()
        """Turns that were let through and are not over: performed again, they are not counted again."""

    @property
    def allowance(self) -> Allowance:
        """What the operator set."""
        return self._allowance

    async def admit(self, operation: str, turn: Turn, own: Mapping[str, int] = _NONE) -> None:
        """Let a turn through and count it. Raises `TooOften`, with when to try again; then nothing is counted.

        `own` are the server's quotas, where they are less than the operator's.
        """
        if operation not in _ASKING or turn in self._paid:
            return
        allowance = self._allowance.within(own)
        self._check_minute(turn, allowance)
        await self._check_written(turn, allowance)
        self._check_minute(turn, allowance)  # others may have come in while the database was asked
        self._count(turn, allowance)

    def __len__(self) -> int:
        """How many people, channels and servers are remembered."""
        return len(self._windows)

    def _check_minute(self, turn: Turn, allowance: Allowance) -> None:
        since = self._clock() - _MINUTE
        self._forget(since)
        for key, most, sentence in _limits(turn, allowance):
            times = self._windows.get(key, ())
            if most and len(times) >= most and times[-most] > since:
                raise TooOften(said("{who} {when}", who=sentence, when=_in(times[-most] - since)))

    async def _check_written(self, turn: Turn, allowance: Allowance) -> None:
        """By what the database has: one statement, whatever there is to be counted."""
        counts = [each for each in self._counts(allowance) if each.most]
        if not counts:
            return
        now = dt.datetime.now(dt.UTC)
        oldest = await self._database.read(lambda c: _oldest(c, turn, now, counts))
        for each, when in zip(counts, oldest, strict=True):
            if when is not None:
                raise TooOften(
                    said("{who} {when}", who=each.sentence, when=_in((when + each.span - now).total_seconds()))
                )

    def _counts(self, allowance: Allowance) -> "Iterator[_Count]":
        """The operator's quota of the day counts everywhere on the platform, a lower one of the server's own there."""
        everywhere, here = self._allowance.person_day, allowance.person_day
        yield _Count(("contributor_id",), _DAY, everywhere, _day(everywhere))
        if here != everywhere:
            yield _Count(("contributor_id", "workspace"), _DAY, here, _day(here))
        if self._database.shared:
            yield _Count(("contributor_id", "workspace"), _MINUTES, allowance.person_minute, _YOU)
            yield _Count(("workspace", "channel", "thread"), _MINUTES, allowance.channel_minute, _HERE)
            yield _Count(("workspace",), _MINUTES, allowance.server_minute, _SERVER)

    def _count(self, turn: Turn, allowance: Allowance) -> None:
        now = self._clock()
        for key, most, _ in _limits(turn, allowance):
            if most:
                times = self._windows.get(key)
                if times is None or times.maxlen != most:  # the quota is new, or was changed
                    times = self._windows[key] = deque(times or (), maxlen=most)
                times.append(now)
                self._windows.move_to_end(key)
        self._paid.add(turn)

    def _forget(self, since: float) -> None:
        """Let go of every key that was last let through before `since`; those come first."""
        while self._windows:
            key, times = next(iter(self._windows.items()))
            if times[-1] > since:
                break
            del self._windows[key]


def _limits(turn: Turn, allowance: Allowance) -> Iterator[tuple[Key, int, Said]]:
    here = turn.place
    server = (here.platform, here.workspace)
    yield ("person", *server, turn.contributor.id), allowance.person_minute, _YOU
    yield ("channel", *server, here.channel, here.thread), allowance.channel_minute, _HERE
    yield ("server", *server), allowance.server_minute, _SERVER


_YOU = said("You have asked the storyteller often in the last minute.")
_HERE = said("The storyteller was asked often here in the last minute.")
_SERVER = said("The storyteller was asked often on this server in the last minute.")


def _day(most: int) -> Said:
    return said("You have asked the storyteller {most} times in a day, which is as often as it goes.", most=most)


@dataclass(frozen=True)
class _Count:
    """A quota that is counted in the database."""

    scope: tuple[str, ...]
    """In which columns turns agree with this one, besides the platform."""
    span: dt.timedelta
    most: int
    sentence: Said


@cache
def _nth_newest(*scopes: tuple[str, ...]) -> Select[Any]:
    """For each scope, when the turn was that `more` newer ones follow since `since`, both with the scope's number.

    Drawn up once: that costs most.
    """
    found: list[Any] = []
    for number, scope in enumerate(scopes):
        turn, place = t.turn.alias(), t.place.alias()
        columns = [turn.c[name] if name in turn.c else place.c[name] for name in ("platform", *scope)]
        since = bindparam(f"since_{number}", type_=turn.c.created_at.type)
        found.append(
            select(turn.c.created_at)
            .join(place, place.c.id == turn.c.place_id)
            .where(turn.c.created_at > since, turn.c.operation.in_(_ASKING))
            .where(*(column == bindparam(column.name) for column in columns))
            .order_by(turn.c.created_at.desc())
            .offset(bindparam(f"more_{number}", type_=Integer))
            .limit(1)
            .scalar_subquery()
        )
    return select(*found)


def _oldest(connection: Connection, turn: Turn, now: dt.datetime, counts: Sequence[_Count]) -> list[dt.datetime | None]:
    """For each count, when the oldest of the last `most` turns was; None if there were fewer."""
    key: dict[str, Any] = vars(turn.place) | {"contributor_id": turn.contributor.id}
    for number, each in enumerate(counts):
        key |= {f"since_{number}": now - each.span, f"more_{number}": each.most - 1}
    found = connection.execute(_nth_newest(*(each.scope for each in counts)), key).one()
    return [None if when is None else utc(when) for when in found]


def _in(seconds: float) -> Said:
    """When to try again."""
    if seconds < 90:
        return said("Please try again in {seconds} seconds.", seconds=max(1, math.ceil(seconds)))
    if seconds < 5400:
        return said("Please try again in {minutes} minutes.", minutes=math.ceil(seconds / 60))
    return said("Please try again in {hours} hours.", hours=math.ceil(seconds / 3600))
