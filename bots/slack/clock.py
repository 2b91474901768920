"""Slack's time. Where a message was posted is looked for by Slack's clock, and ours may be wrong, or be set anew."""

import time
from email.utils import parsedate_to_datetime


class Clock:
    """Goes by what Slack's answers say, and by our own until the first of them. One for each application."""

    def __init__(self) -> None:
        self._ahead: float | None = None
        """Slack's time less our monotonic one, in seconds."""

    def heard(self, date: str) -> None:
        """An answer came with this date (RFC 9110). What is none tells nothing."""
        try:
            self._ahead = parsedate_to_datetime(date).timestamp() - time.monotonic()
        except ValueError:
            return

    def time(self) -> float:
        """Seconds of the epoch; never ahead of Slack by more than the time that an answer takes."""
        return time.time() if self._ahead is None else time.monotonic() + self._ahead
