"""Runs for real, on the shipped model and on small ones, on the CPU."""

import json
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file
from transformers import TrainerCallback

from inference.adapters import Adapter
from inference.figures import read_figures
from inference.training.__main__ import main
from inference.training.errors import TrainingError
from inference.training.tuning.run import Run
from inference.training.tuning.settings import read_settings
from inference.training.tuning.trainers import checkpoints
from tests.inference.models import llama
from tests.inference.tuning.stories import preferences, settings, stories

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore"),  # of the training libraries, about each other
]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return llama(tmp_path_factory.mktemp("base") / "llama")


def tuned(file: Path, *, resume: bool = False) -> Path:
    return Run(read_settings(file)).tune(resume=resume)


def losses(out: Path) -> dict[int, float]:
    """Held-out losses by step, as the last checkpoint remembers them."""
    state = json.loads((checkpoints(out / "checkpoints")[-1] / "trainer_state.json").read_text())
    return {row["step"]: row["eval_loss"] for row in state["log_history"] if "eval_loss" in row}


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As on a full disk: no file of this process can grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_the_shipped_model_learns_a_voice_that_holds_on_other_stories(tmp_path: Path, model_folder: Path) -> None:
    run = tuned(settings(tmp_path, stories(40), base=model_folder, evaluate_every=6))
    (figure,) = read_figures(run / "figures.json")
    assert figure.name == "continue/loss"
    assert figure.adapter < figure.base / 2
    assert 0 < figure.low < figure.base - figure.adapter < figure.high
    assert figure.count == 8
    assert Adapter.read(run).name == "pirate"
    card = (run / "README.md").read_text()
    assert "| made for the tests | CC0-1.0 | 40 |" in card
    assert "Built with Llama" in card
    assert "32 records of 32 stories" in card
    assert list((tmp_path / "run" / "tensorboard").glob("events.out.tfevents.*"))
    assert not list((tmp_path / "run").rglob("*.tmp"))
    assert not list((tmp_path / "run").rglob("unfinished"))


@pytest.mark.parametrize("kind", ["adalora", "full"])
def test_other_ways_to_tune_learn_too(tmp_path: Path, model_folder: Path, kind: str) -> None:
    rate = {"adalora": 2e-2, "full": 5e-4}[kind]
    run = tuned(settings(tmp_path, stories(20), base=model_folder, kind=kind, learning_rate=rate, epochs=3))
    (figure,) = read_figures(run / "figures.json")
    assert figure.adapter < figure.base * 0.8
    assert figure.adapter == pytest.approx(min(losses(tmp_path / "run").values()), rel=0.05)
    if kind == "adalora":
        assert Adapter.read(run).rank == 8
        assert {name.split(".")[-2] for name in load_file(run / "adapter_model.safetensors")} == {"lora_A", "lora_B"}
    else:
        assert {"model.safetensors", "tokenizer.json", "storyteller.json"} <= {each.name for each in run.iterdir()}


def test_batches_are_gathered_into_steps_and_computed_in_bfloat16(tmp_path: Path, small: Path) -> None:
    file = settings(tmp_path, stories(20), base=small, accumulation=2, bf16=True, evaluate_every=1)
    run = tuned(file)
    assert max(losses(tmp_path / "run")) == 4  # 16 records, 8 a step, twice
    (figure,) = read_figures(run / "figures.json")
    assert figure.adapter < figure.base


def test_preferences_are_learned(tmp_path: Path, model_folder: Path) -> None:
    run = tuned(settings(tmp_path, preferences(16), base=model_folder, kind="dpo", learning_rate=2e-4))
    (figure,) = read_figures(run / "figures.json")
    assert figure.name == "continue/preference"
    assert figure.low > 0
    assert Adapter.read(run).rank == 8


def test_a_run_that_overfits_is_stopped_early_and_its_best_state_kept(tmp_path: Path, small: Path) -> None:
    """The held-out stories are told in another voice: what is learned from the rest makes them ever less likely."""
    file = settings(tmp_path, stories(12), base=small, epochs=40, learning_rate=1e-2, evaluate_every=3, patience=2)
    held_out = tmp_path / "held"
    held_out.mkdir()
    other = [
        each.model_copy(update={"answer": "Zzyzx qophs vex jumbly quartz 9876543210.", "story": f"other {each.story}"})
        for each in stories(4, seed=2)
    ]
    settings(held_out, other, base=small)
    text = file.read_text().replace("held_out = 0.2", 'held_out_files = ["held/records.jsonl"]')
    file.write_text(text)
    run = tuned(file)
    seen = losses(tmp_path / "run")
    best = min((step for step in seen if step), key=lambda step: seen[step])
    assert max(seen) < 120
    assert max(seen) == best + 2 * 3
    assert "where it stopped early" in (run / "README.md").read_text()
    kept = load_file(tmp_path / "run" / "checkpoints" / f"checkpoint-{best}" / "adapter_model.safetensors")
    result = load_file(run / "adapter_model.safetensors")
    assert all((kept[name] == result[name]).all() for name in kept)


class _CtrlC(TrainerCallback):  # type: ignore[misc]
    """Presses it after a step, from within, as a terminal would."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == self.step:
            signal.raise_signal(signal.SIGINT)


def test_a_run_stopped_by_ctrl_c_goes_on_to_the_same_losses(
    tmp_path: Path, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert threading.current_thread() is threading.main_thread()
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    tuned(settings(whole, stories(20), base=small))
    file = settings(parts, stories(20), base=small)
    run = Run(read_settings(file))
    with pytest.raises(TrainingError, match=r"Stopped after step 6\. To go on, add --resume\."):
        run.tune(also=[_CtrlC(5)])
    assert not (parts / "run" / "adapter").exists()
    assert [each.name for each in checkpoints(parts / "run" / "checkpoints")][-1] == "checkpoint-6"
    assert main(["tune", str(file)]) == 1
    assert "There is a run in" in capsys.readouterr().err
    assert main(["tune", str(file), "--resume"]) == 0
    assert losses(parts / "run") == losses(whole / "run")
    one, other = (load_file(each / "run" / "adapter" / "adapter_model.safetensors") for each in (whole, parts))
    assert all((one[name] == other[name]).all() for name in one)


def test_a_run_is_only_gone_on_with_under_the_same_settings(tmp_path: Path, small: Path) -> None:
    tuned(settings(tmp_path, stories(5), base=small, epochs=1))
    file = settings(tmp_path, stories(5), base=small, epochs=1, seed=2)
    with pytest.raises(TrainingError, match=r"was begun with another training\.seed"):
        tuned(file, resume=True)
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(TrainingError, match=r"no run in .* to go on with"):
        tuned(settings(other, stories(5), base=small), resume=True)


class _Poison(TrainerCallback):  # type: ignore[misc]
    """Makes a weight too large for any number, as a learning rate that is far too high does in time."""

    def on_step_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        if state.global_step == 2:
            next(each for each in model.parameters() if each.requires_grad).data.fill_(float("inf"))


def test_a_loss_that_is_no_number_ends_the_run_with_a_sentence(tmp_path: Path, small: Path) -> None:
    run = Run(read_settings(settings(tmp_path, stories(20), base=small)))
    with pytest.raises(
        TrainingError, match=r"The loss became (nan|inf) at step 3\. Lower training\.learning_rate, and"
    ):
        run.tune(also=[_Poison()])
    assert not (tmp_path / "run" / "adapter").exists()


def test_a_full_disk_at_a_checkpoint_leaves_nothing_half_written(tmp_path: Path, small: Path) -> None:
    file = settings(tmp_path, stories(20), base=small)
    with files_of_at_most(20_000), pytest.raises(TrainingError, match=r"checkpoint-4 could not be written: .*--resume"):
        tuned(file)
    assert not [each for each in (tmp_path / "run" / "checkpoints").iterdir() if each.is_dir()]
    assert not (tmp_path / "run" / "adapter").exists()
    assert tuned(file, resume=True).is_dir()
