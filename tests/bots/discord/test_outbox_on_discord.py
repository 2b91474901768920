"""What a stop came before is shown once: completed where it stands, found where it was taken, else posted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.database import Database
from tests.bots.discord.conftest import Scene, application
from tests.kit import storyteller
from tests.loopback.discord import Channel, LoopbackDiscord
from tests.loopback.discord.faults import Fault
from tests.voices import Voice

ORIGINAL, MESSAGES = r"/messages/@original$", r"^/channels/\d+/messages$"
TOLD = "A bell rang.\n-# 2 · Ana"


async def met(fault: Fault) -> None:
    """Wait until a request has met a fault."""
    async with asyncio.timeout(10):
        while not fault.hits:
            await asyncio.sleep(0.005)


async def cut(scene: Scene, *, after: bool) -> None:
    """Ask for a passage, and stop the application before it knows of its post; `after`: Discord has taken it."""
    fault = scene.discord.faults.add("PATCH", ORIGINAL, delay=30, after=after)
    await scene.discord.slash(scene.ana, scene.channel, "story add", text="A bell rang.")
    await met(fault)
    await scene.app.stop()
    scene.discord.exchanges[-1].completed = True


@asynccontextmanager
async def again(scene: Scene, database: Database) -> AsyncIterator[None]:
    """The application, started again; it has caught up."""
    async with application(scene.discord, database, scene.engine):
        yield


async def test_a_message_that_was_begun_is_completed_in_its_place(scene: Scene, database: Database) -> None:
    await cut(scene, after=False)
    assert scene.channel.messages[-1].thinking
    async with again(scene, database):
        assert scene.said.count(TOLD) == 1
        assert "Told before" not in "".join(scene.said)
        assert scene.channel.messages[-1].labels == ["Continue", "Refine", "Undo"]


async def test_a_message_that_was_taken_is_not_posted_again(scene: Scene, database: Database) -> None:
    await cut(scene, after=True)
    posted = len(scene.discord.called("POST", MESSAGES))
    async with again(scene, database):
        assert scene.said.count(TOLD) == 1
        assert len(scene.discord.called("POST", MESSAGES)) == posted
    assert await storyteller(database, scene.engine).delivery.undelivered("discord") == []


async def test_a_message_that_is_gone_is_posted_with_a_word_that_it_is_late(scene: Scene, database: Database) -> None:
    await cut(scene, after=False)
    await scene.discord.delete(scene.channel.messages[-1])
    async with again(scene, database):
        assert scene.said[-1] == TOLD
        assert "Told before the last stop" in scene.said[-2]


async def test_without_nonces_a_late_post_is_known_by_its_words(database: Database, engine: Voice) -> None:
    async with LoopbackDiscord(nonce_life=0.0) as discord:
        guild = discord.guild("Harrow")
        ana = discord.user("ana")
        guild.join(ana)
        channel = guild.text_channel("stories")
        async with application(discord, database, engine, patience=1.0) as app:
            scene = Scene(app, engine, channel, ana, ana)
            await scene.ask("start", title="The Lamp")
            await scene.ask("add", text="Mara found a lamp.")
            await cut(scene, after=False)
        await discord.delete(channel.messages[-1])
        for _ in range(2):  # first the word that it is late is taken, then the post; we hear of neither
            lost = discord.faults.add("POST", MESSAGES, drop=True, after=True)
            async with again(scene, database):
                assert lost.hits
        async with again(scene, database):
            assert scene.said[-1] == TOLD
            assert scene.said.count(TOLD) == 1
            assert sum("Told before" in each for each in scene.said) == 1


async def test_a_late_post_that_somebody_deleted_is_let_go(scene: Scene, database: Database) -> None:
    await cut(scene, after=False)
    await scene.discord.delete(scene.channel.messages[-1])
    for _ in range(2):  # first the word that it is late is taken, then the post; we hear of neither
        lost = scene.discord.faults.add("POST", MESSAGES, drop=True, after=True)
        async with again(scene, database):
            assert lost.hits
    await scene.discord.delete(scene.channel.messages[-1])
    async with again(scene, database):
        assert TOLD not in scene.said
    assert await storyteller(database, scene.engine).delivery.undelivered("discord") == []


async def alerted(scene: Scene) -> Channel:
    """A channel where moderators hear of reports."""
    guild = scene.channel.guild
    assert guild is not None
    desk = guild.text_channel("desk")
    await scene.ask("setup", by=guild.owner, alerts=desk)
    return desk


async def test_an_alert_that_discord_did_not_take_is_told_after_the_next_start(
    scene: Scene, database: Database
) -> None:
    desk = await alerted(scene)
    scene.discord.faults.add("POST", MESSAGES, code=50013)
    await scene.ask("report", reason="too sad")
    await scene.discord.until(lambda: any(each.code == 50013 for each in scene.discord.requests))
    await scene.app.stop()
    assert desk.messages == []
    for _ in range(2):
        async with again(scene, database):
            assert [("too sad" in each.text) for each in desk.messages] == [True]


async def test_an_alert_that_was_taken_is_not_told_again(scene: Scene, database: Database) -> None:
    desk = await alerted(scene)
    scene.discord.faults.add("POST", MESSAGES, delay=30, after=True)
    await scene.ask("report", reason="too sad")
    await scene.discord.until(lambda: len(desk.messages) == 1)
    await scene.app.stop()
    assert len(await storyteller(database, scene.engine).delivery.alerts("discord")) == 1
    async with again(scene, database):
        assert len(desk.messages) == 1
    assert await storyteller(database, scene.engine).delivery.alerts("discord") == []


async def test_a_long_passage_whose_rest_was_cut_off_is_completed_below_nothing_later(
    scene: Scene, database: Database
) -> None:
    text = "\n\n".join(f"**Part {n}.** " + "The sea was quiet. " * 34 for n in range(3))
    rest = scene.discord.faults.add("POST", r"^/webhooks/\d+/[^/]+$", delay=30)
    await scene.discord.slash(scene.ana, scene.channel, "story add", text=text.strip() + " Then it rose.")
    await met(rest)
    await scene.discord.slash(scene.ben, scene.channel, "story add", text="A bell rang.")
    async with asyncio.timeout(10):
        while len(await storyteller(database, scene.engine).delivery.undelivered("discord")) < 2:
            await asyncio.sleep(0.005)
    await scene.app.stop()
    for each in scene.discord.exchanges:
        each.completed = True
    async with again(scene, database):
        *_, first, second, late, third = scene.said
        assert "Part 0" in first
        assert second.endswith("-# 2 · Ana")
        assert "Told before" in late
        assert third == "A bell rang.\n-# 3 · Ben"
