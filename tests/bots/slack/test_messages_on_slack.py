"""Ordinary messages in a story's thread: they count where an admin wants that, and nowhere else."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bots.slack.manifest import manifest
from core.database import Database
from tests.bots.slack.conftest import Scene, application
from tests.loopback.slack import LoopbackSlack, Message, User
from tests.voices import Voice


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """A loopback Slack that tells of ordinary messages, and grants no more than the manifest asks for."""
    async with LoopbackSlack(manifest=manifest(messages=True)) as loopback:
        yield loopback


@pytest_asyncio.fixture
async def listening(slack: LoopbackSlack, database: Database, engine: Voice) -> AsyncIterator[Scene]:
    """A story below which ordinary messages count."""
    ana, ben = slack.user("ana", admin=True), slack.user("ben")
    channel = slack.channel("tales", ana, ben)
    async with application(slack, database, engine, patience=1.0) as app:
        scene = Scene(app, engine, channel, ana, ben)
        await scene.ask("setup | | | | | on")
        await scene.ask("start The Lamp")
        yield scene


async def say(scene: Scene, text: str, *, by: User | None = None, thread: Message | None = None) -> Message:
    said = await scene.slack.say(by or scene.ben, scene.channel, text, thread=thread or scene.head)
    await scene.slack.idle()
    await scene.idle()
    assert isinstance(said.said, Message)
    return said.said


async def test_a_message_below_the_head_is_a_passage_and_is_marked(listening: Scene) -> None:
    said = await say(listening, "The wind *rose*.")
    assert said.reactions == {"book": [listening.slack.bot.id]}
    assert "The wind rose." in (await listening.shown()).replace("*", "")
    assert listening.told == []
    await listening.ask("continue")
    assert listening.told[-1].endswith("2 · the storyteller")


@pytest.mark.parametrize("aside", ["((brb))", "// not in the story", "OOC: who is next?"])
async def test_asides_do_not_count(listening: Scene, aside: str) -> None:
    said = await say(listening, aside)
    assert said.reactions == {}
    assert "Nothing has happened" in await listening.shown()


async def test_messages_elsewhere_do_not_count(listening: Scene) -> None:
    said = (await listening.slack.say(listening.ben, listening.channel, "Lovely weather.")).said
    assert isinstance(said, Message)
    below = await say(listening, "Indeed.", thread=said)
    assert said.reactions == below.reactions == {}


async def test_nothing_counts_until_an_admin_says_so(listening: Scene) -> None:
    await listening.ask("setup | | | | | off")
    said = await say(listening, "The wind rose.")
    assert said.reactions == {}


async def test_a_mention_is_a_command_and_no_passage(listening: Scene) -> None:
    await listening.mention("add The wind rose.", by=listening.ben)
    assert [each.rpartition("\n")[2] for each in listening.told] == ["1 · Ben"]


async def test_what_is_refused_is_said_to_its_author_alone(listening: Scene) -> None:
    said = await listening.slack.say(listening.ben, listening.channel, "A forbidden word.", thread=listening.head)
    await said.says("I kept that text back")
    assert said.ephemeral[0].only_for is listening.ben


async def test_an_edited_message_changes_its_passage_and_a_deleted_one_is_asked_about(listening: Scene) -> None:
    said = await say(listening, "The wind rose.")
    await listening.slack.edit(said, "The storm rose.")
    await listening.slack.idle()
    await listening.idle()
    assert "The storm rose." in await listening.shown()
    await listening.slack.delete(said)
    await listening.slack.until(lambda: bool(listening.told))
    assert "Should the passage leave the story too?" in listening.told[-1]
    await listening.press("Keep it", by=listening.ben)
    assert listening.told[-1] == "The passage stays in the story."
    assert "The storm rose." in await listening.shown()


async def test_a_passage_whose_message_was_deleted_can_be_removed(listening: Scene) -> None:
    said = await say(listening, "The wind rose.")
    await say(listening, "It was dark.")
    await listening.slack.delete(said)
    await listening.slack.until(lambda: bool(listening.told))
    await listening.press("Remove from the story", by=listening.ben)
    assert "The wind rose." not in await listening.shown()
