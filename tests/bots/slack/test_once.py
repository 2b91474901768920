"""Exactly once: what Slack did not answer is looked for before it is posted again, in this process and after it."""

import asyncio

import pytest

from core.database import Database
from tests.bots.slack.conftest import Scene, application
from tests.loopback.slack import Channel

READ = r"conversations\.(replies|history)"
LOST = [{"drop": True}, {"status": 500}, {"status": 503}, {"error": "fatal_error"}, {"error": "internal_error"}]


def standing(channel: Channel, words: str) -> int:
    """How often these words stand in a channel and its threads."""
    return sum(words in each.text for each in channel.everything)


@pytest.mark.parametrize("fault", LOST)
async def test_an_answer_that_was_lost_after_the_deed_does_not_post_twice(
    scene: Scene, fault: dict[str, bool | int | str]
) -> None:
    scene.slack.faults.add(r"chat\.postMessage", after=True, **fault)  # type: ignore[arg-type]
    await scene.slack.command(scene.ana, scene.channel, "add A bell rang.")
    await scene.idle(15)
    assert standing(scene.channel, "A bell rang.") == 1
    assert len(scene.slack.called(READ)) == 1
    pressed = await scene.press("Undo")  # the application knows which message it is
    assert "Taken back" in scene.told[-1], pressed


@pytest.mark.parametrize("fault", LOST)
async def test_what_did_not_arrive_is_looked_for_and_then_posted(
    scene: Scene, fault: dict[str, bool | int | str]
) -> None:
    scene.slack.faults.add(r"chat\.postMessage", **fault)  # type: ignore[arg-type]
    await scene.slack.command(scene.ana, scene.channel, "add A bell rang.")
    await scene.idle(15)
    assert standing(scene.channel, "A bell rang.") == 1
    assert len(scene.slack.called(READ)) == 1


async def test_a_post_that_is_refused_is_neither_looked_for_nor_repeated(scene: Scene) -> None:
    scene.slack.faults.add(r"chat\.postMessage", error="is_archived")
    await scene.ask("add A bell rang.")
    assert scene.slack.called(READ) == []


async def test_the_head_of_a_story_stands_once(scene: Scene) -> None:
    bare = scene.slack.channel("bare", scene.ana)
    scene.slack.faults.add(r"chat\.postMessage", drop=True, after=True)
    await scene.ask("start The Bell", where=bare)
    await scene.ask("add A bell rang.", where=bare)
    assert [each.text.partition("\n")[0] for each in bare.messages] == ["The Bell"]
    assert [each.text for each in bare.messages[0].replies] == ["A bell rang.\n1 · Ana"]


async def test_where_it_may_not_look_nothing_is_posted_twice_and_the_person_is_told(scene: Scene) -> None:
    scene.slack.faults.add(r"chat\.postMessage", drop=True, after=True)
    scene.slack.faults.add(READ, error="missing_scope")
    asked = await scene.ask("add A bell rang.")
    await asked.says("I lack the permission")
    assert standing(scene.channel, "A bell rang.") == 1


async def test_killed_between_the_post_and_the_note_that_it_was_shown_it_is_not_posted_again(
    scene: Scene, database: Database
) -> None:
    scene.slack.faults.add(r"chat\.postMessage", late=30.0)
    await scene.slack.command(scene.ana, scene.channel, "add A bell rang.")
    await scene.slack.until(lambda: standing(scene.channel, "A bell rang.") == 1)
    scene.app.task.cancel()
    await asyncio.wait([scene.app.task])
    async with application(scene.slack, database, scene.engine):
        await scene.slack.until(lambda: bool(scene.slack.called(READ)))
        await scene.ask("add It rang again.")
        assert [each.partition("\n")[0] for each in scene.told] == [
            "Mara found a lamp.",
            "A bell rang.",
            "It rang again.",
        ]
        assert len(scene.slack.called(READ)) == 1
        undone = await scene.slack.click(scene.ana, scene.head.replies[1], "Undo")
        await undone.says("The story has gone on")  # it is known as the passage that it shows


async def test_killed_while_a_sketch_stands_the_sketch_becomes_the_passage(scene: Scene, database: Database) -> None:
    scene.engine.say("Mara found a bright lamp.")
    scene.engine.pace = 0.4
    scene.slack.faults.add(r"chat\.update", delay=30.0)
    await scene.slack.command(scene.ana, scene.channel, "refine brighter")
    await scene.slack.until(lambda: bool(scene.slack.called(r"chat\.update")), 15)
    scene.app.task.cancel()
    await asyncio.wait([scene.app.task])
    scene.slack.faults.clear()
    async with application(scene.slack, database, scene.engine):
        await scene.slack.until(lambda: "bright" in scene.told[-1])
        assert len(scene.told) == 2
        assert scene.last.labels == ["Continue", "Refine", "Undo"]


async def test_killed_while_it_was_streamed_the_stream_becomes_the_passage(scene: Scene, database: Database) -> None:
    scene.engine.pace = 0.3
    scene.slack.faults.add(r"chat\.(stopStream|update)", delay=30.0, times=9)
    await scene.slack.command(scene.ana, scene.channel, "continue")
    await scene.slack.until(lambda: bool(scene.slack.called(r"chat\.stopStream")), 15)
    scene.app.task.cancel()
    await asyncio.wait([scene.app.task])
    scene.slack.faults.clear()
    async with application(scene.slack, database, scene.engine):
        await scene.slack.until(lambda: "2 · the storyteller" in scene.told[-1])
        assert len(scene.told) == 2
        assert "Nobody spoke." in scene.told[-1]


@pytest.mark.parametrize("method", ["startStream", "appendStream", "stopStream", "update"])
async def test_a_lost_answer_to_a_stream_leaves_one_message(scene: Scene, method: str) -> None:
    scene.engine.say(" ".join(f"It was the night of the year {n}." for n in range(6)))
    scene.engine.pace = 0.12
    scene.slack.faults.add(rf"chat\.{method}", drop=True, after=True)
    await scene.slack.command(scene.ana, scene.channel, "continue | long")
    await scene.slack.until(lambda: "2 · the storyteller" in scene.told[-1], 25)
    await scene.idle(15)
    assert len(scene.told) == 2
    assert scene.told[-1].count("the year 3.") == 1
    assert scene.last.labels[0] == "Continue"
