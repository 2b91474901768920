"""Too many at once: one server that floods beside 99 that do not, and ten times more turns than can be served.

    python -m benchmarks.crowd [--seconds 30]

The engine is a stand-in that writes for so long, so many answers at a time; everything before and after it is the real
bot with a real database, its quotas and its fair queue.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.row import HEAD, Aim, Row, median, quantile
from benchmarks.turns import answer
from bots.assembly import allowance
from bots.settings import load
from core.database import Database
from core.engine import Piece, Request
from core.errors import EngineBusy, StoryError
from core.fairness import FairEngine
from core.filters.personal import PersonalFilter
from core.filters.words import WordFilter
from core.moderation import Gate
from core.quotas import Quotas
from core.store import Store
from core.story import Contributor, Place, Turn
from core.storyteller import Storyteller
from tests.voices import ScriptedEngine

_SLOTS, _WRITING, _WAITING = 4, 0.4, 8
"""Answers at a time, seconds for each, and answers that may wait: a capacity of 10 a second, so that ten times as much
is what the bot can do on a small machine that has other work too."""
_CAPACITY = _SLOTS / _WRITING


class SlowEngine(ScriptedEngine):
    """Writes `slots` answers at a time, `seconds` each; `waiting` more may wait in order of arrival."""

    def __init__(self) -> None:
        super().__init__(answer)
        self._slots = asyncio.Semaphore(_SLOTS)
        self._present = 0

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """An answer, in its time."""
        if self._present >= _SLOTS + _WAITING:
            raise EngineBusy
        self._present += 1
        try:
            async with self._slots:
                await asyncio.sleep(_WRITING)
                text = answer(request)
                yield Piece(text, self.encode(text))
                yield Piece("", (), "stop", 0)
        finally:
            self._present -= 1


@dataclass
class Outcome:
    """What became of turns."""

    served: list[float] = field(default_factory=list)
    """Seconds of each that was written."""
    told: list[float] = field(default_factory=list)
    """Seconds until each that was not was told so."""
    lost: int = 0
    """Turns of which nobody was told anything."""


def _turn(server: int, channel: int, number: int) -> Turn:
    where = Place(platform="bench", workspace=f"s{server}", channel=f"{server}-{channel}")
    return Turn(
        id=f"{server}-{channel}-{number}-{time.perf_counter_ns()}",
        place=where,
        contributor=Contributor(f"u{server}-{channel}", "Ana"),
    )


async def _one(teller: Storyteller, outcome: Outcome, turn: Turn) -> None:
    began = time.perf_counter()
    try:
        await teller.perform("continue", turn)
    except StoryError:
        outcome.told.append(time.perf_counter() - began)
    else:
        outcome.served.append(time.perf_counter() - began)


async def _begin(teller: Storyteller, channels: dict[int, int]) -> None:
    """A story in each of so many channels of each server."""
    for server, count in channels.items():
        for channel in range(count):
            await teller.perform("start", _turn(server, channel, -1), {"title": "The Lamp"})


async def _on_bot(use: Callable[[Storyteller], Awaitable[list[Row]]]) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        database = await Database.open(f"sqlite+aiosqlite:///{Path(name) / 'bench.db'}")
        teller = Storyteller(
            store=Store(database),
            gate=Gate([WordFilter(), PersonalFilter()]),
            engine=FairEngine(SlowEngine(), at_once=_SLOTS, waiting=_WAITING),
            quotas=Quotas(allowance(load()), database),
        )
        try:
            return await use(teller)
        finally:
            await database.close()


async def fairness(seconds: float) -> list[Row]:
    """99 servers that ask once in forty seconds, alone and beside one that asks in 40 channels without a pause.

    The bot has the quotas that it has by default.
    """

    async def use(teller: Storyteller) -> list[Row]:
        await _begin(teller, dict.fromkeys(range(1, 100), 1) | {0: 40})
        alone, beside, flood = Outcome(), Outcome(), Outcome()
        await _normal(teller, alone, seconds)
        stop = asyncio.Event()
        flooding = [asyncio.create_task(_flood(teller, flood, channel, stop)) for channel in range(40)]
        await _normal(teller, beside, seconds)
        stop.set()
        await asyncio.gather(*flooding)
        refused = len(beside.told) / max(1, len(beside.told) + len(beside.served))
        name = "one flooding server"
        return [
            Row(
                f"{name}: others' p99",
                quantile(beside.served, 0.99),
                quantile(alone.served, 0.99),
                "s",
                "without it",
                Aim(1.5),
            ),
            Row(f"{name}: others' p50", median(beside.served), median(alone.served), "s", "without it", Aim(1.5)),
            Row(f"{name}: others served", 1 - refused, 1.0, "of asked", "all of them", Aim(least=0.99)),
        ]

    return await _on_bot(use)


async def _normal(teller: Storyteller, outcome: Outcome, seconds: float) -> None:
    """Each of 99 servers asks once in forty seconds: a quarter of the capacity. Those whose time comes ask."""

    async def server(number: int) -> None:
        await asyncio.sleep(40 * number / 99)
        await _one(teller, outcome, _turn(number, 0, 0))

    await asyncio.gather(*(server(number) for number in range(1, 100) if 40 * number / 99 < seconds))


async def _flood(teller: Storyteller, outcome: Outcome, channel: int, stop: asyncio.Event) -> None:
    number = 0
    while not stop.is_set():
        number += 1
        await _one(teller, outcome, _turn(0, channel, number))
        await asyncio.sleep(0.02)


async def overload(seconds: float) -> list[Row]:
    """What the engine can serve, then ten times as much; each turn in a channel of its own."""

    async def use(teller: Storyteller) -> list[Row]:
        channels = int(_CAPACITY * 20)
        await _begin(teller, dict.fromkeys(range(channels), 1))
        _, served = await _asked(teller, 1, seconds, channels)
        much, served_then = await _asked(teller, 10, seconds, channels)
        asked = len(much.served) + len(much.told)
        late = quantile(much.told, 0.99)
        return [
            Row(
                "10 × capacity: turns served",
                served_then,
                served,
                "a second",
                "asked for as many as it can",
                Aim(least=0.95),
            ),
            Row(
                "  beside what the engine can do", served, _CAPACITY, "a second", "its slots / its time", Aim(least=0.9)
            ),
            Row("10 × capacity: told that it is busy, p99", late, 3.0, "s", "the limit: 3 s", Aim(1)),
            Row("10 × capacity: turns without an answer", much.lost, asked, "turns", "asked for", Aim(0)),
        ]

    return await _on_bot(use)


async def _asked(teller: Storyteller, times: float, seconds: float, channels: int) -> tuple[Outcome, float]:
    """Ask so many times the capacity. Returns what came of it, and turns served a second meanwhile."""
    outcome, tasks = Outcome(), set[asyncio.Task[None]]()
    began, asked = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < seconds:
        while asked < passed * _CAPACITY * times:
            tasks.add(asyncio.create_task(_one(teller, outcome, _turn(asked % channels, 0, asked))))
            asked += 1
        await asyncio.sleep(0.005)
    served = len(outcome.served) / (time.perf_counter() - began)
    await asyncio.gather(*tasks)
    outcome.lost = asked - len(outcome.served) - len(outcome.told)
    return outcome, served


async def measure(*, quick: bool = True) -> list[Row]:
    """All rows."""
    return [*await fairness(12 if quick else 40), *await overload(8 if quick else 30)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    chosen = parser.parse_args()
    print(HEAD)
    for rows in (fairness(chosen.seconds), overload(chosen.seconds)):
        for row in asyncio.run(rows):
            print(row, flush=True)


if __name__ == "__main__":
    main()
