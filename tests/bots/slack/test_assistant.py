"""The assistant's container: a private rehearsal with the storyteller."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

import core.operations  # noqa: F401 - fills the table
from bots.slack.assistant import command
from core.database import Database
from core.errors import StoryError
from tests.bots.slack.served import process
from tests.bots.slack.test_web import slack  # noqa: F401 - the fixture with our manifest
from tests.kit import Forbidding
from tests.loopback.slack import AssistantThread, Exchange, LoopbackSlack, User
from tests.voices import Voice


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
async def rehearsal(slack: LoopbackSlack, database: Database, engine: Voice) -> AsyncIterator[Rehearsal]:  # noqa: F811
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
