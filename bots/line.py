"""Who is shown after whom: in one place, replies stand in the order in which their turns were performed."""

import asyncio
from collections.abc import Callable
from types import TracebackType

from core.place import Place
from core.reply import Reply


class Ticket:
    """A reply's place in the line. Inside the block everything before it has been shown, and nothing after it."""

    def __init__(self, before: asyncio.Future[None] | None, own: asyncio.Future[None]) -> None:
        self._before = before
        self._own = own

    async def __aenter__(self) -> "Ticket":
        if self._before is not None:
            await asyncio.wait([self._before])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """Let the next one go on. Safe to call twice; whoever takes a ticket has to, whatever happens."""
        if not self._own.done():
            self._own.set_result(None)


class Line:
    """The lines of one platform, one for each place, in this process."""

    def __init__(self) -> None:
        self._last: dict[Place, asyncio.Future[None]] = {}

    def ticket(self, place: Place) -> Ticket:
        """Stand in line. To be called as soon as a turn is performed, before the next one can be."""
        own: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        before, self._last[place] = self._last.get(place), own
        own.add_done_callback(lambda _: self._forget(place, own))
        return Ticket(before, own)

    def behind(self, reply: Reply, place: Place) -> Ticket | None:
        """The ticket of a reply to a turn in a place, or of what it has posted elsewhere; None if nobody else sees it.

        To be called as soon as the turn is performed, before the next one can be.
        """
        if reply.posted is not None:
            return self.ticket(reply.posted.place)
        return None if reply.private or reply.again else self.ticket(place)

    async def clear(self, place: Place) -> None:
        """Wait until everything that was performed in a place by now has been shown."""
        if (last := self._last.get(place)) is not None:
            await asyncio.wait([last])

    async def reached(self, place: Place, own: Callable[[], Ticket | None]) -> bool:
        """Wait until it is the turn of a reply that is not performed yet, whose ticket will be `own`.

        False once it is performed: then it stands in line itself, and is shown as a whole when that is its turn. (To
        wait for the line then would be to wait for oneself.)
        """
        if own() is None:
            await self.clear(place)
        return own() is None

    def _forget(self, place: Place, own: asyncio.Future[None]) -> None:
        if self._last.get(place) is own:
            del self._last[place]
