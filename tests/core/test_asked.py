"""What the storyteller was asked stays before its answer in later prompts, as long as it may."""

import pytest
from sqlalchemy import select, update

from core import tables as t
from core.database import Database
from core.engine import Form
from core.policy import Category
from core.storyteller import Storyteller
from tests.kit import ANA, BEN, Evident, started, storyteller, turn
from tests.voices import ScriptedEngine

ANSWERS = ["A bell rang in the fog.", "Somebody answered it.", "The boat turned round."]
WISH = {"direction": "a zanzibar ship"}
HELD: tuple[Form, ...] = ("stream-2", "chat")


@pytest.fixture(params=HELD)
def voice(request: pytest.FixtureRequest) -> ScriptedEngine:
    return ScriptedEngine(ANSWERS, form=request.param, window=8192)


@pytest.fixture
def teller(database: Database, voice: ScriptedEngine) -> Storyteller:
    return storyteller(database, voice, Evident({"zanzibar": Category.SUGGESTIVE}))


def last_prompt(voice: ScriptedEngine) -> str:
    return voice.decode(voice.requests[-1].prompt)


async def test_the_next_prompt_begins_with_the_last_one_and_its_answer(
    teller: Storyteller, voice: ScriptedEngine
) -> None:
    await started(teller, "Mara climbed.")
    for number, wish in enumerate((WISH, {}, {"direction": "a gull", "length": "long"})):
        await teller.perform("lore add", turn(), {"name": f"Mara {number}", "fact": "keeps the light"})
        await teller.perform("continue", turn(), wish)
        await teller.perform("add", turn(), {"text": "She listened."})
    asked = [request.prompt for request in voice.requests]
    for prompt, answer, following in zip(asked, ANSWERS, asked[1:], strict=False):
        known = (*prompt, *voice.encode(answer))
        assert following[: len(known)] == known
    assert "Mara 2: keeps the light" in last_prompt(voice)


async def test_a_wish_vanishes_with_the_passage_that_is_taken_back_or_written_anew(
    teller: Storyteller, voice: ScriptedEngine
) -> None:
    await started(teller, "Mara climbed.")
    await teller.perform("continue", turn(), WISH)
    await teller.perform("undo", turn())
    await teller.perform("continue", turn())
    assert "zanzibar" not in last_prompt(voice)


@pytest.mark.parametrize(("operation", "given"), [("edit", {"number": "2", "text": "A gong rang."}), ("refine", {})])
async def test_a_reworded_passage_is_a_text_like_peoples(
    teller: Storyteller, voice: ScriptedEngine, operation: str, given: dict[str, str]
) -> None:
    refined = ["A bell rang loud in the fog."] if operation == "refine" else []
    voice._answers = iter([ANSWERS[0], *refined, *ANSWERS[1:]])
    await started(teller, "Mara climbed.")
    await teller.perform("continue", turn(), WISH)
    await teller.perform(operation, turn(), given)
    await teller.perform("continue", turn())
    assert "zanzibar" not in last_prompt(voice)
    assert ("A gong rang." if operation == "edit" else "rang loud in") in last_prompt(voice)


async def test_what_follows_an_edited_passage_keeps_what_was_asked_for_it(
    teller: Storyteller, voice: ScriptedEngine
) -> None:
    await started(teller, "Mara climbed.")
    await teller.perform("continue", turn(), WISH)
    await teller.perform("edit", turn(), {"number": "1", "text": "Mara ran."})
    await teller.perform("continue", turn())
    said = last_prompt(voice)
    assert said.index("Mara ran.") < said.index("zanzibar") < said.index(ANSWERS[0])


async def test_a_wish_that_is_not_allowed_any_more_is_not_given_again(
    teller: Storyteller, voice: ScriptedEngine
) -> None:
    await started(teller, "Mara climbed.")
    await teller.perform("continue", turn(), WISH)
    await teller.perform("settings rating", turn(), {"rating": "g"})
    for _ in range(2):
        await teller.perform("continue", turn())
        assert "zanzibar" not in last_prompt(voice)
        assert ANSWERS[0] in last_prompt(voice)


@pytest.mark.parametrize("passages", ["remove", "keep"])
async def test_of_whoever_is_forgotten_no_wish_is_given_again(
    teller: Storyteller, voice: ScriptedEngine, database: Database, passages: str
) -> None:
    await started(teller, "Mara climbed.")
    await teller.perform("continue", turn(who=BEN), WISH)
    await teller.perform("mydata delete", turn(who=BEN), {"passages": passages, "confirm": "confirm"})
    await teller.perform("continue", turn(who=ANA))
    assert ("zanzibar" in last_prompt(voice)) == (passages == "keep")
    assert ANSWERS[0] in last_prompt(voice)
    kept = await database.read(lambda c: list(c.scalars(select(t.token.c.asked))))
    assert sum(each is not None for each in kept) == (1 if passages == "remove" else 2)


async def test_a_passage_in_another_vocabulary_is_encoded_again_as_a_text(
    teller: Storyteller, voice: ScriptedEngine, database: Database
) -> None:
    await started(teller, "Mara climbed.")
    await teller.perform("continue", turn(), WISH)
    await database.write(lambda c: c.execute(update(t.token).values(tokenizer="another", ids=b"")).close())
    await teller.perform("continue", turn())
    assert ANSWERS[0] in last_prompt(voice)
    assert "zanzibar" not in last_prompt(voice)
