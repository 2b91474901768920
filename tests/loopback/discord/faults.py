"""Faults that a test orders: the next request that matches is answered wrongly, late, or not at all."""

import re
from dataclasses import dataclass, field


@dataclass
class Fault:
    """What happens to the next `times` requests whose method and path match."""

    method: str
    path: re.Pattern[str]
    code: int | None = None
    """Discord's error code; its usual status goes with it."""
    status: int | None = None
    retry_after: float = 0.05
    via: bool = True
    """A 429 with a `Via` header is Discord's, one without it Cloudflare's."""
    drop: bool = False
    """Cut the connection without an answer."""
    after: bool = False
    """Do what was asked first, then fail: the answer is lost, not the deed."""
    delay: float = 0.0
    times: int = 1
    hits: int = 0


@dataclass
class Faults:
    """The orders that stand."""

    standing: list[Fault] = field(default_factory=list)

    def add(
        self,
        method: str,
        path: str,
        *,
        code: int | None = None,
        status: int | None = None,
        via: bool = True,
        retry_after: float = 0.05,
        drop: bool = False,
        after: bool = False,
        delay: float = 0.0,
        times: int = 1,
    ) -> Fault:
        """Order a fault. `method` may be `*`; `path` is a regular expression, searched in the path after /api/v10.

        `code=10008` refuses as Discord does; `status=500` or `502` is an outage; `status=429` a rate limit that is not
        the application's fault; `drop` cuts the connection; `delay` waits first (and alone only delays), with
        `after` between the deed and its answer.
        """
        fault = Fault(method, re.compile(path), code, status, retry_after, via, drop, after, delay, times)
        self.standing.append(fault)
        return fault

    def clear(self) -> None:
        """Take all orders back."""
        self.standing.clear()

    def hit(self, method: str, path: str) -> Fault | None:
        """The fault for this request, counted."""
        for fault in self.standing:
            if fault.hits < fault.times and fault.method in ("*", method) and fault.path.search(path):
                fault.hits += 1
                return fault
        return None
