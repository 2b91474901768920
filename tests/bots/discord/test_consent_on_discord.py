"""Another person's passage is reworded on Discord: buttons ask its author, also after a restart."""

from core.database import Database
from tests.bots.discord.conftest import Scene, application
from tests.loopback.discord import Message

NEW = "Mara found a shining lamp."


async def proposed(scene: Scene) -> Message:
    """Ben has the storyteller reword Ana's passage; the message that asks her."""
    scene.engine.say(NEW)
    await scene.ask("refine", by=scene.ben, how="more light")
    asked = scene.channel.messages[-1]
    assert asked.labels == ["Accept", "Keep the old wording"]
    assert "until Ana accepts the new one" in asked.text
    return asked


async def test_its_author_accepts(scene: Scene) -> None:
    asked = await proposed(scene)
    refused = await scene.press("Accept", asked, by=scene.ben)
    assert "Only whoever wrote that passage" in refused.text
    assert "Mara found a lamp." in await scene.told()
    await scene.press("Accept", asked)
    assert scene.channel.messages[-1].labels == ["Continue", "Refine", "Undo"]
    assert NEW in await scene.told()
    again = await scene.press("Accept", asked)
    assert "was decided on" in again.text


async def test_its_author_keeps_the_old_wording(scene: Scene) -> None:
    await scene.press("Keep the old wording", await proposed(scene))
    assert "The old wording of 1 · Ana stays." in scene.said[-1]
    assert "Mara found a lamp." in await scene.told()


async def test_the_buttons_work_after_a_restart(scene: Scene, database: Database) -> None:
    asked = await proposed(scene)
    await scene.app.stop()
    async with application(scene.discord, database, scene.engine, patience=1.0):
        await scene.press("Accept", asked)
        assert NEW in await scene.told()
