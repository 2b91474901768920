"""The application on a loopback Slack, with a real database and a scripted voice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest_asyncio

from bots.settings import Settings
from bots.slack import run
from bots.slack.budget import Budget
from bots.slack.reception import Reception
from core.database import Database
from core.engine import Engine
from tests.kit import storyteller
from tests.loopback.slack import Channel, Exchange, LoopbackSlack, Message, User
from tests.loopback.verdicts import Verdicts
from tests.voices import Voice


class App:
    """The running application."""

    def __init__(self, slack: LoopbackSlack, task: "asyncio.Task[int]", reception: Reception) -> None:
        self.slack = slack
        self.task = task
        self.reception = reception

    async def stop(self) -> None:
        """Stop it, as SIGTERM does."""
        self.task.cancel()
        await asyncio.wait([self.task])

    async def end(self) -> None:
        """End it as a kill would: nothing is finished, nothing is said."""
        self.task.cancel()
        await asyncio.wait([self.task])


def settings(slack: LoopbackSlack, **more: object) -> Settings:
    """Settings that point to the loopback Slack."""
    given = {
        "slack_app_token": slack.app_token,
        "slack_bot_token": slack.bot_token,
        "slack_api_base": slack.api_base,
        **more,
    }
    return Settings(_env_file=None, **given)  # type: ignore[arg-type, call-arg]


@asynccontextmanager
async def application(
    slack: LoopbackSlack,
    database: Database,
    engine: Engine,
    *,
    patience: float = 20.0,
    scale: float = 1.0,
    **more: object,
) -> AsyncIterator[App]:
    """The application while the block lasts."""
    slack.on_text = verdicts = await Verdicts.of(database)
    teller = storyteller(database, engine)
    opened = slack.link.opened
    reception = Reception(teller, budget=Budget(scale))
    task = asyncio.create_task(run(teller, settings(slack, **more), patience=patience, reception=reception))
    ready = asyncio.create_task(slack.until(lambda: slack.link.opened > opened))
    try:
        await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            ready.cancel()
            task.result()
        await ready
        yield App(slack, task, reception)
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert verdicts.missing == []


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """A loopback Slack; leaving it asserts that no contract was broken."""
    async with LoopbackSlack() as loopback:
        yield loopback


class Scene:
    """A channel with two people, in which a story was begun."""

    def __init__(self, app: App, engine: Voice, channel: Channel, ana: User, ben: User) -> None:
        self.app = app
        self.slack = app.slack
        self.engine = engine
        self.channel = channel
        self.ana = ana
        self.ben = ben

    @property
    def head(self) -> Message:
        """The head of the last story."""
        return next(each for each in reversed(self.channel.messages) if each.by_app)

    @property
    def told(self) -> list[str]:
        """What everybody reads below the head."""
        return [each.text for each in self.head.replies if each.by_app]

    @property
    def last(self) -> Message:
        """The last thing that the bot said below the head."""
        return [each for each in self.head.replies if each.by_app][-1]

    async def ask(self, line: str, *, by: User | None = None, where: Channel | None = None) -> Exchange:
        """Use the command and wait for what comes of it."""
        return await self._over(await self.slack.command(by or self.ana, where or self.channel, line))

    async def mention(self, line: str, *, by: User | None = None) -> Exchange:
        """Mention the bot below the head."""
        return await self._over(await self.slack.mention(by or self.ana, self.channel, line, thread=self.head))

    async def press(self, label: str, message: Message | None = None, *, by: User | None = None) -> Exchange:
        """Press a button under a message, by default the last one."""
        return await self._over(await self.slack.click(by or self.ana, message or self.last, label))

    async def _over(self, asked: Exchange) -> Exchange:
        """Wait until it is answered, and until the application has written down that it was."""
        await asked.done()
        await self.idle()
        return asked

    async def idle(self, seconds: float = 10.0) -> None:
        """Wait until the application has done all that it was asked for."""
        async with asyncio.timeout(seconds):
            while self.app.reception.busy:
                await asyncio.sleep(0.005)

    async def shown(self) -> str:
        """The story, as it is shown."""
        return (await self.ask("show")).text


@pytest_asyncio.fixture
async def scene(slack: LoopbackSlack, database: Database, engine: Voice) -> AsyncIterator[Scene]:
    """A story with one passage of Ana's."""
    ana, ben = slack.user("ana", admin=True), slack.user("ben")
    channel = slack.channel("tales", ana, ben)
    async with application(slack, database, engine, patience=1.0) as app:
        scene = Scene(app, engine, channel, ana, ben)
        await scene.ask("start The Lamp")
        await scene.slack.until(lambda: bool(channel.messages))
        await scene.ask("add Mara found a lamp.")
        yield scene
