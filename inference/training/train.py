"""One training run: steps within a wall-clock budget, checkpoints, held-out losses."""

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inference.training.batches import Ahead, Batch, BatchSampler
from inference.training.corpus import Corpus
from inference.training.errors import TrainingError
from inference.training.network import drop_out, make_model
from inference.training.optim import Muon
from inference.training.settings import Phase, Progress, Settings

CHECKPOINT = "checkpoint.pt"
BEST = "best.pt"


class Trainer:
    """One run: model, optimisers, data and schedule, all of which a checkpoint holds."""

    def __init__(self, corpus: Corpus, validation: Corpus | None, folder: Path, settings: Settings) -> None:
        self.settings = settings
        self.progress = Progress()
        self.model = make_model(settings).to(settings.device)
        if settings.dropout:
            drop_out(self.model, settings.dropout)
        self._stopping = False
        self._folder = folder
        self._validation = validation
        self._sampler = BatchSampler(corpus, settings.seed)
        self._ahead = Ahead(self._sampler) if settings.device != "cpu" else None
        matrices = [p for p in self.model.model.layers.parameters() if p.ndim == 2]
        known = {id(p) for p in matrices}
        others = [p for p in self.model.parameters() if id(p) not in known]
        self._muon = Muon(matrices, lr=settings.muon_lr, weight_decay=0.02, bfloat16=settings.bfloat16)
        self._adam = torch.optim.AdamW(others, lr=settings.adam_lr, betas=(0.9, 0.95), weight_decay=0.0)
        self._fused: Callable[[Batch], Tensor] = self.loss
        if settings.compiled:
            self._fused = torch.compile(self.loss, dynamic=False)

    def begin_with(self, weights: dict[str, Tensor], trained: dict[str, float]) -> None:
        """Begin with the weights of an earlier run, and what `export` noted of it.

        Raises TrainingError if they are of another size.
        """
        try:
            self.model.load_state_dict(weights)
        except RuntimeError as error:
            raise TrainingError("The model to begin with has another size than the one to train.") from error
        self.progress.before = dict(trained)

    def phase(self) -> Phase:
        """The phase that the run is in."""
        done = self.progress.used_s / self.settings.budget_s
        return next((phase for phase in self.settings.phases if done < phase.until), self.settings.phases[-1])

    def _rate(self) -> float:
        """Warm-up, then flat, then linear to zero at the end of the budget."""
        done = self.progress.used_s / self.settings.budget_s
        decay = (1 - done) / (1 - self.settings.decay_from)
        return max(0.0, min(1.0, (self.progress.step + 1) / 40, decay))

    def loss(self, batch: Batch) -> Tensor:
        """Mean cross-entropy in nats over the weighted tokens of a batch."""
        hidden = self.model.model(input_ids=batch.inputs).last_hidden_state
        logits = self.model.lm_head(hidden.flatten(0, 1)).float()
        losses = functional.cross_entropy(logits, batch.targets.flatten(), reduction="none")
        weights = batch.weights.flatten()
        return (losses * weights).sum() / weights.sum().clamp(min=1e-6)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.settings.device, torch.bfloat16, enabled=self.settings.bfloat16)

    def _next_batch(self) -> Batch:
        phase = self.phase()
        if self._ahead is not None:
            return self._ahead.next_batch(phase).to(self.settings.device)
        return self._sampler.next_batch(phase.rows, phase.length, phase.shares)

    def step(self) -> Tensor:
        """One optimiser step; returns the training loss, for which a GPU need not be waited for."""
        self.model.train()
        batch = self._next_batch()
        with self._autocast():
            loss = self._fused(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        rate = self._rate()
        for optimizer, lr in ((self._muon, self.settings.muon_lr), (self._adam, self.settings.adam_lr)):
            for group in optimizer.param_groups:
                group["lr"] = lr * rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.progress.step += 1
        self.progress.tokens += batch.inputs.numel()
        return loss.detach()

    def _number(self, loss: Tensor) -> float:
        """The loss. Raises TrainingError if it is not a number any more."""
        number = float(loss)
        if not math.isfinite(number):
            raise TrainingError(
                f"The loss of step {self.progress.step} is not a number: go on from the last checkpoint "
                "(--resume) with another seed or a lower learning rate."
            )
        return number

    @torch.no_grad()
    def evaluate(self, documents: int | None = None) -> dict[str, float]:
        """Held-out loss in nats a weighted token, for each kind; at most ``documents`` of each."""
        self.model.eval()
        results: dict[str, float] = {}
        held_out = self._validation
        if held_out is None:
            return results
        for kind, spans in held_out.spans.items():
            total = count = 0.0
            for start, end in spans[:documents]:
                part = slice(start, min(end, start + self.settings.window))
                ids = torch.from_numpy(held_out.tokens[part].astype(np.int64))[None]
                weights = torch.from_numpy(held_out.weights[part].astype(np.float32))[None, 1:] / 100
                weight = float(weights.sum())
                batch = Batch(ids[:, :-1], ids[:, 1:], weights).to(self.settings.device)
                with self._autocast():
                    total += float(self.loss(batch)) * weight
                count += weight
            results[kind] = total / max(count, 1e-6)
        return results

    def save(self, name: str = CHECKPOINT) -> None:
        """Write the checkpoint in one atomic step; TrainingError if the disk does not take it."""
        state = {
            "settings": self.settings.state_dict(),
            "model": self.model.state_dict(),
            "muon": self._muon.state_dict(),
            "adam": self._adam.state_dict(),
            "sampler": self._sampler.state_dict(),
            "torch_rng": torch.get_rng_state(),
            "progress": asdict(self.progress),
        }
        path = self._folder / name
        unfinished = path.with_suffix(".tmp")
        try:
            with unfinished.open("wb") as file:
                torch.save(state, file)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except (OSError, RuntimeError) as error:
            unfinished.unlink(missing_ok=True)
            raise TrainingError(f"The checkpoint {path} could not be written: {error}.") from error

    def load(self, *, best: bool = False) -> None:
        """Go on from the folder's checkpoint, or its best state; TrainingError if there is none."""
        state = load_checkpoint(self._folder, best=best)
        self.model.load_state_dict(state["model"])
        self._muon.load_state_dict(state["muon"])
        self._adam.load_state_dict(state["adam"])
        self._sampler.load_state_dict(state["sampler"])
        torch.set_rng_state(state["torch_rng"])
        self.progress = Progress(**state["progress"])

    def run(self, clock: Callable[[], float] = time.monotonic) -> Iterator[dict[str, float]]:
        """Train until the budget is used up; yields what is to be logged after each step, or each few.

        A checkpoint is written every ``checkpoint_s`` seconds, at the end, and when it is stopped; another one whenever
        the held-out loss is the lowest so far, since a run that reads its texts too often gets worse towards its end.
        """
        last = clock()
        saved = evaluated = self.progress.used_s
        while self.progress.used_s < self.settings.budget_s and not self._stopping:
            loss = self.step()
            told = self.progress.step % self.settings.report_every == 0
            row = {"loss": self._number(loss), "lr": self._rate()} if told else {}
            if self.progress.used_s - evaluated > self.settings.evaluate_s:
                evaluated = self.progress.used_s
                row |= self._examined()
            now = clock()
            self.progress.used_s += now - last
            last = now
            row |= {"step": self.progress.step, "tokens": self.progress.tokens, "minutes": self.progress.used_s / 60}
            if told or len(row) > 3:
                yield row
            if self.progress.used_s - saved > self.settings.checkpoint_s:
                saved = self.progress.used_s
                self.save()
        self._examined()
        self.save()

    def _examined(self) -> dict[str, float]:
        """Held-out losses by kind; the state is kept if it is the best one so far."""
        held_out = self.evaluate(self.settings.evaluate_documents)
        mean = sum(held_out.values()) / max(1, len(held_out))
        if held_out and mean < self.progress.best:
            self.progress.best = mean
            self.save(BEST)
        return {f"held_out/{kind}": value for kind, value in held_out.items()}

    def stop(self) -> None:
        """End the run after the step it is in; its checkpoint is then written."""
        self._stopping = True


def load_checkpoint(folder: Path, *, best: bool = False) -> dict[str, Any]:
    """What Trainer.save wrote last, or the best of it if there is one; TrainingError if it is missing or damaged."""
    path = folder / (BEST if best and (folder / BEST).is_file() else CHECKPOINT)
    if not path.is_file():
        raise TrainingError(f"There is no checkpoint at {path}: run the pretrain command first.")
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # torch raises many kinds for a damaged file
        raise TrainingError(f"The checkpoint {path} cannot be read: {error}.") from error
    return state
