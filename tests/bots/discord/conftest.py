"""The application on a loopback Discord, with a real database and a scripted voice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest_asyncio

from bots.discord import run
from bots.settings import Settings
from core.database import Database
from core.engine import Engine
from core.quotas import Allowance
from tests.kit import storyteller
from tests.loopback.discord import Channel, Exchange, LoopbackDiscord, Message, User
from tests.loopback.verdicts import Verdicts
from tests.voices import Voice


class App:
    """The running application."""

    def __init__(self, discord: LoopbackDiscord, task: "asyncio.Task[int]") -> None:
        self.discord = discord
        self.task = task

    async def stop(self) -> None:
        """Stop it, as SIGTERM does."""
        self.task.cancel()
        await asyncio.wait([self.task])


def settings(discord: LoopbackDiscord, **more: object) -> Settings:
    """Settings that point to the loopback Discord."""
    given = {
        "discord_token": discord.token,
        "discord_api_base": discord.api_base,
        "discord_gateway_url": discord.gateway_url,
        **more,
    }
    return Settings(_env_file=None, **given)  # type: ignore[arg-type, call-arg]


@asynccontextmanager
async def application(
    discord: LoopbackDiscord,
    database: Database,
    engine: Engine,
    *,
    patience: float = 20.0,
    allowance: Allowance | None = None,
    **more: object,
) -> AsyncIterator[App]:
    """The application while the block lasts; it is stopped by SIGTERM's way at the end."""
    discord.on_text = verdicts = await Verdicts.of(database)
    teller = storyteller(database, engine, allowance=allowance)
    task = asyncio.create_task(run(teller, settings(discord, **more), patience=patience))
    ready = asyncio.create_task(discord.ready())
    try:
        await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            ready.cancel()
            task.result()
        await ready
        yield App(discord, task)
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert verdicts.missing == []


@pytest_asyncio.fixture
async def discord() -> AsyncIterator[LoopbackDiscord]:
    """A loopback Discord; leaving it asserts that no contract was broken."""
    async with LoopbackDiscord() as loopback:
        yield loopback


class Scene:
    """A channel with two people, in which a story was begun."""

    def __init__(self, app: App, engine: Voice, channel: Channel, ana: User, ben: User) -> None:
        self.app = app
        self.discord = app.discord
        self.engine = engine
        self.channel = channel
        self.ana = ana
        self.ben = ben

    async def ask(
        self, command: str, *, by: User | None = None, where: Channel | None = None, **given: object
    ) -> Exchange:
        """Use a command and wait for its last edit."""
        asked = await self.discord.slash(by or self.ana, where or self.channel, f"story {command}", **given)  # type: ignore[arg-type]
        return await asked.done(quiet=0.15)

    async def press(self, label: str, message: Message | None = None, *, by: User | None = None) -> Exchange:
        """Press a button under a message, by default the last one."""
        asked = await self.discord.click(by or self.ana, message or self.channel.messages[-1], label)
        return await asked.done(quiet=0.3)

    @property
    def said(self) -> list[str]:
        """What everybody reads in the channel."""
        return [each.text for each in self.channel.messages]

    async def told(self) -> str:
        """The story, as it is shown."""
        return (await self.ask("show")).text


@pytest_asyncio.fixture
async def scene(discord: LoopbackDiscord, database: Database, engine: Voice) -> AsyncIterator[Scene]:
    """A story with one passage of Ana's."""
    guild = discord.guild("Harrow")
    ana, ben = discord.user("ana"), discord.user("ben")
    for each in (ana, ben):
        guild.join(each)
    channel = guild.text_channel("stories")
    async with application(discord, database, engine, patience=1.0) as app:
        scene = Scene(app, engine, channel, ana, ben)
        await scene.ask("start", title="The Lamp")
        await scene.ask("add", text="Mara found a lamp.")
        yield scene
