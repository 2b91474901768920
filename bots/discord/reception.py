"""Where Discord's interactions come in; acknowledgements go before everything else."""

import asyncio
import contextlib
from collections import OrderedDict, deque
from collections.abc import Iterator

from bots.discord.turns import PLATFORM
from bots.reception import Reception as Shared
from core.storyteller import Storyteller

_FEW = 2
"""Acknowledgements under way that other work need not wait for."""
_CHANNELS = 10_000
_COURTESY = 1.0
"""Seconds that other work waits for acknowledgements at most."""


class Reception(Shared):
    """With acknowledgements, for which Discord waits three seconds."""

    def __init__(self, storyteller: Storyteller, *, messages: bool = False) -> None:
        super().__init__(storyteller, PLATFORM)
        self.messages = messages
        """Whether the text of ordinary messages reaches us."""
        self._bottom: OrderedDict[int, int] = OrderedDict()
        self._acknowledging = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @contextlib.contextmanager
    def acknowledging(self) -> Iterator[None]:
        """An acknowledgement while it is under way."""
        self._acknowledging += 1
        try:
            yield
        finally:
            self._acknowledging -= 1
            self._next()

    async def courtesy(self) -> None:
        """Let acknowledgements go first, for a while: Discord waits three seconds for them, and longer for the rest."""
        if self._acknowledging <= _FEW and not self._waiting:
            return
        own: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(own)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_COURTESY):
                await own
        self._next()

    def stands_last(self, channel_id: int, message_id: int) -> bool:
        """Whether a message stands below all that are known to tell the story in a channel."""
        return message_id > self._bottom.get(channel_id, 0)

    def stands(self, channel_id: int, message_id: int) -> None:
        """A message tells the story from now on; what is told later has to stand below it."""
        self._bottom[channel_id] = max(message_id, self._bottom.pop(channel_id, 0))
        if len(self._bottom) > _CHANNELS:
            self._bottom.popitem(last=False)

    def _next(self) -> None:
        """Let one of those who wait go on, if acknowledgements leave room; when it goes, it lets the next one."""
        while self._acknowledging <= _FEW and self._waiting:
            first = self._waiting.popleft()
            if not first.done():
                first.set_result(None)
                return
