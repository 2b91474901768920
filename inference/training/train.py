"""Pretrain a small Llama on the story stream within a fixed wall-clock budget."""

import argparse
import copy
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM

from inference.training.batches import Batch, BatchSampler
from inference.training.corpus import Corpus, open_corpus, write_corpus
from inference.training.errors import TrainingError
from inference.training.optim import Muon
from inference.training.recipes import make_documents, make_plain_documents, validation_documents
from inference.training.stream import TOKEN_IDS
from inference.training.texts import story_texts
from inference.training.tokenizer import END_OF_TEXT, PAD, load_tokenizer, train_tokenizer


@dataclass(frozen=True)
class Phase:
    """Training up to ``until`` (a share of the budget): depth, row shape and token share of each kind."""

    until: float
    layers: int
    rows: int
    length: int
    shares: dict[str, float]


_EARLY = {"story": 0.50, "refine": 0.35, "explain": 0.08, "recap": 0.03, "name": 0.04}
_LATE = {"story": 0.42, "refine": 0.30, "explain": 0.18, "recap": 0.05, "name": 0.05}
# A shallow model sees twice the text in the same time; its layers are then doubled without changing what it computes.
PHASES = (
    Phase(0.30, 3, 8, 256, _EARLY),
    Phase(0.74, 3, 4, 512, _LATE),
    Phase(0.90, 6, 6, 512, _LATE),
    Phase(1.00, 6, 3, 1024, _LATE),
)


_PLAIN = {"story": 0.42, "refine": 0.34, "explain": 0.20, "recap": 0.04}
# Of one depth, rows so short that attention costs little, batches so large that Muon does.
PLAIN_PHASES = (Phase(0.75, 4, 16, 256, _PLAIN), Phase(1.00, 4, 6, 768, _PLAIN))


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run besides the corpus; times in seconds."""

    budget_s: float
    seed: int = 1
    hidden: int = 320
    mlp: int = 768
    heads: int = 5
    vocab_size: int = 4096
    phases: tuple[Phase, ...] = PHASES
    muon_lr: float = 0.01
    adam_lr: float = 0.002
    decay_from: float = 0.5
    checkpoint_s: float = 300.0
    evaluate_s: float = 900.0
    evaluate_documents: int = 16


@dataclass
class Progress:
    """How far a run is."""

    step: int = 0
    tokens: int = 0
    used_s: float = 0.0
    losses: list[float] = field(default_factory=list)


def make_model(settings: Settings, layers: int) -> Any:
    """A LlamaForCausalLM with random weights."""
    config = LlamaConfig(
        vocab_size=settings.vocab_size,
        hidden_size=settings.hidden,
        intermediate_size=settings.mlp,
        num_hidden_layers=layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        head_dim=settings.hidden // settings.heads,
        max_position_embeddings=1024,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        tie_word_embeddings=True,
        bos_token_id=TOKEN_IDS[END_OF_TEXT],
        eos_token_id=TOKEN_IDS[END_OF_TEXT],
        pad_token_id=TOKEN_IDS[PAD],
        use_cache=False,
    )
    torch.manual_seed(settings.seed)
    model: Any = LlamaForCausalLM(config)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
    return model


def grow(model: Any, layers: int) -> None:
    """Deepen the model in place to ``layers``: a copy after each layer, silent at first, so its output is unchanged."""
    old = list(model.model.layers)
    copies, extra = divmod(layers, len(old))
    new = []
    for number, layer in enumerate(old):
        new.append(layer)
        for _ in range(copies - 1 + (number < extra)):
            twin = copy.deepcopy(layer)
            with torch.no_grad():
                twin.self_attn.o_proj.weight.zero_()
                twin.mlp.down_proj.weight.zero_()
            new.append(twin)
    for number, layer in enumerate(new):
        layer.self_attn.layer_idx = number
    model.model.layers = torch.nn.ModuleList(new)
    model.config.num_hidden_layers = layers


class Trainer:
    """One run: model, optimisers, data and schedule, all of which a checkpoint holds."""

    def __init__(self, corpus: Corpus, validation: Corpus | None, folder: Path, settings: Settings) -> None:
        self.settings = settings
        self.progress = Progress()
        self.model = make_model(settings, settings.phases[0].layers)
        self._stopping = False
        self._folder = folder
        self._validation = validation
        self._sampler = BatchSampler(corpus, settings.seed)
        matrices, others = self._parameters()
        self._muon = Muon(matrices, lr=settings.muon_lr, weight_decay=0.02)
        self._adam = torch.optim.AdamW(others, lr=settings.adam_lr, betas=(0.9, 0.95), weight_decay=0.0)

    def _parameters(self) -> tuple[list[Tensor], list[Tensor]]:
        matrices = [p for p in self.model.model.layers.parameters() if p.ndim == 2]
        known = {id(p) for p in matrices}
        return matrices, [p for p in self.model.parameters() if id(p) not in known]

    def phase(self) -> Phase:
        """The phase that the run is in."""
        done = self.progress.used_s / self.settings.budget_s
        return next((phase for phase in self.settings.phases if done < phase.until), self.settings.phases[-1])

    def _deepen(self, layers: int) -> None:
        known = {id(p) for p in self.model.parameters()}
        grow(self.model, layers)
        matrices, others = self._parameters()
        new_matrices = [p for p in matrices if id(p) not in known]
        self._muon.add_param_group({"params": new_matrices})
        self._adam.add_param_group({"params": [p for p in others if id(p) not in known]})

    def _rate(self) -> float:
        """Warm-up, then flat, then linear to zero at the end of the budget."""
        done = self.progress.used_s / self.settings.budget_s
        decay = (1 - done) / (1 - self.settings.decay_from)
        return max(0.0, min(1.0, (self.progress.step + 1) / 40, decay))

    def loss(self, batch: Batch) -> Tensor:
        """Mean cross-entropy in nats over the weighted tokens of a batch."""
        hidden = self.model.model(input_ids=batch.inputs).last_hidden_state
        counted = batch.weights > 0
        logits = self.model.lm_head(hidden[counted])
        losses = functional.cross_entropy(logits, batch.targets[counted], reduction="none")
        weights = batch.weights[counted]
        return (losses * weights).sum() / weights.sum().clamp(min=1e-6)

    def step(self) -> float:
        """One optimiser step; returns the training loss."""
        phase = self.phase()
        if phase.layers > len(self.model.model.layers):
            self._deepen(phase.layers)
        self.model.train()
        batch = self._sampler.next_batch(phase.rows, phase.length, phase.shares)
        loss = self.loss(batch)
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
        return float(loss.detach())

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
                part = slice(start, min(end, start + 1024))
                ids = torch.from_numpy(held_out.tokens[part].astype(np.int64))[None]
                weights = torch.from_numpy(held_out.weights[part].astype(np.float32))[None, 1:] / 100
                weight = float(weights.sum())
                total += float(self.loss(Batch(ids[:, :-1], ids[:, 1:], weights))) * weight
                count += weight
            results[kind] = total / max(count, 1e-6)
        return results

    def save(self) -> None:
        """Write the checkpoint in one atomic step; TrainingError if the disk does not take it."""
        state = {
            "settings": self.settings,
            "layers": len(self.model.model.layers),
            "model": self.model.state_dict(),
            "muon": self._muon.state_dict(),
            "adam": self._adam.state_dict(),
            "sampler": self._sampler.state_dict(),
            "torch_rng": torch.get_rng_state(),
            "progress": self.progress,
        }
        path = self._folder / "checkpoint.pt"
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

    def load(self) -> None:
        """Go on from the folder's checkpoint; TrainingError if there is none."""
        state = load_checkpoint(self._folder)
        if state["layers"] > len(self.model.model.layers):
            self._deepen(state["layers"])
        self.model.load_state_dict(state["model"])
        self._muon.load_state_dict(state["muon"])
        self._adam.load_state_dict(state["adam"])
        self._sampler.load_state_dict(state["sampler"])
        torch.set_rng_state(state["torch_rng"])
        self.progress = state["progress"]

    def run(self, clock: Callable[[], float] = time.monotonic) -> Iterator[dict[str, float]]:
        """Train until the budget is used up; yields what is to be logged after each step.

        A checkpoint is written every ``checkpoint_s`` seconds, at the end, and when it is stopped.
        """
        last = clock()
        saved = evaluated = self.progress.used_s
        while self.progress.used_s < self.settings.budget_s and not self._stopping:
            row = {"loss": self.step(), "lr": self._rate()}
            if self.progress.used_s - evaluated > self.settings.evaluate_s:
                evaluated = self.progress.used_s
                held_out = self.evaluate(self.settings.evaluate_documents)
                row |= {f"held_out/{kind}": value for kind, value in held_out.items()}
            now = clock()
            self.progress.used_s += now - last
            last = now
            row |= {"step": self.progress.step, "tokens": self.progress.tokens, "minutes": self.progress.used_s / 60}
            yield row
            if self.progress.used_s - saved > self.settings.checkpoint_s:
                saved = self.progress.used_s
                self.save()
        self.save()

    def stop(self) -> None:
        """End the run after the step it is in; its checkpoint is then written."""
        self._stopping = True


def load_checkpoint(folder: Path) -> dict[str, Any]:
    """What Trainer.save wrote; TrainingError if it is missing or damaged."""
    path = folder / "checkpoint.pt"
    if not path.is_file():
        raise TrainingError(f"There is no checkpoint at {path}: run the pretrain command first.")
    try:
        state: dict[str, Any] = torch.load(path, weights_only=False)
    except Exception as error:  # torch raises many kinds for a damaged file
        raise TrainingError(f"The checkpoint {path} cannot be read: {error}.") from error
    return state


def prepare_tokenizer(data: Path, out: Path, vocab_size: int) -> None:
    """Learn the tokenizer, unless the working folder has one."""
    if (out / "tokenizer.json").is_file():
        return
    if not data.is_dir():
        raise TrainingError(f"There is no folder {data}: point --data at the folder that holds the stories.")
    out.mkdir(parents=True, exist_ok=True)
    train_tokenizer(story_texts(data), vocab_size).save(str(out / "tokenizer.json"))


def prepare_corpus(data: Path, out: Path, vocab_size: int, seed: int, *, plain: bool = False) -> None:
    """Write the training and held-out corpora, unless the working folder has them; ``plain``: of plain texts only."""
    prepare_tokenizer(data, out, vocab_size)
    tokenizer = load_tokenizer(out / "tokenizer.json")
    if not (out / "corpus" / "spans.npz").is_file():
        make = make_plain_documents if plain else make_documents
        write_corpus(out / "corpus", tokenizer, make(data, seed))
    if not (out / "validation" / "spans.npz").is_file():
        write_corpus(out / "validation", tokenizer, validation_documents(data, seed + 1))


def pretrain(options: argparse.Namespace) -> None:
    """The pretrain command: prepare what is missing, then train, logging to JSONL and TensorBoard."""
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  tests do without tensorboard

    torch.set_num_threads(options.threads)
    out: Path = options.out
    prepare_corpus(options.data, out, options.vocab_size, options.seed, plain=options.plain)
    settings = Settings(budget_s=options.minutes * 60, seed=options.seed, vocab_size=options.vocab_size)
    if options.plain:
        settings = replace(settings, hidden=256, mlp=1024, heads=4, phases=PLAIN_PHASES, adam_lr=0.003)
    trainer = Trainer(open_corpus(out / "corpus"), open_corpus(out / "validation"), out, settings)
    if options.resume:
        trainer.load()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: trainer.stop())
    writer: Any = SummaryWriter(str(out / "tensorboard"))
    try:
        with (out / "log.jsonl").open("a", encoding="utf-8") as log:
            for row in trainer.run():
                log.write(json.dumps({key: round(value, 5) for key, value in row.items()}) + "\n")
                log.flush()
                for key, value in row.items():
                    writer.add_scalar(key, value, int(row["step"]))
    except OSError as error:
        raise TrainingError(f"The log in {out} could not be written: {error}.") from error
    finally:
        writer.close()


def evaluate(folder: Path) -> dict[str, float]:
    """The evaluate command: held-out loss of the checkpoint by kind, also written to ``evaluation.json``."""
    settings: Settings = load_checkpoint(folder)["settings"]
    trainer = Trainer(open_corpus(folder / "corpus"), open_corpus(folder / "validation"), folder, settings)
    trainer.load()
    losses = trainer.evaluate()
    (folder / "evaluation.json").write_text(json.dumps(losses, indent=2) + "\n", encoding="utf-8")
    return losses
