"""How often the storyteller may be asked for words: by one person, in one channel, on one server.

What was asked in the last minute is counted in memory, by each process for itself; what a person asked in the last
day is counted in the database, over all processes. Reading and writing by oneself cost nothing and are not counted.
"""

import datetime as dt
import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from weakref import WeakSet

from sqlalchemy import Connection, select

from core import tables as t
from core.database import Database
from core.errors import TooOften
from core.permission import RIGHTS
from core.story import Turn
from core.wording import Said, said

Key: TypeAlias = tuple[str, ...]

_MINUTE = 60.0
_DAY = dt.timedelta(days=1)
_ASKING = [name for name, right in RIGHTS.items() if right.asks]


@dataclass(frozen=True)
class Allowance:
    """How many turns that ask the storyteller are let through; 0 is as many as anybody likes."""

    person_minute: int = 6
    person_day: int = 100
    channel_minute: int = 20
    server_minute: int = 200


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

    async def admit(self, operation: str, turn: Turn) -> None:
        """Let a turn through and count it. Raises `TooOften`, with when to try again; then nothing is counted."""
        if operation not in _ASKING or turn in self._paid:
            return
        self._check_minute(turn)
        await self._check_day(turn)
        self._check_minute(turn)  # others may have come in while the database was asked
        self._count(turn)

    def __len__(self) -> int:
        """How many people, channels and servers are remembered."""
        return len(self._windows)

    def _check_minute(self, turn: Turn) -> None:
        since = self._clock() - _MINUTE
        self._forget(since)
        for key, most, sentence in self._limits(turn):
            times = self._windows.get(key, ())
            if most and len(times) >= most and times[-most] > since:
                raise TooOften(said("{who} {when}", who=sentence, when=_in(times[-most] - since)))

    async def _check_day(self, turn: Turn) -> None:
        most = self._allowance.person_day
        if not most:
            return
        now = dt.datetime.now(dt.UTC)
        oldest = await self._database.read(lambda c: _day(c, turn, now - _DAY, most))
        if oldest is not None:
            who = said("You have asked the storyteller {most} times in a day, which is as often as it goes.", most=most)
            raise TooOften(said("{who} {when}", who=who, when=_in((oldest + _DAY - now).total_seconds())))

    def _count(self, turn: Turn) -> None:
        now = self._clock()
        for key, most, _ in self._limits(turn):
            if most:
                self._windows.setdefault(key, deque(maxlen=most)).append(now)
                self._windows.move_to_end(key)
        self._paid.add(turn)

    def _forget(self, since: float) -> None:
        """Let go of every key that was last let through before `since`; those come first."""
        while self._windows:
            key, times = next(iter(self._windows.items()))
            if times[-1] > since:
                break
            del self._windows[key]

    def _limits(self, turn: Turn) -> Iterator[tuple[Key, int, Said]]:
        here, allowance = turn.place, self._allowance
        server = (here.platform, here.workspace)
        yield ("person", *server, turn.contributor.id), allowance.person_minute, _YOU
        yield ("channel", *server, here.channel, here.thread), allowance.channel_minute, _HERE
        yield ("server", *server), allowance.server_minute, _SERVER


_YOU = said("You have asked the storyteller often in the last minute.")
_HERE = said("The storyteller was asked often here in the last minute.")
_SERVER = said("The storyteller was asked often on this server in the last minute.")


def _day(connection: Connection, turn: Turn, since: dt.datetime, most: int) -> dt.datetime | None:
    """When the oldest of a person's last `most` turns since then was; None if there were fewer."""
    of = t.turn.c.contributor_id == turn.contributor.id, t.turn.c.created_at > since
    on = t.place.c.platform == turn.place.platform, t.turn.c.operation.in_(_ASKING)
    wanted = (
        select(t.turn.c.created_at)
        .join(t.place, t.place.c.id == t.turn.c.place_id)
        .where(*of, *on)
        .order_by(t.turn.c.created_at.desc())
        .offset(most - 1)
        .limit(1)
    )
    found: dt.datetime | None = connection.scalar(wanted)
    if found is None:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)  # SQLite keeps no zone; ours is always UTC


def _in(seconds: float) -> Said:
    """When to try again."""
    if seconds < 90:
        return said("Please try again in {seconds} seconds.", seconds=max(1, math.ceil(seconds)))
    if seconds < 5400:
        return said("Please try again in {minutes} minutes.", minutes=math.ceil(seconds / 60))
    return said("Please try again in {hours} hours.", hours=math.ceil(seconds / 3600))
