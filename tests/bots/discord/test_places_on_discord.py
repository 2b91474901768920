"""Threads, forums, direct messages, plain messages and the setup panel."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio

from core.database import Database
from core.engine import PLAIN
from tests.bots.discord.conftest import Scene, application
from tests.loopback.discord import LoopbackDiscord
from tests.voices import Voice


@pytest_asyncio.fixture
async def listening(database: Database, engine: Voice) -> AsyncIterator[Scene]:
    """A server in which plain messages count, with a thread for one story."""
    async with LoopbackDiscord(privileged=("message_content",)) as discord:
        guild = discord.guild("Harrow")
        ana, ben = discord.user("ana"), discord.user("ben")
        for each in (ana, ben):
            guild.join(each)
        channel = guild.text_channel("stories")
        async with application(discord, database, engine, discord_messages=True) as app:
            owner = Scene(app, engine, channel, guild.owner, ben)
            await owner.ask("setup", messages="on")
            begun = await owner.ask("start", by=ana, title="The Lamp", thread=True)
            await begun.says("The story is told in")
            await discord.until(lambda: bool(discord.threads) and discord.threads[0].name == "The Lamp")
            yield Scene(app, engine, discord.threads[0], ana, ben)


async def test_a_thread_of_its_own_is_opened_for_a_story(scene: Scene) -> None:
    begun = await scene.ask("start", title="A second lamp", thread=True)
    thread = scene.discord.threads[0]
    await scene.discord.until(lambda: thread.name == "A second lamp")
    assert begun.text == f"The story is told in <#{thread.id}>."
    assert "## A second lamp" in thread.messages[-1].text
    assert thread.messages[-1].labels == ["Add a passage", "Continue"]
    assert "Mara" not in (await scene.ask("show", where=thread)).text


async def test_a_thread_whose_story_is_refused_goes_again(scene: Scene) -> None:
    asked = await scene.ask("start", title="The forbidden lamp", thread=True)
    await asked.says("I kept that text back")
    assert scene.discord.threads == []
    assert not [each for each in scene.discord.texts if "forbidden" in each.text]


async def test_a_thread_needs_permissions_and_says_which(scene: Scene) -> None:
    scene.channel.deny(scene.discord.bot, "create_public_threads")
    asked = await scene.ask("start", title="A second lamp", thread=True)
    await asked.says("Create Public Threads")
    assert all(not each.text.startswith("## A second") for each in scene.channel.messages)


async def test_a_story_is_told_in_a_forum_post(scene: Scene) -> None:
    assert scene.channel.guild is not None
    forum = scene.channel.guild.forum("tales")
    post = scene.discord.thread(forum, "My tale", by=scene.ana)
    begun = await scene.ask("start", where=post, title="The Tale")
    assert "## The Tale" in begun.text
    opened = await scene.ask("start", where=post, title="Another Tale", thread=True)
    await opened.says("The story is told in")
    await scene.discord.until(lambda: "Another Tale" in [each.name for each in forum.threads])


async def test_a_story_is_told_in_a_direct_message(scene: Scene) -> None:
    private = scene.discord.dm(scene.ana)
    await scene.ask("start", where=private, title="My own")
    await scene.ask("add", where=private, text="A lone gull.")
    assert private.messages[-1].text == "A lone gull.\n-# 1 · Ana"
    assert "gull" not in await scene.told()


async def test_what_is_set_in_one_direct_message_holds_there_alone(scene: Scene) -> None:
    first, second = scene.discord.dm(scene.ana), scene.discord.dm(scene.ben)
    await scene.ask("setup", where=first, rating="g", turns="alternate")
    shown = await scene.ask("setup", by=scene.ben, where=second)
    assert "**turns** free" in shown.text
    assert "**turns** alternate" in (await scene.ask("setup", where=first)).text


async def test_an_app_of_a_user_alone_needs_five_follow_ups_at_most(scene: Scene) -> None:
    elsewhere = scene.discord.guild("Elsewhere", installed=False)
    elsewhere.join(scene.ana)
    channel = elsewhere.text_channel("talk")
    await scene.ask("start", where=channel, title="A guest")
    for number in range(9):
        await scene.ask("add", where=channel, text=f"{number} " + "word " * 390)
    shown = await scene.ask("show", where=channel)
    assert len(shown.messages) <= 6
    assert any(message.files for message in shown.messages)


async def test_plain_messages_in_its_thread_are_passages(listening: Scene) -> None:
    thread = listening.channel
    spoken = await listening.discord.say(listening.ben, thread, "A gull cried.")
    await listening.discord.until(lambda: bool(spoken.reactions))
    for aside in ("((is anybody there?))", "// later", "OOC: brb"):
        await listening.discord.say(listening.ben, thread, aside)
    told = await listening.told()
    assert "A gull cried.\n-# 1 · Ben" in told
    assert "later" not in told and "brb" not in told
    await listening.discord.edit(spoken, "A gull laughed.")
    await listening.discord.until(lambda: len(listening.discord.called("POST", "callback")) > 0)
    told = await listening.told()
    for _ in range(20):
        if "laughed" in told:
            break
        told = await listening.told()
    assert "A gull laughed." in told


async def test_a_deleted_message_asks_what_becomes_of_its_passage(listening: Scene) -> None:
    thread = listening.channel
    spoken = await listening.discord.say(listening.ben, thread, "A gull cried.")
    await listening.discord.until(lambda: bool(spoken.reactions))
    await listening.discord.delete(spoken)
    await listening.discord.until(lambda: "was deleted here" in thread.messages[-1].text)
    question = thread.messages[-1]
    assert question.labels == ["Remove from the story", "Keep it"]
    await listening.press("Remove from the story", question, by=listening.ben)
    assert "A gull cried." not in await listening.told()


async def test_a_message_that_is_kept_back_is_answered_in_private(listening: Scene) -> None:
    await listening.discord.say(listening.ben, listening.channel, "This is forbidden.")
    private = listening.discord.dm(listening.ben)
    await listening.discord.until(lambda: bool(private.messages))
    assert "I kept that text back" in private.messages[-1].text


async def test_plain_messages_elsewhere_are_no_passages(listening: Scene) -> None:
    channel = listening.channel.parent
    assert channel is not None
    await listening.discord.say(listening.ben, channel, "Hello there.")
    assert "Hello" not in await listening.told()


async def test_the_panel_shows_and_changes_what_is_set(scene: Scene) -> None:
    guild = scene.channel.guild
    assert guild is not None
    refused = await scene.ask("setup", by=scene.ben)
    assert "Only somebody who may manage this server" in refused.text
    asked = await scene.ask("setup", by=guild.owner)
    assert asked.ephemeral and asked.message is not None
    role = guild.role("keepers")
    for which, picked, set_ in (
        ("setup:channels", [scene.channel], f"<#{scene.channel.id}>"),
        ("setup:moderators", [role], "keepers"),
        ("setup:rating", "pg", "pg"),
    ):
        changed = await scene.discord.select(guild.owner, asked.message, which, picked)
        await changed.done(quiet=0.2)
        assert set_ in asked.message.text
    changed = await scene.discord.click(guild.owner, asked.message, "setup:turns:alternate")
    await changed.done(quiet=0.2)
    assert "not twice in a row" in " ".join(asked.message.labels)
    refused = await scene.ask("add", text="Once more.")
    await refused.says("You wrote the last passage")


async def test_the_panel_names_missing_permissions_and_what_they_are_for(scene: Scene) -> None:
    assert scene.channel.guild is not None
    scene.channel.deny(scene.discord.bot, "attach_files")
    asked = await scene.ask("setup", by=scene.channel.guild.owner)
    assert "**Attach Files** to send a long text as a file" in asked.text


async def test_autocomplete_offers_what_there_is(scene: Scene) -> None:
    await scene.ask("lore add", name="Mara", fact="keeps the lighthouse")
    found = await scene.discord.autocomplete(scene.ana, scene.channel, "story lore forget", focused="name", value="ma")
    assert [each["value"] for each in found] == ["Mara"]
    numbers = await scene.discord.autocomplete(scene.ana, scene.channel, "story why", focused="number", value="")
    assert [each["value"] for each in numbers] == [1]
    scene.engine.profile = replace(scene.engine.profile, voices=(PLAIN, "pirate", "robot"))
    voices = await scene.discord.autocomplete(
        scene.ana, scene.channel, "story settings voice", focused="name", value=""
    )
    assert [each["value"] for each in voices] == [PLAIN, "pirate", "robot"]
    some = await scene.discord.autocomplete(
        scene.ana, scene.channel, "story settings voice", focused="name", value="Pi"
    )
    assert [each["value"] for each in some] == ["pirate"]


async def test_nobody_else_answers_what_becomes_of_a_passage(listening: Scene) -> None:
    thread = listening.channel
    spoken = await listening.discord.say(listening.ben, thread, "A gull cried.")
    await listening.discord.until(lambda: bool(spoken.reactions))
    await listening.discord.delete(spoken)
    await listening.discord.until(lambda: "was deleted here" in thread.messages[-1].text)
    question = thread.messages[-1]
    eve = listening.discord.user("eve")
    assert thread.guild is not None
    thread.guild.join(eve)
    for label in ("Keep it", "Remove from the story"):
        refused = await listening.press(label, question, by=eve)
        assert "Only whoever wrote that passage" in refused.text
        assert question.labels == ["Remove from the story", "Keep it"]
    await listening.press("Keep it", question, by=listening.ben)
    assert "stays in the story" in question.text
