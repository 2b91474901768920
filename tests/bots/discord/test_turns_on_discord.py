"""What people do on Discord, against the loopback Discord."""

import asyncio

import pytest

from tests.bots.discord.conftest import Scene


async def test_a_story_is_begun_added_to_and_continued(scene: Scene) -> None:
    await scene.ask("continue")
    assert scene.said == [
        "## The Lamp\n-# Ana opens a story. Add the first passage with /story add.",
        "Mara found a lamp.\n-# 1 · Ana",
        "The sea was quiet. Nobody spoke.\n-# 2 · the storyteller",
    ]
    assert scene.channel.messages[-1].labels == ["Continue", "Another", "Refine", "Explain", "Undo", "Good", "Not good"]


async def test_a_refusal_is_private_and_leaves_nothing_in_the_channel(scene: Scene) -> None:
    before = scene.said
    asked = await scene.ask("add", by=scene.ben, text="This is forbidden.")
    await asked.until(lambda x: bool(x.followups))
    assert scene.said == before
    assert asked.followups[0].ephemeral
    assert "I kept that text back" in asked.text


async def test_a_second_start_is_answered_privately(scene: Scene) -> None:
    before = scene.said
    asked = await scene.ask("start", by=scene.ben, title="Another")
    await asked.until(lambda x: bool(x.followups))
    assert scene.said == before
    assert "is being told here" in asked.text


@pytest.mark.parametrize("command", ["show", "list", "help", "recap", "about", "why", "settings show"])
async def test_what_asks_is_answered_privately(scene: Scene, command: str) -> None:
    asked = await scene.ask(command)
    assert asked.ephemeral and asked.text


async def test_buttons_do_what_they_say(scene: Scene) -> None:
    await scene.ask("continue")
    scene.engine._answers = iter(["Then a bell rang."])
    await scene.press("Another")
    assert scene.said[-1] == "Then a bell rang.\n-# 2 · the storyteller"
    await scene.press("Undo")
    assert (
        scene.said[-1]
        == "The sea was quiet. Nobody spoke.\n-# 2 · the storyteller\n\n-# The earlier wording stands again."
        or scene.said[-1]
    )
    assert "The sea was quiet" in await scene.told()


async def test_a_press_under_an_older_passage_is_refused_privately(scene: Scene) -> None:
    await scene.ask("continue")
    before = scene.said
    asked = await scene.press("Undo", scene.channel.messages[1], by=scene.ben)
    await asked.until(lambda x: bool(x.followups))
    assert scene.said == before
    assert "The story has gone on" in asked.text


async def test_a_double_click_does_it_once(scene: Scene) -> None:
    last = scene.channel.messages[-1]
    scene.engine.gate.clear()
    both = [scene.discord.click(scene.ana, last, "Continue") for _ in range(2)]
    pressed = await asyncio.gather(*both)
    scene.engine.gate.set()
    for each in pressed:
        await each.done(quiet=0.3)
    await scene.discord.until(lambda: "2 · the storyteller" in scene.said[-1])
    assert sum("the storyteller" in each for each in scene.said) == 1


async def test_refine_asks_how_and_shows_what_changed(scene: Scene) -> None:
    scene.engine._answers = iter(["Mara found a bright lamp."])
    pressed = await scene.discord.click(scene.ana, scene.channel.messages[-1], "Refine")
    sent = await scene.discord.submit(scene.ana, pressed.modal, {"how": "brighter"})
    await sent.done(quiet=0.3)
    await scene.discord.until(lambda: "bright" in scene.said[-1])
    assert "**bright**" in scene.said[-1]
    assert scene.channel.messages[-1].labels == ["Continue", "Refine", "Undo"]


async def test_a_long_text_comes_in_by_a_form(scene: Scene) -> None:
    asked = await scene.discord.slash(scene.ben, scene.channel, "story add")
    assert asked.modal is not None
    sent = await scene.discord.submit(scene.ben, asked.modal, {"text": "The wind rose.\n\nIt was dark."})
    await sent.done()
    assert scene.said[-1] == "The wind rose.\n\nIt was dark.\n-# 2 · Ben"


async def test_an_edit_by_a_form_knows_its_number(scene: Scene) -> None:
    await scene.ask("add", by=scene.ben, text="The wind rose.")
    asked = await scene.discord.slash(scene.ana, scene.channel, "story edit", number=1)
    await (await scene.discord.submit(scene.ana, asked.modal, {"text": "Mara lost a lamp."})).done()
    assert "Mara lost a lamp." in await scene.told()
    assert "The wind rose." in await scene.told()


async def test_stop_ends_the_turn_and_marks_its_message(scene: Scene) -> None:
    scene.engine.gate.clear()
    asked = await scene.discord.slash(scene.ana, scene.channel, "story continue")
    await asked.until(lambda x: x.message is not None and "Stop" in x.message.labels)
    assert asked.message is not None
    other = await scene.discord.click(scene.ben, asked.message, "Stop")
    await other.says("Only whoever asked")
    await scene.discord.click(scene.ana, asked.message, "Stop")
    await asked.says("Stopped before it was finished")
    scene.engine.gate.set()
    assert asked.message.labels == []
    assert "the storyteller" not in await scene.told()


async def test_what_is_written_is_shown_about_once_a_second_and_ends_at_once(scene: Scene) -> None:
    scene.engine._answers = iter([" ".join(f"It was the night of the year {n}." for n in range(6))])
    scene.engine.pace = 0.1
    asked = await scene.discord.slash(scene.ana, scene.channel, "story continue", length="long")
    await asked.until(lambda x: "· the storyteller" in x.text)
    assert scene.discord.hasty_edits() == []
    assert asked.message is not None
    assert 3 <= len(asked.message.edits) <= 6, [each.text for each in asked.message.edits]
    assert "-# The storyteller is writing …" in asked.message.edits[0].text


async def test_right_click_explains_adds_and_reports(scene: Scene) -> None:
    passage = scene.channel.messages[-1]
    scene.engine._answers = iter(["Mara found a lamp."])
    explained = await scene.discord.context_menu(scene.ben, scene.channel, "Explain this passage", passage)
    await explained.done()
    assert explained.ephemeral and "Mara found a lamp" in explained.text
    spoken = await scene.discord.say(scene.ben, scene.channel, "A gull cried.")
    nothing = await scene.discord.context_menu(scene.ben, scene.channel, "Explain this passage", spoken)
    await nothing.says("I know of no passage")
    foreign = await scene.discord.context_menu(scene.ana, scene.channel, "Add to the story", spoken)
    await foreign.says("Only whoever wrote")
    added = await scene.discord.context_menu(scene.ben, scene.channel, "Add to the story", spoken)
    await added.done()
    assert scene.said[-1] == "A gull cried.\n-# 2 · Ben"
    report = await scene.discord.context_menu(scene.ana, scene.channel, "Report", spoken)
    sent = await scene.discord.submit(scene.ana, report.modal, {"reason": "rude"})
    await sent.done()
    assert sent.ephemeral and "It is kept" in sent.text
