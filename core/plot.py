"""What passages do in their story, and the port through which that is asked. It is a courtesy: nobody waits for it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Protocol

from core.errors import EngineError

log = logging.getLogger(__name__)


class PlotEvent(StrEnum):
    """What a passage does. The order is that of a head's outputs (`inference.events`)."""

    NONE = "none"
    """It describes, introduces, talks, or draws the moral."""
    HAPPEN = "happen"
    CONFLICT = "conflict"
    SOLUTION = "solution"


class PlotReader(Protocol):
    """Somebody who reads passages for that."""

    async def events(self, passages: Sequence[str]) -> list[PlotEvent]:
        """One for each passage. Takes seconds when it is asked first. Raises `EngineError` if it cannot tell."""
        ...

    async def close(self) -> None:
        """Let go of everything. Safe to call more than once."""
        ...


@asynccontextmanager
async def read_meanwhile(
    reader: PlotReader | None, passages: Sequence[str]
) -> AsyncIterator[Callable[[], list[PlotEvent]]]:
    """Have passages read while the block lasts. What is yielded gives the events, or none if they are not known yet."""
    if reader is None:
        yield list
        return
    task = asyncio.create_task(reader.events(passages))
    try:
        yield lambda: _known(task)
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # looked at, so that nobody is told of it again


def _known(task: "asyncio.Task[list[PlotEvent]]") -> list[PlotEvent]:
    if not task.done() or task.cancelled():
        return []
    if isinstance(error := task.exception(), EngineError):
        log.warning("plot events could not be read: %s", type(error).__name__)
        return []
    return task.result()
