"""The ways in which a text may be read, as strings, for whoever looks for words of their own: patterns, lines, veils.

The same disguises as in `core.filters.matching`, without its lists. Decides nothing. Linear in the text.
"""

import re
from collections.abc import Iterator

from core.filters.disguise import joined, lettered, unleeted, unmarked, untagged, upright
from core.filters.shapes import folded

_SMALL = re.compile(r"(?<= )(?:[a-z]{1,2} ){3,}")
_APART = re.compile(r"(?<!\S)\S{1,2}(?: \S{1,2}){2,}(?!\S)")
_WINDOW = 20_000
_OVERLAP = 400


def readings(text: str) -> Iterator[str]:
    """Each distinct reading of `text` once, the plain one first, all but that in small plain letters.

    Words stand apart by single spaces in the later ones, which have no punctuation.
    """
    yield from dict.fromkeys(_all(text))


def _all(text: str) -> Iterator[str]:
    yield text
    shown = untagged(text)
    plain = folded(shown)
    yield plain
    for each in dict.fromkeys([plain, *unmarked(plain), folded(upright(shown))]):
        for start in range(0, len(each), _WINDOW - _OVERLAP):
            yield from _words(each[start : start + _WINDOW])


def _words(plain: str) -> Iterator[str]:
    for reading in unleeted(plain):
        words = lettered(reading)
        yield words
        yield f" {' '.join(joined(reading.replace(chr(10), ' ')).split())} "
        spelled = [run.replace(" ", "") for run in _SMALL.findall(words)]
        spelled += [joined(run.replace(" ", "")) for run in _APART.findall(reading.replace("\n", " "))]
        if spelled:
            yield f" {' '.join(spelled)} "
