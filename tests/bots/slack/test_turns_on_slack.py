"""What people do on Slack, against the loopback Slack."""

import asyncio
from dataclasses import replace

import pytest

from core.engine import PLAIN
from tests.bots.slack.conftest import Scene

DEFAULT = "The sea was quiet. Nobody spoke."


async def test_a_story_has_its_head_in_the_channel_and_its_passages_below(scene: Scene) -> None:
    await scene.ask("continue")
    assert [each.text for each in scene.channel.messages] == [
        "The Lamp\nAna opens a story. Add the first passage with /story add."
    ]
    assert scene.told == ["Mara found a lamp.\n1 · Ana", f"{DEFAULT}\n2 · the storyteller"]
    assert scene.head.labels == ["Add a passage", "Continue"]
    assert scene.last.labels == ["Continue", "Another", "Refine", "Explain", "Undo", "Good", "Not good"]


async def test_commands_in_the_channel_mentions_in_the_thread_and_buttons_reach_one_story(scene: Scene) -> None:
    await scene.mention("add The wind rose.", by=scene.ben)
    await scene.press("Continue", by=scene.ben)
    await scene.ask("add It was dark.")
    assert [each.rpartition("\n")[2] for each in scene.told] == ["1 · Ana", "2 · Ben", "3 · the storyteller", "4 · Ana"]


async def test_a_refusal_is_private_and_leaves_nothing_in_the_channel(scene: Scene) -> None:
    before = scene.told
    for asked in (await scene.ask("add This is forbidden.", by=scene.ben), await scene.mention("add forbidden too")):
        assert scene.told == before
        assert "I kept that text back" in asked.ephemeral[0].text
        assert not asked.messages


async def test_a_refusal_half_way_takes_away_what_was_shown(scene: Scene) -> None:
    scene.engine.say(*["It was all so quiet here. Then came the forbidden word."] * 9)
    scene.engine.pace = 0.1
    before = scene.told
    asked = await scene.slack.command(scene.ana, scene.channel, "continue")
    await asked.until(lambda x: bool(x.ephemeral), 20)
    await scene.slack.until(lambda: scene.told == before)
    assert "Nothing that the storyteller wrote fitted" in asked.text
    assert scene.slack.called(r"chat\.startStream")


@pytest.mark.parametrize("command", ["show", "list", "help", "recap", "about", "why", "settings show", "explain"])
async def test_what_asks_is_answered_privately(scene: Scene, command: str) -> None:
    before = scene.told
    for asked in (await scene.ask(command), await scene.mention(command)):
        await asked.until(lambda x: bool(x.ephemeral))
        assert not asked.messages
    assert scene.told == before


@pytest.mark.parametrize("line", ["", "strat The Lamp", "dance"])
async def test_what_is_no_command_is_private_help_with_buttons(scene: Scene, line: str) -> None:
    asked = await scene.ask(line, by=scene.ben)
    assert asked.ephemeral[0].labels == ["Start a story", "Show the story", "Help"]
    helped = await scene.press("Help", asked.ephemeral[0], by=scene.ben)
    await helped.says("/story continue")


async def test_buttons_do_what_they_say(scene: Scene) -> None:
    await scene.ask("continue")
    scene.engine.say("Then a bell rang.")
    await scene.press("Another")
    assert scene.told[-1] == "Then a bell rang.\n2 · the storyteller"
    explained = await scene.press("Explain")
    await explained.until(lambda x: bool(x.ephemeral))
    await scene.press("Undo")
    assert DEFAULT in await scene.shown()


async def test_a_double_click_does_it_once(scene: Scene) -> None:
    last = scene.last
    scene.engine.gate.clear()
    await asyncio.gather(*(scene.slack.click(scene.ana, last, "Continue") for _ in range(2)))
    scene.engine.gate.set()
    await scene.slack.until(lambda: "2 · the storyteller" in scene.told[-1])
    await scene.slack.idle()
    assert sum("the storyteller" in each for each in scene.told) == 1


async def test_a_press_under_an_older_passage_is_refused_privately(scene: Scene) -> None:
    first = scene.last
    await scene.ask("continue")
    before = scene.told
    asked = await scene.press("Undo", first, by=scene.ben)
    assert scene.told == before
    assert "The story has gone on" in asked.text


async def test_long_texts_come_in_by_a_form(scene: Scene) -> None:
    asked = await scene.ask("add", by=scene.ben)
    assert asked.opened.title == "/story add"
    await scene.slack.submit(scene.ben, asked.opened, {"text": "The wind rose.\n\nIt was dark."})
    await scene.slack.until(lambda: scene.told[-1] == "The wind rose.\n\nIt was dark.\n2 · Ben")
    edited = await scene.ask("edit 1")
    await scene.slack.submit(scene.ana, edited.opened, {"text": "Mara lost a lamp."})
    await scene.slack.until(lambda: "lost" in scene.told[-1])


async def test_refine_asks_how_and_shows_what_changed(scene: Scene) -> None:
    scene.engine.say("Mara found a bright lamp.")
    pressed = await scene.press("Refine")
    await scene.slack.submit(scene.ana, pressed.opened, {"how": "brighter"})
    await scene.slack.until(lambda: "*bright*" in str(scene.last.blocks))
    assert scene.last.labels == ["Continue", "Refine", "Undo"]


async def test_a_story_is_begun_from_anywhere(scene: Scene) -> None:
    other = scene.slack.channel("other", scene.ana)
    asked = await scene.slack.shortcut(scene.ana, "start_story")
    await asked.until(lambda x: x.view is not None)
    await scene.slack.submit(scene.ana, asked.opened, {"title": "The Bell", "premise": "a bell", "where": other})
    await scene.slack.until(lambda: bool(other.messages))
    assert other.messages[0].text.startswith("The Bell\na bell")


async def test_the_menu_of_a_message_explains_adds_and_reports(scene: Scene) -> None:
    scene.engine.say("Mara found a lamp.")
    explained = await scene.slack.message_shortcut(scene.ben, scene.last, "explain_passage")
    await explained.says("Mara found a lamp")
    spoken = (await scene.slack.say(scene.ben, scene.channel, "A gull cried.", thread=scene.head)).said
    nothing = await scene.slack.message_shortcut(scene.ben, spoken, "explain_passage")
    await nothing.says("I know of no passage")
    foreign = await scene.slack.message_shortcut(scene.ana, spoken, "add_message")
    await foreign.says("Only whoever wrote")
    await scene.slack.message_shortcut(scene.ben, spoken, "add_message")
    await scene.slack.until(lambda: scene.told[-1] == "A gull cried.\n2 · Ben")
    report = await scene.slack.message_shortcut(scene.ana, spoken, "report_message")
    await report.until(lambda x: x.view is not None)
    sent = await scene.slack.submit(scene.ana, report.opened, {"reason": "rude"})
    await sent.says("It is kept")


async def test_a_voice_is_picked_from_a_menu(scene: Scene) -> None:
    scene.engine.profile = replace(scene.engine.profile, voices=(PLAIN, "pirate"))
    asked = await scene.ask("settings voice")
    await asked.says("Voices: plain, pirate.")
    await (await scene.slack.select(scene.ana, asked.ephemeral[0], "Pick a voice", "pirate")).done()
    await scene.slack.until(lambda: "in the voice “pirate”" in scene.told[-1])
    await scene.ask("continue")
    assert scene.engine.requests[-1].voice == "pirate"


async def test_stop_ends_the_turn(scene: Scene) -> None:
    scene.engine.gate.clear()
    scene.slack.faults.add(r"chat\.startStream", error="not_allowed")
    asked = await scene.slack.command(scene.ana, scene.channel, "refine brighter")
    await asked.until(lambda x: x.message is not None and "Stop" in x.message.labels)
    other = await scene.slack.click(scene.ben, asked.message, "Stop")
    await other.says("Only whoever asked")
    await scene.slack.click(scene.ana, asked.message, "Stop")
    await asked.says("Stopped before it was finished")
    scene.engine.gate.set()
    scene.slack.faults.clear()
    assert scene.last.labels == []


async def test_in_a_direct_message_no_mention_is_needed(scene: Scene) -> None:
    alone = scene.slack.dm(scene.ben)
    await (await scene.slack.say(scene.ben, alone, "start The Bell")).says("The Bell")
    await (await scene.slack.say(scene.ben, alone, "add A bell rang.")).says("1 · Ben")


async def test_an_ordinary_thread_can_have_its_own_story(scene: Scene) -> None:
    spoken = (await scene.slack.say(scene.ben, scene.channel, "Shall we?")).said
    other = await scene.slack.mention(scene.ben, scene.channel, "start The Bell", thread=spoken)
    await other.says("The Bell")
    added = await scene.slack.mention(scene.ben, scene.channel, "add A bell rang.", thread=spoken)
    await added.says("1 · Ben")
    assert [each.text for each in spoken.replies if each.by_app][-1] == "A bell rang.\n1 · Ben"
    assert "bell" not in await scene.shown()
