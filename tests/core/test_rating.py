"""What people think of the storyteller's passages, and which voice tells a story."""

import dataclasses

import pytest
from sqlalchemy import select

from core import tables as t
from core.database import Database
from core.errors import BadArgument, NotPossible
from core.storyteller import Storyteller
from tests.kit import ANA, BEN, ELSEWHERE, HERE, started, storyteller, texts, turn
from tests.voices import ScriptedEngine


async def opinions(database: Database) -> list[tuple[str, bool, str]]:
    wanted = select(t.opinion.c.contributor_id, t.opinion.c.good, t.opinion.c.reason).order_by(t.opinion.c.id)
    return [tuple(row) for row in await database.read(lambda c: c.execute(wanted).all())]


async def test_each_person_has_one_word_about_a_passage_the_last(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(["The lamp began to glow."]))
    await started(teller, "Mara found a lamp.")
    await teller.perform("continue", turn(), {})
    for who, mark, reason in ((ANA, "good", "vivid"), (BEN, "bad", ""), (ANA, "bad", "too short")):
        assert (await teller.perform("rate", turn(who=who), {"mark": mark, "reason": reason})).private
    assert await opinions(database) == [(BEN.id, False, ""), (ANA.id, False, "too short")]


async def test_a_persons_own_passage_is_not_rated(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine())
    await started(teller, "Mara found a lamp.")
    with pytest.raises(NotPossible, match="a person's own passage"):
        await teller.perform("rate", turn(), {"mark": "bad"})
    assert await opinions(database) == []


@pytest.fixture
def engine() -> ScriptedEngine:
    voice = ScriptedEngine()
    voice.profile = dataclasses.replace(voice.profile, voices=("plain", "fables"))
    return voice


@pytest.fixture
def several(database: Database, engine: ScriptedEngine) -> Storyteller:
    return storyteller(database, engine)


async def test_a_voice_is_chosen_for_one_story_and_asked_for_with_each_request(
    several: Storyteller, engine: ScriptedEngine
) -> None:
    await started(several, "Mara found a lamp.")
    await started(several, "Ben found a key.", place=ELSEWHERE)
    await several.perform("settings voice", turn(), {"name": "Fables"})
    for place in (HERE, ELSEWHERE):
        await several.perform("continue", turn(place), {})
    assert [request.voice for request in engine.requests] == ["fables", ""]
    await several.perform("end", turn(), {})
    await several.perform("start", turn(), {"title": "Another"})
    await several.perform("continue", turn(), {})
    assert engine.requests[-1].voice == ""


async def test_a_voice_that_there_is_not_is_refused_with_those_that_there_are(several: Storyteller) -> None:
    await started(several, "Mara found a lamp.")
    with pytest.raises(
        BadArgument, match=r"There is no voice “fable”\. There are: plain, fables\. Did you mean fables"
    ):
        await several.perform("settings voice", turn(), {"name": "fable"})
    shown = await several.perform("settings voice", turn(), {})
    assert [str(block.text) for block in shown.blocks] == [
        "Voices: plain, fables. Here: the one that the operator chose."
    ]
    assert texts(shown) == []
