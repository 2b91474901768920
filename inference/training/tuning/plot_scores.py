"""How well a reader finds plot events, and the simple readers that a head has to be better than."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from core.plot import PlotEvent
from inference.evaluation.figures import draws
from inference.evaluation.gleu import Array
from inference.events import EVENTS
from inference.training.tuning.plot import Labelled

_ROUNDS = 200


@dataclass(frozen=True)
class Scores:
    """F1 of each label, their mean (macro-F1), the share that is right, and a 95 % bootstrap interval of macro-F1."""

    figures: dict[str, float]
    low: float
    high: float


def score(truth: Sequence[PlotEvent], found: Sequence[PlotEvent]) -> Scores:
    """How well labels that were found fit those that are right."""
    counts = np.array([_counts(*each) for each in zip(truth, found, strict=True)], np.float64)
    f1 = _f1(counts.sum(axis=0))
    low, high = np.quantile(_f1(draws(len(counts)) @ counts).mean(axis=-1), (0.025, 0.975))
    right = sum(one is other for one, other in zip(truth, found, strict=True)) / len(truth)
    figures = {str(event): float(value) for event, value in zip(EVENTS, f1, strict=True)}
    return Scores({**figures, "macro-F1": float(f1.mean()), "right": right}, float(low), float(high))


def kappa(one: Sequence[PlotEvent], other: Sequence[PlotEvent]) -> float:
    """Cohen's kappa: agreement of two readers beyond chance (1 is full, 0 is chance)."""
    seen = sum(a is b for a, b in zip(one, other, strict=True)) / len(one)
    chance = sum(list(one).count(event) * list(other).count(event) for event in EVENTS) / len(one) ** 2
    return (seen - chance) / (1 - chance)


def majority(train: Sequence[Labelled], asked: Sequence[Labelled]) -> list[PlotEvent]:
    """The label that is the most frequent one in training, whatever is asked."""
    (event, _), *_ = Counter(each.event for each in train).most_common(1)
    return [event] * len(asked)


def bag_of_words(train: Sequence[Labelled], asked: Sequence[Labelled], seed: int) -> list[PlotEvent]:
    """Logistic regression on which words stand in a passage, of those that stand in two of the training passages."""
    seen = Counter(word for each in train for word in _words(each.text))
    places = {word: place for place, word in enumerate(word for word, count in seen.items() if count > 1)}
    torch.manual_seed(seed)
    model = _Words(len(places))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    bags = [_bag(each.text, places) for each in train]
    labels = torch.tensor([EVENTS.index(each.event) for each in train])
    for _ in range(_ROUNDS):
        optimizer.zero_grad()
        (nn.functional.cross_entropy(model(bags), labels) + model.penalty()).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        return [EVENTS[place] for place in model([_bag(each.text, places) for each in asked]).argmax(dim=-1).tolist()]


def table(several: dict[str, Scores]) -> str:
    """A Markdown table: a row for each figure, a column for each reader."""
    lines = ["| figure | " + " | ".join(several) + " |", "| --- |" + " --- |" * len(several)]
    for name in next(iter(several.values())).figures:
        lines.append(f"| {name} | " + " | ".join(_cell(each, name) for each in several.values()) + " |")
    return "\n".join(lines)


class _Words(nn.Module):
    """A weight of each word for each label."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self._weights = nn.EmbeddingBag(words, len(EVENTS), mode="sum")
        self._bias = nn.Parameter(torch.zeros(len(EVENTS)))
        nn.init.zeros_(self._weights.weight)

    def forward(self, bags: Sequence[list[int]]) -> torch.Tensor:
        starts = np.cumsum([0, *(len(bag) for bag in bags[:-1])])
        weights: torch.Tensor = self._weights(
            torch.tensor([place for bag in bags for place in bag], dtype=torch.long), torch.tensor(starts)
        )
        return weights + self._bias

    def penalty(self) -> torch.Tensor:
        return 1e-4 * self._weights.weight.square().sum()


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z']+", text.lower()))


def _bag(text: str, places: dict[str, int]) -> list[int]:
    return [places[word] for word in sorted(_words(text)) if word in places]


def _counts(one: PlotEvent, other: PlotEvent) -> list[int]:
    """For each label whether both say it, and how many of the two do."""
    return [value for event in EVENTS for value in (one is other is event, (one is event) + (other is event))]


def _f1(counts: Array) -> Array:
    """F1 of each label out of summed counts, along the last axis."""
    both, either = counts[..., 0::2], counts[..., 1::2]
    found: Array = 2 * both / np.maximum(1, either)
    return found


def _cell(scored: Scores, name: str) -> str:
    value = f"{scored.figures[name]:.3f}"
    return f"{value} [{scored.low:.3f}, {scored.high:.3f}]" if name == "macro-F1" else value
