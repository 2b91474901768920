"""A small sheet of SVG: words that wrap, boxes, circles. Knows nothing of any platform."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

_NARROW, _WIDE = "iljtfrI.,;:'’|!()[]/· ", "mwMW@%—…"


@dataclass(frozen=True)
class Style:
    """How a run of text looks. `size` in pixels."""

    size: float = 15.0
    colour: str = "#dbdee1"
    bold: bool = False
    struck: bool = False
    italic: bool = False


@dataclass(frozen=True)
class Run:
    """Text in one style."""

    text: str
    style: Style


def measure(text: str, style: Style) -> float:
    """Width in pixels, near enough to wrap lines by: from the classes of a common sans-serif's letters."""
    return sum(_share(c) for c in text) * style.size * (1.14 if style.bold else 1.08)


def _share(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.31
    if character in _WIDE:
        return 0.87
    return 0.68 if character.isupper() else 0.55


def wrapped(runs: Sequence[Run], width: float) -> Iterator[list[Run]]:
    """Lines of at most `width` pixels, broken at spaces (anywhere in scripts that have none)."""
    line: list[Run] = []
    used = 0.0
    for run in runs:
        for word in _words(run.text):
            if line and used + measure(word.rstrip(), run.style) > width:
                yield line
                line, used = [], 0.0
            line.append(Run(word, run.style))
            used += measure(word, run.style)
    yield line


def _words(text: str) -> Iterator[str]:
    word = ""
    for character in text:
        word += character
        if character == " " or unicodedata.east_asian_width(character) in "WF":
            yield word
            word = ""
    if word:
        yield word


@dataclass
class Sheet:
    """Grows downwards; `y` is where the next thing goes."""

    width: int
    background: str
    y: float = 20.0
    _parts: list[str] = field(default_factory=list)

    def box(
        self, x: float, y: float, w: float, h: float, colour: str, *, radius: float = 4.0, edge: str = "none"
    ) -> None:
        """A box with round corners."""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{radius}" '
            f'fill="{colour}" stroke="{edge}"/>'
        )

    def disc(self, x: float, y: float, radius: float, colour: str, letter: str) -> None:
        """A circle with a letter in it, in place of a face."""
        self._parts.append(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}"/>')
        self.text(x - radius / 3, y + radius / 3, [Run(letter, Style(radius, "#ffffff", bold=True))])

    def text(self, x: float, y: float, runs: Sequence[Run]) -> None:
        """One line whose base line is at `y`."""
        spans = "".join(f"<tspan{_look(run.style)}>{escape(run.text)}</tspan>" for run in runs)
        self._parts.append(f'<text x="{x:.1f}" y="{y:.1f}" xml:space="preserve">{spans}</text>')

    def paragraph(self, x: float, runs: Sequence[Run], width: float, *, leading: float = 1.38) -> None:
        """Lines from `y` on, which moves below them."""
        for line in wrapped(runs, width):
            size = max((run.style.size for run in line), default=15.0)
            self.y += size * leading
            self.text(x, self.y - size * 0.3, line)

    def svg(self) -> str:
        """The whole sheet."""
        height = self.y + 20
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {height:.0f}" '
            f'width="{self.width}" height="{height:.0f}" font-family="Helvetica, Arial, sans-serif">'
            f'<rect width="100%" height="100%" fill="{self.background}"/>{"".join(self._parts)}</svg>\n'
        )


def _look(style: Style) -> str:
    look = f' font-size="{style.size}" fill="{style.colour}"'
    look += ' font-weight="bold"' if style.bold else ""
    look += ' text-decoration="line-through"' if style.struck else ""
    return look + (' font-style="italic"' if style.italic else "")
