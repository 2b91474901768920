"""Whether the guard is asked at all: one that is down is noticed once, left alone for a while, and tried again.

Without it everybody's text would wait for the time limit while the guard is down. Says what it has noticed in the log,
once, and holds it as `trouble` for health pages.
"""

import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

_PATIENCE = 3
"""Failures in a row that mean something; one alone may be chance."""


class Breaker:
    """Open while the guard is down; then one text at a time tries whether it is back."""

    def __init__(
        self,
        name: str,
        *,
        pause_seconds: float = 1.0,
        longest_pause_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`name` says of which guard the log speaks. The pause doubles with each vain trial."""
        self._name = name
        self._first, self._longest = pause_seconds, longest_pause_seconds
        self._clock = clock
        self._pause = pause_seconds
        self._failures = self._riddles = 0
        self._closed_again: float | None = None
        self._trying = False
        self.trouble = ""

    def admits(self) -> bool:
        """Whether the guard may be asked now. Who was admitted says how it went, by one of the other methods."""
        if self._closed_again is None:
            return True
        if self._trying or self._clock() < self._closed_again:
            return False
        self._trying = True
        return True

    def answered(self) -> None:
        """It gave a proper answer."""
        if self.trouble:
            log.warning("The guard model %s judges again.", self._name)
        self._trying, self._closed_again, self.trouble = False, None, ""
        self._failures = self._riddles = 0
        self._pause = self._first

    def puzzled(self, why: str) -> None:
        """It answered, but not as it should. That stops nobody else's text: somebody may have provoked it."""
        self._trying, self._closed_again, self._failures = False, None, 0
        self._riddles += 1
        if self._riddles >= _PATIENCE:
            self._tell(why)

    def failed(self, why: str, *, certain: bool) -> None:
        """It did not answer. `certain` failures, such as a refused connection, are not waited for to repeat."""
        again = self._trying
        self._trying = False
        self._failures += 1
        if certain or again or self._failures >= _PATIENCE:
            self._closed_again = self._clock() + self._pause
            self._pause = min(2 * self._pause, self._longest)
            self._tell(why)

    def abandoned(self) -> None:
        """Nobody waited for the answer any more."""
        self._trying = False

    def _tell(self, why: str) -> None:
        if why != self.trouble:
            log.error("The guard model %s %s Every text is held until that is mended.", self._name, why)
        self.trouble = why
