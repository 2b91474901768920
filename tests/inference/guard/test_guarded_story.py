"""A story under a guard: what it cannot judge is not stored, what it finds the rating decides, and it comes back."""

import json
from collections.abc import AsyncIterator

import pytest

from core.database import Database
from core.errors import Withheld
from core.filters.guard import GuardFilter
from core.moderation import Gate
from core.policy import Rating
from core.store import Store
from core.storyteller import Storyteller
from inference.guard.breaker import Breaker
from inference.guard.formats import FORMATS
from inference.guard.model import GuardModel
from inference.guard.server import GuardServer, ServerOptions
from tests.inference.guard.loopback import SAFE, Json, Loopback, loopback
from tests.kit import started, told, turn
from tests.voices import ScriptedEngine

FIGHT = "The knight struck the dragon down."


def careful(body: Json) -> str:
    """A Qwen3Guard that minds fights."""
    answer = "Refusal" in str(body["prompt"])
    if "struck" in str(body["prompt"]):
        return "Safety: Unsafe\nCategories: Violent" + "\nRefusal: No" * answer
    return SAFE["storyteller" if answer else "participant"]


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with loopback(text=careful) as made:
        yield made


@pytest.fixture
async def database(address: str) -> AsyncIterator[Database]:
    opened = await Database.open(address)
    yield opened
    await opened.close()


@pytest.fixture
async def model(server: Loopback) -> AsyncIterator[GuardModel]:
    way = GuardServer(ServerOptions(url=server.url))
    made = GuardModel(way, FORMATS["qwen3guard"], breaker=Breaker("here", pause_seconds=0))
    yield made
    await made.close()


def teller(database: Database, model: GuardModel, rating: Rating, *answers: str) -> Storyteller:
    gate = Gate([], guards=[GuardFilter(model)], limit_seconds=10)
    return Storyteller(store=Store(database, rating=rating), gate=gate, engine=ScriptedEngine(answers), secret="s")


async def test_a_fight_is_told_at_teen_and_not_at_g(database: Database, model: GuardModel) -> None:
    grown = teller(database, model, Rating.TEEN)
    await started(grown, FIGHT)
    assert FIGHT in " ".join(await told(grown))
    small = teller(database, model, Rating.G)
    with pytest.raises(Withheld) as kept:
        await small.perform("add", turn(), {"text": "He struck again."})
    assert "violent content" in kept.value.reasons


async def test_people_are_judged_as_asking_and_the_storyteller_as_answering(
    database: Database, model: GuardModel, server: Loopback
) -> None:
    story = teller(database, model, Rating.TEEN, "The sea was quiet. Nobody spoke.")
    await started(story, "Mara lit the lamp.")
    await story.perform("continue", turn())

    def judged(text: str) -> set[bool]:
        prompts = [str(json.dumps(body["prompt"], ensure_ascii=False)) for body in server.bodies]
        return {"Refusal" in prompt for prompt in prompts if text in prompt}

    assert judged("Mara lit the lamp.") == {False}
    assert True in judged("The sea was quiet.")


async def test_nothing_is_stored_while_the_guard_is_down_and_the_story_goes_on_when_it_is_back(
    database: Database, model: GuardModel, server: Loopback
) -> None:
    story = teller(database, model, Rating.TEEN)
    await started(story, "Mara lit the lamp.")
    server.status = 500
    with pytest.raises(Withheld, match="a person should look at it first"):
        await story.perform("add", turn(), {"text": "The sea was loud."})
    server.status = 200
    assert not [text for text in await told(story) if "loud" in text]
    await story.perform("add", turn(), {"text": "The sea was loud."})
    assert [text for text in await told(story) if "loud" in text]
