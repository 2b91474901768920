"""Which connections to Discord (shards) this process has, where several processes divide them.

A shard that is no longer ours is put down at once; one that becomes ours is connected to when its turn comes: Discord
lets a bot identify itself so many times in five seconds, over all processes. On SQLite there is one process, and
discord.py connects to all shards by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable

import discord
from discord.gateway import DiscordWebSocket

from bots.discord import trouble
from bots.sentences import announce
from core.errors import StoreError
from core.leases import Member

IDENTIFY_SECONDS = 5.2
"""Between two IDENTIFYs that count together; Discord says 5, and they take a moment to arrive."""
_WAITING = (
    "Other processes have all {count} connections to Discord at the moment. I wait, and take over from the first that "
    "ends."
)
_OTHERWISE = (
    "Other processes run with {count} connections to Discord, and DISCORD_SHARDS says {wanted} here. I wait until they "
    "have ended. Set it alike for all, or for none."
)


class Shards:
    """The share of one process.

    `count` is how many there are in all, if not as many as Discord recommends; `bereaved` is awaited when another
    process has died, before its shards are connected to; `apart` is in seconds, between two IDENTIFYs.
    """

    def __init__(
        self,
        client: discord.AutoShardedClient,
        member: Member,
        *,
        count: int | None,
        bereaved: Callable[[], Awaitable[None]],
        apart: float,
    ) -> None:
        self._client = client
        self._member = member
        self._count = count
        self._apart = apart
        self._buckets = 1
        self._standing: list[int] = []
        self._bereaved = bereaved
        self._launching: asyncio.Task[None] | None = None

    def ours(self, shard: int) -> bool:
        """Whether this process may have it."""
        share = self._member.share
        return self._member.alone or (shard in share.parts and shard not in share.excess)

    @property
    def well(self) -> bool:
        """Whether every shard that is ours is connected; so it is if there is none, once others were asked."""
        if self._member.alone:
            return bool(self._client.shards) and not any(each.is_closed() for each in self._client.shards.values())
        known = [self._client.get_shard(each) for each in self._member.share.parts]
        return self._member.share.of > 0 and all(each is not None and not each.is_closed() for each in known)

    async def begin(self) -> tuple[int, list[int]]:
        """Wait until there is any. How many shards there are over all processes, and which we begin with.

        Raises what discord.py does if Discord cannot be asked, and `StoreError`.
        """
        recommended, _, limits = await self._client.http.get_bot_gateway()
        self._buckets = max(1, limits["max_concurrency"])
        await self._member.divide(self._count or recommended, fixed=self._count is not None)
        if not self._member.share.parts:
            self._tell()
        while not self._member.share.parts:
            await self._changed()
        self._standing = [min(self._member.share.parts)]
        return self._member.share.of, self._standing

    async def follow(self) -> None:
        """Have exactly the shards that are ours, from `begin` on, until cancelled."""
        try:
            while True:
                self._launch()
                await self._changed()
        finally:
            if self._launching is not None:
                self._launching.cancel()

    async def identify(self, shard: int) -> None:
        """Wait until it may be identified. If it is not ours by then, that is taken back."""
        while True:
            try:
                await asyncio.sleep(await self._member.moment(f"identify {shard % self._buckets}", self._apart))
                break
            except StoreError as error:
                trouble.note(error)
                await asyncio.sleep(self._apart)
        if not self.ours(shard):
            raise asyncio.CancelledError  # which discord.py takes for the end of this connection alone

    async def check(self, shard: int) -> None:
        """It is connected. Put it down if it is not ours: it came back by itself after it was lost."""
        if not self.ours(shard):
            await self._disconnect(shard)

    async def _changed(self) -> None:
        died = await self._member.changed()
        await self._put_down()
        if died:
            await self._bereaved()

    def _tell(self) -> None:
        count = self._member.share.of
        sentence = _WAITING if self._count in (None, count) else _OTHERWISE
        announce(sentence.format(count=count, wanted=self._count))

    async def _put_down(self) -> None:
        for shard in [each for each in self._standing if not self.ours(each)]:
            self._standing.remove(shard)
            await self._disconnect(shard)
        if excess := self._member.share.excess:
            try:
                await self._member.give_back(excess)
            except StoreError as error:  # they end by themselves, since the next sign of life fails too
                trouble.note(error)

    async def _disconnect(self, shard: int) -> None:
        if (known := self._client.get_shard(shard)) is not None:
            await known.disconnect()

    def _launch(self) -> None:
        if self._launching is None or self._launching.done():
            self._launching = asyncio.create_task(self._connect())

    async def _connect(self) -> None:
        """Connect to what is ours and does not stand, one after the other."""
        own = asyncio.current_task()
        assert own is not None  # noqa: S101 - for the type checker
        while missing := [each for each in sorted(self._member.share.parts) if self._missing(each)]:
            shard = missing[0]
            self._standing.append(shard)
            try:
                await self._connect_to(shard)
            except asyncio.CancelledError:  # by `identify`, or by whoever stops us
                if own.cancelling():
                    raise
                self._standing.remove(shard)

    def _missing(self, shard: int) -> bool:
        return shard not in self._standing and self.ours(shard)

    async def _connect_to(self, shard: int) -> None:
        known = self._client.get_shard(shard)
        if known is None:
            await self._client.launch_shard(DiscordWebSocket.DEFAULT_GATEWAY, shard)
        else:  # it stood here before, and may be about to come back by itself
            await known.reconnect()
