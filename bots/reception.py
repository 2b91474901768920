"""Where a platform's requests come in: which were seen, which turns are being written, whether new ones are taken."""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from bots.line import Line, Ticket
from core.errors import StoreError
from core.leases import Member
from core.place import Turn
from core.reply import Alert, Reply, Undelivered
from core.storyteller import Storyteller

_LANGUAGE_LIFE = 60.0
"""Seconds for which a workspace's language is not asked for again."""
_LANGUAGES = 1000
_CARRYING_ON = 5.0
"""Seconds at a start for what was let pass and not posted; the next start goes on with it."""
_REMEMBERED = 20_000
"""Requests remembered, since platforms deliver some again."""


class Missed(NamedTuple):
    """What was told and, as far as we know, never shown."""

    replies: list[tuple[Undelivered, Ticket]]
    """Oldest first, each with its place in the line."""
    alerts: list[Alert]
    """For moderators."""

    async def replay(self, show: Callable[[Undelivered], Awaitable[None]]) -> None:
        """Have each reply shown when its turn comes in its place. Whatever happens, nobody waits for them then."""
        try:
            for each, ticket in self.replies:
                async with ticket:
                    await show(each)
        finally:
            for _, ticket in self.replies:
                ticket.leave()


@dataclass(frozen=True)
class Work:
    """A turn that is being performed."""

    turn: Turn
    task: asyncio.Task[Reply]


class Reception:
    """One for each platform and process. Everything in it may be lost: stories and replies are in the database."""

    def __init__(self, storyteller: Storyteller, platform: str) -> None:
        self.storyteller = storyteller
        self.taking = True
        """Whether new turns are begun; not while the process is about to stop."""
        self.line = Line()
        self._platform = platform
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._languages: OrderedDict[str, tuple[float, str | None]] = OrderedDict()
        self._presses: set[tuple[str, str, str]] = set()
        self._works: dict[str, Work] = {}
        self._flows: set[asyncio.Task[object]] = set()

    def first_sight(self, request_id: str) -> bool:
        """Whether this request was not seen before. Remembers it."""
        if request_id in self._seen:
            return False
        self._seen[request_id] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True

    @contextlib.contextmanager
    def press(self, user: str, message: str, what: str) -> Iterator[bool]:
        """A press of a button while it is dealt with; False if the same press of the same person is already."""
        key = user, message, what
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
        """Everything from a request to its last message; `drain` waits for its end."""
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
        """The language that an admin chose for what everybody reads in a workspace, as of a minute ago."""
        asked, language = self._languages.pop(workspace, (-_LANGUAGE_LIFE, None))
        if time.monotonic() - asked > _LANGUAGE_LIFE:
            asked = time.monotonic()
            language = (await self.storyteller.servers.settings(self._platform, workspace)).language
        self._languages[workspace] = asked, language
        if len(self._languages) > _LANGUAGES:
            self._languages.popitem(last=False)
        return language

    def forget_language(self, workspace: str) -> None:
        """Ask for a workspace's language again: it may have changed."""
        self._languages.pop(workspace, None)

    async def may_show(self, reply: Reply) -> bool:
        """Wait for what other processes show before a public reply; False if another shows this one too."""
        try:
            return reply.private or await self.storyteller.delivery.may_show(self._platform, reply)
        except StoreError:  # the last door needs the database too, and says what becomes of it
            return True

    async def missed(self) -> Missed:
        """What was told and never shown, by this process before its start, or by others that have ended.

        What is told from now on in the same place is shown after it: whoever calls this has to `replay` it.
        """
        own = list[int]()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CARRYING_ON):
                await self.storyteller.carry_on(self._platform, posts=own)
        replies, alerts = await self.storyteller.delivery.inherited(self._platform, own)
        return Missed([(each, self.line.ticket(each.place)) for each in replies], alerts)

    async def whenever_bereaved(self, member: Member, catch_up: Callable[[Missed], Awaitable[None]]) -> None:
        """Catch up each time that another process on the same platform has died. Until cancelled.

        Where the database cannot be asked just then, it is left to the next time.
        """
        while True:
            if await member.changed():
                with contextlib.suppress(StoreError):
                    await catch_up(await self.missed())

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
        if flows := self._others():
            await asyncio.wait(flows, timeout=seconds)

    def _others(self) -> list[asyncio.Task[object]]:
        own = asyncio.current_task()
        return [each for each in self._flows if each is not own]
