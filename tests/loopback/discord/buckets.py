"""Rate limits: windows that count, headers that tell, and 429 for those who do not listen."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """So many requests in so many seconds, by the value of one path parameter."""

    bucket: str
    count: int
    seconds: float
    by: str


_WEBHOOK = Limit("webhook", 5, 2.0, "webhook_token")
LIMITS = {
    ("POST", "/channels/{channel_id}/messages"): Limit("message-create", 5, 5.0, "channel_id"),
    ("PATCH", "/channels/{channel_id}/messages/{message_id}"): Limit("message-edit", 5, 5.0, "channel_id"),
    ("POST", "/webhooks/{webhook_id}/{webhook_token}"): _WEBHOOK,
    ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original"): _WEBHOOK,
    ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"): _WEBHOOK,
    ("DELETE", "/webhooks/{webhook_id}/{webhook_token}/messages/@original"): _WEBHOOK,
    ("DELETE", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"): _WEBHOOK,
    ("PUT", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me"): Limit(
        "reaction", 1, 0.25, "channel_id"
    ),
}


@dataclass
class Window:
    """A running window of one bucket."""

    ends: float
    used: int = 0


@dataclass(frozen=True)
class Passage:
    """Whether a request may pass, and what the headers say."""

    headers: dict[str, str]
    retry_after: float | None = None


class Buckets:
    """All windows."""

    def __init__(self, scale: float, global_limit: int) -> None:
        self._scale = scale
        self._global_limit = global_limit
        self._windows: dict[tuple[str, str], Window] = {}

    def take(self, method: str, template: str, parameters: dict[str, str]) -> Passage:
        """Count a request."""
        limit = LIMITS.get((method, template))
        if limit is None or not self._scale:
            return Passage({})
        window = self._window((limit.bucket, parameters[limit.by]), limit.seconds * self._scale)
        left = window.ends - time.monotonic()
        window.used += 1
        headers = {
            "X-RateLimit-Limit": str(limit.count),
            "X-RateLimit-Remaining": str(max(0, limit.count - window.used)),
            "X-RateLimit-Reset": f"{time.time() + left:.3f}",
            "X-RateLimit-Reset-After": f"{left + 0.001:.3f}",
            "X-RateLimit-Bucket": limit.bucket,
        }
        return Passage(headers, left if window.used > limit.count else None)

    def everywhere(self) -> float | None:
        """Count a request against the global limit; how long to wait if it is exceeded."""
        if not self._scale:
            return None
        window = self._window(("global", ""), self._scale)
        window.used += 1
        return window.ends - time.monotonic() if window.used > self._global_limit else None

    def _window(self, key: tuple[str, str], seconds: float) -> Window:
        now = time.monotonic()
        window = self._windows.get(key)
        if window is None or window.ends <= now:
            window = self._windows[key] = Window(now + seconds)
        return window
