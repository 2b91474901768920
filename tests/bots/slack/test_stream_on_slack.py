"""How a turn is shown while it is written: the ladder, its requests, and whatever becomes of a stream."""

import asyncio

import pytest

from bots.slack.budget import Budget
from core.database import Database
from tests.bots.slack.conftest import Scene, application
from tests.loopback.slack import LoopbackSlack
from tests.voices import Voice

LONG = " ".join(f"It was the night of the year {n}." for n in range(6))
WRITES = r"chat\..*|assistant\..*|response_url|files\..*"


def requests(scene: Scene, since: int) -> list[str]:
    """What was asked of Slack since then, to show something."""
    return [each.method for each in scene.slack.requests[since:] if each in scene.slack.called(WRITES)]


async def told(scene: Scene, seconds: float = 15.0) -> None:
    """Wait until the second passage stands."""
    await scene.slack.until(lambda: "2 · the storyteller" in scene.told[-1], seconds)


async def test_a_turn_is_streamed_in_five_requests_at_most(scene: Scene) -> None:
    scene.engine.say(LONG)
    scene.engine.pace = 0.12
    since = len(scene.slack.requests)
    asked = await scene.slack.command(scene.ana, scene.channel, "continue | long")
    await asked.done(15)
    await told(scene)
    found = requests(scene, since)
    assert found[-2:] == ["chat.stopStream", "chat.update"] and "chat.appendStream" in found, found
    assert len(found) <= 5
    assert scene.last.text.startswith(LONG)
    assert scene.last.labels == ["Continue", "Another", "Refine", "Explain", "Undo", "Good", "Not good"]


async def test_only_sentences_that_have_passed_are_streamed(scene: Scene) -> None:
    scene.engine.say("The sea was quiet. Nobody spoke.")
    scene.engine.pace = 0.3
    await (await scene.slack.command(scene.ana, scene.channel, "continue")).done(15)
    await told(scene)
    streamed = [each.text for each in scene.slack.texts if each.where == "stream" and each.text != "Stop"]
    assert streamed[0] == "The sea was quiet."
    assert all(each.strip()[-1] in ".!?" for each in streamed)


async def test_two_updates_where_no_stream_is_left(scene: Scene) -> None:
    budget_spent(scene, "chat.startStream")
    scene.engine.say(LONG)
    scene.engine.pace = 0.12
    since = len(scene.slack.requests)
    await scene.slack.command(scene.ana, scene.channel, "continue | long")
    await told(scene)
    assert requests(scene, since) == ["chat.postMessage", "chat.update", "chat.update"]


async def test_one_request_where_nothing_else_is_left(scene: Scene) -> None:
    budget_spent(scene, "chat.startStream")
    budget_spent(scene, "chat.update")
    since = len(scene.slack.requests)
    await scene.slack.command(scene.ana, scene.channel, "continue")
    await told(scene)
    assert requests(scene, since) == ["chat.postMessage"]


def budget_spent(scene: Scene, method: str) -> None:
    """Take all that is left of a method."""
    budget = scene.app.reception.budget
    workspace = scene.slack.home.id
    while budget.take(workspace, **{method.replace(".", "_"): 1}):
        pass


@pytest.mark.parametrize("error", ["message_not_in_streaming_state", "internal_error", "ratelimited"])
async def test_the_final_text_stands_whatever_becomes_of_the_stream(scene: Scene, error: str) -> None:
    scene.slack.faults.add(r"chat\.(append|stop)Stream", error=error, times=9)
    scene.engine.say(LONG)
    scene.engine.pace = 0.12
    asked = await scene.slack.command(scene.ana, scene.channel, "continue | long")
    await scene.slack.until(lambda: LONG in scene.told[-1] and "2 · the storyteller" in scene.told[-1], 25)
    scene.slack.faults.clear()
    await scene.idle()
    assert scene.last.labels[0] == "Continue"
    assert asked.acked_after is not None
    assert sum("2 · the storyteller" in each for each in scene.told) == 1


async def test_the_five_minutes_of_a_stream_end(database: Database, engine: Voice) -> None:
    async with LoopbackSlack(stream_life=1.0) as slack:
        ana = slack.user("ana")
        channel = slack.channel("tales", ana)
        async with application(slack, database, engine) as app:
            scene = Scene(app, engine, channel, ana, ana)
            await scene.ask("start The Lamp")
            engine.say(LONG)
            engine.pace = 0.12
            await slack.command(ana, channel, "continue | long")
            await slack.until(lambda: bool(scene.told) and "1 · the storyteller" in scene.told[-1], 15)
            assert LONG in scene.told[-1]
            assert scene.last.labels[0] == "Continue"


async def test_stopped_by_the_reader_stops_the_turn(scene: Scene) -> None:
    scene.engine.say(LONG)
    scene.engine.pace = 0.15
    await scene.slack.command(scene.ana, scene.channel, "continue | long")
    await scene.slack.until(lambda: any(each.streaming for each in scene.head.replies))
    await scene.slack.stop_stream(scene.last)
    await scene.slack.until(lambda: "Stopped before it was finished" in scene.told[-1], 15)
    assert "the storyteller" not in await scene.shown()


async def test_what_is_streamed_can_be_stopped_by_whoever_asked_and_by_moderators_alone(scene: Scene) -> None:
    scene.engine.say(LONG)
    scene.engine.pace = 0.15
    await scene.slack.command(scene.ben, scene.channel, "continue | long")
    await scene.slack.until(lambda: any(each.streaming for each in scene.head.replies))
    assert scene.last.labels == ["Stop"]
    cleo = scene.slack.user("cleo")
    scene.channel.members.append(cleo)
    refused = await scene.slack.click(cleo, scene.last, "Stop")
    await refused.says("Only whoever asked")
    await scene.slack.click(scene.ben, scene.last, "Stop")
    await scene.slack.until(lambda: scene.told[-1] == "Stopped before it was finished; nothing was added.", 15)
    assert scene.last.labels == []
    assert "the storyteller" not in await scene.shown()


async def test_an_admin_stops_what_somebody_else_asked_for(scene: Scene) -> None:
    scene.engine.say(LONG)
    scene.engine.pace = 0.15
    await scene.slack.command(scene.ben, scene.channel, "continue | long")
    await scene.slack.until(lambda: any(each.streaming for each in scene.head.replies))
    await scene.slack.click(scene.ana, scene.last, "Stop")
    await scene.slack.until(lambda: "Stopped before it was finished" in scene.told[-1], 15)


async def test_a_lost_start_goes_down_the_ladder(scene: Scene) -> None:
    scene.slack.faults.add(r"chat\.startStream", error="channel_type_not_supported")
    await scene.slack.command(scene.ana, scene.channel, "continue")
    await told(scene)


async def test_a_budget_never_asks_more_than_its_minute_has() -> None:
    budget = Budget(scale=0.01)
    taken = sum(budget.take("T", chat_startStream=1, chat_stopStream=1) for _ in range(50))
    assert taken == 18
    assert not budget.take("T", chat_startStream=1)
    assert budget.take("T2", chat_startStream=1)
    await budget.wait("T", "chat.startStream")
    began = asyncio.get_running_loop().time()
    for _ in range(8):
        await budget.post("C")
    assert asyncio.get_running_loop().time() - began > 0.03
