"""What the house costs: turns through the whole bot against the bare parts, in one run.

    python -m benchmarks.turns [--stories 8] [--turns 4] [--rounds 3]

Latency: a turn with a voice that answers at once, storage and moderation on, beside one bare commit of one row by
aiosqlite with the same durability. Crowd: such turns in 64 stories at once, beside the same bare commits one by one.
Throughput: the shipped model through `Storyteller.perform`, beside the same
prompts given straight to the engine; the two take turns, and medians are compared.
"""

import argparse
import asyncio
import contextlib
import random
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import aiosqlite

from benchmarks.row import HEAD, Aim, Row, quantile
from bots.assembly import gate, vllm_options
from bots.settings import load
from core.compaction import Compaction
from core.database import Database
from core.engine import Engine, Piece, Request
from core.place import Contributor, Place, Turn
from core.store import Store
from core.storyteller import Storyteller
from inference.vllm import EngineOptions, VllmEngine
from tests.voices import ScriptedEngine

__all__ = ["HEAD", "TEXT", "WORDS", "Row", "answer", "place", "teller_on", "turn"]

TEXT = "Then the keeper rang the bell, and somebody out at sea answered it."
WORDS = ["the", "sea", "keeper", "bell", "stairs", "ship", "wind", "light", "stone", "harbour", "night", "door", "old"]
WORDS += ["window", "rope", "boat", "gull", "tower", "coat", "song", "she", "he", "they", "went", "saw"]
WORDS += ["heard", "told", "asked", "took", "left", "came", "found", "lost", "kept", "broke", "made", "gave"]
WORDS += ["held", "and", "but", "then", "when", "while", "over", "under", "into", "from", "with", "after"]
WORDS += ["before", "lamp", "water", "storm", "morning", "evening", "hand", "voice", "letter", "road"]
WORDS += ["hill", "garden", "fire", "snow", "rain"]
_random = random.Random(7)


def answer(_request: Request) -> str:
    """Twenty words as stories have them, in an order that no other answer has."""
    return " ".join(_random.choices(WORDS, k=20)).capitalize() + "."


def place(number: int) -> Place:
    """One of many channels."""
    return Place(platform="bench", workspace="w", channel=str(number))


def turn(number: int, where: Place) -> Turn:
    """A turn with an id of its own."""
    return Turn(
        id=f"{where.channel}-{number}-{time.perf_counter_ns()}", place=where, contributor=Contributor("u", "Ana")
    )


async def teller_on(folder: Path, voice: Engine, compaction: Compaction | None = None) -> tuple[Storyteller, Database]:
    """The whole bot but its platform, with every filter that needs no model, awake."""
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'bench.db'}")
    doorkeeper = gate(load(moderation_seconds=60))  # on a busy machine nothing may be held for being slow
    await doorkeeper.warm()
    return Storyteller(store=Store(database), gate=doorkeeper, engine=voice, compaction=compaction), database


class Taken(NamedTuple):
    """Milliseconds of one call by the wall's clock, and of this process's processor time."""

    wall: float
    core: float


async def timed(work: Callable[[int], Awaitable[object]], times: int) -> list[Taken]:
    """What each call took."""
    taken = []
    for number in range(times):
        began, used = time.perf_counter(), time.process_time()
        await work(number)
        core = time.process_time() - used
        taken.append(Taken((time.perf_counter() - began) * 1e3, core * 1e3))
    return taken


async def latency(times: int) -> list[Row]:
    """Turns with a voice that answers at once, and bare commits, in turns of twenty."""
    with tempfile.TemporaryDirectory() as name:
        teller, database = await teller_on(Path(name), ScriptedEngine(answer))
        here = place(0)
        await teller.perform("start", turn(0, here), {"title": "The Lamp"})
        async with _bare(Path(name) / "bare.db") as commit:

            async def add(number: int) -> None:
                await teller.perform("add", turn(number, here), {"text": TEXT})

            async def go_on(number: int) -> None:
                await teller.perform("continue", turn(number, here))

            await timed(add, 20)
            taken: dict[str, list[Taken]] = {"add": [], "continue": [], "commit": []}
            for _ in range(times // 20):
                for label, work in (("add", add), ("commit", commit), ("continue", go_on)):
                    taken[label] += await timed(work, 20)
        await database.close()
    return [row for label in ("add", "continue") for row in _latencies(label, taken[label], taken["commit"])]


def _latencies(name: str, turns: list[Taken], commits: list[Taken]) -> Iterator[Row]:
    """Processor time says what is ours: by the wall's clock it is also the disk, and whoever else is on the machine."""
    for share, label, most in ((0.5, "p50", 2.0), (0.99, "p99", 10.0)):
        wall, core = (quantile([getattr(each, clock) for each in turns], share) for clock in ("wall", "core"))
        bare = quantile([each.wall for each in commits], share)
        aimed = f"what a turn may add: {most:g} ms"
        yield Row(f"a turn of /story {name}, {label}", wall, bare, "ms", "one bare commit of one row")
        yield Row("  against the limit", wall, most, "ms", aimed, Aim(1))
        yield Row("  of that, processor time", core, most, "ms CPU", aimed, Aim(1))


async def crowd(stories: int, turns: int, rounds: int) -> list[Row]:
    """Turns a second in many stories at once, of the wall's clock and of one core, and bare commits a second."""
    wall, core, bare = [], [], []
    with tempfile.TemporaryDirectory() as name:
        teller, database = await teller_on(Path(name), ScriptedEngine(answer))
        async with _bare(Path(name) / "bare.db") as commit:

            async def tell(number: int) -> None:
                for each in range(turns):
                    await teller.perform("add", turn(each, place(number)), {"text": TEXT})

            for number in range(stories):
                await teller.perform("start", turn(0, place(number)), {"title": f"The Lamp {number}"})
            for _ in range(rounds + 1):
                began, used = time.perf_counter(), time.process_time()
                await asyncio.gather(*map(tell, range(stories)))
                wall.append(stories * turns / (time.perf_counter() - began))
                core.append(stories * turns / (time.process_time() - used))
                bare.append(1e3 / statistics.fmean(each.wall for each in await timed(commit, stories)))
        await database.close()
    beside = statistics.median(bare[1:])  # the first round warms up
    return [
        Row(
            f"turns of /story add, {stories} stories",
            statistics.median(wall[1:]),
            beside,
            "a second",
            "bare commits one by one",
        ),
        Row("  in a second of one core", statistics.median(core[1:]), 1000, "a second", "the aim", Aim(least=1)),
    ]


@contextlib.asynccontextmanager
async def _bare(file: Path) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """One commit of one row, as durable as ours."""
    async with aiosqlite.connect(file) as bare:
        await bare.execute("PRAGMA journal_mode = WAL")
        await bare.execute("PRAGMA synchronous = FULL")
        await bare.execute("CREATE TABLE passage (id INTEGER PRIMARY KEY, text TEXT)")

        async def commit(_: int) -> None:
            await bare.execute("INSERT INTO passage (text) VALUES (?)", (TEXT,))
            await bare.commit()

        yield commit


async def throughput(stories: int, turns: int, rounds: int) -> list[Row]:
    """Tokens a second through the bot and straight from the engine, in turns."""
    voice = Listening(vllm_options(load(engine_max_seqs=max(32, stories))))
    voice.start()
    await voice.ready()
    bot, raw = [], []
    try:
        for number in range(rounds + 1):
            with tempfile.TemporaryDirectory() as name:
                teller, database = await teller_on(Path(name), voice)
                through = await through_bot(teller, voice, stories, turns)
                await database.close()
            requests, voice.heard = voice.heard, []
            beside = await straight(voice, requests)
            if number:  # the first round warms up
                bot.append(through)
                raw.append(beside)
    finally:
        await voice.close()
    name = f"tokens a second, {stories} stories at once"
    return [
        Row(
            name,
            statistics.median(bot),
            statistics.median(raw),
            "tokens/s",
            "raw engine, same prompts",
            Aim(least=0.95),
        )
    ]


class Listening(VllmEngine):
    """The engine, and a note of every request and of how many tokens came back."""

    def __init__(self, options: EngineOptions) -> None:
        super().__init__(options)
        self.heard: list[Request] = []
        self.tokens = 0

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """As the engine does it."""
        self.heard.append(request)
        async for piece in super().stream(request):
            self.tokens += len(piece.ids)
            yield piece


async def through_bot(teller: Storyteller, voice: Listening, stories: int, turns: int) -> float:
    """Tokens a second of stories that are told at once through the whole bot."""

    async def tell(number: int) -> None:
        here = place(number)
        await teller.perform("start", turn(0, here), {"title": f"The Lamp {number}"})
        for each in range(turns):
            await teller.perform("add", turn(each, here), {"text": f"Then the keeper rang the bell {each} times."})
            try:
                await teller.perform("continue", turn(each, here), {"direction": "somebody answers"})
            except Exception as error:  # a small model may repeat itself; the tokens were made all the same
                assert type(error).__name__ in ("NotPossible", "Withheld"), error

    voice.tokens, began = 0, time.perf_counter()
    await asyncio.gather(*(tell(number) for number in range(stories)))
    return voice.tokens / (time.perf_counter() - began)


async def straight(engine: VllmEngine, requests: list[Request]) -> float:
    """The same requests, as many at once and in the same order for each story."""
    by_story: dict[str, list[Request]] = {}
    for request in requests:
        by_story.setdefault(request.session, []).append(replace(request, id=f"raw-{request.id}", salt="raw"))
    made = 0

    async def ask(one: list[Request]) -> None:
        nonlocal made
        for request in one:
            async for piece in VllmEngine.stream(engine, request):
                made += len(piece.ids)

    began = time.perf_counter()
    await asyncio.gather(*(ask(one) for one in by_story.values()))
    return made / (time.perf_counter() - began)


async def measure(stories: int, turns: int, rounds: int) -> list[Row]:
    """All rows."""
    return [*await latency(200), *await crowd(64, 10, rounds), *await throughput(stories, turns, rounds)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=8)
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    print(HEAD)
    for row in asyncio.run(measure(chosen.stories, chosen.turns, chosen.rounds)):
        print(row)


if __name__ == "__main__":
    main()
