"""Being forgotten on Slack: messages that show one's words are emptied, also after a restart; what stays is told."""

from collections.abc import Iterator

import pytest

from core.database import Database
from tests.bots.slack.conftest import Scene, application

GONE = "This was forgotten."
FORGET = "mydata delete remove | confirm"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Without pauses between messages."""
    monkeypatch.setattr("bots.slack.withdrawing._PAUSE", 0.0)
    yield


async def told(scene: Scene, *messages: str) -> None:
    """Ben adds a passage that Ana refines, as an admin may."""
    scene.engine.say("Ben lit it at once.")
    await scene.ask("add Ben lit it.", by=scene.ben)
    await scene.ask("refine faster")
    await scene.ask("add Mara laughed.")


async def test_ones_words_are_taken_out_of_every_message_and_nobody_elses(scene: Scene) -> None:
    await told(scene)
    asked = await scene.ask(FORGET, by=scene.ben)
    await asked.says("Messages of mine that I have emptied: 2.")
    assert [each.partition("\n")[0] for each in scene.told] == ["Mara found a lamp.", GONE, GONE, "Mara laughed."]
    assert [each.labels for each in scene.head.replies if each.text == GONE] == [[], []]
    assert "The Lamp" in scene.head.text
    assert all("Ben" not in each for each in scene.told)


async def test_the_head_of_a_story_is_emptied_and_the_thread_goes_on(scene: Scene) -> None:
    head = scene.head
    asked = await scene.ask(FORGET)
    await asked.says("emptied: 2.")
    assert head.text == GONE
    await scene.ask("add Ben goes on.", by=scene.ben)
    assert head.replies[-1].text.startswith("Ben goes on.")


async def test_what_may_not_be_changed_is_told_with_a_link(scene: Scene) -> None:
    await told(scene)
    scene.slack.faults.add("chat.update", error="cant_update_message")
    asked = await scene.ask(FORGET, by=scene.ben)
    await asked.says("emptied: 1.")
    assert "a moderator can delete: 1" in asked.text
    assert f"https://slack.com/archives/{scene.channel.id}/p" in asked.text


async def test_where_nobody_may_edit_any_more_it_is_deleted(scene: Scene) -> None:
    await told(scene)
    scene.slack.faults.add("chat.update", error="edit_window_closed", times=2)
    asked = await scene.ask(FORGET, by=scene.ben)
    await asked.says("emptied: 2.")
    assert [each.partition("\n")[0] for each in scene.told] == ["Mara found a lamp.", "Mara laughed."]


async def test_what_could_not_be_reached_is_emptied_at_the_next_start(scene: Scene, database: Database) -> None:
    await told(scene)
    scene.slack.faults.add("chat.update", error="fatal_error", times=100)
    asked = await scene.ask(FORGET, by=scene.ben)
    await asked.says("could not be reached just now: 2.")
    assert GONE not in scene.told
    await scene.app.stop()
    scene.slack.faults.clear()
    async with application(scene.slack, database, scene.engine, patience=1.0):
        await scene.slack.until(lambda: scene.told.count(GONE) == 2)
