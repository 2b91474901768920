"""Looks at a turn become edits of its message: one at a time, the latest look wins, about one a second."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from types import TracebackType

from bots.discord.trouble import LOST, mistake, note
from core.moderation import phrase
from core.reply import Glimpse, Stage

EVERY = 1.1
"""Seconds from the end of one edit to the beginning of the next."""
PATIENCE = 0.7
"""Seconds before it is said what is going on, if there is no text yet; most turns without a model are done by then."""

Draw = Callable[[Glimpse], Awaitable[None]]


class Stream:
    """Shows looks while a `with` block lasts. Leaving it waits for the edit in flight, never for a pending one."""

    def __init__(self, draw: Draw, *, text: bool, every: float = EVERY, patience: float = PATIENCE) -> None:
        self._draw = draw
        self._text = text
        self._every = every
        self._patience = patience
        self._latest: Glimpse | None = None
        self._shown: Glimpse | None = None
        self._news = asyncio.Event()
        self._words = asyncio.Event()
        self._drawing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def watch(self, glimpse: Glimpse) -> None:
        """Take a look; returns at once."""
        self._latest = glimpse if self._text or not glimpse.text else Glimpse(Stage.WRITING, phrase(""))
        if self._latest == self._shown:
            return
        self._news.set()
        if self._latest.text:
            self._words.set()

    async def __aenter__(self) -> "Stream":
        self._task = asyncio.create_task(self._show())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None  # noqa: S101 - it was entered
        async with self._drawing:
            self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled() and (broken := self._task.exception()) is not None:
            mistake(broken, "en")

    async def _show(self) -> None:
        await self._news.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                await self._words.wait()
        while True:
            await self._news.wait()
            self._news.clear()
            async with self._drawing:
                await self._edit()
            await asyncio.sleep(self._every)

    async def _edit(self) -> None:
        if self._latest is None or self._latest == self._shown:
            return
        self._shown = self._latest
        try:
            await self._draw(self._latest)
        except LOST as error:  # the final edit will show whether the message can still be reached
            note(error)
