"""Training and scoring of the head for plot events. The records are made by the rule in `plot`."""

import json
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoTokenizer

from core.plot import PlotEvent
from inference.events import EVENTS, HEAD, WEIGHTS, EventReader, classifier, encoded
from inference.folder import ModelFolder, weights_print
from inference.training.errors import TrainingError
from inference.training.tuning.plot import Labelled, balanced, counted

_LONGEST = 96
"""Tokens of a passage that are read while training."""
_BATCH = 32
_RANK, _SCALE = 8, 2
_EACH, _HELD_OUT_EACH = 800, 150
"""Passages of each label, at most."""


def train_events(labelled: Sequence[Labelled], model: Path, out: Path, *, seed: int = 1, epochs: int = 2) -> str:
    """Train a head and write it to `out`; returns its figures for people. TrainingError says what is missing."""
    if out.exists():
        raise TrainingError(f"{out} is there already. Remove it, or name another folder.")
    train, held_out = _parted(labelled, seed)
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(str(model), local_files_only=True)
    config = LoraConfig(r=_RANK, lora_alpha=_SCALE * _RANK, target_modules="all-linear", task_type="SEQ_CLS")
    head = get_peft_model(_padded(classifier(model)), config)
    _fit(head, tokenizer, train, seed=seed, epochs=epochs)
    reader = EventReader(head, tokenizer)
    found = reader.label([each.text for each in held_out])
    figures = scores([each.event for each in held_out], found)
    told = f"trained on {counted(train)}\nheld out: {counted(held_out)}\n{_table(figures)}"
    _write(head, out, model, figures)
    return told


def scores(truth: Sequence[PlotEvent], found: Sequence[PlotEvent]) -> dict[str, float]:
    """F1 of each label, their mean (macro-F1), and the share that is right."""
    figures = {str(event): _f1(truth, found, event) for event in EVENTS}
    right = sum(one is other for one, other in zip(truth, found, strict=True)) / len(truth)
    return {**figures, "macro-F1": sum(figures.values()) / len(figures), "right": right}


def kappa(one: Sequence[PlotEvent], other: Sequence[PlotEvent]) -> float:
    """Cohen's kappa: agreement of two readers beyond chance (1 is full, 0 is chance)."""
    seen = sum(a is b for a, b in zip(one, other, strict=True)) / len(one)
    chance = sum(list(one).count(event) * list(other).count(event) for event in EVENTS) / len(one) ** 2
    return (seen - chance) / (1 - chance)


def _f1(truth: Sequence[PlotEvent], found: Sequence[PlotEvent], event: PlotEvent) -> float:
    both = sum(one is other is event for one, other in zip(truth, found, strict=True))
    return 2 * both / max(1, list(truth).count(event) + list(found).count(event))


def _parted(labelled: Sequence[Labelled], seed: int) -> tuple[list[Labelled], list[Labelled]]:
    """Held out is every story whose hash begins with one of two signs of sixteen: the same in every run."""
    held = [each for each in labelled if each.story[0] in "0f"]
    train = [each for each in labelled if each.story[0] not in "0f"]
    missing = [str(event) for event in EVENTS for side in (held, train) if not any(e.event is event for e in side)]
    if missing:
        raise TrainingError(f"There are too few passages to learn from: none for {', '.join(sorted(set(missing)))}.")
    return balanced(train, _EACH, seed), balanced(held, _HELD_OUT_EACH, seed)


def _fit(head: Any, tokenizer: Any, train: Sequence[Labelled], *, seed: int, epochs: int) -> None:
    """AdamW with a rate that falls to nothing. TrainingError if the loss is no number."""
    rows = [(encoded(tokenizer, each.text, _LONGEST), EVENTS.index(each.event)) for each in train]
    steps = epochs * -(-len(rows) // _BATCH)
    optimizer = torch.optim.AdamW([p for p in head.parameters() if p.requires_grad], lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, steps)
    chance = random.Random(seed)  # noqa: S311  no secret
    head.train()
    for _ in range(epochs):
        chance.shuffle(rows)
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            ids = pad_sequence([torch.tensor(row) for row, _ in batch], batch_first=True)
            lengths = torch.tensor([len(row) for row, _ in batch])
            mask = (torch.arange(ids.shape[1])[None] < lengths[:, None]).long()
            ids = ids.masked_fill(mask == 0, head.config.pad_token_id)
            loss = head(input_ids=ids, attention_mask=mask, labels=torch.tensor([label for _, label in batch])).loss
            if not torch.isfinite(loss):
                raise TrainingError("The loss of the head became no number. Take another seed.")
            loss.backward()
            torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)


def _padded(model: Any) -> Any:
    """A model that knows which token is padding."""
    if model.config.pad_token_id is None:
        model.config.pad_token_id = model.config.eos_token_id
    return model


def _write(head: Any, out: Path, model: Path, figures: dict[str, float]) -> None:
    unfinished = out.with_name(f"{out.name}.tmp")
    name = ModelFolder(model).profile(ModelFolder(model).vocabulary()).name
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        weights = {key: value.to(torch.float16).contiguous() for key, value in get_peft_model_state_dict(head).items()}
        save_file(weights, unfinished / WEIGHTS)
        (unfinished / WEIGHTS).chmod(0o644)  # it comes for its owner alone, and is to be read by whoever runs the bot
        told = {"name": name, "print": weights_print(model), "scale": _SCALE, "figures": figures}
        (unfinished / HEAD).write_text(json.dumps(told, indent=1) + "\n", "utf-8")
        unfinished.rename(out)
    except (OSError, RuntimeError) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise TrainingError(f"The head {out} could not be written: {error}. Make room, and try again.") from error


def _table(figures: dict[str, float]) -> str:
    return "\n".join(f"{name}: {value:.3f}" for name, value in figures.items())
