"""Writing over messages of the bot's own that show words of somebody who was forgotten: the part all platforms share.

Each is tried once in a go, with pauses, so that nobody's turn waits for it. What a platform does not do now is tried
again at the next start; what it never will is told to whoever asked.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum

from bots import sentences
from bots.sentences import speak
from core.delivery import Delivery
from core.withdrawing import Withdrawal

_LINKS = 10
"""Messages that are named to whoever asked."""


class Fate(Enum):
    """What a platform made of it."""

    OVER = "over"
    """The message shows nothing any more, or is gone."""
    NEVER = "never"
    """The platform will not let us."""
    LATER = "later"
    """Not now."""


Blank = Callable[[Withdrawal], Awaitable[Fate]]
"""Writes over one message. Raises nothing that a platform answers."""


@dataclass
class Account:
    """What became of the messages."""

    over: int = 0
    never: list[Withdrawal] = field(default_factory=list)
    later: int = 0

    @property
    def tried(self) -> int:
        """How many there were so far."""
        return self.over + len(self.never) + self.later

    def told(self, locale: str, link: Callable[[Withdrawal], str]) -> str:
        """It in a few sentences, with links to what somebody else has to delete."""
        parts = [speak(sentences.WITHDRAWN, locale, count=self.over)]
        if self.never:
            links = " ".join(link(each) for each in self.never[:_LINKS])
            parts.append(speak(sentences.NOT_WITHDRAWN, locale, count=len(self.never), links=links))
        if self.later:
            parts.append(speak(sentences.WITHDRAWN_LATER, locale, count=self.later))
        return " ".join(parts)


async def carry_out(
    delivery: Delivery, platform: str, blank: Blank, *, mac: bytes | None = None, pause: float = 0.0
) -> Account:
    """Write over what waits on a platform, with `pause` seconds between; with `mac`, one person's messages alone.

    If this is interrupted, the next start goes on with it. Raises `StoreError`.
    """
    account = Account()
    while waiting := (await delivery.withdrawals(platform, mac))[account.later :]:
        for each in waiting:
            await asyncio.sleep(pause if account.tried else 0)
            match await blank(each):
                case Fate.LATER:
                    account.later += 1
                    continue
                case Fate.NEVER:
                    account.never.append(each)
                case Fate.OVER:
                    account.over += 1
            await delivery.withdrawn(each)
    return account
