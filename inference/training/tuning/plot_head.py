"""Training and scoring of the head for plot events. The records are made by the rule in `plot`."""

import json
import random
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoTokenizer

from inference.events import EVENTS, HEAD, WEIGHTS, EventReader, classifier, encoded
from inference.folder import ModelFolder, weights_print
from inference.training.errors import TrainingError
from inference.training.tuning.plot import Labelled, balanced, counted
from inference.training.tuning.plot_scores import Scores, bag_of_words, majority, score, table

_LONGEST = 160
"""Tokens of a passage that are read while training: as many as the longest has."""
_BATCH = 32
_POOL = 16
"""Batches among which passages are sorted by length."""
_RANK, _SCALE = 8, 2
_HELD_OUT_EACH = 150
"""Passages of each label on which it is scored, at most."""
_TOLD = 10
"""Steps after which progress is told."""

_Row = tuple[list[int], int]
"""Token ids of a passage, and the place of its label."""


def train_events(
    labelled: Sequence[Labelled],
    model: Path,
    out: Path,
    *,
    each: int = 600,
    seed: int = 1,
    epochs: int = 1,
    threads: int = 1,
) -> str:
    """Train a head on at most `each` passages of a label, and write it to `out`; TrainingError says what is missing.

    Returns its figures for people, beside those of simple readers.
    """
    if out.exists():
        raise TrainingError(f"{out} is there already. Remove it, or name another folder.")
    train, held_out = _parted(labelled, each, seed)
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    tokenizer = AutoTokenizer.from_pretrained(str(model), local_files_only=True)
    config = LoraConfig(r=_RANK, lora_alpha=_SCALE * _RANK, target_modules="all-linear", task_type="SEQ_CLS")
    head = get_peft_model(_padded(classifier(model)), config)
    _fit(head, tokenizer, train, seed=seed, epochs=epochs)
    reader = EventReader(head, tokenizer)
    truth = [each.event for each in held_out]
    readers = {
        "head": reader.label([each.text for each in held_out]),
        "bag of words": bag_of_words(train, held_out, seed),
        "majority": majority(train, held_out),
    }
    several = {name: score(truth, found) for name, found in readers.items()}
    _write(head, out, model, several["head"])
    return f"trained on {counted(train)}\nheld out: {counted(held_out)}\n{table(several)}"


def _parted(labelled: Sequence[Labelled], each: int, seed: int) -> tuple[list[Labelled], list[Labelled]]:
    """Held out is every story whose hash begins with one of two signs of sixteen: the same in every run."""
    held = [some for some in labelled if some.story[0] in "0f"]
    train = [some for some in labelled if some.story[0] not in "0f"]
    missing = [str(event) for event in EVENTS for side in (held, train) if not any(e.event is event for e in side)]
    if missing:
        raise TrainingError(f"There are too few passages to learn from: none for {', '.join(sorted(set(missing)))}.")
    return balanced(train, each, seed), balanced(held, _HELD_OUT_EACH, seed)


def _fit(head: Any, tokenizer: Any, train: Sequence[Labelled], *, seed: int, epochs: int) -> None:
    """AdamW with a rate that falls to nothing. TrainingError if the loss is no number."""
    rows = [(encoded(tokenizer, each.text, _LONGEST), EVENTS.index(each.event)) for each in train]
    steps = epochs * -(-len(rows) // _BATCH)
    optimizer = torch.optim.AdamW([p for p in head.parameters() if p.requires_grad], lr=2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, steps)
    chance = random.Random(seed)  # noqa: S311  no secret
    head.train()
    for _ in range(epochs):
        for step, batch in enumerate(_batches(rows, chance)):
            loss = _loss(head, batch)
            if step % _TOLD == 0:
                sys.stderr.write(f"step {step} of {steps // epochs}: loss {loss.item():.3f}\n")
            if not torch.isfinite(loss):
                raise TrainingError("The loss of the head became no number. Take another seed.")
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)


def _batches(rows: Sequence[_Row], chance: random.Random) -> list[Sequence[_Row]]:
    """All rows in a new order, in batches of passages of similar length, so that little of a batch is padding."""
    drawn = chance.sample(rows, len(rows))
    batches: list[Sequence[_Row]] = []
    for start in range(0, len(drawn), _POOL * _BATCH):
        pool = sorted(drawn[start : start + _POOL * _BATCH], key=lambda row: len(row[0]))
        batches += [pool[first : first + _BATCH] for first in range(0, len(pool), _BATCH)]
    chance.shuffle(batches)
    return batches


def _loss(head: Any, batch: Sequence[_Row]) -> torch.Tensor:
    """The loss of a batch, computed in bfloat16 where the processor does so by itself: twice as fast."""
    ids = pad_sequence([torch.tensor(row) for row, _ in batch], batch_first=True)
    mask = (torch.arange(ids.shape[1]) < torch.tensor([[len(row)] for row, _ in batch])).long()
    ids = ids.masked_fill(mask == 0, head.config.pad_token_id)
    labels = torch.tensor([label for _, label in batch])
    with torch.autocast("cpu", torch.bfloat16, enabled=bool(torch.cpu.get_capabilities().get("avx512_bf16"))):
        loss: torch.Tensor = head(input_ids=ids, attention_mask=mask, labels=labels).loss
    return loss


def _padded(model: Any) -> Any:
    """A model that knows which token is padding."""
    if model.config.pad_token_id is None:
        model.config.pad_token_id = model.config.eos_token_id
    return model


def _write(head: Any, out: Path, model: Path, scored: Scores) -> None:
    unfinished = out.with_name(f"{out.name}.tmp")
    name = ModelFolder(model).profile(ModelFolder(model).vocabulary()).name
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        weights = {key: value.to(torch.float16).contiguous() for key, value in get_peft_model_state_dict(head).items()}
        save_file(weights, unfinished / WEIGHTS)
        (unfinished / WEIGHTS).chmod(0o644)  # it comes for its owner alone, and is to be read by whoever runs the bot
        told = {"name": name, "print": weights_print(model), "scale": _SCALE, "figures": scored.figures}
        (unfinished / HEAD).write_text(json.dumps(told, indent=1) + "\n", "utf-8")
        unfinished.rename(out)
    except (OSError, RuntimeError) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise TrainingError(f"The head {out} could not be written: {error}. Make room, and try again.") from error
