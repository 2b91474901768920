"""Says to one person that an answer is on its way, where it takes its time: as a status of a thread, or privately."""

import asyncio
from types import TracebackType

from bots.slack import layout, trouble
from bots.slack.posting import respond, unhurried
from bots.slack.turns import Asked
from core.release import Door
from core.reply import Glimpse

PATIENCE = 1.0
"""Seconds before anything is said."""


class Hint:
    """While a `with` block lasts. `stands` tells afterwards whether a private message is there to be replaced."""

    def __init__(self, asked: Asked, locale: str, door: Door) -> None:
        self._door = door
        self.stands = False
        self._asked = asked
        self._locale = locale
        self._latest: Glimpse | None = None
        self._news = asyncio.Event()
        self._status = False
        self._saying = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def watch(self, glimpse: Glimpse) -> None:
        """Take a look; returns at once."""
        self._latest = glimpse
        self._news.set()

    async def __aenter__(self) -> "Hint":
        self._task = asyncio.create_task(self._say())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None  # noqa: S101 - it was entered
        async with self._saying:
            self._task.cancel()
        await asyncio.wait([self._task])
        if self._status:
            await self._set_status("")

    async def _say(self) -> None:
        await self._news.wait()
        await asyncio.sleep(PATIENCE)
        if self._latest is None:
            return
        said = layout.status(self._latest, self._locale)
        async with self._saying:
            try:
                if self._asked.thread:
                    self._status = True
                    await self._set_status(said)
                elif self._asked.response_url:
                    await respond(self._door, self._asked.response_url, layout.notice(said), replace_original=False)
                    self.stands = True
            except trouble.LOST as error:
                trouble.note(error)

    async def _set_status(self, said: str) -> None:
        asked = self._asked
        try:
            await unhurried(asked.client).assistant_threads_setStatus(
                channel_id=asked.channel, thread_ts=asked.thread, status=said
            )
        except trouble.LOST as error:
            trouble.note(error)
