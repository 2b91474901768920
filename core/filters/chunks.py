"""Single chunks of a text, which white space parts: whether one is a plain word, and which word it may stand for.

Knows no word list.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

from core.filters.disguise import joined
from core.policy import Category

_MOST_SIGNS = 4_000
"""Signs of a window that may stand in chunks that are no plain words; where there are more, nobody can read the text,
and that is what is said of it."""
_CONTRACTED = re.compile("[a-z]+['’](?:s|t|d|m|ll|re|ve)|[0-9.,:/+%$€£-]{1,8}")
EVERYDAY = "a i am an as at be by do go he hi if in is it me my no of oh on or ox so to up us we ye"
SHORT = frozenset(EVERYDAY.split())
"""Words of one letter or two that people use every day."""


def between_signs(tokens: Iterable[str]) -> Iterator[str]:
    """What the tokens say if they have the same letter between each two of theirs."""
    return (t[::2] for t in tokens if len(t) > 6 and len(t) % 2 and t[1] == t[3] == t[5] and len({*t[1::2]}) == 1)


def readable(shapes: Iterable[str]) -> list[str]:
    """The odd chunks that are worth reading: all, unless there are more signs in them than any story has."""
    some = list(shapes)
    signs = accumulate(0 if c.isalpha() else len(c.encode("ascii", "ignore")) for c in some)
    return some[: bisect_right(list(signs), _MOST_SIGNS)]


def fits(chunk: str, word: str, kind: Category) -> bool:
    """Whether `word` may stand behind the signs of `chunk`; more than half only if strong and starred."""
    hidden = sum(not (c.isascii() and c.isalpha()) for c in chunk)
    if hidden > len(word) // 2 and ("*" not in chunk or kind not in {Category.STRONG, Category.SLUR}):
        return False
    return all(c == w or not c.isascii() or not c.isalnum() for c, w in zip(chunk, word, strict=True))


def vowels_masked(chunk: str, word: str) -> bool:
    """Whether `chunk` is `word` with nothing but vowels hidden."""
    return all(c == w or w in "aeiou" for c, w in zip(chunk, word, strict=True))


def without_ends(lines: str) -> set[str]:
    """What stands in each line of short pieces once the everyday short words at its ends are gone."""
    found: set[str] = set()
    for line in lines.split("\n"):
        pieces = line.split(" ")
        last = len(pieces)
        while last and pieces[last - 1] in SHORT:
            last -= 1
        first = 0
        while first < last and pieces[first] in SHORT:
            first += 1
        for start in {0, min(1, first), min(2, first), first}:
            found.update(("".join(pieces[start:]), "".join(pieces[start:last])))
    return {f for f in joined(" ".join(found)).split() if len(f) > 2}


def ordinary(chunk: str) -> bool:
    """Whether `chunk` is a plain English word, perhaps with an apostrophe, or a small number."""
    if chunk.isascii() and (chunk.isalpha() or not chunk):
        return True
    return bool(_CONTRACTED.fullmatch(chunk))
