"""Rate limits: every method has so many calls a minute in a workspace; chat.postMessage one a second in a channel."""

import time
from collections import deque

TIER_2, TIER_3, TIER_4, SPECIAL = 20, 50, 100, 600
"""Calls a minute. Slack says "20+"; this Slack takes it at its word. Special limits are not published."""

TIERS = {
    "apps.connections.open": TIER_3,
    "assistant.threads.setStatus": SPECIAL,
    "assistant.threads.setSuggestedPrompts": TIER_4,
    "assistant.threads.setTitle": TIER_4,
    "auth.revoke": TIER_3,
    "bots.info": TIER_3,
    "chat.appendStream": TIER_4,
    "chat.delete": TIER_3,
    "chat.getPermalink": SPECIAL,
    "chat.postEphemeral": TIER_4,
    "chat.startStream": TIER_2,
    "chat.stopStream": TIER_2,
    "chat.update": TIER_3,
    "conversations.history": TIER_3,
    "conversations.info": TIER_3,
    "conversations.join": TIER_3,
    "conversations.members": TIER_4,
    "conversations.open": TIER_3,
    "conversations.replies": TIER_3,
    "files.completeUploadExternal": TIER_4,
    "files.getUploadURLExternal": TIER_4,
    "pins.add": TIER_2,
    "reactions.add": TIER_3,
    "team.info": TIER_3,
    "users.info": TIER_4,
    "views.open": TIER_4,
    "views.publish": TIER_4,
    "views.push": TIER_4,
    "views.update": TIER_4,
}


class Tiers:
    """All counts."""

    def __init__(self, scale: float, burst: int) -> None:
        self._minute = 60 * scale
        self._second = scale
        self._burst = burst
        self._calls: dict[tuple[str, str], deque[float]] = {}
        self._posts: dict[str, tuple[float, float]] = {}

    def take(self, method: str, team: str, channel: str) -> float | None:
        """Count a call. Returns how many seconds to wait if it is one too many (which does not count)."""
        if not self._minute:
            return None
        if method == "chat.postMessage":
            return self._post(channel)
        most = TIERS.get(method)
        return None if most is None else self._call((method, team), most)

    def _call(self, key: tuple[str, str], most: int) -> float | None:
        now = time.monotonic()
        calls = self._calls.setdefault(key, deque())
        while calls and calls[0] <= now - self._minute:
            calls.popleft()
        if len(calls) >= most:
            return calls[0] + self._minute - now
        calls.append(now)
        return None

    def _post(self, channel: str) -> float | None:
        now = time.monotonic()
        left, at = self._posts.get(channel, (float(self._burst), now))
        left = min(float(self._burst), left + (now - at) / self._second)
        if left < 1:
            self._posts[channel] = (left, now)
            return (1 - left) * self._second
        self._posts[channel] = (left - 1, now)
        return None
