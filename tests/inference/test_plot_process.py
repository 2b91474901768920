"""Plot events from a process of its own: real ones, with a small model and a head that was trained on it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

import inference
from core.errors import EngineFailed
from core.plot import PlotEvent
from inference.events import EVENTS, FOLDER, EventReader
from inference.plot_process import PlotProcess
from inference.training.tuning.plot_head import train_events
from tests.inference.models import llama
from tests.inference.tuning.test_plot import WORDS, labelled

pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]

CONFLICTS = (
    "A big storm came. The waves broke the boats, and the children were scared and cried.",
    "The fox stole the bread, and the baker was angry and shouted that he was a thief.",
    "The puppy was lost in the dark forest. It was afraid and alone, and nobody could find it.",
)
SOLUTIONS = (
    "The fisherman found the puppy and helped it home. The girl hugged it and thanked him, safe and happy at last.",
    "The fox said sorry and the baker forgave him. From that day on they shared the bread and were friends.",
    "Together they mended the boats. They had learned to help each other, and the whole village was happy.",
)

ASKED = [f"the sea was {word} old lamp" for word in WORDS.values()]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With its head beside it."""
    made = llama(tmp_path_factory.mktemp("base") / "llama")
    train_events(labelled(640), made, made / FOLDER, epochs=10)
    return made


@pytest_asyncio.fixture
async def reader(model: Path) -> AsyncIterator[PlotProcess]:
    made = PlotProcess.of(model)
    assert made is not None
    yield made
    await made.close()


async def test_passages_are_read_in_order_and_those_in_other_scripts_have_no_event(reader: PlotProcess) -> None:
    assert await reader.events(ASKED) == list(EVENTS)
    assert await reader.events(["那盏灯", *ASKED[1:], ""]) == [EVENTS[0], *EVENTS[1:], EVENTS[0]]


async def test_what_nobody_waited_for_is_kept(reader: PlotProcess) -> None:
    await reader.events(ASKED[:1])
    impatient = asyncio.create_task(reader.events(ASKED[2:]))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait([impatient])
    assert await reader.events(ASKED) == list(EVENTS)
    assert reader.pid is not None
    os.kill(reader.pid, signal.SIGKILL)
    assert await reader.events(ASKED[::-1]) == list(EVENTS[::-1])  # it is not asked again


async def test_a_process_that_was_killed_is_told_and_begun_anew(reader: PlotProcess) -> None:
    await reader.events(ASKED[:1])
    assert reader.pid is not None
    os.kill(reader.pid, signal.SIGKILL)
    with pytest.raises(EngineFailed, match="has ended"):
        await reader.events(ASKED)
    assert await reader.events(ASKED) == list(EVENTS)


async def test_nothing_runs_before_it_is_asked_nor_after_the_end(model: Path) -> None:
    reader = PlotProcess.of(model)
    assert reader is not None and reader.pid is None
    await reader.events(ASKED[:1])
    pid = reader.pid
    assert pid is not None
    await reader.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(EngineFailed):
        await reader.events(ASKED[1:])


def test_a_head_is_small_and_one_for_other_weights_is_none(model: Path, tmp_path: Path) -> None:
    assert sum(file.stat().st_size for file in (model / FOLDER).iterdir()) < 1_000_000
    assert all(file.stat().st_mode & 0o444 == 0o444 for file in (model / FOLDER).iterdir())
    other = llama(tmp_path / "other")
    assert PlotProcess.of(other) is None
    (model / FOLDER).rename(other / FOLDER)
    try:
        (other / "tokenizer.json").write_text((other / "tokenizer.json").read_text() + "\n")
        assert PlotProcess.of(other) is None
    finally:
        (other / FOLDER).rename(model / FOLDER)


BUNDLED = Path(inference.__file__).parent / "model"


def test_the_head_of_the_bundled_model_belongs_to_its_weights() -> None:
    assert PlotProcess.of(BUNDLED) is not None, "train it anew: make events"
    assert sum(file.stat().st_size for file in (BUNDLED / FOLDER).iterdir()) <= 1_200_000


def test_the_head_of_the_bundled_model_tells_plain_conflicts_from_plain_solutions() -> None:
    found = EventReader.load(BUNDLED).label([*CONFLICTS, *SOLUTIONS])
    assert found == [PlotEvent.CONFLICT] * len(CONFLICTS) + [PlotEvent.SOLUTION] * len(SOLUTIONS)
