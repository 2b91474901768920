"""How much of each prompt the engine computes again, by its own count, beside a bot that sends everything again.

    python -m benchmarks.cache [--stories 4] [--turns 24]

Both bots tell as many stories at once, with the same sentences from people, on one engine, one after the other, several
times; the engine is the shipped model in vLLM. Tokens that a turn adds are those of what was typed and of the answer.
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.naive import NaiveBot
from benchmarks.row import HEAD, Aim, Row, median
from benchmarks.turns import place, teller_on, turn
from bots.assembly import settling, vllm_options
from bots.settings import load
from core.engine import Piece, Request
from core.errors import NotPossible, Withheld
from inference.vllm import EngineOptions, VllmEngine

WORDS = 60
"""Tokens of an answer of the naive bot, as many as a short one of ours has about."""


class Counting(VllmEngine):
    """The engine, and what it computed."""

    def __init__(self, options: EngineOptions) -> None:
        super().__init__(options)
        self.prompt = self.cached = self.written = 0

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """As the engine does it."""
        self.prompt += len(request.prompt)
        cached = 0
        async with aclosing(super().stream(request)) as pieces:
            async for piece in pieces:
                cached = piece.cached_tokens or cached
                self.written += len(piece.ids)
                yield piece
        self.cached += cached

    def begin(self) -> None:
        """Count from zero."""
        self.prompt = self.cached = self.written = 0


@dataclass
class Told:
    """What telling some stories took."""

    computed: int
    """Prompt tokens that were not in the cache."""
    added: int
    """Tokens that turns added to stories."""
    seconds: float

    @property
    def again(self) -> float:
        """Prompt tokens computed for each token that was added."""
        return self.computed / max(1, self.added)


def _sentence(story: int, number: int) -> str:
    names = ("keeper", "girl", "captain", "fox", "baker", "king", "gull", "child")
    things = ("lamp", "bell", "boat", "letter", "key", "song", "stone", "map")
    return f"Then the {names[(story + number) % 8]} found a {things[(story * 3 + number) % 8]} and ran to the sea."


async def ours(engine: Counting, stories: int, turns: int) -> Told:
    """The whole bot."""
    added = 0

    async def tell(number: int) -> None:
        nonlocal added
        here = place(number)
        await teller.perform("start", turn(0, here), {"title": f"The Lamp {number}"})
        for each in range(turns):
            text = _sentence(number, each)
            await teller.perform("add", turn(each, here), {"text": text})
            added += len(engine.encode(text))
            with contextlib.suppress(NotPossible, Withheld):  # a small model may repeat itself
                await teller.perform("continue", turn(each, here), {"length": "short"})

    with tempfile.TemporaryDirectory() as name:
        teller, database = await teller_on(Path(name), engine)
        engine.begin()
        began = time.perf_counter()
        await asyncio.gather(*map(tell, range(stories)))
        seconds = time.perf_counter() - began
        await database.close()
    return Told(engine.prompt - engine.cached, added + engine.written, seconds)


async def naive(engine: Counting, stories: int, turns: int, *, edits: bool) -> Told:
    """The bot that most people write."""
    added = 0

    async def tell(number: int) -> None:
        nonlocal added
        bot = NaiveBot(engine, f"n{number}-{time.perf_counter_ns()}", edits=edits)
        for each in range(turns):
            added += await bot.turn(_sentence(number, each), words=WORDS, name="Ana")

    engine.begin()
    began = time.perf_counter()
    await asyncio.gather(*map(tell, range(stories)))
    return Told(engine.prompt - engine.cached, added, time.perf_counter() - began)


async def compared(stories: int, turns: int, rounds: int) -> list[Row]:
    """Both bots in turns."""
    engine = Counting(vllm_options(load()))
    engine.start()
    await engine.ready()
    mine: list[Told] = []
    theirs: list[Told] = []
    hurried: list[Told] = []
    async with settling(engine):
        try:
            for _ in range(rounds):
                mine.append(await ours(engine, stories, turns))
                hurried.append(await naive(engine, stories, turns, edits=False))
                theirs.append(await naive(engine, stories, turns, edits=True))
        finally:
            await engine.close()
    again, naively = median(t.again for t in mine), median(t.again for t in hurried)
    speed, edited, unedited = (median(t.added / t.seconds for t in told) for told in (mine, theirs, hurried))
    return [
        Row(
            "prompt tokens computed for one that is added",
            again,
            naively,
            "tokens",
            "naive bot, whole history",
            Aim(0.2),
        ),
        Row("  against what we allow on average", again, 2.0, "tokens", "the limit: 2", Aim(1)),
        Row("  against what we want between two windows", again, 0.35, "tokens", "the limit: 0.35", Aim(1)),
        Row("tokens that stories grow by", speed, edited, "a second", "naive bot, an edit a second"),
        Row("  beside a naive bot that never edits", speed, unedited, "a second", "naive, no moderation, no database"),
    ]


async def measure(*, quick: bool = True) -> list[Row]:
    """All rows."""
    return await compared(4, 12 if quick else 40, 1 if quick else 3)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=4)
    parser.add_argument("--turns", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    print(HEAD)
    for row in asyncio.run(compared(chosen.stories, chosen.turns, chosen.rounds)):
        print(row)


if __name__ == "__main__":
    main()
