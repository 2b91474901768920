"""Being forgotten on Discord: messages that show one's words are emptied, also after a restart; what stays is told."""

from collections.abc import Iterator
from typing import Any

import pytest

from core.database import Database
from tests.bots.discord.conftest import Scene, application

GONE = "-# This was forgotten."
FORGET: dict[str, Any] = {"passages": "remove", "confirm": "confirm"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Without pauses between messages."""
    monkeypatch.setattr("bots.discord.withdrawing._PAUSE", 0.0)
    yield


async def told(scene: Scene) -> None:
    """Ben adds a passage, has it refined, and Ana goes on."""
    scene.engine.say("Ben lit it at once.")
    await scene.ask("add", by=scene.ben, text="Ben lit it.")
    await scene.ask("refine", by=scene.ben, how="faster")
    await scene.ask("add", text="Mara laughed.")


async def test_ones_words_are_taken_out_of_every_message_and_nobody_elses(scene: Scene) -> None:
    await told(scene)
    asked = await scene.ask("mydata delete", by=scene.ben, **FORGET)
    await asked.until(lambda x: "Messages of mine that I have emptied: 2." in x.text)
    assert [each.partition("\n")[0] for each in scene.said[1:]] == ["Mara found a lamp.", GONE, GONE, "Mara laughed."]
    assert [each.labels for each in scene.channel.messages if each.text == GONE] == [[], []]
    assert all("Ben" not in each for each in scene.said)


async def test_what_may_not_be_changed_is_told_with_a_link(scene: Scene) -> None:
    await told(scene)
    scene.discord.faults.add("PATCH", r"/channels/\d+/messages/\d+$", code=50013)
    asked = await scene.ask("mydata delete", by=scene.ben, **FORGET)
    await asked.until(lambda x: "emptied: 1." in x.text)
    assert "a moderator can delete: 1" in asked.text
    assert f"https://discord.com/channels/{scene.channel.guild.id if scene.channel.guild else 0}/" in asked.text


async def test_a_message_that_is_gone_counts_as_emptied_and_one_too_old_to_edit_is_deleted(scene: Scene) -> None:
    await told(scene)
    scene.discord.faults.add("PATCH", r"/channels/\d+/messages/\d+$", code=10008)
    scene.discord.faults.add("PATCH", r"/channels/\d+/messages/\d+$", code=30046)
    asked = await scene.ask("mydata delete", by=scene.ben, **FORGET)
    await asked.until(lambda x: "emptied: 2." in x.text)
    assert "moderator" not in asked.text.rpartition("emptied")[2]
    assert len(scene.channel.messages) == 4


async def test_what_could_not_be_reached_is_emptied_at_the_next_start(scene: Scene, database: Database) -> None:
    await told(scene)
    scene.discord.faults.add("PATCH", r"/channels/\d+/messages/\d+$", code=40001, times=100)
    asked = await scene.ask("mydata delete", by=scene.ben, **FORGET)
    await asked.until(lambda x: "could not be reached just now: 2." in x.text)
    assert GONE not in scene.said
    await scene.app.stop()
    scene.discord.faults.clear()
    async with application(scene.discord, database, scene.engine, patience=1.0):
        await scene.discord.until(lambda: scene.said.count(GONE) == 2)
