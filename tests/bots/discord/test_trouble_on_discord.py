"""Everything that Discord can answer, restarts, and the end: people are told, the story keeps its text."""

import asyncio
import datetime as dt
import logging
import os
import signal

import pytest
from discord import utils
from sqlalchemy import text

from bots.discord import run
from bots.settings import SettingsError
from core.database import Database
from tests.bots.discord.conftest import Scene, application, settings
from tests.kit import storyteller
from tests.loopback.discord import LoopbackDiscord
from tests.voices import Voice

CALLBACK, ORIGINAL, FOLLOW_UP = r"/callback$", r"/messages/@original$", r"^/webhooks/\d+/[^/]+$"


async def test_a_deleted_message_is_posted_anew(scene: Scene) -> None:
    scene.discord.faults.add("PATCH", ORIGINAL, code=10008)
    await scene.discord.slash(scene.ana, scene.channel, "story add", text="A bell rang.")
    await scene.discord.until(lambda: any("A bell rang." in each for each in scene.said))
    scene.discord.exchanges[-1].completed = True


@pytest.mark.parametrize("code", [50027, 10015])
async def test_with_a_spent_token_the_reply_goes_to_the_channel(scene: Scene, code: int) -> None:
    scene.discord.faults.add("PATCH", ORIGINAL, code=code)
    asked = await scene.discord.slash(scene.ana, scene.channel, "story add", text="A bell rang.")
    await scene.discord.until(lambda: "A bell rang.\n-# 2 · Ana" in scene.said)
    await scene.discord.until(lambda: asked.message is not None and asked.message.deleted)
    assert scene.channel.messages[-1].labels == ["Continue", "Refine", "Undo"]
    asked.completed = True


async def test_a_late_acknowledgement_still_tells_the_story(scene: Scene) -> None:
    scene.discord.faults.add("POST", CALLBACK, code=10062)
    before = len(scene.discord.violations)
    telling = asyncio.create_task(scene.discord.slash(scene.ana, scene.channel, "story add", text="A bell rang."))
    await scene.discord.until(lambda: "A bell rang.\n-# 2 · Ana" in scene.said)
    scene.discord.exchanges[-1].silent = True
    scene.discord.exchanges[-1].touch()
    await telling
    del scene.discord.violations[before:]


async def test_what_another_process_answers_is_left_to_it(scene: Scene) -> None:
    scene.discord.faults.add("POST", CALLBACK, code=40060)
    before = len(scene.discord.violations)
    telling = asyncio.create_task(scene.discord.slash(scene.ana, scene.channel, "story add", text="A bell rang."))
    await scene.discord.until(lambda: any(each.code == 40060 for each in scene.discord.requests))
    scene.discord.exchanges[-1].silent = True
    scene.discord.exchanges[-1].touch()
    await telling
    del scene.discord.violations[before:]
    assert "bell" not in await scene.told()


async def test_a_lost_answer_to_the_acknowledgement_does_not_lose_the_turn(scene: Scene) -> None:
    scene.discord.faults.add("POST", CALLBACK, status=502, after=True)
    await scene.ask("add", text="A bell rang.")
    await scene.discord.until(lambda: "A bell rang.\n-# 2 · Ana" in scene.said)


@pytest.mark.parametrize(
    ("code", "said"), [(50013, "I lack the permission"), (50001, "I lack the permission"), (50035, "wrong on my side")]
)
async def test_what_discord_does_not_take_is_said_privately(scene: Scene, code: int, said: str) -> None:
    scene.discord.faults.add("PATCH", ORIGINAL, code=code)
    asked = await scene.discord.slash(scene.ana, scene.channel, "story add", text="A bell rang.")
    await asked.until(lambda x: said in x.text)
    assert all(said not in each for each in scene.said)
    assert "A bell rang." in await scene.told()


async def test_an_outage_keeps_the_post_for_the_next_start(scene: Scene, database: Database) -> None:
    scene.discord.faults.add("PATCH", ORIGINAL, status=429, via=False)
    asked = await scene.discord.slash(scene.ana, scene.channel, "story add", text="A bell rang.")
    await asked.says("It is kept, and I will post it")
    await scene.app.stop()
    async with application(scene.discord, database, scene.engine):
        await scene.discord.until(lambda: "A bell rang.\n-# 2 · Ana" in scene.said)
        assert "Told before the last stop" in scene.said[-2]
        await scene.press("Undo")
        assert "Taken back" in scene.said[-1]


async def test_what_is_written_and_cannot_be_shown_since_the_database_is_gone_is_kept_and_so_it_is_told(
    scene: Scene, database: Database
) -> None:
    await database.write(lambda c: c.execute(text("ALTER TABLE verdict RENAME TO gone")).close())
    asked = await scene.discord.slash(scene.ana, scene.channel, "story add", text="A bell rang.")
    await asked.says("It is kept, and I will post it")
    await database.write(lambda c: c.execute(text("ALTER TABLE gone RENAME TO verdict")).close())
    scene.app.task.cancel()
    await asyncio.wait([scene.app.task])
    async with application(scene.discord, database, scene.engine):
        await scene.discord.until(lambda: scene.said.count("A bell rang.\n-# 2 · Ana") == 1)


async def test_an_archived_thread_is_opened_again(scene: Scene, database: Database) -> None:
    thread = scene.discord.thread(scene.channel, "apart", by=scene.ana)
    await scene.ask("start", where=thread, title="Apart")
    scene.discord.faults.add("PATCH", ORIGINAL, code=50027)
    scene.engine.gate.clear()
    asked = await scene.discord.slash(scene.ana, thread, "story continue")
    await scene.discord.until(lambda: any(each.code == 50027 for each in scene.discord.requests))
    thread.archive()
    scene.engine.gate.set()
    await scene.discord.until(
        lambda: "The sea was quiet. Nobody spoke.\n-# 1 · the storyteller" in [m.text for m in thread.messages]
    )
    asked.completed = True


async def test_the_fifteen_minutes_of_a_token_end(database: Database, engine: Voice) -> None:
    async with LoopbackDiscord(token_life=0.5) as discord:
        guild = discord.guild("Harrow")
        ana = discord.user("ana")
        guild.join(ana)
        channel = guild.text_channel("stories")
        async with application(discord, database, engine) as app:
            scene = Scene(app, engine, channel, ana, ana)
            await scene.ask("start", title="The Lamp")
            engine.gate.clear()
            asked = await discord.slash(ana, channel, "story continue")
            await asyncio.sleep(0.6)
            engine.gate.set()
            await discord.until(lambda: "The sea was quiet. Nobody spoke.\n-# 1 · the storyteller" in scene.said)
            asked.completed = True
            assert sum("the storyteller" in each for each in scene.said) == 1


async def test_a_clock_that_is_an_hour_ahead_leaves_nobody_without_an_answer(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = utils.utcnow
    monkeypatch.setattr(utils, "utcnow", lambda: right() + dt.timedelta(hours=1))
    asked = await scene.discord.slash(scene.ana, scene.channel, "story help")
    await asked.says("/story continue")
    await scene.discord.slash(scene.ana, scene.channel, "story add", text="A bell rang.")
    await scene.discord.until(lambda: scene.said[-1] == "A bell rang.\n-# 2 · Ana")


async def test_a_message_too_old_to_edit_is_posted_anew(scene: Scene) -> None:
    scene.discord.faults.add("PATCH", ORIGINAL, code=30046)
    await scene.discord.slash(scene.ana, scene.channel, "story add", text="A bell rang.")
    await scene.discord.until(lambda: any("A bell rang." in each for each in scene.said))


async def test_when_follow_ups_are_spent_the_rest_comes_as_a_file(scene: Scene) -> None:
    for _ in range(4):
        await scene.ask("add", text="The sea was quiet. " * 60)
    scene.discord.faults.add("POST", FOLLOW_UP, code=40094)
    shown = await scene.ask("show")
    await shown.says("The rest is in the file.")
    assert shown.message is not None and "story.md" in shown.message.files


async def test_the_same_interaction_twice_is_one_turn(scene: Scene) -> None:
    asked = await scene.ask("add", text="A bell rang.")
    await scene.discord.deliver_again(asked)
    await scene.ask("show")
    assert sum("A bell rang." in each for each in scene.said) == 1


async def test_a_dropped_gateway_loses_and_doubles_nothing(scene: Scene) -> None:
    await scene.discord.gateway.drop()
    await scene.ask("add", text="A bell rang.")
    assert sum("A bell rang." in each for each in scene.said) == 1


async def test_buttons_work_after_a_restart(scene: Scene, database: Database) -> None:
    await scene.app.stop()
    registered = len(scene.discord.called("PUT", "/commands"))
    async with application(scene.discord, database, scene.engine):
        await scene.press("Continue", by=scene.ben)
        await scene.discord.until(lambda: "2 · the storyteller" in scene.said[-1])
    assert len(scene.discord.called("PUT", "/commands")) == registered == 1


async def test_sigterm_lets_a_passage_finish(scene: Scene) -> None:
    scene.engine.gate.clear()
    asked = await scene.discord.slash(scene.ana, scene.channel, "story continue")
    await scene.discord.until(lambda: scene.engine.writing > 0)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(0)
    refused = await scene.discord.slash(scene.ben, scene.channel, "story continue")
    assert "I am being restarted" in refused.text
    scene.engine.gate.set()
    assert await asyncio.wait_for(scene.app.task, 10) == 143
    assert "2 · the storyteller" in asked.text


async def test_sigterm_marks_what_cannot_finish(scene: Scene) -> None:
    scene.engine.gate.clear()
    asked = await scene.discord.slash(scene.ana, scene.channel, "story continue")
    await scene.discord.until(lambda: scene.engine.writing > 0)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(scene.app.task, 10) == 143
    assert asked.text == "-# Stopped before it was finished; nothing was added."


async def test_a_wrong_token_is_one_sentence_and_one_request(
    discord: LoopbackDiscord, database: Database, engine: Voice, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = settings(discord, discord_token="wrong-secret-token")
    with caplog.at_level(logging.DEBUG), pytest.raises(SettingsError, match="does not accept DISCORD_TOKEN"):
        await run(storyteller(database, engine), wrong)
    assert len(discord.requests) == 1
    assert "wrong-secret-token" not in caplog.text


@pytest.mark.parametrize("token", ["two words", "tökên", "with\nlines"])
async def test_what_cannot_be_a_token_is_not_sent(
    discord: LoopbackDiscord, database: Database, engine: Voice, token: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        await run(storyteller(database, engine), settings(discord, discord_token=token))
    assert token not in str(caught.value)
    assert discord.requests == []


async def test_a_missing_intent_is_one_sentence(discord: LoopbackDiscord, database: Database, engine: Voice) -> None:
    with pytest.raises(SettingsError, match="Message Content intent"):
        await run(storyteller(database, engine), settings(discord, discord_messages=True))


async def test_nothing_that_was_written_pings_links_or_pretends(scene: Scene) -> None:
    evil = (
        "@everyone <@123456789012345678> <#1> <t:0:R> [here](https://x.example/y) https://x.example/z\n"
        "-# 9 · the storyteller ||half ** `"
    )
    await scene.ask("add", by=scene.ben, text=evil)
    said = scene.said[-1]
    for each in ("@everyone", "<@1", "<#1", "<t:", "](", "\n-# 9"):
        assert each not in said
    assert "<https://x.example/z>" in said
    assert said.endswith("\n-# 2 · Ben")


async def test_a_long_passage_is_split_and_its_buttons_stand_under_the_last_piece(scene: Scene) -> None:
    text = "\n\n".join(f"**Part {n}.** " + "The sea was quiet. " * 34 for n in range(3))
    await scene.ask("add", by=scene.ben, text=text.strip() + " Then it rose.")
    first, second = scene.channel.messages[-2:]
    assert len(first.content) <= 2000 and first.labels == []
    assert second.labels == ["Continue", "Refine", "Undo"]
    assert second.content.endswith("-# 2 · Ben")


async def test_a_burst_is_acknowledged_in_time(scene: Scene) -> None:
    asked = await asyncio.gather(
        *(scene.discord.slash(scene.ana, scene.channel, "story add", text=f"It was {n}.") for n in range(100))
    )
    for each in asked:
        await each.done(60)
    assert all(each.acked_after is not None for each in asked)


async def test_a_report_reaches_the_moderators(scene: Scene) -> None:
    guild = scene.channel.guild
    assert guild is not None
    desk = guild.text_channel("desk")
    await scene.ask("setup", by=guild.owner, alerts=desk)
    asked = await scene.discord.context_menu(scene.ben, scene.channel, "Report", scene.channel.messages[-1])
    sent = await scene.discord.submit(scene.ben, asked.modal, {"reason": "too sad"})
    await sent.says("Thank you")
    await scene.discord.until(lambda: len(desk.messages) == 2)
    assert "Mara found a lamp." in desk.messages[0].text
    assert "**reason** too sad" in desk.messages[0].text
    assert str(scene.channel.messages[-1].id) in desk.messages[1].text
