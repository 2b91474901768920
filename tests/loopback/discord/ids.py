"""Snowflakes: ids that carry the time, as Discord makes them."""

import time

DISCORD_EPOCH = 1_420_070_400_000


class Snowflakes:
    """Ever growing ids."""

    def __init__(self) -> None:
        self._millisecond = 0
        self._count = 0

    def new(self, *, apart: bool = False) -> int:
        """A new id. One that is `apart` has a millisecond of its own, so that guilds spread over shards."""
        now = max(time.time_ns() // 1_000_000 - DISCORD_EPOCH, self._millisecond + apart)
        self._count = self._count + 1 if now == self._millisecond else 0
        if self._count > 0xFFF:
            now, self._count = now + 1, 0
        self._millisecond = now
        return now << 22 | self._count
