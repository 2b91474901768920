"""Figures of an adapter against its base, and whether it may be switched on.

    {"figures": [{"name": "continue/loss", "better": "lower", "base": 2.9, "adapter": 2.7,
                  "low": 0.12, "high": 0.27, "count": 40}]}

`low` and `high` are the 95 % interval of the **gain**: positive means that the adapter is better, whichever way the
figure itself is read. Whoever measures (`tune`, the evaluation, people with a blind sheet) writes this file.
"""

import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal


class FiguresError(Exception):
    """A file of figures that cannot be read, in one sentence."""


@dataclass(frozen=True)
class Figure:
    """One measure of both. `count` is over how many stories it was taken."""

    name: str
    better: Literal["lower", "higher"]
    base: float
    adapter: float
    low: float
    high: float
    count: int

    def told(self) -> str:
        """One line for people."""
        gain = f"gain {self.low:+.3f} to {self.high:+.3f}"
        return f"{self.name}: {self.base:.3f} → {self.adapter:.3f} ({self.better} is better; {gain}; n={self.count})"


def verdict(figures: Sequence[Figure]) -> list[str]:
    """Why an adapter loses; nothing if it may be switched on.

    It loses where a whole interval of its gain lies below zero, and it must win surely somewhere: a whole interval
    above zero.
    """
    if not figures:
        return ["Nothing was measured."]
    worse = [figure for figure in figures if figure.high < 0]
    if worse:
        return [f"It is worse than its base in {figure.told()}." for figure in worse]
    if not any(figure.low > 0 for figure in figures):
        return [f"It is nowhere surely better than its base; the nearest is {max(figures, key=_lowest).told()}."]
    return []


def read_figures(file: Path) -> list[Figure]:
    """The figures of a file. Raises `FiguresError`."""
    try:
        figures = [Figure(**each) for each in json.loads(file.read_bytes())["figures"]]
    except FileNotFoundError:
        raise FiguresError(f"There is no {file.name} in {file.parent}.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FiguresError(f"{file} holds no figures that I can read.") from error
    numbers = (number for f in figures for number in (f.base, f.adapter, f.low, f.high))
    if not all(isinstance(number, int | float) and math.isfinite(number) for number in numbers):
        raise FiguresError(f"{file} holds figures that are no numbers.")
    return figures


def write_figures(file: Path, figures: Sequence[Figure]) -> None:
    """Write figures, whole or not at all. Raises OSError."""
    unfinished = file.with_name(file.name + ".tmp")
    with unfinished.open("w", encoding="utf-8") as open_file:
        json.dump({"figures": [asdict(figure) for figure in figures]}, open_file, indent=1)
        open_file.flush()
        os.fsync(open_file.fileno())
    unfinished.replace(file)


def _lowest(figure: Figure) -> float:
    return figure.low
