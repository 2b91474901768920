"""Where interactions come in: which were seen, which turns are being written, whether new ones are taken."""

import asyncio
import contextlib
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass

from bots.discord.turns import PLATFORM
from core.story import Reply, Turn
from core.storyteller import Storyteller

_LANGUAGE_LIFE = 60.0
"""Seconds for which a server's language is not asked for again."""
_LANGUAGES = 1000
_FEW = 2
"""Acknowledgements under way that other work need not wait for."""
_COURTESY = 1.0
"""Seconds that other work waits for acknowledgements at most."""
_REMEMBERED = 10_000
"""Interactions remembered, since Discord delivers some again after a dropped connection."""


@dataclass(frozen=True)
class Work:
    """A turn that is being performed."""

    turn: Turn
    task: asyncio.Task[Reply]


class Reception:
    """One for each process. Everything in it may be lost: stories and replies are in the database."""

    def __init__(self, storyteller: Storyteller, *, messages: bool = False) -> None:
        self.storyteller = storyteller
        self.messages = messages
        """Whether the text of ordinary messages reaches us."""
        self.taking = True
        """Whether new turns are begun; not while the process is about to stop."""
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._languages: OrderedDict[str, tuple[float, str | None]] = OrderedDict()
        self._acknowledging = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._presses: set[tuple[int, int, str]] = set()
        self._works: dict[str, Work] = {}
        self._flows: set[asyncio.Task[object]] = set()

    def first_sight(self, interaction_id: int) -> bool:
        """Whether this interaction was not seen before. Remembers it."""
        if interaction_id in self._seen:
            return False
        self._seen[interaction_id] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True

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

    def _next(self) -> None:
        """Let one of those who wait go on, if acknowledgements leave room; when it goes, it lets the next one."""
        while self._acknowledging <= _FEW and self._waiting:
            first = self._waiting.popleft()
            if not first.done():
                first.set_result(None)
                return

    @contextlib.contextmanager
    def press(self, user_id: int, message_id: int, what: str) -> Iterator[bool]:
        """A press of a button while it is dealt with; False if the same press of the same person is already."""
        key = user_id, message_id, what
        if key in self._presses:
            yield False
            return
        self._presses.add(key)
        try:
            yield True
        finally:
            self._presses.discard(key)

    @contextlib.contextmanager
    def flow(self) -> Iterator[None]:
        """Everything from an event to its last message; `drain` waits for its end."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - for the type checker
        self._flows.add(task)
        try:
            yield
        finally:
            self._flows.discard(task)

    @contextlib.contextmanager
    def working(self, work: Work) -> Iterator[None]:
        """A turn while it is performed."""
        self._works[work.turn.id] = work
        try:
            yield
        finally:
            self._works.pop(work.turn.id, None)

    def work(self, turn_id: str) -> Work | None:
        """The turn of this id, if it is being performed here."""
        return self._works.get(turn_id)

    async def language(self, workspace: str) -> str | None:
        """The language that an admin chose for what everybody reads on a server, as of a minute ago."""
        asked, language = self._languages.pop(workspace, (-_LANGUAGE_LIFE, None))
        if time.monotonic() - asked > _LANGUAGE_LIFE:
            asked = time.monotonic()
            language = (await self.storyteller.workspace(PLATFORM, workspace)).language
        self._languages[workspace] = asked, language
        if len(self._languages) > _LANGUAGES:
            self._languages.popitem(last=False)
        return language

    def forget_language(self, workspace: str) -> None:
        """Ask for a server's language again: it may have changed."""
        self._languages.pop(workspace, None)

    async def replied(self, turn: Turn) -> Reply | None:
        """What this turn said, if it was performed; it tells whether a cancelled turn is whole or absent."""
        return await self.storyteller.replied(turn)

    async def drain(self, *, patience: float, grace: float = 5.0) -> None:
        """Take nothing new; let what is being done finish within `patience` seconds, and stop the rest.

        What is stopped has `grace` seconds to say so.
        """
        self.taking = False
        await self._wait(patience)
        for work in list(self._works.values()):
            work.task.cancel()
        await self._wait(grace)

    async def _wait(self, seconds: float) -> None:
        own = asyncio.current_task()
        if flows := [each for each in self._flows if each is not own]:
            await asyncio.wait(flows, timeout=seconds)
