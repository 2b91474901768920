"""A text changed for matching that remembers where each of its characters came from.

What is found in a view can so be marked in the text itself. Looks for nothing by itself.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Span = tuple[int, int]
"""Start and end of a part of the original text, in characters."""


@dataclass(frozen=True)
class View:
    """`text`, and for each of its characters the span of the original that it stands for."""

    text: str
    origins: tuple[Span, ...]

    @classmethod
    def of(cls, text: str) -> "View":
        """The text as it is."""
        return cls(text, tuple((i, i + 1) for i in range(len(text))))

    def span(self, start: int, end: int) -> Span:
        """Where `text[start:end]`, which must not be empty, stands in the original."""
        return self.origins[start][0], self.origins[end - 1][1]

    def translated(self, table: Mapping[int, str]) -> "View":
        """Each character as the table says, perhaps as none or several; those it does not know stay."""
        pieces: list[str] = []
        origins: list[Span] = []
        for char, origin in zip(self.text, self.origins, strict=True):
            piece = table.get(ord(char), char)
            pieces.append(piece)
            origins += [origin] * len(piece)
        return View("".join(pieces), tuple(origins))

    def replaced(self, pattern: re.Pattern[str], to: str | Callable[[re.Match[str]], str]) -> "View":
        """Each match as `to`, whose characters all stand for the whole match."""
        if not pattern.search(self.text):
            return self
        pieces: list[str] = []
        origins: list[Span] = []
        last = 0
        for match in pattern.finditer(self.text):
            start, end = match.span()
            if start == end:
                continue
            piece = to if isinstance(to, str) else to(match)
            pieces += [self.text[last:start], piece]
            origins += self.origins[last:start]
            origins += [self.span(start, end)] * len(piece)
            last = end
        pieces.append(self.text[last:])
        origins += self.origins[last:]
        return View("".join(pieces), tuple(origins))
