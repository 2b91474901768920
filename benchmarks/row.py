"""One line of the table: ours beside a reference, both measured in one run, and whether that is what we aim at."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Aim:
    """What the ratio of ours to the reference should be."""

    most: float | None = None
    least: float | None = None

    def met(self, ratio: float) -> bool:
        """Whether a ratio is as it should be."""
        return (self.most is None or ratio <= self.most) and (self.least is None or ratio >= self.least)

    def __str__(self) -> str:
        return f"≤ {self.most:g}" if self.most is not None else f"≥ {self.least:g}"


@dataclass(frozen=True)
class Row:
    """Ours beside the reference, both in the same unit."""

    name: str
    ours: float
    reference: float
    unit: str
    beside: str
    """What the reference is."""
    aim: Aim | None = None
    group: str = ""

    @property
    def ratio(self) -> float:
        """Ours divided by the reference."""
        return self.ours / self.reference if self.reference else float("nan")

    @property
    def verdict(self) -> Literal["met", "missed", ""]:
        """Whether the aim was met; empty without one."""
        if self.aim is None:
            return ""
        return "met" if self.aim.met(self.ratio) else "missed"

    def __str__(self) -> str:
        aim = f"{self.aim or ''!s:>8} {self.verdict:<6}"
        return (
            f"{self.name:<48} {_short(self.ours):>9} {_short(self.reference):>9} {self.unit:<9} {self.ratio:>8.3f} "
            f"{aim}  {self.beside}"
        )


HEAD = f"{'':<48} {'ours':>9} {'reference':>9} {'unit':<9} {'ratio':>8} {'aim':>8} {'':<6}  beside"


def write(rows: Sequence[Row], file: Path, **about: object) -> None:
    """All rows as JSON, with whatever else is worth knowing of the run."""
    told = [asdict(each) | {"ratio": each.ratio, "verdict": each.verdict} for each in rows]
    file.write_text(json.dumps(about | {"rows": told}, indent=1, ensure_ascii=False) + "\n", "utf-8")


def read(file: Path) -> list[Row]:
    """The rows of a JSON file."""
    rows = json.loads(file.read_text("utf-8"))["rows"]
    kept = [{key: value for key, value in row.items() if key not in ("ratio", "verdict")} for row in rows]
    return [Row(**row | {"aim": Aim(**row["aim"]) if row["aim"] else None}) for row in kept]


def quantile(values: Iterable[float], share: float) -> float:
    """The value below which `share` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
