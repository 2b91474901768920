"""The connection to Discord: what it asks for, and which events go where."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bots.discord import messages, outbox, presses, trouble, withdrawing, wording
from bots.discord.commands import Words, tree
from bots.discord.exit import guarded
from bots.discord.reception import Reception
from bots.discord.shards import IDENTIFY_SECONDS, Shards
from bots.discord.sync import sync
from bots.discord.watched import limits
from bots.reception import Missed
from bots.sentences import speak
from bots.settings import Settings
from core.errors import StoreError
from core.leases import Member
from core.storyteller import Storyteller

_PATIENCE = 60.0
"""Seconds that the library waits for a rate limit before it gives a request up."""


_HEAD_START = 30.0
"""Seconds that new turns wait for what was not shown before the last stop; then both go on side by side."""


class StoryClient(discord.AutoShardedClient):
    """Hears interactions, and messages where they are switched on. Keeps no members and no messages in memory."""

    def __init__(
        self, storyteller: Storyteller, settings: Settings, member: Member, *, apart: float = IDENTIFY_SECONDS
    ) -> None:
        listens = settings.discord_messages
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=listens, message_content=listens),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            max_ratelimit_timeout=_PATIENCE,
            shard_count=settings.discord_shards,
            http_trace=limits(),
        )
        guarded(self, storyteller.door)
        self.reception = Reception(storyteller, messages=listens)
        self.tree = tree(self, self.reception)
        self.connections = Shards(self, member, count=settings.discord_shards, bereaved=self._catch_up, apart=apart)
        self._member = member
        self._background: set[asyncio.Task[None]] = set()

    async def setup_hook(self) -> None:
        """Before the first event: register the commands if they changed, and catch up.

        New turns come after what was told before the stop, so that a channel reads in the order of its story.
        """
        storyteller = self.reception.storyteller
        await self.tree.set_translator(Words())
        async with self._member.only("commands"):
            await sync(storyteller.notebook, self.tree, self.application_id or 0)
        first = self._go_on(self._caught_up(await self.reception.missed()))
        self._go_on(self._withdraw(after=first))
        await asyncio.wait([first], timeout=_HEAD_START)

    async def launch_shards(self) -> None:
        """Connect: to all shards, or to those of them that this process has among others."""
        if not self._member.alone:
            self.shard_count, self.shard_ids = await self.connections.begin()
        await super().launch_shards()
        if not self._member.alone:
            self._go_on(self.connections.follow())

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Keep to Discord's limit on identifying, over all processes."""
        if self._member.alone:
            await super().before_identify_hook(shard_id, initial=initial)
        else:
            await self.connections.identify(shard_id or 0)

    async def on_shard_connect(self, shard_id: int) -> None:
        """A shard is connected."""
        await self.connections.check(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """A shard is connected again."""
        await self.connections.check(shard_id)

    async def close(self) -> None:
        """Disconnect from Discord."""
        for each in self._background:
            each.cancel()
        await super().close()

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Buttons, selects and forms; commands go their own way."""
        await presses.guarded(self.reception, interaction)

    async def on_message(self, message: discord.Message) -> None:
        """An ordinary message."""
        with self.reception.flow():
            await messages.said(self.reception, self, message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """A message was edited."""
        with self.reception.flow():
            await messages.edited(self.reception, self, payload.message)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """A message was deleted."""
        gone = [payload.message_id]
        await messages.deleted(self.reception, self, payload.guild_id, payload.channel_id, gone)

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Several messages were deleted at once."""
        await messages.deleted(self.reception, self, payload.guild_id, payload.channel_id, payload.message_ids)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Say hello once, in the channel for such things, if we may write there."""
        channel = guild.system_channel
        if channel is None or not channel.permissions_for(guild.me).send_messages:
            return
        try:
            await channel.send(speak(wording.HELLO, str(guild.preferred_locale)), suppress_embeds=True)
        except trouble.LOST as error:
            trouble.note(error)

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        """Log a mistake of ours, without a word of anybody's."""
        error = sys.exc_info()[1]
        if error is not None:
            trouble.mistake(error, "en")

    async def _catch_up(self) -> None:
        """Show what another process did not; what is not done in some time is done beside all else.

        Where the database cannot be asked just now, it is left to the next time.
        """
        try:
            missed = await self.reception.missed()
        except StoreError as error:
            trouble.note(error)
            return
        await asyncio.wait([self._go_on(self._caught_up(missed))], timeout=_HEAD_START)

    async def _caught_up(self, missed: Missed) -> None:
        try:
            await outbox.catch_up(self.reception, self, missed)
        except Exception as error:  # the border: the bot goes on without
            trouble.mistake(error, "en")

    def _go_on(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Have it done in the background, until the client is closed."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def _withdraw(self, *, after: "asyncio.Task[None]") -> None:
        """Go on with writing over what a stop came before."""
        await asyncio.wait([after])
        try:
            await withdrawing.carry_out(self.reception, self)
        except Exception as error:  # the border: the bot goes on without
            trouble.mistake(error, "en")


def point_to(settings: Settings) -> None:
    """Tell the library where Discord is. The only place that does."""
    Route.BASE = settings.discord_api_base.rstrip("/")
    if settings.discord_gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(settings.discord_gateway_url)
