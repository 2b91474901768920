"""Figures with intervals: what `score` returns, what is printed and kept as JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core.prompts import Task
from inference.evaluation.asking import Answer
from inference.evaluation.cases import Case
from inference.evaluation.errors import EvaluationError
from inference.evaluation.gleu import Array
from inference.evaluation.measures import MEASURES, Measure

DRAWS = 1000
_BY_NAME = {measure.name: measure for measure in MEASURES}


@dataclass(frozen=True)
class Figure:
    """One measure of one voice: its value, a 95 % bootstrap interval, and the counts of each case by id."""

    name: str
    value: float
    low: float
    high: float
    counts: dict[str, list[float]]

    @property
    def measure(self) -> Measure:
        """What was measured."""
        return _BY_NAME[self.name]


@dataclass(frozen=True)
class Figures:
    """All that was measured of one voice."""

    voice: str
    figures: dict[str, Figure] = field(default_factory=dict)

    def save(self, file: Path) -> None:
        """Write them as JSON."""
        rows = [vars(figure) for figure in self.figures.values()]
        file.write_text(json.dumps({"voice": self.voice, "figures": rows}, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> "Figures":
        """Read what `save` wrote. Raises EvaluationError if it is something else."""
        try:
            value: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            figures = [Figure(**row) for row in value["figures"] if row["name"] in _BY_NAME]
            return cls(str(value["voice"]), {figure.name: figure for figure in figures})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EvaluationError(f"{file} holds no figures of an evaluation: {error}") from error


def draws(cases: int, seed: int = 0) -> Array:
    """How often each case is drawn in each of a thousand samples of as many cases, with replacement."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(cases, np.full(cases, 1 / cases), size=DRAWS).astype(np.float64)


def figure(measure: Measure, counts: dict[str, list[float]]) -> Figure:
    """A figure out of the counts of its cases."""
    rows = np.array(list(counts.values()), np.float64)
    sampled = measure.combine(draws(len(rows)) @ rows)
    low, high = np.nanquantile(sampled, (0.025, 0.975)) if np.isfinite(sampled).any() else (np.nan, np.nan)
    return Figure(measure.name, float(measure.combine(rows.sum(axis=0))), float(low), float(high), counts)


def measured(voice: str, cases: Sequence[Case], answers: Sequence[Answer]) -> Figures:
    """The figures of answers that were given to cases, in the same order."""
    figures: dict[str, Figure] = {}
    for measure in MEASURES:
        counts: dict[str, list[float]] = {}
        for case, answer in zip(cases, answers, strict=True):
            if case.task is measure.task and (row := measure.count(case, answer)) is not None:
                counts[case.id] = [float(each) for each in row]
        if counts:
            figures[measure.name] = figure(measure, counts)
    return Figures(voice, figures)


def table(several: Sequence[Figures], tasks: Iterable[Task] = Task) -> str:
    """A Markdown table: a row for each measure, a column for each voice."""
    lines = ["| task | figure | better | " + " | ".join(each.voice for each in several) + " |"]
    lines.append("| --- | --- | --- |" + " --- |" * len(several))
    for task in tasks:
        for measure in MEASURES:
            found = [each.figures.get(measure.name) for each in several]
            if measure.task is task and any(found):
                cells = " | ".join(_cell(each) for each in found)
                lines.append(f"| {task} | {measure.name} | {measure.better} | {cells} |")
    return "\n".join(lines)


def _cell(shown: Figure | None) -> str:
    return f"{shown.value:.3f} [{shown.low:.3f}, {shown.high:.3f}]" if shown else ""
