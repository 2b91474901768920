"""Texts that may be learned from: the bot's own gate, with the filter for personal data, says which."""

import asyncio
from collections.abc import Iterable

from core.errors import Withheld
from core.filters.personal import PersonalFilter
from core.moderation import Cleared, Gate
from core.policy import STRICTEST

_SLOW = 60.0
"""Seconds for one text: here nobody waits for an answer."""


class Clearing:
    """Remembers what the gate said of each text."""

    def __init__(self) -> None:
        self._gate = Gate([PersonalFilter()], limit_seconds=_SLOW)
        self._known: dict[str, Cleared | None] = {}

    def look_at(self, texts: Iterable[str]) -> None:
        """Ask the gate about texts that it has not seen."""
        asyncio.run(self._look_at(texts))

    def is_personal(self, text: str) -> bool:
        """Whether there is personal data in it."""
        if text not in self._known:
            self.look_at([text])
        return self._known[text] is None

    def cleared(self, text: str) -> Cleared:
        """The text, cleared. Raises ValueError if it is personal."""
        if self.is_personal(text) or (found := self._known[text]) is None:
            raise ValueError("a text with personal data")
        return found

    async def _look_at(self, texts: Iterable[str]) -> None:
        for text in texts:
            if text not in self._known:
                self._known[text] = await self._clear(text)

    async def _clear(self, text: str) -> Cleared | None:
        try:
            return await self._gate.clear(text, STRICTEST)
        except Withheld:
            return None
