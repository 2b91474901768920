"""Several voices from one engine: adapters tuned here, served by the real vLLM, one story each."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from core.database import Database
from core.engine import PLAIN, Engine, Request, Sampling
from core.errors import EngineFailed
from core.place import Place
from core.prompts import Task
from core.storyteller import Storyteller
from inference.adapters import Registry
from inference.evaluation.cases import Case
from inference.folder import ModelFolder
from inference.remote import RemoteEngine, RemoteOptions
from inference.training.tuning.harness import gains
from inference.training.tuning.run import Run
from inference.training.tuning.settings import read_settings
from inference.vllm import EngineOptions, VllmEngine
from tests.inference.servers import vllm_serve
from tests.inference.tuning.stories import Voice, pirate, robot, settings, stories
from tests.kit import storyteller, texts, turn

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.engine,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore"),  # of the training libraries, about each other
]

AT_SEA = Place(platform="test", workspace="w", channel="sea")
IN_SPACE = Place(platform="test", workspace="w", channel="space")
AT_HOME = Place(platform="test", workspace="w", channel="home")
PIRATE, ROBOT = ("Arr", "gold", "hoisted"), ("Beep", "measured")
"""Words of the one and of the other."""
STORY = ("Mara was a sailor and found an old lamp on the deck.", "Mara showed it to Ben.")


def tuned(folder: Path, base: Path, name: str, voice: Voice) -> Path:
    folder.mkdir()
    file = settings(folder, stories(40, voice), base=base, evaluate_every=8, epochs=4)
    file.write_text(file.read_text().replace('name = "pirate"', f'name = "{name}"'))
    return Run(read_settings(file)).tune()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Registry:
    """Two adapters, tuned and taken in."""
    folder = tmp_path_factory.mktemp("voices")
    made = Registry(folder / "adapters")
    for name, voice in {"pirate": pirate, "robot": robot}.items():
        made.add(tuned(folder / name, model_folder, name, voice), ModelFolder(model_folder))
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def engine(registry: Registry, model_folder: Path) -> AsyncIterator[VllmEngine]:
    """One engine with both. Stories that chose nothing get the robot."""
    made = VllmEngine(EngineOptions(model=str(model_folder), adapters=registry.folder, adapter="robot"))
    made.start()
    await made.ready()
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def teller(engine: VllmEngine, tmp_path: Path) -> AsyncIterator[Storyteller]:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'stories.db'}")
    yield storyteller(database, engine)
    await database.close()


async def said(engine: Engine, voice: str, *, salt: str = "s", name: str = "r") -> tuple[str, int]:
    """What a voice says, and how many tokens of the prompt it had not to compute."""
    prompt = (engine.control("<|endoftext|>"), engine.control("<|title|>"), *engine.encode("The lamp"))
    for text in STORY:
        prompt += (engine.control("<|passage|>"), *engine.encode(text * 2))
    prompt += (engine.control("<|continue|>"), engine.control("<|write|>"))
    sampling = Sampling(max_tokens=30, temperature=0.0)
    request = Request(id=f"{name}-{voice}", prompt=prompt, sampling=sampling, salt=salt, session="s", voice=voice)
    text, cached = "", 0
    async for piece in engine.stream(request):
        text, cached = text + piece.text, piece.cached_tokens or cached
    return text, cached


async def begun(teller: Storyteller, place: Place, voice: str) -> None:
    await teller.perform("start", turn(place), {"title": "The lamp"})
    if voice:
        await teller.perform("settings voice", turn(place), {"name": voice})
    for text in STORY:
        await teller.perform("add", turn(place), {"text": text})


async def continued(teller: Storyteller, place: Place) -> str:
    return texts(await teller.perform("continue", turn(place), {"length": "short"}))[0]


def sounds(text: str) -> set[str]:
    """Like whom it sounds."""
    return {name for name, words in (("pirate", PIRATE), ("robot", ROBOT)) if any(word in text for word in words)}


async def test_channels_are_told_their_stories_in_different_voices_at_the_same_time(teller: Storyteller) -> None:
    for place, voice in ((AT_SEA, "pirate"), (IN_SPACE, ""), (AT_HOME, PLAIN)):
        await begun(teller, place, voice)
    sea, space, home = await asyncio.gather(*(continued(teller, place) for place in (AT_SEA, IN_SPACE, AT_HOME)))
    assert sounds(sea) == {"pirate"}
    assert sounds(space) == {"robot"}
    assert sounds(home) == set()


async def test_a_story_can_change_its_voice(teller: Storyteller) -> None:
    await begun(teller, AT_SEA, "pirate")
    shown = await teller.perform("settings voice", turn(AT_SEA), {})
    assert [str(block.text) for block in shown.blocks] == ["Voices: plain, pirate, robot. Here: pirate."]
    assert sounds(await continued(teller, AT_SEA)) == {"pirate"}
    await teller.perform("undo", turn(AT_SEA), {})
    await teller.perform("settings voice", turn(AT_SEA), {"name": "Robot"})
    assert sounds(await continued(teller, AT_SEA)) == {"robot"}


async def test_no_voice_reads_what_another_has_put_into_the_cache(engine: VllmEngine) -> None:
    voices = (PLAIN, "pirate", "robot")
    first = {voice: await said(engine, voice, salt="apart", name="first") for voice in voices}
    again = {voice: await said(engine, voice, salt="apart", name="again") for voice in voices}
    assert [cached for _, cached in first.values()] == [0, 0, 0]
    assert all(cached > 0 for _, cached in again.values())
    assert len({text for text, _ in first.values()}) == 3


async def test_a_voice_that_is_gone_is_the_engines_own_choice(engine: VllmEngine) -> None:
    assert await said(engine, "was removed", salt="a") == await said(engine, "robot", salt="b")


async def test_the_plain_voice_is_that_of_an_engine_without_adapters(
    engine: VllmEngine, storyteller_engine: VllmEngine
) -> None:
    assert storyteller_engine.profile.voices == ()
    plain, alone = await said(engine, PLAIN), await said(storyteller_engine, "")
    assert plain[0].split()[:5] == alone[0].split()[:5]


async def test_an_adapter_for_other_weights_is_refused_before_the_engine_wakes(
    registry: Registry, tmp_path: Path
) -> None:
    from tests.inference.models import llama

    with pytest.raises(EngineFailed, match=r"“pirate” was made for Llama Storycircle .*, not for the weights in"):
        VllmEngine(EngineOptions(model=str(llama(tmp_path / "llama")), adapters=registry.folder, adapter="pirate"))


async def test_an_adapter_is_scored_against_its_base_by_the_harness(engine: VllmEngine) -> None:
    about: dict[str, Any] = {"task": Task.CONTINUE, "kind": "continued", "passages": STORY, "title": "The lamp"}
    cases = [Case(id=f"case {number}", **about) for number in range(6)]
    figures = {each.name: each for each in await gains(engine, "robot", cases)}
    assert figures
    for each in figures.values():
        assert each.low <= each.high
        assert each.count <= 6
    same = await gains(engine, PLAIN, cases)
    assert all(each.base == each.adapter and each.low == each.high == 0 for each in same)
    assert any(each.base != each.adapter for each in figures.values())


async def test_a_server_offers_its_adapters(registry: Registry, model_folder: Path, tmp_path: Path) -> None:
    modules = [f"{each.name}={each.path}" for each in registry.adapters()]
    more = ("--enable-lora", "--max-loras", "3", "--max-lora-rank", "8", "--lora-modules", *modules)
    with vllm_serve(model_folder, tmp_path / "log", *more) as url:
        remote = RemoteEngine(RemoteOptions(url=url, tokenizer=model_folder, adapter="pirate", greetings=10))
        remote.start()
        await remote.ready()
        assert remote.profile.voices == (PLAIN, "pirate", "robot")
        sea, space, home = await asyncio.gather(said(remote, ""), said(remote, "robot"), said(remote, PLAIN))
        assert [sounds(text) for text, _ in (sea, space, home)] == [{"pirate"}, {"robot"}, set()]
        await remote.close()
        wrong = RemoteEngine(RemoteOptions(url=url, tokenizer=model_folder, adapter="witch"))
        wrong.start()
        with pytest.raises(EngineFailed, match=r"serves no adapter witch, but pirate, robot\. Set ENGINE_ADAPTER\."):
            await wrong.ready()
        await wrong.close()
