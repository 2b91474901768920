"""Alone with the bot: a private rehearsal with the storyteller, as an agent and in the older container."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

import core.operations  # noqa: F401 - fills the table
from bots.slack.assistant import command
from bots.slack.manifest import manifest
from core.database import Database
from core.errors import StoryError
from tests.bots.slack.served import process
from tests.kit import Forbidding
from tests.loopback.slack import AssistantThread, Exchange, LoopbackSlack, User
from tests.voices import Voice


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """A loopback Slack in which the app was made before there were agents."""
    older = manifest("https://stories.example.org")
    older["settings"]["event_subscriptions"]["bot_events"] += ["assistant_thread_started"]
    older["features"]["assistant_view"] = {"assistant_description": "Rehearse."}
    del older["features"]["agent_view"]
    async with LoopbackSlack(manifest=older) as loopback:
        yield loopback


@dataclass
class Rehearsal:
    """A person in the container."""

    slack: LoopbackSlack
    ana: User
    thread: AssistantThread
    engine: Voice

    async def say(self, text: str) -> Exchange:
        """Write a message."""
        return await self.slack.say(self.ana, self.thread.channel, text, thread=self.thread)

    @property
    def told(self) -> list[str]:
        """What the bot said, in order."""
        return [each.text for each in self.thread.channel.everything if each.by_app]


@pytest_asyncio.fixture
async def rehearsal(slack: LoopbackSlack, database: Database, engine: Voice) -> AsyncIterator[Rehearsal]:
    async with process(slack, database, engine) as (here, _):
        slack.http_to(f"{here}/slack/events")
        ana = slack.user("ana")
        thread = await slack.assistant_thread(ana)
        await slack.until(lambda: bool(thread.prompts))
        yield Rehearsal(slack, ana, thread, engine)
        await slack.idle()


async def test_whoever_opens_it_is_greeted_with_prompts_that_work(rehearsal: Rehearsal) -> None:
    assert "Here we rehearse alone" in rehearsal.told[0]
    assert len(rehearsal.thread.prompts) == 4
    for each in rehearsal.thread.prompts:
        assert command(each["message"]) is not None
    started = await rehearsal.say(rehearsal.thread.prompts[0]["message"])
    await started.says("The Lamp of Harrow Bay")
    await rehearsal.slack.until(lambda: rehearsal.thread.title == "The Lamp of Harrow Bay")


async def test_a_title_begins_a_story_and_a_passage_is_answered(rehearsal: Rehearsal) -> None:
    await (await rehearsal.say("The Lamp")).says("The Lamp")
    await rehearsal.slack.until(lambda: rehearsal.thread.title == "The Lamp")
    answered = await rehearsal.say("Mara found a lamp that would not go out.")
    await answered.says("2 · the storyteller")
    await answered.done()
    shown = await rehearsal.say("show")
    await shown.says("The sea was quiet.")
    assert "Mara found a lamp" in rehearsal.told[-1]
    assert len(rehearsal.engine.requests) == 1


async def test_a_long_first_message_is_the_first_passage(rehearsal: Rehearsal) -> None:
    first = await rehearsal.say("Mara climbed the stairs of the lighthouse. " * 4)
    await first.says("The sea was quiet.")
    assert rehearsal.thread.title == "A rehearsal"


async def test_each_conversation_has_a_story_of_its_own(rehearsal: Rehearsal) -> None:
    await (await rehearsal.say("The Lamp")).says("The Lamp")
    other = await rehearsal.slack.assistant_thread(rehearsal.ana)
    asked = await rehearsal.slack.say(rehearsal.ana, other.channel, "add Mara slept.", thread=other)
    await asked.done()
    assert "The Lamp" not in asked.text
    assert rehearsal.engine.requests == []


async def test_what_is_held_back_is_not_answered(rehearsal: Rehearsal) -> None:
    await (await rehearsal.say("The Lamp")).says("The Lamp")
    said = await rehearsal.say(f"Mara said something {Forbidding().word} to the sea.")
    await said.done()
    assert "kept that text back" in said.text
    assert rehearsal.engine.requests == []


async def test_the_same_message_twice_is_one_passage(rehearsal: Rehearsal) -> None:
    await (await rehearsal.say("The Lamp")).says("The Lamp")
    said = await rehearsal.say("Mara found a lamp that would not go out.")
    await said.says("The sea was quiet.")
    await rehearsal.slack.again(said)
    await rehearsal.slack.again(said, retry=True)
    await rehearsal.slack.idle()
    assert len(rehearsal.engine.requests) == 1


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("continue", "continue"),
        ("Continue", "continue"),
        ("refine more tension", "refine"),
        ("lore add Mara | a girl", "lore add"),
        ("/story undo", "undo"),
        ("/story", "help"),
        ("Continue your journey, said the sea.", None),
        ("Help me! cried Mara.", None),
        ("Mara continued.", None),
        ("", None),
    ],
)
def test_what_is_a_command_and_what_a_passage(text: str, operation: str | None) -> None:
    found = command(text)
    assert (found and found.operation) == operation


def test_a_wrong_command_says_what_is_wrong() -> None:
    with pytest.raises(StoryError, match="I do not know that command"):
        command("/story cntinue")


@pytest_asyncio.fixture
async def agent(database: Database, engine: Voice) -> AsyncIterator[LoopbackSlack]:
    """A loopback Slack with the app as its manifest is now."""
    async with (
        LoopbackSlack(manifest=manifest("https://stories.example.org")) as slack,
        process(slack, database, engine) as (here, _),
    ):
        slack.http_to(f"{here}/slack/events")
        yield slack
        await slack.idle()


async def test_whoever_opens_the_conversations_sees_what_can_be_said(agent: LoopbackSlack) -> None:
    channel = await agent.open_messages(agent.user("ana"))
    await agent.until(lambda: len(agent.prompts(channel)) == 4)
    assert channel.messages == []


async def test_a_message_to_the_agent_begins_a_story_in_the_thread_below_it(
    agent: LoopbackSlack, engine: Voice
) -> None:
    ana = agent.user("ana")
    alone = agent.dm(ana)
    first = (await agent.say(ana, alone, "The Lamp")).said
    assert first is not None
    await agent.until(lambda: agent.title(first) == "The Lamp")
    told = await agent.say(ana, alone, "Mara found a lamp that would not go out.", thread=first)
    await told.says("2 · the storyteller")
    await agent.until(lambda: first.replies[-1].labels[:1] == ["Continue"])
    other = (await agent.say(ana, alone, "The Bell")).said
    assert other is not None
    await agent.until(lambda: agent.title(other) == "The Bell")
    await (await agent.say(ana, alone, "add A bell rang.")).says("1 · Ana")  # for the story that was begun last
    assert "A bell rang." in other.replies[-1].text
    assert not [each for each in alone.messages if each.by_app]


async def test_a_mistyped_command_to_the_agent_is_answered_with_help(agent: LoopbackSlack) -> None:
    ana = agent.user("ana")
    asked = await agent.say(ana, agent.dm(ana), "/story cntinue")
    await asked.says("I do not know that command")
