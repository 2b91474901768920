"""Another person's passage is reworded on Slack: buttons ask its author, also after a restart."""

from core.database import Database
from tests.bots.slack.conftest import Scene, application
from tests.loopback.slack import Exchange

NEW = "Mara found a shining lamp."


async def proposed(scene: Scene) -> Exchange:
    """Ben has the storyteller reword Ana's passage."""
    scene.engine.say(NEW)
    asked = await scene.ask("refine more light", by=scene.ben)
    assert scene.last.labels == ["Accept", "Keep the old wording"]
    assert "until Ana accepts the new one" in scene.last.text
    return asked


async def test_its_author_accepts(scene: Scene) -> None:
    await proposed(scene)
    asked = scene.last
    refused = await scene.press("Accept", asked, by=scene.ben)
    assert "Only whoever wrote that passage" in refused.text
    assert "Mara found a lamp." in await scene.shown()
    await scene.press("Accept", asked)
    assert scene.last.labels == ["Continue", "Refine", "Undo"]
    assert NEW in await scene.shown()
    again = await scene.press("Accept", asked)
    assert "was decided on" in again.text


async def test_its_author_keeps_the_old_wording(scene: Scene) -> None:
    await proposed(scene)
    await scene.press("Keep the old wording")
    assert scene.told[-1] == "The old wording of 1 · Ana stays."
    assert "Mara found a lamp." in await scene.shown()


async def test_the_buttons_work_after_a_restart(scene: Scene, database: Database) -> None:
    await proposed(scene)
    await scene.app.stop()
    async with application(scene.slack, database, scene.engine, patience=1.0):
        await scene.press("Accept")
        assert NEW in await scene.shown()
