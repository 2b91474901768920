"""One run from settings to adapter: check, train, measure, export. Can be stopped and gone on with."""

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
import torch
import transformers
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback, TrainerCallback

from inference.figures import Figure
from inference.training.errors import TrainingError
from inference.training.tuning.card import card
from inference.training.tuning.check import Sides, check
from inference.training.tuning.clearing import Clearing
from inference.training.tuning.export import export
from inference.training.tuning.layout import Example, Prompter
from inference.training.tuning.scores import compared, measures
from inference.training.tuning.settings import TuneSettings, dump_settings, load_settings
from inference.training.tuning.trainers import CHECKPOINTS, Stopped, checkpoints, make_trainer

SETTINGS = "settings.json"


class Run:
    """One run, with everything read and checked. Making it trains nothing yet, and writes nothing."""

    def __init__(self, settings: TuneSettings) -> None:
        """TrainingError says what is wrong with the data or the model."""
        self.settings = settings
        clearing = Clearing()
        self._prompter = Prompter(settings.base, clearing)
        self.sides: Sides = check(settings.data, self._prompter, clearing, preferences=settings.method.kind == "dpo")

    def tune(self, *, resume: bool = False, also: Sequence[TrainerCallback] = ()) -> Path:
        """Train, measure, write. Returns the folder of the result. Raises TrainingError, `Stopped` at Ctrl-C.

        `also` may look on, in the way of transformers.
        """
        self._claim(resume=resume)
        _quiet()
        torch.set_num_threads(self.settings.training.threads)
        transformers.set_seed(self.settings.training.seed)
        train, held_out = self._examples(self.sides.train), self._examples(self.sides.held_out)
        tokenizer = AutoTokenizer.from_pretrained(str(self.settings.base), local_files_only=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the libraries' own, about each other
            base = measures(self._model(), held_out)
            last = checkpoints(self.settings.out / CHECKPOINTS)[-1:]
            trainer, polite = make_trainer(self.settings, self._model(), tokenizer, train, held_out, resumed=bool(last))
            trainer.remove_callback(PrinterCallback)
            for each in (_Tell(), *also):
                trainer.add_callback(each)
            with polite.at_interrupts():
                trainer.train(resume_from_checkpoint=str(last[0]) if last else None)
            if polite.asked:
                raise Stopped(f"Stopped after step {trainer.state.global_step}. To go on, add --resume.")

            def measured(folder: Path) -> list[Figure]:
                return compared(
                    held_out, base, measures(self._tuned(folder), held_out), seed=self.settings.training.seed
                )

            def about(figures: list[Figure]) -> str:
                return card(self.settings, self._prompter.engine.profile.name, self.sides, figures, _account(trainer))

            return export(self.settings, trainer.model, measured, about)

    def _model(self, folder: Path | None = None) -> Any:
        folder = folder or self.settings.base
        try:
            return AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32, local_files_only=True)
        except (OSError, ValueError, RuntimeError) as error:
            raise TrainingError(f"The model {folder} cannot be loaded: {error}") from error

    def _tuned(self, folder: Path) -> Any:
        """The result in a folder."""
        if self.settings.method.kind == "full":
            return self._model(folder)
        return PeftModel.from_pretrained(self._model(), str(folder))

    def _examples(self, placed: Sequence[Any]) -> list[Example]:
        return [self._prompter.example(each.record) for each in placed]

    def _claim(self, *, resume: bool) -> None:
        """Make the folder of the run ours, or go on in it with the same settings."""
        out, file = self.settings.out, self.settings.out / SETTINGS
        if resume:
            if not file.is_file():
                raise TrainingError(f"There is no run in {out} to go on with. Leave --resume out.")
            if changed := self.settings.apart_from(load_settings(file)):
                raise TrainingError(
                    f"The run in {out} was begun with another {', '.join(changed)}. "
                    "Put that back, or begin a run with another `out`."
                )
            return
        if file.exists():
            raise TrainingError(f"There is a run in {out} already. Go on with --resume, or name another `out`.")
        try:
            out.mkdir(parents=True, exist_ok=True)
            file.write_text(dump_settings(self.settings), "utf-8")
        except OSError as error:
            raise TrainingError(f"The folder {out} cannot be written: {error.strerror}.") from error


class _Tell(TrainerCallback):  # type: ignore[misc]
    """A line for people at each look at the held-out stories."""

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any) -> None:
        """Called by the trainer."""
        sys.stdout.write(f"step {state.global_step} of {state.max_steps}: held-out loss {metrics['eval_loss']:.4f}\n")
        sys.stdout.flush()


def _account(trainer: Any) -> dict[str, Any]:
    state = trainer.state
    losses = [(row["step"], row["eval_loss"]) for row in state.log_history if "eval_loss" in row]
    early = state.global_step < state.max_steps
    return {"steps": state.global_step, "best": state.best_global_step, "losses": losses, "early": early}


def _quiet() -> None:
    """The libraries keep to errors: what people should know, we say."""
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    datasets.disable_progress_bars()
