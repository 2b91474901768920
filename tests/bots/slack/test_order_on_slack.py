"""A thread reads in the order of its story, whatever was begun first, and nothing stands in it twice."""

from sqlalchemy import update

from core import tables
from core.database import Database
from tests.bots.slack.conftest import Scene, application
from tests.bots.slack.served import process
from tests.loopback.slack import LoopbackSlack
from tests.voices import Voice

LONG = " ".join(f"It was the night of the year {n}." for n in range(6))


def signed(scene: Scene) -> list[str]:
    """Number and author of each passage, as they stand."""
    return [each.rpartition("\n")[2] for each in scene.told]


async def test_what_waited_for_a_passage_stands_below_it(scene: Scene) -> None:
    scene.engine.say(LONG)
    scene.engine.pace = 0.12
    await scene.slack.command(scene.ana, scene.channel, "continue | long")
    await scene.slack.until(lambda: bool(scene.engine.writing))
    await scene.slack.command(scene.ben, scene.channel, "add A bell rang.")
    await scene.idle(20)
    assert signed(scene) == ["1 · Ana", "2 · the storyteller", "3 · Ben"]


async def test_what_was_begun_before_a_stop_stands_below_what_was_told_since(scene: Scene, database: Database) -> None:
    scene.engine.say(LONG)
    scene.engine.pace = 0.12
    asked = await scene.slack.mention(scene.ana, scene.channel, "continue | long", thread=scene.head)
    await scene.slack.until(lambda: any(each.streaming for each in scene.head.replies))
    await scene.app.end()
    scene.engine.pace = 0
    async with application(scene.slack, database, scene.engine) as scene.app:
        await scene.ask("add A bell rang.", by=scene.ben)
        scene.slack.faults.add(r"chat\.(postMessage|startStream)", error="fatal_error", times=9)
        await scene.slack.again(asked)
        await scene.idle()
        scene.slack.faults.clear()
        await scene.app.end()
    async with application(scene.slack, database, scene.engine):
        await scene.slack.until(lambda: signed(scene) == ["1 · Ana", "2 · Ben", "3 · the storyteller"])


async def test_what_a_moderator_let_pass_is_known_again_after_a_kill(scene: Scene, database: Database) -> None:
    refused = await scene.ask("add This is forbidden.", by=scene.ben)
    await scene.press("Ask a moderator", refused.ephemeral[-1], by=scene.ben)
    queue = await scene.ask("review")
    await scene.press("Post it", queue.ephemeral[-1])
    assert signed(scene) == ["1 · Ana", "2 · Ben"]
    await scene.app.end()
    unnoted = update(tables.post).values(delivered_at=None)  # as if it had been killed before that was written
    await database.write(lambda c: c.execute(unnoted))
    async with application(scene.slack, database, scene.engine) as scene.app:
        await scene.idle()
        assert signed(scene) == ["1 · Ana", "2 · Ben"]


async def test_over_http_too_what_was_told_before_a_stop_comes_first(
    slack: LoopbackSlack, database: Database, engine: Voice
) -> None:
    ana = slack.user("ana")
    tales = slack.channel("tales", ana)
    async with process(slack, database, engine) as (here, _):
        slack.http_to(f"{here}/slack/events")
        await (await slack.command(ana, tales, "start The Lamp")).done()
        slack.faults.add(r"chat\.postMessage", error="fatal_error", times=2)
        await (await slack.command(ana, tales, "add A bell rang.")).says("I will post it")
    slack.faults.add(r"chat\.postMessage", delay=0.5)
    async with process(slack, database, engine) as (here, _):
        slack.http_to(f"{here}/slack/events")
        await slack.command(ana, tales, "add It rang again.")
        await slack.until(lambda: len(tales.messages[0].replies) == 2)
        told = [each.text.rpartition("\n")[2] for each in tales.messages[0].replies]
        assert told == ["1 · Ana", "2 · Ana"]
