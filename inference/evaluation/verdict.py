"""Whether a voice may take the place of another: the gate for models and adapters."""

from dataclasses import dataclass

import numpy as np

from inference.evaluation.errors import EvaluationError
from inference.evaluation.figures import Figures, draws


@dataclass(frozen=True)
class Difference:
    """One measure of two voices on the same cases; a positive difference is better, whichever way it counts."""

    name: str
    new: float
    old: float
    low: float
    high: float
    """95 % paired bootstrap interval of the difference."""

    @property
    def better(self) -> bool:
        """Better beyond chance."""
        return self.low > 0

    @property
    def worse(self) -> bool:
        """Worse beyond chance."""
        return self.high < 0


@dataclass(frozen=True)
class Verdict:
    """Accepted if at least one figure is better beyond chance, and none is worse that may not be."""

    accepted: bool
    reasons: tuple[str, ...]
    differences: tuple[Difference, ...]


def compare(new: Figures, old: Figures, *, may_lose: frozenset[str] = frozenset()) -> Verdict:
    """Judge `new` against `old` by the cases that both were asked; figures in `may_lose` cannot refuse it.

    Raises EvaluationError if they have no case in common.
    """
    differences = tuple(
        difference for name in new.figures if name in old.figures and (difference := _difference(new, old, name))
    )
    if not differences:
        raise EvaluationError(f"{new.voice} and {old.voice} were not asked the same: score both on the same cases.")
    better = [each for each in differences if each.better]
    worse = [each for each in differences if each.worse and each.name not in may_lose]
    reasons = [_reason(each, "worse") for each in worse] + [_reason(each, "better") for each in better]
    if not better:
        reasons.append("nothing is better beyond chance")
    return Verdict(bool(better) and not worse, tuple(reasons), differences)


def _difference(new: Figures, old: Figures, name: str) -> Difference | None:
    measure = new.figures[name].measure
    counts_new, counts_old = new.figures[name].counts, old.figures[name].counts
    # A case may call for a measure with one voice and not with the other (names in an answer): then it counts nothing.
    cases = list(dict.fromkeys((*counts_new, *counts_old)))
    if measure.better == "neither" or not set(counts_new) & set(counts_old):
        return None
    width = len(next(iter(counts_new.values())))
    rows = [np.array([each.get(case, [0.0] * width) for case in cases]) for each in (counts_new, counts_old)]
    drawn = draws(len(cases))
    sign = 1 if measure.better == "higher" else -1
    sampled = sign * (measure.combine(drawn @ rows[0]) - measure.combine(drawn @ rows[1]))
    low, high = np.nanquantile(sampled, (0.025, 0.975))
    values = [float(measure.combine(each.sum(axis=0))) for each in rows]
    return Difference(name, values[0], values[1], float(low), float(high))


def _reason(each: Difference, word: str) -> str:
    return f"{each.name} is {word}: {each.new:.3f} after {each.old:.3f}"
