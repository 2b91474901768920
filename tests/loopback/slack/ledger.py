"""What happened: requests, violations, texts, pings."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.loopback.pulse import Pulse
from tests.loopback.slack.rules import Json

OnText = Callable[[str, str], None]
"""Called with a text and where it was: `text`, `block`, `view`, `stream`, `status`, `prompt`, `title`, `file`, ..."""


@dataclass(eq=False)
class Request:
    """A request of the application."""

    method: str
    """The Web API method, e.g. `chat.postMessage`; `response_url`, `upload`, or `ack` with a payload."""
    body: Json
    """The arguments, forms decoded to the types that the method wants."""
    team: str
    """The id of the workspace whose token came; empty without one."""
    at: float
    """When it came (monotonic)."""
    status: int = 0
    """What was answered; 0 while it is not."""
    error: str = ""
    """Slack's word for it, if it was refused."""


@dataclass(frozen=True)
class Seen:
    """A text that reached the platform, as people would read it (entities decoded)."""

    text: str
    where: str
    request: Request | None


@dataclass(frozen=True)
class Reference:
    """Something in a text that resolved: `kind` is `everyone`, `group`, `user`, `channel`, `link` or `date`."""

    kind: str
    target: str
    """`channel`, `here`, a user's or channel's id, or an address."""
    people: tuple[str, ...]
    """The names of those whom it pings."""
    request: Request | None


@dataclass
class Ledger:
    """Everything is written down here."""

    requests: list[Request] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    unauthorized: int = 0
    """Requests with a wrong token or none."""
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

    def read(self, text: Any, where: str, request: Request | None, *, sent: str | None = None) -> None:
        """A text reached the platform. `sent` is how it was written, if people read it otherwise."""
        if isinstance(text, str) and text:
            self.seen.append(Seen(text, where, request))
            if self.on_text:
                self.on_text(text if sent is None else sent, where)
