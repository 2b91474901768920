"""How much of Slack's patience is left: so many calls of a method in a workspace each minute, one post a second.

Counts what this process asks. What several processes ask together is held by Slack itself (`Retry-After`).
"""

import asyncio
import time
from collections import OrderedDict, deque

_TIERS = {
    "chat.startStream": 20,
    "chat.stopStream": 20,
    "chat.appendStream": 100,
    "chat.update": 50,
    "chat.delete": 50,
    "chat.postEphemeral": 100,
    "users.info": 100,
    "views.open": 100,
    "views.update": 100,
    "views.publish": 100,
    "conversations.open": 50,
    "conversations.history": 50,
    "conversations.replies": 50,
}
"""Calls a minute in a workspace, as documented ("20+")."""
_MARGIN = 0.9
_BURST = 4
_REMEMBERED = 5000


class Budget:
    """For all workspaces. `scale` multiplies every minute and second, for tests."""

    def __init__(self, scale: float = 1.0) -> None:
        self._minute = 60 * scale
        self._second = 1.05 * scale
        self._calls: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self._posts: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def left(self, workspace: str, method: str) -> int:
        """How many calls of a method are free now."""
        return self._most(method) - len(self._recent(workspace, method))

    def take(self, workspace: str, **calls: int) -> bool:
        """Take calls, methods named with `_` for the dot, all or none. False if they are not free now."""
        wanted = {name.replace("_", ".", 1): count for name, count in calls.items()}
        if any(self.left(workspace, method) < count for method, count in wanted.items()):
            return False
        now = time.monotonic()
        for method, count in wanted.items():
            self._recent(workspace, method).extend([now] * count)
        return True

    async def wait(self, workspace: str, method: str) -> None:
        """Wait until a call is free, and take it."""
        while not self.take(workspace, **{method.replace(".", "_", 1): 1}):
            oldest = self._recent(workspace, method)[0]
            await asyncio.sleep(max(0.01, oldest + self._minute - time.monotonic()))

    async def post(self, channel: str) -> None:
        """Wait for the channel's turn to be posted in: a few at once, then one a second."""
        now = time.monotonic()
        left, at = self._posts.pop(channel, (float(_BURST), now))
        left = min(float(_BURST), left + (now - at) / self._second) - 1
        self._posts[channel] = left, now
        if len(self._posts) > _REMEMBERED:
            self._posts.popitem(last=False)
        if left < 0:
            await asyncio.sleep(-left * self._second)

    def _most(self, method: str) -> int:
        return int(_TIERS[method] * _MARGIN)

    def _recent(self, workspace: str, method: str) -> deque[float]:
        key = workspace, method
        calls = self._calls.setdefault(key, deque())
        self._calls.move_to_end(key)
        if len(self._calls) > _REMEMBERED:
            self._calls.popitem(last=False)
        while calls and calls[0] <= time.monotonic() - self._minute:
            calls.popleft()
        return calls
