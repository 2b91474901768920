"""Faults that a test orders: the next request that matches is answered wrongly, late, or not at all."""

import re
from dataclasses import dataclass, field


@dataclass
class Fault:
    """What happens to the next `times` requests whose method matches."""

    method: re.Pattern[str]
    error: str | None = None
    """Slack's word, e.g. `not_in_channel`, answered with status 200."""
    status: int | None = None
    """An HTTP status without Slack's words: 500, 502, 503; 429 is a rate limit that is not the application's fault."""
    retry_after: int = 1
    drop: bool = False
    """Cut the connection without an answer."""
    after: bool = False
    """Do what was asked first, then fail: the answer is lost, not the deed."""
    delay: float = 0.0
    late: float = 0.0
    """Seconds between the deed and its answer."""
    times: int = 1
    hits: int = 0


@dataclass
class Faults:
    """The orders that stand."""

    standing: list[Fault] = field(default_factory=list)

    def add(
        self,
        method: str,
        *,
        error: str | None = None,
        status: int | None = None,
        retry_after: int = 1,
        drop: bool = False,
        after: bool = False,
        delay: float = 0.0,
        late: float = 0.0,
        times: int = 1,
    ) -> Fault:
        """Order a fault. `method` is a regular expression, searched in the method (or `response_url`, `upload`).

        `error="is_archived"` refuses as Slack does (`ratelimited` becomes a 429); `status=500` is an outage;
        `status=429` a rate limit with `Retry-After: retry_after`; `drop` cuts the connection; `delay` waits first
        (and alone only delays); `after` does the deed before it fails, and `late` answers it so much later.
        """
        if error == "ratelimited":
            error, status = None, 429
        fault = Fault(re.compile(method), error, status, retry_after, drop, after, delay, late, times)
        self.standing.append(fault)
        return fault

    def clear(self) -> None:
        """Take all orders back."""
        self.standing.clear()

    def hit(self, method: str) -> Fault | None:
        """The fault for this request, counted."""
        for fault in self.standing:
            if fault.hits < fault.times and fault.method.search(method):
                fault.hits += 1
                return fault
        return None
