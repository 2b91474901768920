"""How a turn is shown while it is written: streamed, or by two updates, or only once it is done, as the budget allows.

A streamed turn takes five requests at most: a status, the start, one or two appends, the stop, and an update where
what stands in the end is not what was streamed. What is final always stands, whatever became of the stream.
"""

import asyncio
import contextlib
from collections.abc import Callable
from enum import StrEnum
from types import TracebackType
from typing import Any

from bots.slack import layout, markup, trouble
from bots.slack.layout import Sheet, Sheets
from bots.slack.posting import Spot, unhurried
from bots.slack.trouble import LOST
from core.story import Block, Glimpse, Shape

PATIENCE = 0.7
"""Seconds before it is said what is going on, if there is no text yet."""
GAPS = (1.5, 4.0)
"""Seconds before each append, and before the second update."""
_LONGEST = 11_000
"""Characters that are streamed at most."""


class Rung(StrEnum):
    """How much is shown before the end."""

    STREAM = "stream"
    UPDATES = "updates"
    FINAL = "final"


class Stream:
    """Shows looks while a `with` block lasts; then `settle` or `withdraw` says what becomes of it."""

    def __init__(
        self,
        spot: Spot,
        *,
        recipient: tuple[str, str],
        locale: str,
        text: bool,
        stop: list[dict[str, Any]],
        on_stop: Callable[[], object],
    ) -> None:
        self.rung = Rung.FINAL
        self._spot = spot
        self._hasty = unhurried(spot.client)
        self._recipient = recipient
        self._locale = locale
        self._text = text
        self._stop = stop
        self._on_stop = on_stop
        self._ts = ""
        self._open = False
        self._said = ""
        """The text that was streamed."""
        self._status = False
        self._updates = 0
        self._latest: Glimpse | None = None
        self._news = asyncio.Event()
        self._words = asyncio.Event()
        self._drawing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def watch(self, glimpse: Glimpse) -> None:
        """Take a look; returns at once."""
        self._latest = glimpse
        self._news.set()
        if glimpse.text:
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
            trouble.mistake(broken, "en")

    async def settle(self, sheets: Sheets, blocks: tuple[Block, ...], more: list[dict[str, Any]]) -> list[str]:
        """Make the final text stand, with `more` blocks under it. Raises what Slack answers if there is no way left.

        `sheets` are the blocks as messages, with `more` under the last one.
        """
        if self._open and len(sheets.messages) == 1 and await self._finished(blocks, more):
            return [self._ts]
        await self._close()
        if not self._ts:
            await self._quiet()
            return await self._spot.all(sheets)
        ts = await self._rewritten(sheets.messages[0])
        return [ts, *await self._spot.rest(sheets)]

    async def withdraw(self) -> None:
        """Take away what was shown."""
        await self._close()
        await self._quiet()
        if self._ts:
            await self._spot.delete(self._ts)
            self._ts = ""

    async def marked(self, sheet: Sheet) -> None:
        """Write over what was shown; nothing if nothing was."""
        await self._close()
        await self._quiet()
        if self._ts:
            try:
                await self._rewritten(sheet)
            except LOST as error:
                trouble.note(error)

    async def _rewritten(self, sheet: Sheet) -> str:
        taken, self._updates = self._updates > 0, 0
        try:
            await self._update(sheet, taken=taken)
        except LOST as error:
            if trouble.code(error) not in trouble.GONE | {"streaming_state_conflict"}:
                raise
            trouble.note(error)
            unfinished, self._ts = self._ts, await self._spot.post(sheet)
            if trouble.code(error) not in trouble.GONE:
                await self._spot.delete(unfinished)
        return self._ts

    async def _update(self, sheet: Sheet, *, taken: bool) -> None:
        try:
            await self._spot.update(self._ts, sheet, taken=taken)
        except LOST as error:
            if trouble.code(error) != "streaming_state_conflict":
                raise
            self._open = True
            await self._close()
            await self._spot.update(self._ts, sheet)

    async def _show(self) -> None:
        await self._news.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._words.wait()
        async with self._drawing:
            await self._begin()
        gaps = GAPS if self.rung is Rung.STREAM and not self._status else GAPS[1:] * (self.rung is not Rung.FINAL)
        if self.rung is not Rung.UPDATES:
            await self._words.wait()
            async with self._drawing:
                await self._opened()
        for gap in gaps:
            self._news.clear()
            await asyncio.sleep(gap)
            await self._news.wait()
            async with self._drawing:
                await self._grow()

    async def _begin(self) -> None:
        """Choose how it is shown, and say what is going on if there are no words yet."""
        workspace, budget = self._spot.workspace, self._spot.budget
        if self._text and self._spot.thread and budget.take(workspace, chat_startStream=1, chat_stopStream=1):
            self.rung = Rung.STREAM
            if not self._words.is_set():
                await self._say_status()
        elif budget.take(workspace, chat_update=2):
            self.rung, self._updates = Rung.UPDATES, 2
            await self._placed()

    async def _say_status(self) -> None:
        if self._latest is None:
            return
        self._status = True
        await self._set_status(layout.status(self._latest, self._locale))

    async def _set_status(self, status: str) -> None:
        spot = self._spot
        try:
            await self._hasty.assistant_threads_setStatus(channel_id=spot.channel, thread_ts=spot.thread, status=status)
        except LOST as error:
            trouble.note(error)

    async def _quiet(self) -> None:
        """Take the status away where no message of ours does."""
        if self._status and not self._ts:
            await self._set_status("")
        self._status = False

    async def _placed(self) -> None:
        """Post what is there as an ordinary message, to be updated."""
        if self._latest is not None:
            try:
                self._ts = await self._spot.post(self._sketched(self._latest))
            except LOST as error:  # the final post will show whether the channel can be reached
                trouble.note(error)

    def _sketched(self, glimpse: Glimpse) -> Sheet:
        return layout.sketch(glimpse, self._locale, text=self._text).under(self._stop)

    async def _opened(self) -> None:
        """Start the stream with the words that are there."""
        if self.rung is not Rung.STREAM or self._latest is None or self._ts:
            return
        spot, said = self._spot, self._latest.text
        user, team = self._recipient
        try:
            answer = await self._hasty.chat_startStream(
                channel=spot.channel,
                thread_ts=spot.thread,
                markdown_text=markup.markdown(said)[:_LONGEST],
                recipient_user_id=user,
                recipient_team_id=team,
            )
        except LOST as error:  # on down the ladder: the final post will do
            trouble.note(error)
            self.rung = Rung.FINAL
            return
        self._ts, self._open, self._said, self._status = str(answer["ts"]), True, said, False

    async def _grow(self) -> None:
        if self._latest is None or not self._ts:
            return
        if self.rung is Rung.UPDATES:
            await self._updated(self._latest)
        elif self._open:
            await self._appended(self._latest.text)

    async def _updated(self, glimpse: Glimpse) -> None:
        if not (self._text and glimpse.text) or self._updates < 2:
            return
        self._updates -= 1
        try:
            await self._spot.update(self._ts, self._sketched(glimpse), taken=True)
        except LOST as error:
            trouble.note(error)

    async def _appended(self, text: str) -> None:
        new = text.removeprefix(self._said)
        fits = text.startswith(self._said) and len(markup.markdown(text)) < _LONGEST
        if not (new and fits) or not self._spot.budget.take(self._spot.workspace, chat_appendStream=1):
            return
        try:
            await self._hasty.chat_appendStream(
                channel=self._spot.channel, ts=self._ts, markdown_text=markup.markdown(new)
            )
            self._said = text
        except LOST as error:
            trouble.note(error)
            self._open = trouble.code(error) not in (trouble.NO_STREAM | trouble.GONE)
            if trouble.code(error) == "stopped_by_user":
                self._on_stop()

    async def _finished(self, blocks: tuple[Block, ...], more: list[dict[str, Any]]) -> bool:
        """End the stream with the rest of the text. False if it has to be written over."""
        first = blocks[0] if blocks else None
        if first is None or first.shape is not Shape.PROSE or not first.text.startswith(self._said):
            return False
        rest = markup.markdown(first.text.removeprefix(self._said))
        under = [*layout.caption(blocks), *more]
        if len(rest) + len(markup.markdown(self._said)) > _LONGEST:
            return False
        self._open = False
        return await self._stopped(rest, under)

    async def _close(self) -> None:
        """End the stream as it is, so that it can be written over."""
        if self._open:
            self._open = False
            await self._stopped("", [])

    async def _stopped(self, rest: str, blocks: list[dict[str, Any]]) -> bool:
        given: dict[str, Any] = {"markdown_text": rest or None, "blocks": blocks or None}
        try:
            await self._spot.client.chat_stopStream(
                channel=self._spot.channel, ts=self._ts, **{key: each for key, each in given.items() if each}
            )
        except LOST as error:
            trouble.note(error)
            return False
        return True
