"""Discord, against a loopback of it: acknowledgements in a burst, requests and the last edit of a streamed turn.

    python -m benchmarks.discord [--interactions 1000] [--seconds 10]

The real application with the real engine, beside the smallest bot that discord.py makes (it defers and edits, with no
database, moderation or engine), given the same burst by a loopback in a process of its own, one after the other.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import discord
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from benchmarks.nextdoor import DEADLINE, SENTENCES, Neighbour, Numbers, Reading, awake, next_door, texts
from benchmarks.row import HEAD, Aim, Row
from bots.assembly import gate
from bots.discord import run
from bots.settings import Settings, load
from core.database import Database
from core.engine import Engine
from core.store import Store
from core.storyteller import Storyteller
from tests.loopback.discord import Channel, Exchange, LoopbackDiscord, User


def _settings(loopback: "LoopbackDiscord | Address") -> Settings:
    return load(
        moderation_seconds=60,  # on a busy machine nothing may be held for being slow
        discord_token=loopback.token,
        discord_api_base=loopback.api_base,
        discord_gateway_url=loopback.gateway_url,
    )


@asynccontextmanager
async def _bot(loopback: "LoopbackDiscord | Address", engine: Engine) -> AsyncIterator[None]:
    """The real application."""
    settings = _settings(loopback)
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}")
        teller = Storyteller(store=Store(database), gate=gate(settings), engine=engine)
        task = asyncio.create_task(run(teller, settings, patience=1.0))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            await database.close()


@asynccontextmanager
async def _smallest_bot(loopback: "Address") -> AsyncIterator[None]:
    """What discord.py can do at best: acknowledge, and edit once."""
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = loopback.api_base, URL(loopback.gateway_url)
    client = discord.AutoShardedClient(
        intents=discord.Intents(guilds=True), allowed_mentions=discord.AllowedMentions.none(), max_messages=None
    )
    tree = app_commands.CommandTree(client)
    group = app_commands.Group(name="story", description="Tell")

    @group.command(name="add", description="Add")
    async def add(interaction: discord.Interaction, text: str) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content=text)

    tree.add_command(group)

    async def hook() -> None:
        await tree.sync()

    client.setup_hook = hook  # type: ignore[method-assign]
    task = asyncio.create_task(client.start(loopback.token))
    try:
        yield
    finally:
        await client.close()
        await asyncio.wait([task])


def _club(loopback: LoopbackDiscord, channels: int) -> tuple[User, list[Channel]]:
    ana = loopback.user("ana")
    guild = loopback.guild("Harrow", owner=ana)
    return ana, [guild.text_channel(f"tales-{n}") for n in range(channels)]


async def _burst(loopback: LoopbackDiscord, user: User, channels: list[Channel], count: int, seconds: float) -> Numbers:
    """Milliseconds to each ack of `count` commands, evenly over time and channels, and how many got none."""
    began, asked = time.monotonic(), list[asyncio.Task[Exchange]]()
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number * seconds / count - time.monotonic()))
        where = channels[number % len(channels)]
        text = f"Line {number} of the tale."
        asked.append(asyncio.create_task(loopback.slash(user, where, "story add", text=text)))
    exchanges = await asyncio.gather(*asked)
    heard = [each for each in exchanges if each.acked_after is not None]
    for each in heard:
        await each.done(120)
    acks = [(DEADLINE if each.acked_after is None else each.acked_after) * 1e3 for each in exchanges]
    return {"acks": sorted(acks), "unheard": [float(count - len(heard))]}


@dataclass(frozen=True)
class Address:
    """Where the other process has its Discord."""

    api_base: str
    gateway_url: str
    token: str


async def _crowd(bot: Neighbour, count: int, seconds: float, busy: int) -> None:
    """Next door: a Discord and the people on it. Tells its address, then the milliseconds to each ack, then "done"."""
    async with LoopbackDiscord(validate="deferred", ratelimit_scale=0) as loopback:
        bot.tell(Address(loopback.api_base, loopback.gateway_url, loopback.token))
        user, channels = _club(loopback, 50)
        threads = [loopback.thread(channels[0], f"busy {n}", by=user) for n in range(busy)]
        await loopback.ready(60)
        for each in [*channels, *threads] if busy else []:
            await (await loopback.slash(user, each, "story start", title="The Lamp")).done(60)
        enough = asyncio.Event()
        writing = asyncio.create_task(_keep_writing(loopback, user, threads, enough))
        bot.tell(await _burst(loopback, user, channels, count, seconds))
        enough.set()
        await writing
        bot.tell("done")
        await bot.heard()  # the bot has left


async def bursts(count: int, seconds: float) -> list[Row]:
    """Acknowledgements of the real application while its engine writes, beside the smallest bot's."""
    async with awake() as engine, next_door(_crowd, count, seconds, 4) as club, _bot(await club.heard(), engine):
        ours: Numbers = await club.heard()
        await club.heard()
    async with next_door(_crowd, count, seconds, 0) as club, _smallest_bot(await club.heard()):
        smallest: Numbers = await club.heard()
        await club.heard()
    name, beside = f"Discord: ack, {count} in {seconds:.0f} s", "smallest bot, no engine"
    acks, least = ours["acks"], smallest["acks"]
    return [
        Row(f"{name}, p50", statistics.median(acks), statistics.median(least), "ms", beside),
        Row(f"{name}, p99", acks[int(count * 0.99)], least[int(count * 0.99)], "ms", beside),
        Row("  against what it may take", acks[int(count * 0.99)], 200.0, "ms", "the limit: 200 ms", Aim(1)),
        Row("Discord: not acknowledged in 3 s", ours["unheard"][0], smallest["unheard"][0], "commands", beside),
    ]


async def _keep_writing(loopback: LoopbackDiscord, user: User, threads: list[Channel], enough: asyncio.Event) -> None:
    async def write(where: Channel) -> None:
        while not enough.is_set():
            asked = await loopback.slash(user, where, "story continue", length="long")
            await asked.until(lambda x: bool(x.text) and not x.text.rstrip().endswith("…"), 60)

    async with asyncio.TaskGroup() as tasks:
        for each in threads:
            tasks.create_task(write(each))


async def streams(turns: int) -> list[Row]:
    """Requests of a streamed turn, and how long its last edit comes after its last word."""
    voice = Reading(texts(turns))
    requests, delays, allowed = 0, list[float](), 0.0
    async with LoopbackDiscord(validate="deferred") as loopback:
        user, (channel,) = _club(loopback, 1)
        async with _bot(loopback, voice):
            await loopback.ready(30)
            await (await loopback.slash(user, channel, "story start", title="The Lamp")).done()
            for last in range(SENTENCES - 1, turns * SENTENCES, SENTENCES):
                await asyncio.sleep(2)  # people read between two turns
                before, began = len(loopback.requests), time.monotonic()
                asked = await loopback.slash(user, channel, "story continue")
                await asked.until(lambda x: f"lamp {last} began" in x.text and not x.text.rstrip().endswith("…"), 60)  # noqa: B023 - used at once
                delays.append((asked.reply.edits[-1].at - voice.last) * 1e3)
                requests += len(loopback.requests) - before
                allowed += 2 + (time.monotonic() - began)
                await (await loopback.slash(user, channel, "story undo")).done()
    return [
        Row(
            "Discord: requests of a streamed turn",
            requests / turns,
            allowed / turns,
            "requests",
            "2 + seconds of writing",
            Aim(1),
        ),
        Row("Discord: last edit after last word", statistics.median(delays), 50.0, "ms", "the aim", Aim(1)),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interactions", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10.0)
    chosen = parser.parse_args()
    print(HEAD)
    for rows in (bursts(chosen.interactions, chosen.seconds), streams(4)):
        for row in asyncio.run(rows):
            print(row, flush=True)


if __name__ == "__main__":
    main()
