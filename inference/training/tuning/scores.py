"""What a run was worth: the tuned model against its base on the held-out records, task by task.

The measure is what training minimises, so it says whether something was learned and nothing about taste: the
evaluation harness and people say that.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from inference.figures import Figure
from inference.training.errors import TrainingError
from inference.training.tuning.layout import Example

_RESAMPLES = 2000


@torch.no_grad()
def measures(model: Any, examples: Sequence[Example]) -> list[float]:
    """For each example: the loss of its answer in nats a token; of a preference, by how much the better is likelier.

    TrainingError if one of them is no number.
    """
    model.eval()
    found = []
    for example in examples:
        losses = [_loss(model, example.prompt, answer) for answer in example.answers]
        if not all(map(math.isfinite, losses)):
            raise TrainingError("The held-out loss is no number, so the model's weights are damaged. Take other ones.")
        found.append(losses[0] if len(losses) == 1 else losses[1] - losses[0])
    return found


def compared(examples: Sequence[Example], base: Sequence[float], tuned: Sequence[float], *, seed: int) -> list[Figure]:
    """The figures, by task, with intervals from resampling whole stories (bootstrap, 95 %)."""
    by_name: dict[str, list[int]] = defaultdict(list)
    for number, example in enumerate(examples):
        kind = "preference" if example.record.preference else "loss"
        by_name[f"{example.record.task}/{kind}"].append(number)
    return [
        _figure(name, [examples[n].record.story for n in some], [base[n] for n in some], [tuned[n] for n in some], seed)
        for name, some in sorted(by_name.items())
    ]


def _figure(name: str, stories: list[str], base: list[float], tuned: list[float], seed: int) -> Figure:
    lower = name.endswith("/loss")
    gains = np.asarray(base) - np.asarray(tuned) if lower else np.asarray(tuned) - np.asarray(base)
    low, high = _interval(stories, gains, seed)
    return Figure(
        name=name,
        better="lower" if lower else "higher",
        base=float(np.mean(base)),
        adapter=float(np.mean(tuned)),
        low=low,
        high=high,
        count=len(set(stories)),
    )


def _interval(stories: Iterable[str], gains: npt.NDArray[np.float64], seed: int) -> tuple[float, float]:
    """Of the mean gain. Records of one story are not independent, so stories are drawn and not records."""
    names = {story: number for number, story in enumerate(dict.fromkeys(stories))}
    sums, counts = np.zeros(len(names)), np.zeros(len(names))
    for story, gain in zip(stories, gains, strict=True):
        sums[names[story]] += gain
        counts[names[story]] += 1
    drawn = np.random.default_rng(seed).integers(0, len(names), (_RESAMPLES, len(names)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def _loss(model: Any, prompt: Sequence[int], answer: Sequence[int]) -> float:
    ids = torch.tensor([[*prompt, *answer]], device=model.device)
    labels = ids.clone()
    labels[:, : len(prompt)] = -100
    return float(model(input_ids=ids, labels=labels).loss)
