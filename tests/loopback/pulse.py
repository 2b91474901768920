"""A way to wait for something without sleeping."""

import asyncio
from collections.abc import Callable


class Pulse:
    """Wakes those who wait for a condition whenever something has changed."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def beat(self) -> None:
        """Something has changed."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)

    async def until(self, condition: Callable[[], bool], seconds: float, what: str | Callable[[], str]) -> None:
        """Wait until the condition holds. Raises AssertionError that says what did not happen."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    change = asyncio.get_running_loop().create_future()
                    self._waiting.append(change)
                    await change
        except TimeoutError:
            waited = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {seconds:g} s: {waited}") from None
