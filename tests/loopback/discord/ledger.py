"""What happened: requests, violations, texts."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.loopback.pulse import Pulse

OnText = Callable[[str, str], None]
"""Called with a text and where it was: `content`, `embed`, `component`, `modal`, `file`, `thread`, `choice`, ..."""


@dataclass(eq=False)
class Request:
    """A request of the application."""

    method: str
    path: str
    """Without `/api/v10`."""
    template: str | None
    """The path as Discord's description writes it; None for one that this Discord does not have."""
    query: dict[str, str]
    body: Any
    files: dict[str, bytes]
    at: float
    """When it came (monotonic)."""
    status: int = 0
    """What was answered; 0 while it is not."""
    code: int = 0
    """Discord's error code, if it was refused."""


@dataclass(frozen=True)
class Seen:
    """A text that reached the platform."""

    text: str
    where: str
    request: Request | None


@dataclass
class Ledger:
    """Everything is written down here."""

    requests: list[Request] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    unauthorized: int = 0
    """Requests and IDENTIFYs with a wrong token."""
    on_text: OnText | None = None
    pulse: Pulse = field(default_factory=Pulse)
    started: float = field(default_factory=time.monotonic)

    def violate(self, sentence: str) -> None:
        """Write a violation down."""
        self.violations.append(sentence)

    def forgive(self, pattern: str) -> list[str]:
        """Take back the violations that match, because a test wanted them. At least one must be there."""
        forgiven = [each for each in self.violations if re.search(pattern, each)]
        assert forgiven, f"no violation matches {pattern!r}; there are: {self.violations}"
        self.violations[:] = [each for each in self.violations if each not in forgiven]
        return forgiven

    def read(self, text: Any, where: str, request: Request | None) -> None:
        """A text reached the platform."""
        if isinstance(text, str) and text:
            self.seen.append(Seen(text, where, request))
            if self.on_text:
                self.on_text(text, where)
