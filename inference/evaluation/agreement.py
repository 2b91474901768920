"""What several raters said of a blind sheet: which voice they prefer, and how far they agree (nltk)."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import Any

from nltk.metrics.agreement import AnnotationTask  # type: ignore[import-untyped]

from inference.evaluation.errors import EvaluationError


@dataclass(frozen=True)
class Agreement:
    """Votes by voice, and agreement beyond chance: 1 is full, 0 is chance. None where it is not defined."""

    votes: dict[str, int]
    """How often "new", "old" and "same" were chosen, all raters together."""
    kappa: float | None
    """Cohen's kappa, averaged over the pairs of raters, on the cases that both of them rated."""
    alpha: float | None
    """Krippendorff's alpha over all raters; cases that somebody left out do no harm."""


def agreement(key: Path, ratings: Sequence[Path]) -> Agreement:
    """Read the key of a sheet and the raters' files. Raises EvaluationError if one is none."""
    new = _read(key)
    votes: list[tuple[str, str, str]] = []
    for number, file in enumerate(ratings):
        value = _read(file).get("ratings")
        if not isinstance(value, dict):
            raise EvaluationError(f"{file} holds no ratings: use the file that the sheet's Save button gives.")
        for case, chosen in value.items():
            if case in new and chosen in ("A", "B", "same"):
                voice = "same" if chosen == "same" else "new" if chosen == new[case] else "old"
                votes.append((f"rater {number}", case, voice))
    if not votes:
        raise EvaluationError("Nobody has rated anything on this sheet.")
    return Agreement(dict(Counter(voice for _, _, voice in votes)), _kappa(votes), _alpha(votes))


def _kappa(votes: list[tuple[str, str, str]]) -> float | None:
    kappas = []
    for first, second in combinations(dict.fromkeys(rater for rater, _, _ in votes), 2):
        cases = [{case for rater, case, _ in votes if rater == who} for who in (first, second)]
        both = cases[0] & cases[1]
        pair = [vote for vote in votes if vote[0] in (first, second) and vote[1] in both]
        if both and len({voice for _, _, voice in pair}) > 1:
            kappas.append(float(AnnotationTask(pair).kappa_pairwise(first, second)))
    return mean(kappas) if kappas else None


def _alpha(votes: list[tuple[str, str, str]]) -> float | None:
    raters_of = Counter(case for _, case, _ in votes)
    shared = [vote for vote in votes if raters_of[vote[1]] > 1]
    if len({voice for _, _, voice in shared}) < 2:
        return None
    return float(AnnotationTask(shared).alpha())


def _read(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EvaluationError(f"{file} cannot be read as JSON: {error}") from error
    if not isinstance(value, dict):
        raise EvaluationError(f"{file} is not a JSON object.")
    return value
