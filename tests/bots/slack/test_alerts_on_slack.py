"""Moderators are told of a report once, whatever Slack answers and whenever the application stops."""

from core.database import Database
from tests.bots.slack.conftest import Scene, application
from tests.kit import storyteller
from tests.loopback.slack import Channel


async def desk(scene: Scene) -> Channel:
    """Where moderators hear of reports."""
    found = scene.slack.channel("desk", scene.ana)
    await (await scene.ask(f"setup | | | | {found.mention}")).says("This holds from now on")
    return found


async def test_an_alert_that_slack_did_not_take_is_told_once_after_the_next_start(
    scene: Scene, database: Database
) -> None:
    told = await desk(scene)
    scene.slack.faults.add(r"chat\.postMessage", error="is_archived")
    await (await scene.ask("report too sad")).says("Thank you")
    await scene.app.stop()
    assert told.messages == []
    assert len(await storyteller(database, scene.engine).delivery.alerts("slack")) == 1
    for _ in range(2):
        async with application(scene.slack, database, scene.engine):
            await scene.slack.until(lambda: len(told.messages) == 1)
    assert "too sad" in told.messages[0].text
    assert await storyteller(database, scene.engine).delivery.alerts("slack") == []
