"""Too many at once: one server that floods beside 99 that do not, and ten times more turns than can be served.

    python -m benchmarks.crowd [--seconds 30]

The engine is a stand-in that writes for so long, so many answers at a time; everything before and after it is the real
bot with a real database, its quotas and its fair queue.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.row import HEAD, Aim, Row, median, quantile
from benchmarks.turns import answer
from bots.assembly import allowance, gate
from bots.settings import load
from core.database import Database
from core.engine import Piece, Request
from core.errors import StoryError
from core.fairness import FairEngine
from core.place import Contributor, Place, Turn
from core.quotas import Allowance, Quotas
from core.store import Store
from core.storyteller import Storyteller
from tests.voices import ScriptedEngine

_WRITING, _WARMING = 0.4, 2.0
"""Seconds for an answer on the average, and seconds that are not counted, until as many are written as can be."""


@dataclass(frozen=True)
class Size:
    """Answers at a time, and answers that may wait."""

    slots: int
    waiting: int

    @property
    def capacity(self) -> float:
        """Answers a second."""
        return self.slots / _WRITING


SMALL, LARGE = Size(4, 8), Size(16, 32)
"""A capacity of 10 a second, where quotas and fairness matter; and of 40, where what a refusal costs does."""


class SlowEngine(ScriptedEngine):
    """Takes its time for each answer, half of it or half as much again as on the average, so that none keep step.

    How many it writes at a time is the affair of the fair queue before it.
    """

    chance = random.Random(7)
    go_on = asyncio.Event()
    go_on.set()

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """An answer, in its time."""
        await asyncio.sleep(_WRITING * self.chance.uniform(0.5, 1.5))
        await self.go_on.wait()
        text = answer(request)
        yield Piece(text, self.encode(text))
        yield Piece("", (), "stop", 0)


@dataclass
class Outcome:
    """What became of turns."""

    served: list[float] = field(default_factory=list)
    """Seconds of each that was written."""
    ended: list[float] = field(default_factory=list)
    """When each of them was, by the clock."""
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
        outcome.ended.append(time.perf_counter())
        outcome.served.append(outcome.ended[-1] - began)


async def _begin(teller: Storyteller, channels: dict[int, int]) -> None:
    """A story in each of so many channels of each server."""
    for server, count in channels.items():
        for channel in range(count):
            await teller.perform("start", _turn(server, channel, -1), {"title": "The Lamp"})


@asynccontextmanager
async def _bot(size: Size, quota: Allowance | None = None, *, foresees: bool = True) -> AsyncIterator[Storyteller]:
    """The bot with its quotas and every filter that needs no model.

    Without `foresees` it learns only from the queue itself that no more may wait.
    """
    settings = load(moderation_seconds=60)  # on a busy machine nothing may be held for being slow
    doorkeeper = gate(settings)
    await doorkeeper.warm()
    queue = FairEngine(SlowEngine(answer), at_once=size.slots, waiting=size.waiting)
    with tempfile.TemporaryDirectory() as name:
        database = await Database.open(f"sqlite+aiosqlite:///{Path(name) / 'bench.db'}")
        try:
            yield Storyteller(
                store=Store(database),
                gate=doorkeeper,
                engine=queue,
                quotas=Quotas(quota or allowance(settings), database),
                busy=queue.busy if foresees else lambda _salt: False,
            )
        finally:
            await database.close()


async def fairness(seconds: float) -> list[Row]:
    """99 servers that ask once in forty seconds, alone and beside one that asks in 40 channels without a pause.

    The bot has the quotas that it has by default.
    """

    async with _bot(SMALL) as teller:
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


async def overload(seconds: float, size: Size = LARGE) -> list[Row]:
    """What the engine can serve, then ten times as much; each turn in a channel of its own."""
    channels = int(size.capacity * 20)
    async with _bot(size) as teller:
        await _begin(teller, dict.fromkeys(range(channels), 1))
        _, served = await _asked(teller, size.capacity, seconds, channels)
        much, served_then = await _asked(teller, size.capacity * 10, seconds, channels)
    asked = len(much.served) + len(much.told) + much.lost
    name = f"10 × a capacity of {size.capacity:.0f}"
    return [
        Row(f"{name}: served", served_then, size.capacity, "a second", "what the engine can do", Aim(least=0.95)),
        Row("  beside a crowd that it can serve", served_then, served, "a second", "1 × the capacity", Aim(least=0.95)),
        Row(f"{name}: told so, p99", quantile(much.told, 0.99), 3.0, "s", "the limit: 3 s", Aim(1)),
        Row(f"{name}: served after, p99", quantile(much.served, 0.99), 3.0, "s", "3 s"),
        Row(f"{name}: without an answer", much.lost, asked, "turns", "asked for", Aim(0)),
    ]


async def refusal(times: int, size: Size = SMALL) -> list[Row]:
    """Processor time of a refused turn, asked beforehand and not, in turns of twenty."""
    quota = Allowance(0, 1_000_000, 0, 0)  # as often as we like, but looked up as always
    async with _bot(size, quota) as foreseeing, _bot(size, quota, foresees=False) as blind:
        taken: dict[bool, list[float]] = {True: [], False: []}
        for teller in (foreseeing, blind):
            await _begin(teller, dict.fromkeys(range(size.slots + size.waiting + 20), 1))
        for _ in range(times // 20 + 1):
            for foresees, teller in ((True, foreseeing), (False, blind)):
                outcome = Outcome()
                async with _full(teller, size):
                    began = time.process_time()
                    for number in range(20):
                        await _one(teller, outcome, _turn(number, 0, 0))
                    taken[foresees].append((time.process_time() - began) / len(outcome.told) * 1e6)
    ours, without = (median(taken[each][1:]) for each in (True, False))  # the first of each warms up
    return [Row("processor time of a refused turn", ours, without, "µs", "refused by the queue itself", Aim(0.7))]


@asynccontextmanager
async def _full(teller: Storyteller, size: Size) -> AsyncIterator[None]:
    """As many turns as may write and wait, from servers 20, 21, …, as long as the block lasts."""
    engine = teller.engine
    assert isinstance(engine, FairEngine)
    SlowEngine.go_on.clear()
    servers = range(20, 20 + size.slots + size.waiting)
    crowd = [asyncio.create_task(_one(teller, Outcome(), _turn(number, 0, 0))) for number in servers]
    async with asyncio.timeout(60):
        while not engine.busy("another"):  # noqa: ASYNC110 - the engine tells nobody
            await asyncio.sleep(0.01)
    try:
        yield
    finally:
        SlowEngine.go_on.set()
        await asyncio.gather(*crowd)


async def _asked(teller: Storyteller, rate: float, seconds: float, channels: int) -> tuple[Outcome, float]:
    """Ask so many times a second. Returns what came of it, and turns served a second once the engine was full."""
    outcome, tasks = Outcome(), set[asyncio.Task[None]]()
    began, asked = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < _WARMING + seconds:
        while asked < passed * rate:
            tasks.add(asyncio.create_task(_one(teller, outcome, _turn(asked % channels, 0, asked))))
            asked += 1
        await asyncio.sleep(0.005)
    counted = [each for each in outcome.ended if each - began > _WARMING]
    served = len(counted) / (time.perf_counter() - began - _WARMING)
    await asyncio.gather(*tasks)
    outcome.lost = asked - len(outcome.served) - len(outcome.told)
    return outcome, served


async def measure(*, quick: bool = True) -> list[Row]:
    """All rows."""
    crowd = [*await fairness(12 if quick else 40), *await overload(8 if quick else 30)]
    return [*crowd, *await refusal(100 if quick else 400)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    chosen = parser.parse_args()
    print(HEAD)
    for rows in (fairness(chosen.seconds), overload(chosen.seconds), refusal(200)):
        for row in asyncio.run(rows):
            print(row, flush=True)


if __name__ == "__main__":
    main()
