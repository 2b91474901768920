"""Workspaces take turns at the engine, and none can take it for itself."""

import asyncio
import random

import pytest

from core.engine import Priority, Request, Sampling
from core.errors import EngineBusy
from core.fairness import FairEngine
from tests.voices import ScriptedEngine


class Crowd:
    """Requests to an engine that writes nothing until it is told to."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self.voice = ScriptedEngine(lambda request: request.id)
        self.voice.gate.clear()
        self.engine = FairEngine(self.voice, at_once=at_once, waiting=waiting)
        self.tasks: dict[str, asyncio.Task[str]] = {}

    async def ask(self, name: str, priority: int = Priority.TURN) -> None:
        """`name` is the workspace and a number: "a1"."""
        sampling = Sampling(max_tokens=9)
        request = Request(id=name, prompt=(1,), sampling=sampling, salt=name[0], session=name, priority=priority)
        self.tasks[name] = asyncio.create_task(self._answer(request))
        await self.settle()

    async def _answer(self, request: Request) -> str:
        return "".join([piece.text async for piece in self.engine.stream(request)])

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    @property
    def begun(self) -> list[str]:
        """Who was let to the engine, in order."""
        return [request.id for request in self.voice.requests]

    async def finish(self) -> None:
        self.voice.gate.set()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)

    def refused(self) -> set[str]:
        return {name for name, task in self.tasks.items() if isinstance(task.exception(), EngineBusy)}


async def test_who_asks_once_does_not_wait_behind_everything_that_another_asks() -> None:
    crowd = Crowd(at_once=1, waiting=10)
    for name in ("a1", "a2", "a3", "a4", "b1", "c1"):
        await crowd.ask(name)
    await crowd.finish()
    assert crowd.begun == ["a1", "a2", "b1", "c1", "a3", "a4"]
    assert all(task.result() == name for name, task in crowd.tasks.items())


async def test_one_workspace_leaves_some_places_free() -> None:
    crowd = Crowd(at_once=4, waiting=10)
    for number in range(6):
        await crowd.ask(f"a{number}")
    assert crowd.begun == ["a0", "a1", "a2"]
    await crowd.ask("b1")
    assert crowd.begun == ["a0", "a1", "a2", "b1"]
    await crowd.finish()
    assert not crowd.refused()


async def test_when_no_more_may_wait_who_has_most_waiting_gives_way() -> None:
    crowd = Crowd(at_once=1, waiting=3)
    for name in ("a1", "a2", "a3", "a4", "b1"):
        await crowd.ask(name)
    await crowd.ask("a5")
    await crowd.finish()
    assert crowd.refused() == {"a4", "a5"}
    assert "b1" in crowd.begun


async def test_when_all_are_equal_the_newcomer_is_refused() -> None:
    crowd = Crowd(at_once=1, waiting=2)
    for name in ("a1", "b1", "c1", "d1"):
        await crowd.ask(name)
    await crowd.finish()
    assert crowd.refused() == {"d1"}


async def test_what_is_more_urgent_than_turns_does_not_wait() -> None:
    crowd = Crowd(at_once=1, waiting=0)
    await crowd.ask("a1")
    await crowd.ask("b1", priority=Priority.MODERATION)
    assert crowd.begun == ["a1", "b1"]
    await crowd.finish()


@pytest.mark.parametrize("cancelled", ["a1", "a2", "b1"])
async def test_who_gives_up_leaves_the_place_to_others(cancelled: str) -> None:
    crowd = Crowd(at_once=1, waiting=10)
    for name in ("a1", "a2", "b1"):
        await crowd.ask(name)
    crowd.tasks[cancelled].cancel()
    await crowd.settle()
    await crowd.finish()
    assert [name for name, task in crowd.tasks.items() if not task.cancelled()] == [
        name for name in ("a1", "a2", "b1") if name != cancelled
    ]
    await crowd.ask("z1")
    await crowd.finish()
    assert crowd.tasks["z1"].result() == "z1"


async def test_who_gives_up_in_the_moment_of_being_let_in_leaves_the_place_to_others() -> None:
    crowd = Crowd(at_once=1, waiting=10)
    await crowd.ask("a1")
    await crowd.ask("b1")
    crowd.engine._leave("a")
    crowd.tasks["b1"].cancel()
    await crowd.settle()
    crowd.engine._writing.clear()
    await crowd.ask("c1")
    assert "c1" in crowd.begun
    await crowd.finish()


async def test_an_error_of_the_engine_leaves_the_place_to_others() -> None:
    voice = ScriptedEngine([EngineBusy(), "well"])
    engine = FairEngine(voice, at_once=1, waiting=0)
    request = Request(id="r", prompt=(1,), sampling=Sampling(max_tokens=9), salt="a", session="s")
    with pytest.raises(EngineBusy):
        _ = [piece async for piece in engine.stream(request)]
    assert "".join([piece.text async for piece in engine.stream(request)]) == "well"


@pytest.mark.parametrize("seed", range(20))
async def test_it_is_known_beforehand_who_is_refused_at_once(seed: int) -> None:
    chance = random.Random(seed)
    crowd = Crowd(at_once=2, waiting=3)
    for number in range(12):
        name = f"{chance.choice('abc')}{number}"
        expected = crowd.engine.busy(name[0])
        await crowd.ask(name)
        task = crowd.tasks[name]
        assert (task.done() and isinstance(task.exception(), EngineBusy)) is expected
    await crowd.finish()
