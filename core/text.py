"""Small truths about text: where a sentence ends, and which characters may be stored.

Nothing here knows stories or moderation.
"""

import re
import unicodedata
from itertools import pairwise

_CLOSERS = "\"'”’»)\\]*_~"
_SENTENCE_END = re.compile(
    rf"[.!?…。！？\n](?:(?<=[.!?…])[.!?…]*[{_CLOSERS}]*(?=\s|$)|(?<=[。！？])[。！？]*[」』”’]*|(?<=\n)\n*)"
)
"""It begins with one of few signs, so that it is quickly sought."""
_IN_AN_END = frozenset(f".!?…。！？」』\n{_CLOSERS}")
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|Prof|Capt|Col|Sgt|Jr|Sr|vs|etc|No)|\b[A-Z])\.$")
_GOES_ON = re.compile(r"\s*[a-z]")

_BIDI = {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
_HARMFUL = {*_BIDI, "\u180e", *map(chr, range(0x206A, 0x2070)), *map(chr, range(0xFFF9, 0xFFFC))}
_LINE_ENDS = {0x2028: "\n", 0x2029: "\n", 0x85: "\n"}
_ALONE = frozenset({"Cf", "VS"})
_MOST_BREAKS = 20
_MOST_MARKS = 3
"""Combining marks that may follow one character; more is a tower built to overflow lines."""


def sentence_end(text: str, *, behind: int = 0) -> int:
    """The index just behind the last finished sentence of `text`, 0 if none is finished.

    With `behind`, 0 also if none is finished behind that index: a draft that grows need not be read anew each time.

    A full stop at the very end counts. One behind a title or a single letter does not, nor does one that goes on
    in lower case, as in “Stop!” he said.
    """
    start = behind
    while start and text[start - 1] in _IN_AN_END:  # an end may have grown
        start -= 1
    ends = _ends(text, start)
    return ends[-1] if ends and ends[-1] > behind else 0


def sentences(text: str) -> list[str]:
    """`text` cut into sentences, outer white space removed, an unfinished one last."""
    borders = [0, *_ends(text), len(text)]
    return [s for a, b in pairwise(borders) if (s := text[a:b].strip())]


def _ends(text: str, start: int = 0) -> list[int]:
    return [end for match in _SENTENCE_END.finditer(text, start) if _ends_here(text, end := match.end())]


def _ends_here(text: str, end: int) -> bool:
    if text[end - 1] == "\n":
        return True
    return not _ABBREVIATION.search(text, max(0, end - 8), end) and not _GOES_ON.match(text, end)


def hygienic(text: str) -> str:
    """NFC text without what only harms: NUL and control characters, lone surrogates, bidi controls, tag characters,
    unassigned code points, towers of combining marks, runs of invisible characters or of empty lines.
    Line breaks and tabs stay; emoji sequences stay.

    Linear in the length of `text`.
    """
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    marks = 0
    last = ""
    storable = filter(_storable, text.translate(_LINE_ENDS).replace("\r\n", "\n").replace("\r", "\n"))
    for char in unicodedata.normalize("NFC", "".join(storable)):
        category = "VS" if _selects(char) else unicodedata.category(char)
        if category in _ALONE and category == last:
            continue  # what nobody sees can carry a message, and needs no company
        last = category
        if category not in ("Cf", "VS"):  # a joiner does not begin a new character
            marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= _MOST_MARKS:
            kept.append(char)
    return _without_gaps(unicodedata.normalize("NFC", "".join(kept)))


def _selects(char: str) -> bool:
    """Whether `char` is a variation selector, which says how the one before it is drawn."""
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _without_gaps(text: str) -> str:
    """`text` with at most `_MOST_BREAKS` line breaks in a row, blanks between them not counted."""
    if text.count("\n") <= _MOST_BREAKS:
        return text
    kept: list[str] = []
    empty = 0
    for line in text.split("\n"):
        empty = 0 if line.strip() else empty + 1
        if empty < _MOST_BREAKS:
            kept.append(line)
    return "\n".join(kept)


def visible(text: str) -> bool:
    """Whether there is anything to see: a letter, digit, sign or symbol that is not drawn as a blank."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in _FILLERS for char in text)


def _storable(char: str) -> bool:
    if char in "\n\t":
        return True
    if char in _HARMFUL or 0xE0000 <= ord(char) <= 0xE007F:
        return False
    return unicodedata.category(char) not in {"Cc", "Cs", "Cn", "Co"}
