"""One's own data on Discord, and a quota that is used up: both are told to one person alone."""

import json

from core.database import Database
from core.quotas import Allowance
from tests.bots.discord.conftest import Scene, application
from tests.loopback.discord import LoopbackDiscord
from tests.voices import Voice


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
    assert len(scene.said) == len(before)


async def test_who_asks_too_often_is_told_alone_when_to_try_again(
    discord: LoopbackDiscord, database: Database, engine: Voice
) -> None:
    guild, ana = discord.guild("Harrow"), discord.user("ana")
    guild.join(ana)
    channel = guild.text_channel("stories")
    async with application(discord, database, engine, patience=1.0, allowance=Allowance(person_minute=1)) as app:
        scene = Scene(app, engine, channel, ana, ana)
        await scene.ask("start", title="The Lamp")
        await scene.ask("continue")
        before = list(scene.said)
        refused = await scene.ask("continue")
        assert "asked the storyteller often" in refused.text
        assert "try again in" in refused.text
        assert scene.said == before
