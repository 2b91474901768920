"""How a turn is shown while it is written: streamed, or by two updates, or only once it is done, as the budget allows.

A streamed turn takes five requests at most: the start, one or two appends, the stop, and an update that takes the Stop
button away; with a status before them, one append. What is final always stands, whatever became of the stream.
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from types import TracebackType
from typing import Any

from bots.slack import layout, markup, trouble
from bots.slack.layout import Sheet, Sheets
from bots.slack.marks import FIRST, standing
from bots.slack.posting import Spot, unhurried
from bots.slack.trouble import LOST
from core.reply import Glimpse, Stage

PATIENCE = 0.7
"""Seconds before anything is shown: what is done by then takes one request."""
GAPS = (1.5, 4.0)
"""Seconds before each append, and before the second update."""
_LONGEST = 11_000
"""Characters that are streamed at most."""


_STREAM = {"chat_startStream": 1, "chat_stopStream": 1, "chat_update": 1}
"""What a stream takes for certain."""


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
        first: Callable[[], Awaitable[bool]],
    ) -> None:
        self.rung = Rung.FINAL
        self._spot = spot
        self._hasty = unhurried(spot.client)
        self._recipient = recipient
        self._locale = locale
        self._text = text
        self._stop = stop
        self._on_stop = on_stop
        self._first = first
        """Waits for what has to be shown first. False if nothing is to be shown before the whole."""
        self._ts = ""
        self._open = False
        self._said = ""
        """The text that was streamed."""
        self._sure = True
        """What was streamed is known, and can be gone on with."""
        self._status = False
        self._updates = 0
        self._latest: Glimpse | None = None
        self._news = asyncio.Event()
        self._words = asyncio.Event()
        self._performed = asyncio.Event()
        """No other turn of the story comes first any more."""
        self._drawing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def watch(self, glimpse: Glimpse) -> None:
        """Take a look; returns at once."""
        self._latest = glimpse
        self._news.set()
        if glimpse.stage is not Stage.WAITING:
            self._performed.set()
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

    @property
    def stands(self) -> bool:
        """Whether a message of it is there."""
        return bool(self._ts)

    async def settle(self, sheets: Sheets, *, below: str = "") -> list[str]:
        """Make the final text stand, below a message. Raises what Slack answers if there is no way left."""
        await self._close()
        if not self._ts:
            await self._quiet()
            return await self._spot.all(sheets)
        if self._ts < below:  # something that was told before it came later
            return await self._moved(sheets)
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

    async def _moved(self, sheets: Sheets) -> list[str]:
        """Post it anew, as the last; then take away what was shown."""
        ids = await self._spot.all(sheets)
        await self._spot.delete(self._ts)
        self._ts = ids[0]
        return ids

    async def _rewritten(self, sheet: Sheet) -> str:
        taken, self._updates = self._updates > 0, 0
        try:
            await self._spot.update(self._ts, sheet, taken=taken)
        except LOST as error:
            if trouble.code(error) not in trouble.GONE | {"streaming_state_conflict"}:
                raise
            trouble.note(error)
            unfinished, self._ts = self._ts, await self._spot.post(sheet)
            if trouble.code(error) not in trouble.GONE:
                await self._spot.delete(unfinished)
        return self._ts

    async def _show(self) -> None:
        await self._news.wait()
        await asyncio.sleep(PATIENCE)
        async with self._drawing:
            await self._begin()
        if self.rung is Rung.UPDATES:
            await self._performed.wait()
            async with self._drawing:
                await self._placed()
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
        if self._text and self._spot.thread and budget.take(workspace, **_STREAM):
            self.rung, self._updates = Rung.STREAM, 1
            if not self._words.is_set():
                await self._say_status()
        elif budget.take(workspace, chat_update=2):
            self.rung, self._updates = Rung.UPDATES, 2

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
        if not await self._first():
            self.rung = Rung.FINAL
            return
        if self._latest is not None:
            try:
                self._ts = await self._spot.post(self._sketched(self._latest), sketch=True)
            except LOST as error:  # the final post will show whether the channel can be reached
                trouble.note(error)

    def _sketched(self, glimpse: Glimpse) -> Sheet:
        return layout.sketch(glimpse, self._locale, text=self._text).under(self._stop)

    async def _opened(self) -> None:
        """Start the stream with the words that are there."""
        if self.rung is not Rung.STREAM or self._latest is None or self._ts:
            return
        if not await self._first():
            self.rung = Rung.FINAL
            return
        said, began = self._latest.text, self._spot.client.clock.time()
        try:
            self._ts = await self._started(said)
        except LOST as error:
            trouble.note(error)
            self._ts = await self._begun_after_all(began) if trouble.unsure(error) else ""
        if not self._ts:  # on down the ladder: the final post will do
            self.rung = Rung.FINAL
            return
        self._open, self._said, self._status = True, said, False

    async def _started(self, said: str) -> str:
        spot = self._spot
        user, team = self._recipient
        text = markup.markdown(said)[:_LONGEST]
        answer = await self._hasty.chat_startStream(
            channel=spot.channel,
            thread_ts=spot.thread,
            chunks=[{"type": "blocks", "blocks": self._stop}, {"type": "markdown_text", "text": text}],
            recipient_user_id=user,
            recipient_team_id=team,
        )
        return str(answer["ts"])

    async def _begun_after_all(self, since: float) -> str:
        """The stream, if it was begun although Slack did not say so."""
        try:
            found = standing(await self._spot.read(since), self._spot.turn).get(FIRST)
        except LOST as error:
            trouble.note(error)
            return ""
        return found.ts if found else ""

    async def _grow(self) -> None:
        if self._latest is None or not self._ts:
            return
        if self.rung is Rung.UPDATES:
            await self._updated(self._latest)
        elif self._open and self._sure:
            await self._appended(self._latest.text)

    async def _updated(self, glimpse: Glimpse) -> None:
        if not (self._text and glimpse.text) or self._updates < 2:
            return
        self._updates -= 1
        try:
            await self._spot.update(self._ts, self._sketched(glimpse), taken=True, sketch=True)
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
            self._sure = not trouble.unsure(error)
            if trouble.code(error) == "stopped_by_user":
                self._on_stop()

    async def _close(self) -> None:
        """End the stream as it is; then it can be written over."""
        if self._open:
            self._open = False
            await self._spot.end(self._ts)
