"""The table as a picture: how far each row is from its aim."""

import math
from collections.abc import Sequence
from html import escape

from benchmarks.row import Row

_LEFT, _WIDTH, _LINE, _TOP = 380, 460, 26, 74
_DECADES = 2.0
"""Powers of ten to each side of the aim."""
_GOOD, _BAD, _INK, _PALE = "#2f7d4f", "#b3402e", "#222", "#bbb"


def picture(rows: Sequence[Row], caption: str) -> str:
    """An SVG with a bar for each row that has an aim: to the right of the middle line it is better than that."""
    shown = [row for row in rows if row.aim is not None and row.ratio == row.ratio]
    height = _TOP + _LINE * len(shown) + 20
    middle = _LEFT + _WIDTH / 2
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1180 {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="1180" height="{height}" fill="white"/>',
        f'<text x="16" y="24" font-size="16" fill="{_INK}">{escape(caption)}</text>',
        *(_tick(middle, power, height) for power in (-2, -1, 0, 1, 2)),
    ]
    lines += [part for number, row in enumerate(shown) for part in _bar(row, _TOP + _LINE * number, middle)]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _tick(middle: float, power: int, height: int) -> str:
    x = middle + power * _WIDTH / 2 / _DECADES
    label = "the aim" if not power else f"{10 ** abs(power)} × {'better' if power > 0 else 'worse'}"
    return (
        f'<line x1="{x}" y1="{_TOP - 10}" x2="{x}" y2="{height - 10}" stroke="{_INK if not power else _PALE}"/>'
        f'<text x="{x}" y="{_TOP - 16}" text-anchor="middle" fill="{_INK}" font-size="11">{label}</text>'
    )


def _bar(row: Row, y: float, middle: float) -> list[str]:
    color = _GOOD if row.verdict == "met" else _BAD
    reach = _better(row) * _WIDTH / 2 / _DECADES
    x, width = (middle, reach) if reach >= 0 else (middle + reach, -reach)
    told = f"{row.ratio:.3g} ({row.aim}) · {_number(row.ours)} / {_number(row.reference)} {row.unit}"
    return [
        f'<text x="{_LEFT - 12}" y="{y + 14}" text-anchor="end" fill="{_INK}">{escape(row.name.strip())}</text>',
        f'<rect x="{x:.1f}" y="{y + 2}" width="{max(width, 2):.1f}" height="16" fill="{color}"/>',
        f'<text x="{_LEFT + _WIDTH + 14}" y="{y + 14}" fill="{color}">{escape(told)}</text>',
    ]


def _better(row: Row) -> float:
    """Powers of ten by which a row is better than its aim; less than nothing if it is worse."""
    assert row.aim is not None
    if row.aim.most is not None:
        ratio = (row.aim.most or 1e-9) / max(row.ratio, 1e-9)
        ratio = 1.0 if row.aim.most == 0 == row.ratio else ratio
    else:
        ratio = max(row.ratio, 1e-9) / (row.aim.least or 1.0)
    return max(-_DECADES, min(_DECADES, math.log10(ratio)))


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
