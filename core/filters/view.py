"""A text changed for matching that remembers where each of its characters came from.

What is found in a view can so be marked in the text itself. Looks for nothing by itself.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

Span = tuple[int, int]
"""Start and end of a part of the original text, in characters."""

NEAR = 120
"""Characters before and behind a place that are still near it."""
_NOT_ASCII = re.compile("[^\x00-\x7f]")


@dataclass(frozen=True)
class _Changes:
    """What was replaced in the view `before`: its spans there, and where the new pieces begin and end now."""

    before: "View"
    spans: list[Span]
    starts: list[int]
    ends: list[int]

    def origin(self, at: int) -> Span:
        """The span of the view before for which the character at `at` stands."""
        last = bisect_right(self.starts, at) - 1
        if last < 0:
            return at, at + 1
        if at < self.ends[last]:
            return self.spans[last]
        same = self.spans[last][1] + at - self.ends[last]
        return same, same + 1


@dataclass(frozen=True)
class View:
    """`text`, and the changes through which it came from the original; none: it is the original."""

    text: str
    _changes: _Changes | None = None

    @classmethod
    def of(cls, text: str) -> "View":
        """The text as it is."""
        return cls(text)

    def span(self, start: int, end: int) -> Span:
        """Where `text[start:end]`, which must not be empty, stands in the original."""
        changes = self._changes
        if changes is None:
            return start, end
        return changes.before.span(changes.origin(start)[0], changes.origin(end - 1)[1])

    def translated(self, table: Mapping[int, str]) -> "View":
        """Each character but those of ASCII as `table`, which knows them all, says; perhaps as several, or none."""
        if all(len(table[ord(char)]) == 1 for char in set(self.text) if not char.isascii()):
            return View(self.text.translate(table), _Changes(self, [], [], []))
        return self.replaced(_NOT_ASCII, lambda m: table[ord(m[0])])

    def replaced(
        self, pattern: re.Pattern[str], to: str | Callable[[re.Match[str]], str], within: Iterable[Span] | None = None
    ) -> "View":
        """Each match as `to`, whose characters all stand for the whole match; the view itself if nothing changes.

        `within`: the parts of `text`, in order, in which matches are looked for; all of it if not given.
        """
        pieces: list[str] = []
        changes = _Changes(self, [], [], [])
        last = length = 0
        parts = [(0, len(self.text))] if within is None else within
        for match in chain.from_iterable(pattern.finditer(self.text, *part) for part in parts):
            start, end = match.span()
            piece = to if isinstance(to, str) else to(match)
            if start == end or piece == match[0]:
                continue
            pieces += (self.text[last:start], piece)
            length += start - last
            changes.spans.append((start, end))
            changes.starts.append(length)
            length += len(piece)
            changes.ends.append(length)
            last = end
        if not changes.spans:
            return self
        return View("".join(pieces) + self.text[last:], changes)


def around(places: Sequence[int], text: str, near: int = NEAR) -> Iterator[Span]:
    """The parts of `text` around `places`, which ascend, roughly; no two of them touch."""
    start = end = 0
    for place in places:
        if place - near > end:
            if end:
                yield start, end
            start = place - near
        end = max(end, min(len(text), place + near))
    if end:
        yield start, end
