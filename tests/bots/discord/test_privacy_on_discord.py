"""One's own data on Discord, and buttons that are not everybody's."""

import json

from tests.bots.discord.conftest import Scene


async def test_the_file_with_ones_own_data_is_seen_by_nobody_else(scene: Scene) -> None:
    before = list(scene.said)
    asked = await scene.ask("mydata export")
    assert "for you alone" in asked.text
    assert asked.message is not None
    kept = json.loads(asked.message.files["mydata.json"])
    assert [each["text"] for each in kept["passages"]] == ["Mara found a lamp."]
    assert scene.said == before


async def test_being_forgotten_is_explained_first_and_seen_by_nobody_else(scene: Scene) -> None:
    before = list(scene.said)
    asked = await scene.ask("mydata delete")
    assert "cannot be undone" in asked.text
    assert "/story mydata delete remove confirm" in asked.text
    assert "Mara found a lamp." in await scene.told()
    asked = await scene.ask("mydata delete", passages="remove", confirm="confirm")
    assert "You are forgotten" in asked.text
    told = await scene.told()
    assert "Mara" not in told
    assert "Ana" not in told
    assert "[…]\n-# 1 · a participant" in told
    assert scene.said == before
