"""Everything that Slack can answer, restarts, and the end: people are told, the story keeps its text."""

import asyncio
import logging
import os
import re
import signal

import pytest
from aiohttp import ClientSession
from sqlalchemy import text

from bots.settings import SettingsError
from bots.slack import run
from core.database import Database
from tests.bots.slack.conftest import Scene, application, settings
from tests.kit import storyteller
from tests.loopback.slack import Exchange, LoopbackSlack
from tests.voices import Voice

TOLD = "The sea was quiet. Nobody spoke."


async def test_where_the_bot_is_no_member_it_asks_to_be_invited_and_still_answers(scene: Scene) -> None:
    secret = scene.slack.channel("secret", scene.ana, private=True, bot=False)
    asked = await scene.slack.command(scene.ana, secret, "start The Bell")
    await asked.says("Invite me with `/invite @storycircle`")
    assert asked.messages[0].text.startswith("The Bell")
    added = await scene.slack.command(scene.ana, secret, "add A bell rang.")
    await added.says("A bell rang.")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("not_in_channel", "I am not a member of this channel"),
        ("channel_not_found", "I am not a member of this channel"),
        ("is_archived", "This channel is archived"),
        ("missing_scope", "I lack the permission “chat:write”"),
        ("token_revoked", "I was removed from this workspace"),
        ("account_inactive", "I was removed from this workspace"),
        ("msg_too_long", "wrong on my side"),
        ("msg_blocks_too_long", "wrong on my side"),
        ("fatal_error", "It is kept, and I will post it"),
    ],
)
async def test_what_slack_does_not_take_is_said_privately(scene: Scene, error: str, said: str) -> None:
    scene.slack.faults.add(r"chat\.postMessage", error=error, times=9)
    asked = await scene.slack.command(scene.ana, scene.channel, "add A bell rang.")
    await asked.until(lambda x: any(said in each.text for each in x.ephemeral))
    assert all(said not in each for each in scene.told)
    assert "A bell rang." in await scene.shown()


async def spend(asked: Exchange, uses: int) -> None:
    """Use up so many of the five uses that a command's response_url has."""
    async with ClientSession() as http:
        for _ in range(uses):
            async with http.post(asked.payload["response_url"], json={"delete_original": True}) as answer:
                assert answer.status == 200


async def test_the_sixth_use_of_a_response_url_is_no_use_and_the_answer_comes_another_way(scene: Scene) -> None:
    scene.engine.gate.clear()
    scene.engine.say("Mara found a lamp.")
    asked = await scene.slack.command(scene.ana, scene.channel, "explain")
    await spend(asked, 5)
    scene.engine.gate.set()
    await asked.says("Mara found a lamp. [1]")
    await scene.idle()
    assert "used_url" in asked.errors
    assert [each.text for each in asked.ephemeral] == ["Mara found a lamp. [1]"]


async def test_where_the_bot_is_no_member_either_the_answer_comes_into_ones_own_conversation(scene: Scene) -> None:
    secret = scene.slack.channel("secret", scene.ana, private=True, bot=False)
    await (await scene.slack.command(scene.ana, secret, "start The Bell")).says("Invite me")
    await (await scene.slack.command(scene.ana, secret, "add A bell rang.")).says("Invite me")
    scene.engine.gate.clear()
    scene.engine.say("A bell rang.")
    asked = await scene.slack.command(scene.ana, secret, "explain")
    await spend(asked, 5)
    scene.engine.gate.set()
    own = scene.slack.dm(scene.ana)
    await scene.slack.until(lambda: any("A bell rang. [1]" in each.text for each in own.messages))
    await scene.idle()
    assert sum("A bell rang. [1]" in each.text for each in own.messages) == 1
    assert asked.ephemeral == []


async def test_an_answer_of_several_messages_goes_on_another_way_where_the_uses_end(
    database: Database, engine: Voice
) -> None:
    async with LoopbackSlack(hook_uses=1, ratelimit_scale=0.01) as slack:
        ana = slack.user("ana", admin=True)
        channel = slack.channel("tales", ana)
        async with application(slack, database, engine, scale=0.01):
            await (await slack.command(ana, channel, "start The Lamp")).says("The Lamp")
            for number in range(1, 9):
                await (await slack.command(ana, channel, f"add {number}. " + "A wave came in. " * 120)).done()
            asked = await slack.command(ana, channel, "show")
            await asked.until(lambda x: "8. A wave" in x.text)
            await slack.idle()
            assert len(asked.ephemeral) > 1
            assert "used_url" in asked.errors
            shown = [int(found) for found in re.findall(r"\b(\d)\. A wave", asked.text)]
            assert shown == list(range(1, 9))


async def test_an_archived_channel_is_a_sentence(scene: Scene) -> None:
    await scene.slack.archive(scene.channel, scene.ana)
    asked = await scene.slack.command(scene.ana, scene.channel, "add A bell rang.")
    await asked.says("This channel is archived")


@pytest.mark.parametrize("status", [500, 503])
async def test_a_short_outage_is_sat_out(scene: Scene, status: int) -> None:
    scene.slack.faults.add(r"chat\.postMessage", status=status)
    await scene.slack.command(scene.ana, scene.channel, "add A bell rang.")
    await scene.slack.until(lambda: scene.told[-1] == "A bell rang.\n2 · Ana", 15)


async def test_slack_says_how_long_to_wait(scene: Scene) -> None:
    scene.slack.faults.add(r"chat\.postMessage", error="ratelimited", retry_after=1)
    began = asyncio.get_running_loop().time()
    await scene.slack.command(scene.ana, scene.channel, "add A bell rang.")
    await scene.slack.until(lambda: scene.told[-1] == "A bell rang.\n2 · Ana", 15)
    assert asyncio.get_running_loop().time() - began >= 1


async def test_a_deleted_message_is_posted_anew(scene: Scene) -> None:
    scene.slack.faults.add(r"chat\.update", error="message_not_found")
    scene.engine.say("Mara found a bright lamp.")
    scene.engine.pace = 0.4
    await scene.slack.command(scene.ana, scene.channel, "refine brighter")
    await scene.slack.until(lambda: "bright" in scene.told[-1], 15)


async def test_a_thread_without_its_beginning_gets_a_new_head(scene: Scene) -> None:
    bare = scene.slack.channel("bare", scene.ana)
    await scene.ask("start The Bell", where=bare)
    await scene.slack.until(lambda: bool(bare.messages))
    await scene.slack.delete(bare.messages[0])
    await scene.slack.command(scene.ana, bare, "add A bell rang.")
    await scene.slack.until(lambda: [each.text for each in bare.messages] == ["A bell rang.\n1 · Ana"])
    await scene.slack.command(scene.ana, bare, "add It rang again.")
    await scene.slack.until(lambda: [each.text for each in bare.messages[0].replies] == ["It rang again.\n2 · Ana"])


async def test_a_form_that_came_too_late_can_be_opened_by_a_button(scene: Scene) -> None:
    scene.slack.faults.add(r"views\.open", error="expired_trigger_id")
    asked = await scene.slack.command(scene.ana, scene.channel, "add")
    await asked.says("Slack waited too long")
    again = await scene.press("Open the form", asked.ephemeral[0])
    await scene.slack.submit(scene.ana, again.opened, {"text": "A bell rang."})
    await scene.slack.until(lambda: scene.told[-1] == "A bell rang.\n2 · Ana")


async def test_an_outage_keeps_the_post_for_the_next_start(scene: Scene, database: Database) -> None:
    scene.slack.faults.add(r"chat\.postMessage", error="fatal_error", times=2)
    asked = await scene.slack.command(scene.ana, scene.channel, "add A bell rang.")
    await asked.says("It is kept, and I will post it")
    await scene.app.stop()
    async with application(scene.slack, database, scene.engine):
        await scene.slack.until(lambda: "A bell rang.\n2 · Ana" in scene.told[-1])
        assert scene.told[-1].startswith("Told before the last stop")
        await scene.slack.click(scene.ana, scene.last, "Undo")
        await scene.slack.until(lambda: "Taken back" in scene.told[-1])


async def test_a_command_a_mention_and_a_press_that_come_again_change_nothing(scene: Scene) -> None:
    for asked in (
        await scene.ask("add A bell rang."),
        await scene.mention("add It rang again."),
        await scene.press("Continue"),
    ):
        await scene.slack.idle()
        before = scene.told
        await scene.slack.again(asked, retry=True)
        await scene.slack.again(asked)
        await scene.slack.idle()
        await asyncio.sleep(0.2)
        assert scene.told == before


async def test_what_comes_again_after_a_restart_changes_nothing(scene: Scene, database: Database) -> None:
    asked = await scene.mention("add A bell rang.")
    await scene.slack.until(lambda: len(scene.told) == 2)
    await scene.app.stop()
    async with application(scene.slack, database, scene.engine):
        await scene.slack.again(asked, retry=True)
        await scene.ask("add It rang again.")
        assert [each.rpartition("\n")[2] for each in scene.told] == ["1 · Ana", "2 · Ana", "3 · Ana"]


async def test_out_of_order_nothing_is_lost(scene: Scene) -> None:
    async with scene.slack.out_of_order():
        for number in range(3):
            await scene.slack.command(scene.ana, scene.channel, f"add It was {number}.")
    await scene.slack.until(lambda: len(scene.told) == 4)
    assert {f"It was {number}." for number in range(3)} <= {each.partition("\n")[0] for each in scene.told}


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_new_connection_loses_and_doubles_nothing(scene: Scene, reason: str) -> None:
    await scene.slack.link.disconnect(reason)
    await scene.slack.until(lambda: scene.slack.link.opened > 1)
    await scene.ask("add A bell rang.")
    assert sum("A bell rang." in each for each in scene.told) == 1


async def test_buttons_work_after_a_restart(scene: Scene, database: Database) -> None:
    await scene.app.stop()
    async with application(scene.slack, database, scene.engine):
        await scene.slack.click(scene.ben, scene.last, "Continue")
        await scene.slack.until(lambda: "2 · the storyteller" in scene.told[-1])


async def test_sigterm_lets_a_passage_finish(scene: Scene) -> None:
    scene.engine.gate.clear()
    await scene.slack.command(scene.ana, scene.channel, "continue")
    await scene.slack.until(lambda: scene.engine.writing > 0)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(0)
    refused = await scene.slack.command(scene.ben, scene.channel, "continue")
    await refused.says("I am being restarted")
    scene.engine.gate.set()
    assert await asyncio.wait_for(scene.app.task, 10) == 143
    assert "2 · the storyteller" in scene.told[-1]


async def test_sigterm_marks_what_cannot_finish(scene: Scene) -> None:
    scene.engine.say("It was night. Then the sea rose and rose.")
    scene.engine.pace = 0.3
    await scene.slack.command(scene.ana, scene.channel, "continue")
    await scene.slack.until(lambda: any(each.streaming for each in scene.head.replies))
    scene.engine.gate.clear()
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(scene.app.task, 10) == 143
    assert scene.told[-1] == "Stopped before it was finished; nothing was added."


@pytest.mark.parametrize("name", ["slack_app_token", "slack_bot_token"])
async def test_a_wrong_token_is_one_sentence_and_no_storm(
    slack: LoopbackSlack, database: Database, engine: Voice, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    prefix = "xapp" if "app" in name else "xoxb"
    wrong = settings(slack, **{name: f"{prefix}-wrong-secret-token"})
    with caplog.at_level(logging.DEBUG), pytest.raises(SettingsError, match=f"does not accept {name.upper()}"):
        await run(storyteller(database, engine), wrong)
    assert len(slack.requests) <= 2
    assert "wrong-secret-token" not in caplog.text
    assert slack.bot_token not in caplog.text


@pytest.mark.parametrize("name", ["slack_app_token", "slack_bot_token"])
@pytest.mark.parametrize("token", ["two words", "tökên", "xoxb-with\nlines", None])
async def test_what_cannot_be_a_token_is_not_sent(
    slack: LoopbackSlack, database: Database, engine: Voice, name: str, token: str | None
) -> None:
    with pytest.raises(SettingsError) as caught:
        await run(storyteller(database, engine), settings(slack, **{name: token}))
    assert token is None or token not in str(caught.value)
    assert slack.requests == []


async def test_a_report_reaches_the_moderators(scene: Scene) -> None:
    desk = scene.slack.channel("desk", scene.ana)
    done = await scene.ask(f"setup | | | | {desk.mention}")
    await done.says("This holds from now on")
    report = await scene.slack.message_shortcut(scene.ben, scene.last, "report_message")
    await report.until(lambda x: x.view is not None)
    sent = await scene.slack.submit(scene.ben, report.opened, {"reason": "too sad"})
    await sent.says("Thank you")
    await scene.slack.until(lambda: len(desk.messages) == 2)
    assert "Mara found a lamp." in desk.messages[0].text
    assert scene.last.ts.replace(".", "") in desk.messages[1].text


async def test_what_is_written_and_cannot_be_shown_since_the_database_is_gone_is_kept_and_so_it_is_told(
    scene: Scene, database: Database
) -> None:
    await database.write(lambda c: c.execute(text("ALTER TABLE verdict RENAME TO gone")).close())
    asked = await scene.ask("add A bell rang.")
    await asked.says("It is kept, and I will post it")
    await database.write(lambda c: c.execute(text("ALTER TABLE gone RENAME TO verdict")).close())
    await scene.app.end()
    async with application(scene.slack, database, scene.engine):
        await scene.slack.until(lambda: sum("A bell rang." in each for each in scene.told) == 1)
