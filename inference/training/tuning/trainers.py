"""The training itself: TRL's trainers, with the manners of this house.

A checkpoint is there whole or not at all; a loss that is no number, a full disk and Ctrl-C end a run with one clear
sentence; what was reached is kept.
"""

import importlib.util
import math
import os
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from datasets import Dataset
from safetensors import SafetensorError
from transformers import EarlyStoppingCallback, TrainerCallback
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

from inference.training.errors import TrainingError
from inference.training.tuning.layout import Example
from inference.training.tuning.settings import TuneSettings

CHECKPOINTS = "checkpoints"
_UNFINISHED = "unfinished"


class Stopped(TrainingError):
    """Somebody pressed Ctrl-C; the run can be resumed."""

    status = 130


class Careful:
    """What both trainers do with trouble. Stands before a trainer of transformers among a class's parents."""

    args: Any
    state: Any

    def training_step(self, *arguments: Any, **named: Any) -> torch.Tensor:
        """One step. TrainingError if its loss is no number: everything after it would be wasted."""
        loss: torch.Tensor = super().training_step(*arguments, **named)  # type: ignore[misc]
        if not math.isfinite(float(loss)):
            raise TrainingError(
                f"The loss became {float(loss)} at step {self.state.global_step + 1}. Lower training.learning_rate"
                f"{' or switch training.bf16 off' if self.args.bf16 else ''}, and start again or go on with --resume."
            )
        return loss

    def _get_output_dir(self, trial: Any) -> str:
        return str(Path(self.args.output_dir) / _UNFINISHED)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Write the checkpoint beside the others and rename it when it is whole. Keeps the best and the last."""
        folder = Path(self.args.output_dir)
        unfinished = folder / _UNFINISHED
        name = f"checkpoint-{self.state.global_step}"
        try:
            super()._save_checkpoint(model, trial)  # type: ignore[misc]
            if self.state.best_global_step:
                self.state.best_model_checkpoint = str(folder / f"checkpoint-{self.state.best_global_step}")
            self.state.save_to_json(str(unfinished / name / "trainer_state.json"))
            shutil.rmtree(folder / name, ignore_errors=True)
            (unfinished / name).rename(folder / name)
        except (OSError, RuntimeError, SafetensorError) as error:
            raise TrainingError(
                f"The checkpoint {folder / name} could not be written: {error}. "
                "Make room, and go on from the one before with --resume."
            ) from error
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        for each in checkpoints(folder)[:-1]:
            if str(each) != self.state.best_model_checkpoint:
                shutil.rmtree(each, ignore_errors=True)


class Supervised(Careful, SFTTrainer):  # type: ignore[misc]
    """Learns answers."""


class Preferring(Careful, DPOTrainer):  # type: ignore[misc]
    """Learns which of two answers is better (DPO, Rafailov et al. 2023)."""

    def _prepare_dataset(self, dataset: Dataset, *_: Any) -> Dataset:
        """Ours are token ids already: text would have to be tokenised anew, and could become control tokens."""
        return dataset


class StopPolitely(TrainerCallback):  # type: ignore[misc]
    """Ends the run after the step it is in, with a checkpoint, once it was asked to."""

    def __init__(self) -> None:
        self.asked = False

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Called by the trainer."""
        if self.asked:
            control.should_training_stop = control.should_save = True

    @contextmanager
    def at_interrupts(self) -> Iterator[None]:
        """Within the block, the first Ctrl-C asks; the second ends it at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def ask(_signal: int, _frame: FrameType | None) -> None:
            if self.asked:
                raise KeyboardInterrupt
            self.asked = True

        old = signal.signal(signal.SIGINT, ask)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, old)


def make_trainer(
    settings: TuneSettings,
    model: Any,
    tokenizer: Any,
    train: Sequence[Example],
    held_out: Sequence[Example],
    *,
    resumed: bool,
) -> tuple[Any, StopPolitely]:
    """A trainer and the way to stop it. `model` is the bare one; LoRA is put around it here.

    A new run looks at the held-out records before its first step; a `resumed` one has done that.
    """
    polite = StopPolitely()
    kind, peft = settings.method.kind, _peft_config(settings, len(train))
    common: dict[str, Any] = {
        "model": model,
        "processing_class": tokenizer,
        "train_dataset": _dataset(train),
        "eval_dataset": _dataset(held_out),
        "peft_config": peft,
        "callbacks": [EarlyStoppingCallback(early_stopping_patience=settings.training.patience), polite],
    }
    arguments = _arguments(settings) | {"eval_on_start": not resumed}
    if kind == "dpo":
        trainer: Any = Preferring(args=DPOConfig(beta=settings.method.beta, **arguments), **common)
    else:
        trainer = Supervised(args=SFTConfig(loss_type="nll", **arguments), **common)
    if kind == "adalora":
        trainer.add_callback(_Allocate())
    return trainer, polite


class _Allocate(TrainerCallback):  # type: ignore[misc]
    """AdaLoRA shares its budget of ranks out anew after each step's gradients (Zhang et al. 2023)."""

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        model.base_model.update_and_allocate(state.global_step)


def steps_of(settings: TuneSettings, records: int) -> int:
    """Optimiser steps of a whole run."""
    training = settings.training
    return max(1, math.ceil(math.ceil(math.ceil(records / training.batch) / training.accumulation) * training.epochs))


def checkpoints(folder: Path) -> list[Path]:
    """The whole checkpoints of a run, oldest first."""
    return sorted(folder.glob("checkpoint-*"), key=lambda each: int(each.name.split("-")[1]))


def _dataset(examples: Sequence[Example]) -> Dataset:
    return Dataset.from_list([_row(each) for each in examples])


def _row(example: Example) -> dict[str, list[int]]:
    prompt = list(example.prompt)
    if len(example.answers) == 2:
        better, worse = map(list, example.answers)
        return {"prompt_ids": prompt, "chosen_ids": better, "rejected_ids": worse}
    answer = list(example.answers[0])
    return {"input_ids": prompt + answer, "labels": [-100] * len(prompt) + answer}


def _peft_config(settings: TuneSettings, records: int) -> Any:
    from peft import AdaLoraConfig, LoraConfig  # noqa: PLC0415  slow

    method = settings.method
    targets = list(method.targets) if isinstance(method.targets, tuple) else method.targets
    common: dict[str, Any] = {
        "lora_alpha": method.alpha,
        "lora_dropout": method.dropout,
        "target_modules": targets,
        "task_type": "CAUSAL_LM",
    }
    if method.kind == "full":
        return None
    if method.kind != "adalora":
        return LoraConfig(r=method.rank, **common)
    steps = steps_of(settings, records)
    return AdaLoraConfig(
        target_r=max(1, method.rank // 2), init_r=method.rank, total_step=steps, tinit=steps // 10,
        tfinal=steps // 3, **common,
    )  # fmt: skip


def _arguments(settings: TuneSettings) -> dict[str, Any]:
    """What transformers calls our settings."""
    training, every = settings.training, settings.training.evaluate_every
    on_gpu = torch.cuda.is_available()
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(settings.out / "tensorboard")
    reports = ["tensorboard"]
    if importlib.util.find_spec("wandb"):
        os.environ.setdefault("WANDB_MODE", "offline")  # nothing leaves this machine unless somebody wants it to
        reports.append("wandb")
    return {
        "output_dir": str(settings.out / CHECKPOINTS),
        "run_name": settings.name,
        "num_train_epochs": training.epochs,
        "learning_rate": training.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": training.warmup,
        "per_device_train_batch_size": training.batch,
        "per_device_eval_batch_size": training.batch,
        "gradient_accumulation_steps": training.accumulation,
        "gradient_checkpointing": on_gpu,
        "max_length": None,
        "eval_strategy": "steps",
        "eval_steps": every,
        "save_strategy": "steps",
        "save_steps": every,
        "load_best_model_at_end": True,
        "metric_for_best_model": "eval_loss",
        "greater_is_better": False,
        "logging_steps": max(1, every // 5),
        "logging_nan_inf_filter": False,
        "report_to": reports,
        "seed": training.seed,
        "data_seed": training.seed,
        "bf16": training.bf16,
        "use_cpu": not on_gpu,
        "dataloader_pin_memory": on_gpu,
        "restore_callback_states_from_checkpoint": True,
        "disable_tqdm": True,
    }
