"""A recap says where conflicts arise and are solved, if that is known by then; it never waits for it."""

import asyncio
from collections.abc import Sequence

from core.database import Database
from core.errors import EngineFailed
from core.plot import PlotEvent
from core.reply import Reply, Shape
from core.storyteller import Storyteller
from tests.kit import started, storyteller, turn
from tests.voices import ScriptedEngine


class Scripted:
    """A reader by one word of each passage; `knows` says when it answers, and `error` what goes wrong."""

    def __init__(self, error: Exception | None = None) -> None:
        self.knows = asyncio.Event()
        self.asked: list[list[str]] = []
        self.answered = asyncio.Event()
        self._error = error

    async def events(self, passages: Sequence[str]) -> list[PlotEvent]:
        self.asked.append(list(passages))
        try:
            await self.knows.wait()
            if self._error:
                raise self._error
            return [next((e for e in PlotEvent if e in each), PlotEvent.HAPPEN) for each in passages]
        finally:
            self.answered.set()

    async def close(self) -> None:
        pass


async def told(database: Database, reader: Scripted) -> tuple[Storyteller, ScriptedEngine]:
    engine = ScriptedEngine(lambda _: "Mara had a conflict.")
    teller = storyteller(database, engine, plot=reader)
    await started(teller, "Mara found a lamp.", "Mara had a conflict.", "Mara found a solution.", "A conflict again.")
    return teller, engine


def marks(reply: Reply) -> dict[str, str]:
    return {str(each.label): str(each.text) for each in reply.blocks if each.shape is Shape.ITEM}


async def recap(teller: Storyteller, engine: ScriptedEngine, reader: Scripted) -> Reply:
    """A recap of which the storyteller's part takes longer than the reader's."""
    engine.gate.clear()
    task = asyncio.create_task(teller.perform("recap", turn()))
    await reader.answered.wait()
    await asyncio.sleep(0)
    engine.gate.set()
    return await task


async def test_a_recap_names_the_passages_of_conflict_and_solution(database: Database) -> None:
    reader = Scripted()
    teller, engine = await told(database, reader)
    reader.knows.set()
    reply = await recap(teller, engine, reader)
    assert marks(reply) == {"conflict, perhaps in": "[2][4]", "solution, perhaps in": "[3]"}
    assert reader.asked[0][1] == "Mara had a conflict."


async def test_a_recap_does_not_wait_for_a_slow_reader(database: Database) -> None:
    reader = Scripted()
    teller, _ = await told(database, reader)
    assert marks(await teller.perform("recap", turn())) == {}
    assert reader.answered.is_set()  # it was told to stop


async def test_a_reader_that_fails_takes_nothing_from_the_recap(database: Database) -> None:
    reader = Scripted(EngineFailed())
    teller, engine = await told(database, reader)
    reader.knows.set()
    reply = await recap(teller, engine, reader)
    assert marks(reply) == {}
    assert "conflict" in str(reply.blocks[0].text)
