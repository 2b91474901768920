"""Forms: what was typed is never lost, whatever comes of it."""

import pytest

from tests.bots.slack.conftest import Scene
from tests.loopback.slack import Exchange

LONG = "This is a long tale. " + "It was night & the sea rose. " * 67


async def test_a_refused_form_stays_open_says_why_at_the_field_and_can_be_sent_again(scene: Scene) -> None:
    asked = await scene.ask("add", by=scene.ben)
    form = asked.opened
    before = scene.told
    sent = await scene.slack.submit(scene.ben, form, {"text": "A forbidden word."})
    assert sent.ack["response_action"] == "errors"
    assert "I kept that text back" in form.errors["text"]
    assert form.open
    assert scene.told == before
    assert sent.ephemeral == []
    await scene.slack.submit(scene.ben, form, {"text": "A kind word."})
    await scene.slack.until(lambda: scene.told[-1] == "A kind word.\n2 · Ben")
    assert not form.open


async def test_a_form_of_a_story_that_is_not_there_says_so_at_its_field(scene: Scene) -> None:
    bare = scene.slack.channel("bare", scene.ana)
    asked = await scene.ask("add", where=bare)
    await scene.slack.submit(scene.ana, asked.opened, {"text": "A bell rang."})
    assert "There is no open story here" in asked.opened.errors["text"]


async def submitted_late(scene: Scene, asked: Exchange, text: str, *, meanwhile: str = "") -> Exchange:
    """A form of Ben's that is sent while something else is written, and judged after that."""
    scene.engine.gate.clear()
    await scene.slack.command(scene.ana, scene.channel, "continue")
    await scene.slack.until(lambda: scene.engine.writing > 0)
    if meanwhile:
        await scene.slack.command(scene.ana, scene.channel, meanwhile)
    sent = await scene.slack.submit(scene.ben, asked.opened, {"text": text})
    assert not asked.opened.open
    scene.engine.gate.set()
    return sent


async def test_what_moderation_keeps_after_the_form_was_closed_is_not_said_again(scene: Scene) -> None:
    asked = await scene.ask("add", by=scene.ben)
    sent = await submitted_late(scene, asked, "This is a forbidden tale.")
    await sent.says("I kept that text back")
    await scene.idle()
    assert sent.ephemeral[-1].labels == ["Find a gentler wording", "Ask a moderator"]
    assert "forbidden tale" not in sent.text


@pytest.mark.parametrize("text", ["This is a quiet tale.", LONG])
async def test_what_is_refused_after_the_form_was_closed_comes_back(scene: Scene, text: str) -> None:
    asked = await scene.ask("add", by=scene.ben)
    sent = await submitted_late(scene, asked, text, meanwhile="end")
    await sent.says("There is no open story here")
    await scene.idle()
    if len(text) > 1000:
        assert "Nobody else has seen it" in sent.text
        assert text.strip() in sent.text
    else:
        again = await scene.press("Open the form", sent.ephemeral[-1], by=scene.ben)
        (field,) = [each for each in again.opened.blocks if each["type"] == "input"]
        assert field["element"]["initial_value"] == text


async def test_a_form_that_comes_twice_counts_once(scene: Scene) -> None:
    asked = await scene.ask("add", by=scene.ben)
    sent = await scene.slack.submit(scene.ben, asked.opened, {"text": "A bell rang."})
    await scene.slack.until(lambda: scene.told[-1] == "A bell rang.\n2 · Ben")
    await scene.slack.again(sent)
    await scene.ask("add It rang again.")
    assert sum("A bell rang." in each for each in scene.told) == 1


async def test_an_admin_can_have_passages_in_the_channel(scene: Scene) -> None:
    done = await scene.ask("setup | | | | | | | | | | off")
    await done.says("*threads* off")
    await scene.ask("add The wind rose.", by=scene.ben)
    await scene.ask("continue")
    texts = [each.text for each in scene.channel.messages if each.by_app]
    assert texts[-2:] == ["The wind rose.\n2 · Ben", "The sea was quiet. Nobody spoke.\n3 · the storyteller"]
    last = scene.channel.messages[-1]
    await scene.slack.click(scene.ben, last, "Undo")
    await scene.slack.until(lambda: "Taken back" in scene.channel.messages[-1].text)
    await scene.ask("setup | | | | | | | | | | on")
    await scene.ask("add It was dark.")
    assert scene.channel.messages[0].replies[-1].text == "It was dark.\n3 · Ana"
