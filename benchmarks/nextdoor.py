"""What the benchmarks of both platforms need: a platform and its people in a process next door, and a voice that reads.

A platform in the bot's own process would take part of what is measured.
"""

import asyncio
import contextlib
import multiprocessing
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from bots.assembly import settling, vllm_options
from bots.settings import load
from core.engine import Piece, Request
from inference.vllm import VllmEngine
from tests.voices import ScriptedEngine

DEADLINE = 3.0
"""Seconds after which Discord and Slack tell people that there was no answer."""
Numbers = dict[str, list[float]]
"""What was measured next door, by name."""
SENTENCES = 20
"""In each text that is read."""
_WORDS = ["sea", "keeper", "bell", "stairs", "ship", "wind", "light", "stone", "harbour", "night", "door", "window"]
_WORDS += ["rope", "boat", "gull", "tower", "coat", "song"]
_LEAVING = 60.0
"""Seconds that the process next door has to end."""


@dataclass(frozen=True)
class Neighbour:
    """One end of the pipe between the two processes, as either sees the other."""

    pipe: Connection

    def tell(self, what: Any) -> None:
        """Say something to the other."""
        self.pipe.send(what)

    async def heard(self) -> Any:
        """What the other says next. Raises EOFError if it has ended."""
        return await asyncio.to_thread(self.pipe.recv)


Life = Callable[..., Awaitable[None]]
"""What happens next door: an async function at the top of a module, of the neighbour and of what else it is given."""


@asynccontextmanager
async def next_door(life: Life, *given: Any) -> AsyncIterator[Neighbour]:
    """`life` in a process of its own. When the block ends it hears "left", and is waited for."""
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    child = processes.Process(target=_live, args=(life, theirs, *given))
    child.start()
    theirs.close()
    try:
        yield Neighbour(ours)
    finally:
        with contextlib.suppress(OSError):  # it may have ended by itself, and said why
            ours.send("left")
        await asyncio.to_thread(child.join, _LEAVING)
        child.kill()


def _live(life: Life, pipe: Connection, *given: Any) -> None:
    async def whole() -> None:
        await life(Neighbour(pipe), *given)

    asyncio.run(whole())


@asynccontextmanager
async def awake() -> AsyncIterator[VllmEngine]:
    """The real engine with the bundled model, able to write."""
    engine = VllmEngine(vllm_options(load()))
    engine.start()
    try:
        await engine.ready()
        async with settling(engine):
            yield engine
    finally:
        await engine.close()


def texts(count: int) -> list[str]:
    """Passages of twenty sentences, none like another; the sentences are numbered throughout, from 0 on."""
    chance = random.Random(5)
    lines = [f"Then {' '.join(chance.sample(_WORDS, 9))} and lamp {n} began to glow." for n in range(SENTENCES * count)]
    return [" ".join(lines[n : n + SENTENCES]) for n in range(0, len(lines), SENTENCES)]


class Reading(ScriptedEngine):
    """Reads its texts, a word every `pace` seconds or all at once, and notes when the last word was said."""

    pace = 0.02
    last = 0.0

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The next text."""
        plenty = replace(request, sampling=replace(request.sampling, max_tokens=100_000))
        async for piece in super().stream(plenty):
            if self.pace:
                await asyncio.sleep(self.pace)
            self.last = time.monotonic()
            yield piece
