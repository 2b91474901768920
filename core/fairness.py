"""One engine for many servers, in fair turns: who asks a lot waits, who asks now and then does not.

Workspaces are told apart by the salt of their requests. Knows nothing of stories, and nothing of how words are made.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from core.engine import Around, Engine, Piece, Priority, Request
from core.errors import EngineBusy

_SHARE = 0.75
"""Of the answers at a time, the most that one workspace may have, so that nobody finds all places taken."""

Waiting = asyncio.Future[None]


class FairEngine(Around):
    """An engine that writes `at_once` answers, and lets `waiting` more wait, the workspaces taking turns.

    When no more may wait, whoever has most waiting gives way: its newest request is refused with `EngineBusy`.
    Requests with a higher priority than people's turns do not wait. Safe to cancel at any moment.
    """

    def __init__(self, engine: Engine, *, at_once: int, waiting: int) -> None:
        super().__init__(engine)
        self._at_once, self._room = at_once, waiting
        self._most = max(1, int(at_once * _SHARE))
        self._writing: Counter[str] = Counter()
        self._queues: OrderedDict[str, deque[Waiting]] = OrderedDict()

    def busy(self, salt: str) -> bool:
        """Whether a turn of this workspace (by its salt) would be refused if it asked now.

        A look ahead, so that nothing is prepared for nothing; what holds is what `stream` says.
        """
        waits = salt in self._queues or not self._may(salt)
        return waits and self._full() and self._giving_way(salt) is None

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """Write, once it is this workspace's turn. Raises `EngineBusy` if too many wait."""
        async with self._place(request), aclosing(self._engine.stream(request)) as pieces:
            async for piece in pieces:
                yield piece

    @asynccontextmanager
    async def _place(self, request: Request) -> AsyncIterator[None]:
        if request.priority < Priority.TURN:
            yield
            return
        await self._enter(request.salt)
        try:
            yield
        finally:
            self._leave(request.salt)

    async def _enter(self, workspace: str) -> None:
        if self._may(workspace) and workspace not in self._queues:
            self._writing[workspace] += 1
            return
        self._make_room(workspace)
        own: Waiting = asyncio.get_running_loop().create_future()
        self._queues.setdefault(workspace, deque()).append(own)
        try:
            await own
        except asyncio.CancelledError:
            if own.done() and not own.cancelled() and own.exception() is None:
                self._leave(workspace)  # its turn had just come
            else:
                self._forget(workspace, own)
            raise

    def _may(self, workspace: str) -> bool:
        return self._writing.total() < self._at_once and self._writing[workspace] < self._most

    def _leave(self, workspace: str) -> None:
        self._writing[workspace] -= 1
        if not self._writing[workspace]:
            del self._writing[workspace]
        self._next()

    def _next(self) -> None:
        """Let in who may write now; each workspace that was let in goes to the end of the row."""
        while (workspace := next(filter(self._may, self._queues), None)) is not None:
            first = self._queues[workspace].popleft()
            self._queues.move_to_end(workspace)
            if not self._queues[workspace]:
                del self._queues[workspace]
            self._writing[workspace] += 1
            first.set_result(None)

    def _make_room(self, workspace: str) -> None:
        if not self._full():
            return
        greediest = self._giving_way(workspace)
        if greediest is None:
            raise EngineBusy
        newest = self._queues[greediest][-1]
        self._forget(greediest, newest)
        newest.set_exception(EngineBusy())

    def _full(self) -> bool:
        return sum(map(len, self._queues.values())) >= self._room

    def _giving_way(self, workspace: str) -> str | None:
        """Whose newest request makes room for one of `workspace`; None if nobody has more than one more waiting."""
        greediest = max(self._queues, key=lambda each: len(self._queues[each]), default=workspace)
        more = len(self._queues.get(greediest, ())) > len(self._queues.get(workspace, ())) + 1
        return greediest if more else None

    def _forget(self, workspace: str, waiting: Waiting) -> None:
        queue = self._queues.get(workspace, deque())
        if waiting in queue:
            queue.remove(waiting)
            if not queue:
                del self._queues[workspace]
