"""When as many wait for the storyteller as may wait, the next is told at once, and nothing is prepared for nothing."""

import pytest

from core.database import Database
from core.errors import EngineBusy, TooOften, Withheld
from core.quotas import Allowance
from core.storyteller import Storyteller
from tests.kit import Forbidding, started, storyteller, told, turn
from tests.voices import ScriptedEngine


class Scene:
    """A storyteller for whom a crowd waits as long as `busy` says so."""

    def __init__(self, database: Database, allowance: Allowance | None = None) -> None:
        self.busy = False
        self.filter = Forbidding()
        self.voice = ScriptedEngine(["The bell rang."])
        self.teller: Storyteller = storyteller(
            database, self.voice, self.filter, allowance=allowance, busy=lambda _salt: self.busy
        )


async def test_a_refused_turn_is_neither_judged_nor_asked_for_and_can_be_performed_later(database: Database) -> None:
    scene = Scene(database)
    await started(scene.teller, "Before.")
    judged, scene.busy = len(scene.filter.seen), True
    with pytest.raises(EngineBusy):
        await scene.teller.perform("continue", turn(request_id="again"))
    assert len(scene.filter.seen) == judged
    assert not scene.voice.requests
    scene.busy = False
    await scene.teller.perform("continue", turn(request_id="again"))
    assert await told(scene.teller) == ["Before.", "The bell rang."]


async def test_what_was_typed_is_judged_also_in_a_crowd(database: Database) -> None:
    scene = Scene(database)
    await started(scene.teller)
    scene.busy = True
    with pytest.raises(Withheld):
        await scene.teller.perform("continue", turn(), {"direction": "a forbidden thing"})
    with pytest.raises(EngineBusy):
        await scene.teller.perform("continue", turn(), {"direction": "a quiet thing"})
    assert not scene.voice.requests


async def test_a_turn_that_was_performed_is_answered_again_in_a_crowd(database: Database) -> None:
    scene = Scene(database)
    await started(scene.teller)
    first = await scene.teller.perform("continue", turn(request_id="same"))
    scene.busy = True
    again = await scene.teller.perform("continue", turn(request_id="same"))
    assert (again.blocks, again.post) == (first.blocks, first.post)


async def test_what_needs_no_engine_goes_on_in_a_crowd(database: Database) -> None:
    scene = Scene(database)
    await started(scene.teller)
    scene.busy = True
    await scene.teller.perform("add", turn(), {"text": "By hand."})
    assert await told(scene.teller) == ["By hand."]


async def test_a_turn_refused_in_a_crowd_does_not_count(database: Database) -> None:
    scene = Scene(database, Allowance(person_minute=1))
    await started(scene.teller)
    scene.busy = True
    with pytest.raises(EngineBusy):
        await scene.teller.perform("continue", turn())
    scene.busy = False
    await scene.teller.perform("continue", turn())
    with pytest.raises(TooOften):
        await scene.teller.perform("continue", turn())
