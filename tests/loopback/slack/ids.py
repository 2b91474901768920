"""Ids and timestamps as Slack makes them."""

import secrets
import time

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Ids:
    """Ids that never repeat, and timestamps that ever grow."""

    def __init__(self) -> None:
        self._count = 0
        self._microsecond = 0

    def new(self, prefix: str) -> str:
        """E.g. `C0LB0000A1`."""
        self._count += 1
        number, digits = self._count, ""
        for _ in range(6):
            number, digit = divmod(number, 36)
            digits = _DIGITS[digit] + digits
        return f"{prefix}0LB{digits}"

    def ts(self) -> str:
        """A timestamp that names a message: seconds, a dot, six digits."""
        self._microsecond = max(time.time_ns() // 1000, self._microsecond + 1)
        return f"{self._microsecond // 1_000_000}.{self._microsecond % 1_000_000:06d}"

    def trigger(self) -> str:
        """A trigger_id."""
        self._count += 1
        return f"{self._count}.{time.time_ns() // 1_000_000}.{secrets.token_hex(16)}"
