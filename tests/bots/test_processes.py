"""Two bot processes on one PostgreSQL, of which one is killed: the other serves what was its, and tells it once."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import ClientSession
from sqlalchemy import select

from benchmarks.crash.bot import Life, Nursery, nursery
from benchmarks.crash.stage import answer
from benchmarks.crash.voice import LoopbackEngine, loopback_engine
from bots import sentences
from bots.slack.manifest import manifest
from bots.stopping import LATER
from core import tables as t
from core.database import Database
from tests.bots.slack.served import port
from tests.loopback.discord import Channel, LoopbackDiscord, User
from tests.loopback.slack import Channel as SlackChannel
from tests.loopback.slack import Exchange, LoopbackSlack

SHARDS = 2
APART = 5.0
"""Seconds that Discord wants between two IDENTIFYs."""
LEASE = 3.0
SLOW = 90.0
"""Seconds that a busy machine may take for what usually takes a few."""

pytestmark = pytest.mark.timeout(400)


class Processes:
    """Bots as processes of their own, on one database and with one engine."""

    def __init__(self, address: str, engine: LoopbackEngine, cradles: list[Nursery], log: Path) -> None:
        self.engine = engine
        self._cradles = cradles
        self._address = address
        self._log = log

    async def born(self, platform: str, settings: Mapping[str, str], faults: str = "") -> Life:
        """Start one more."""
        environment = {
            "DATABASE_URL": self._address,
            "ENGINE_URL": self.engine.url,
            "LEASE_SECONDS": str(LEASE),
            "MODERATION_SECONDS": "60",
            "FAULTS": faults,
        }
        return await self._cradles.pop().born(platform, {**environment, **settings}, self._log)


@pytest.fixture
async def processes(postgres_address: str, tmp_path: Path) -> AsyncIterator[Processes]:
    """Two of them at most."""
    async with AsyncExitStack() as parts:
        cradles = [await parts.enter_async_context(nursery()) for _ in range(2)]
        engine = await parts.enter_async_context(loopback_engine(answer))
        yield Processes(postgres_address, engine, cradles, tmp_path / "bots.log")


@pytest.fixture
async def discord() -> AsyncIterator[LoopbackDiscord]:
    """A Discord of two shards that refuses an IDENTIFY that comes too early."""
    async with LoopbackDiscord(shards=SHARDS, identify_interval=APART) as loopback:
        yield loopback


def on_discord(discord: LoopbackDiscord) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_BASE": discord.api_base,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
    }


def channels(discord: LoopbackDiscord, ana: User) -> list[Channel]:
    """One on each shard."""
    found: dict[int, Channel] = {}
    for number in itertools.count():
        guild = discord.guild(f"Harrow {number}")
        if (shard := (guild.id >> 22) % SHARDS) not in found:
            guild.join(ana)
            found[shard] = guild.text_channel("tales")
        if len(found) == SHARDS:
            break
    return [found[shard] for shard in range(SHARDS)]


def standing(channel: Channel, text: str) -> int:
    return sum(text in each.text for each in channel.messages)


async def ask(discord: LoopbackDiscord, who: User, where: Channel, command: str, **given: str) -> str:
    asked = await discord.slash(who, where, f"story {command}", **given)
    return (await asked.done(SLOW, quiet=0.3)).text


@pytest.mark.parametrize("point", ["after_commit", "writing", "before_delivered"])
async def test_the_shards_of_a_killed_process_are_served_by_the_other_and_what_it_told_is_shown_once(
    discord: LoopbackDiscord, processes: Processes, point: str
) -> None:
    ana = discord.user("ana")
    here, there = channels(discord, ana)
    survivor = await processes.born("discord", on_discord(discord))
    await discord.until(lambda: len(discord.gateway.live) == SHARDS, SLOW, "the first process has both shards")
    for channel in (here, there):
        await ask(discord, ana, channel, "start", title="The Lamp")
        await ask(discord, ana, channel, "add", text="Mara found a lamp.")
    doomed = await processes.born("discord", on_discord(discord), f"kill:{point}:1")
    await discord.until(lambda: len(discord.gateway.identified) == SHARDS + 1, SLOW, "one was handed over")
    await discord.ready(SLOW)
    its = there if discord.gateway.identified[-1][1] == 1 else here
    other = here if its is there else there
    await discord.slash(ana, its, "story continue")
    assert await asyncio.wait_for(doomed.over, SLOW) == -9
    await ask(discord, ana, other, "add", text="A bell rang.")
    await discord.until(lambda: len(discord.gateway.identified) == SHARDS + 2, SLOW, "it was taken over")
    await discord.ready(SLOW)
    await ask(discord, ana, its, "add", text="A bell rang.")
    told = await ask(discord, ana, its, "show")
    assert told.count("Mara found a lamp.") == told.count("A bell rang.") == 1
    assert ("number" in told) == (point != "writing"), "what was written is there, and what was not is not"
    assert standing(its, "Its ") == (point != "writing"), [each.text for each in its.messages]
    assert standing(its, "Stopped before it was finished; nothing was added.") == (point == "writing")
    assert standing(here, "A bell rang.") == standing(there, "A bell rang.") == 1
    assert discord.gateway.overlaps == 0
    times = [when for when, _ in discord.gateway.identified]
    assert all(later - sooner >= APART for sooner, later in itertools.pairwise(times))
    assert len(discord.gateway.identifies) == len(times), "an IDENTIFY came too early"

    await survivor.end()


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    async with LoopbackSlack(manifest=manifest("https://stories.example.org")) as loopback:
        yield loopback


def on_slack(slack: LoopbackSlack, number: int) -> dict[str, str]:
    return {
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_API_BASE": slack.api_base,
        "SLACK_PORT": str(number),
    }


async def listening(number: int) -> str:
    """Wait until a process answers there. Where Slack's requests go."""
    here = f"http://127.0.0.1:{number}"
    async with ClientSession() as client, asyncio.timeout(SLOW):
        while True:
            with contextlib.suppress(OSError):
                async with client.get(f"{here}/healthz") as answer:
                    assert answer.status == 200
                    return f"{here}/slack/events"
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("point", ["after_commit", "writing", "before_delivered"])
async def test_what_a_killed_process_behind_the_balancer_told_is_shown_once_by_the_other(
    slack: LoopbackSlack, processes: Processes, point: str
) -> None:
    one, two = port(), port()
    survivor = await processes.born("slack", on_slack(slack, one))
    doomed = await processes.born("slack", on_slack(slack, two), f"kill:{point}:1")
    first, second = await listening(one), await listening(two)
    ana = slack.user("ana", admin=True)
    tales = slack.channel("tales", ana)

    def shown(text: str) -> int:
        return sum(text in each.text for each in tales.everything)

    slack.http_to(first)
    await (await slack.command(ana, tales, "start The Lamp")).says("The Lamp", SLOW)
    await slack.command(ana, tales, "add Mara found a lamp.")
    await slack.until(lambda: shown("Mara found a lamp.") == 1, SLOW)
    slack.http_to(second)
    await slack.command(ana, tales, "continue")
    assert await asyncio.wait_for(doomed.over, SLOW) == -9
    slack.http_to(first)
    await slack.command(ana, tales, "add A bell rang.")
    wanted = "Stopped before it was finished; nothing was added." if point == "writing" else "Its "
    await slack.until(lambda: shown(wanted) == 1, SLOW, wanted)
    await slack.until(lambda: shown("A bell rang.") == 1, SLOW)
    told = await slack.command(ana, tales, "show")
    await told.says("A bell rang.", SLOW)
    assert told.text.count("Mara found a lamp.") == told.text.count("A bell rang.") == 1
    assert ("number" in told.text) == (point != "writing")
    assert shown("Its ") == (point != "writing")
    await survivor.end()


async def test_what_a_process_that_stood_still_told_is_shown_once_though_another_took_over(
    slack: LoopbackSlack, processes: Processes
) -> None:
    one, two = port(), port()
    heir = await processes.born("slack", on_slack(slack, one))
    stalled = await processes.born("slack", on_slack(slack, two), f"stall:after_commit:1:{5 * LEASE}")
    first, second = await listening(one), await listening(two)
    ana = slack.user("ana", admin=True)
    tales = slack.channel("tales", ana)

    def shown(text: str) -> int:
        return sum(text in each.text for each in tales.everything)

    slack.http_to(first)
    await (await slack.command(ana, tales, "start The Lamp")).says("The Lamp", SLOW)
    slack.http_to(second)
    await slack.command(ana, tales, "add Mara found a lamp.")
    await slack.until(lambda: shown("Mara found a lamp.") == 1, SLOW)
    await listening(two)  # it goes on
    await (await slack.command(ana, tales, "add A bell rang.")).done(SLOW)
    await slack.until(lambda: shown("A bell rang.") == 1, SLOW)
    assert shown("Mara found a lamp.") == 1
    await stalled.end()
    await heir.end()


async def test_a_second_bot_with_the_same_sqlite_file_says_so_and_may_be_tried_again_later(
    slack: LoopbackSlack, processes: Processes, tmp_path: Path
) -> None:
    settings = {
        "DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'stories.db'}",
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_API_BASE": slack.api_base,
    }
    first = await processes.born("slack", settings)
    await slack.link.connected(seconds=SLOW)
    second = await processes.born("slack", settings)
    assert await asyncio.wait_for(second.over, SLOW) == LATER
    assert "Another process tells stories on this platform" in (tmp_path / "bots.log").read_text("utf-8")
    assert len(slack.link.connections) == 1
    await first.end()


async def test_two_processes_in_socket_mode_share_what_people_say_and_stories_read_in_order(
    slack: LoopbackSlack, processes: Processes, postgres_address: str
) -> None:
    settings = {
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_API_BASE": slack.api_base,
    }
    bots = [await processes.born("slack", settings) for _ in range(2)]
    await slack.link.connected(2, SLOW)
    people = [slack.user(name, admin=True) for name in ("ana", "ben", "cleo")]
    channels = [slack.channel(f"tales-{number}", *people) for number in range(3)]
    for channel in channels:
        await (await slack.command(people[0], channel, "start The Lamp")).says("The Lamp", SLOW)
    asked: list[Exchange] = []
    for number in range(8):
        for who, channel in zip(people, channels, strict=True):
            head = next(each for each in channel.messages if each.by_app)
            line = "continue" if number % 4 == 3 else f"add Then bell number {number} rang."
            if number % 2:
                asked.append(await slack.mention(who, channel, line, thread=head))
            else:
                asked.append(await slack.command(who, channel, line))
    await slack.again(asked[1])  # Slack tells it once more, and the other process hears it
    await slack.until(lambda: all(len(passages(each)) == 8 for each in channels), SLOW, "all is told")
    await slack.idle(SLOW)
    if any(
        "429 that we caused" in each for each in slack.violations
    ):  # each keeps within Slack's limits; together they may not, and then Slack says so
        slack.forgive("429 that we caused")
    assert all(each.acked_at is not None for each in slack.deliveries)
    for channel in channels:
        assert [int(each.rpartition("\n")[2].partition(" ")[0]) for each in passages(channel)] == [*range(1, 9)]
        told = " ".join(passages(channel))
        assert all(told.count(f"bell number {number} rang") == 1 for number in range(8) if number % 4 != 3)
    assert len(await holders(postgres_address)) == 2, "both had a share"
    for each in bots:
        await each.end()


def passages(channel: SlackChannel) -> list[str]:
    """What the bot told there for good, in the order in which it stands there."""
    told = sorted((each for each in channel.everything if each.by_app), key=lambda each: each.ts)
    return [each.text for each in told if each.labels and sentences.STOP not in each.labels][1:]


async def holders(address: str) -> set[str]:
    """The processes that have shown anything."""
    database = await Database.open(address)
    found = await database.read(lambda c: set(c.scalars(select(t.post.c.holder))))
    await database.close()
    return found
