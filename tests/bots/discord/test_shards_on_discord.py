"""Connections to Discord that several processes divide, each a real client on the loopback gateway."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from bots.discord import run
from core.database import Database
from tests.bots.discord.conftest import settings
from tests.kit import storyteller
from tests.loopback.discord import Channel, LoopbackDiscord
from tests.voices import Voice

SHARDS = 4
APART = 0.25
"""Seconds between IDENTIFYs, so that the test need not wait for five."""


@pytest.fixture
async def discord() -> AsyncIterator[LoopbackDiscord]:
    """A Discord that refuses an IDENTIFY that comes too early."""
    async with LoopbackDiscord(shards=SHARDS, identify_interval=APART - 0.05) as loopback:
        yield loopback


class Town:
    """A channel on each shard, and what becomes of a command there."""

    def __init__(self, discord: LoopbackDiscord) -> None:
        self.discord = discord
        self.ana = discord.user("ana")
        self.channels: dict[int, Channel] = {}
        for number in itertools.count():
            guild = discord.guild(f"Harrow {number}")
            if (guild.id >> 22) % SHARDS not in self.channels:
                guild.join(self.ana)
                self.channels[(guild.id >> 22) % SHARDS] = guild.text_channel("tales")
            if len(self.channels) == SHARDS:
                return

    async def everywhere(self, command: str, **given: str) -> None:
        """Use a command in every channel; each is answered."""
        for channel in self.channels.values():
            asked = await self.discord.slash(self.ana, channel, f"story {command}", **given)
            await asked.done(quiet=0.1)

    def said(self, text: str) -> list[int]:
        """How often it stands in each channel."""
        return [sum(text in each.text for each in channel.messages) for channel in self.channels.values()]


@asynccontextmanager
async def process(discord: LoopbackDiscord, address: str, **more: object) -> AsyncIterator[None]:
    """A process of its own as far as the database can tell; it is stopped in order at the end."""
    database = await Database.open(address)
    teller = storyteller(database, Voice())
    task = asyncio.create_task(run(teller, settings(discord, **more), patience=1.0, apart=APART))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        await database.close()


async def let_in(discord: LoopbackDiscord, count: int) -> None:
    """Wait until so many IDENTIFYs were let in, and every shard is connected."""
    await discord.until(lambda: len(discord.gateway.identified) >= count, 60, f"{count} IDENTIFYs")
    await discord.ready(60)


async def test_processes_divide_the_shards_and_one_that_leaves_gives_its_share_back(
    discord: LoopbackDiscord, postgres_address: str
) -> None:
    town, gateway = Town(discord), discord.gateway
    async with AsyncExitStack() as first:
        await first.enter_async_context(process(discord, postgres_address))
        await let_in(discord, SHARDS)
        await town.everywhere("start", title="The Lamp")
        async with process(discord, postgres_address):
            await let_in(discord, SHARDS + SHARDS // 2)
            await town.everywhere("add", text="Mara found a lamp.")
            await first.aclose()
            await let_in(discord, 2 * SHARDS)
            await town.everywhere("add", text="A bell rang.")
    assert town.said("Mara found a lamp.") == town.said("A bell rang.") == [1] * SHARDS
    assert gateway.overlaps == 0
    assert len(gateway.identifies) == 2 * SHARDS, "some IDENTIFYs were refused, or not needed"


async def test_the_commands_are_registered_by_one_of_many(discord: LoopbackDiscord, postgres_address: str) -> None:
    async with process(discord, postgres_address), process(discord, postgres_address):
        await let_in(discord, SHARDS)
    assert [each.method for each in discord.requests if each.path.endswith("/commands")] == ["PUT"]


async def test_who_is_told_another_number_than_the_others_waits_for_their_end(
    discord: LoopbackDiscord, postgres_address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with AsyncExitStack() as first:
        await first.enter_async_context(process(discord, postgres_address))
        await let_in(discord, SHARDS)
        async with process(discord, postgres_address, discord_shards=2), asyncio.timeout(60):
            while "DISCORD_SHARDS says 2 here" not in capsys.readouterr().out:
                await asyncio.sleep(0.05)
            assert len(discord.gateway.identified) == SHARDS
            await first.aclose()
            await discord.until(lambda: [each.shards for each in discord.gateway.live] == [2, 2], 60)
    assert discord.gateway.overlaps == 0
