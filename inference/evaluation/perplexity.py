"""How surprised a model folder is by held-out stories. Needs the weights, so it is not asked of an engine."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from inference.evaluation.errors import EvaluationError
from inference.evaluation.figures import draws
from inference.training.errors import TrainingError
from inference.training.texts import count_words, read_records

_WORDS = 250
"""Of each text, which is as much as fits the shipped model."""


@dataclass(frozen=True)
class Perplexity:
    """Perplexity a word (not a token, so that models with different tokens compare), with a 95 % interval."""

    tier: str
    value: float
    low: float
    high: float


def held_out(data: Path, *, size: int = 60) -> dict[str, list[str]]:
    """The beginnings of the first validation texts of each tier. Raises EvaluationError."""
    tiers: dict[str, list[str]] = {}
    try:
        for record in read_records(data / "validation.jsonl.zst"):
            texts = tiers.setdefault(str(record["tier"])[0], [])
            words = str(record["text"]).split()
            # The few books of tier C are cut into many pieces; of a story, the beginning is taken.
            step = max(_WORDS, len(words) // size) if len(words) > 4 * _WORDS else max(1, len(words))
            pieces = [" ".join(words[i : i + _WORDS]) for i in range(0, len(words), step)]
            texts += pieces[: size - len(texts)]
    except TrainingError as error:
        raise EvaluationError(str(error)) from error
    return tiers


def perplexity(folder: Path, tiers: dict[str, list[str]]) -> list[Perplexity]:
    """Perplexity of a model folder for each tier. Raises EvaluationError if its weights cannot be loaded."""
    import transformers  # noqa: PLC0415  seconds of import
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415

    transformers.logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(str(folder), local_files_only=True, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise EvaluationError(f"The model in {folder} cannot be loaded: {error}") from error
    return [_of_tier(model.eval(), tokenizer, tier, texts) for tier, texts in tiers.items()]


def _of_tier(model: Any, tokenizer: Any, tier: str, texts: Sequence[str]) -> Perplexity:
    rows = np.array([[_nats(model, tokenizer, text), count_words(text)] for text in texts])
    drawn = draws(len(rows)) @ rows
    low, high = np.quantile(np.exp(drawn[:, 0] / drawn[:, 1]), (0.025, 0.975))
    total = rows.sum(axis=0)
    return Perplexity(tier, math.exp(total[0] / total[1]), float(low), float(high))


@torch.no_grad()
def _nats(model: Any, tokenizer: Any, text: str) -> float:
    """Nats that a text takes, after a token that opens it as the model was trained to open a story."""
    start = [token for token in ("<|endoftext|>", "<|title|>", "<|passage|>") if token in tokenizer.get_vocab()]
    before = tokenizer.convert_tokens_to_ids(start) or [tokenizer.bos_token_id or tokenizer.eos_token_id]
    ids = torch.tensor([[*before, *tokenizer(text, add_special_tokens=False)["input_ids"]]])
    ids = ids[:, : model.config.max_position_embeddings]
    logits = model(input_ids=ids).logits[0, len(before) - 1 : -1]
    return float(functional.cross_entropy(logits.float(), ids[0, len(before) :], reduction="sum"))


def perplexity_table(several: dict[str, list[Perplexity]]) -> str:
    """A Markdown table: a row for each tier, a column for each model."""
    lines = ["| perplexity a word | " + " | ".join(several) + " |", "| --- |" + " --- |" * len(several)]
    for rows in zip(*several.values(), strict=True):
        cells = " | ".join(f"{each.value:.1f} [{each.low:.1f}, {each.high:.1f}]" for each in rows)
        lines.append(f"| {rows[0].tier} | {cells} |")
    return "\n".join(lines)
