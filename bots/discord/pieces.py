"""Cuts a long text into messages: at a paragraph, else a sentence, else a word, never inside markup or a character."""

import re
from collections.abc import Iterator

from bots.cutting import PARAGRAPH, SENTENCE, WORD, between_characters
from bots.discord.markup import BREAK, Span, spans

LIMIT = 2000
"""Characters in one message's content. Counted in UTF-16 units, which are never fewer than Discord's."""
_SPARE = 24
"""Kept free for marks that are closed at the end."""

_LINE = re.compile(r"\n")
_CAPTION = "-# "
_MARKS = tuple("*_~|`")


def pieces(text: str, limit: int = LIMIT) -> list[str]:
    """The text in messages of at most `limit` characters, markup closed and opened again where it must be."""
    found = []
    while width(text) > limit:
        position, closing, opening = _cut(text, limit)
        if len(opening) >= position:  # marks alone fill a message; then they cannot be kept
            position, closing, opening = _room(text, limit), "", ""
        found.append(_apart(text[:position].rstrip(), closing))
        rest = text[position:]
        text = _apart(opening, rest.lstrip("\n") if opening.startswith("```") else rest.lstrip())
    return [*found, text] if text.strip() or not found else found


def width(text: str) -> int:
    """How long a text is for Discord, at most."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _cut(text: str, limit: int) -> tuple[int, str, str]:
    """Where to cut, what closes the marks there, and what opens them again."""
    room = _room(text, limit - _SPARE)
    marked = spans(text)
    position = next(_places(text, room, marked))
    inside = [span for span in marked if span.splits(position) and span.bears(position)]
    return position, _apart(*(s.closing for s in reversed(inside))), _apart(*(s.opening for s in inside))


def _apart(*parts: str) -> str:
    """The parts, with something invisible between two marks that would run into one another."""
    whole = ""
    for part in parts:
        whole += f"{BREAK if whole[-1:] in _MARKS and whole[-1:] == part[:1] else ''}{part}"
    return whole


def _places(text: str, room: int, marked: list[Span]) -> Iterator[int]:
    """Places to cut at, the best one first."""
    for pattern, least, outside in (
        (PARAGRAPH, room // 3, True),
        (SENTENCE, room // 4, True),
        (_LINE, room // 4, True),
        (SENTENCE, room // 4, False),
        (_LINE, room // 4, False),
        (WORD, room // 8, True),
        (WORD, 1, False),
    ):
        ends = [match.end() for match in pattern.finditer(text, 0, room + 1)]
        yield from (p for p in reversed(ends) if least <= p <= room and _good(text, p, marked, outside=outside))
    characters = [p for p in range(room, 0, -1) if between_characters(text, p)]
    yield from (p for p in characters if _good(text, p, marked, outside=False))
    yield from characters
    yield room


def _good(text: str, position: int, marked: list[Span], *, outside: bool) -> bool:
    inside = [span for span in marked if span.splits(position)]
    if text[position:].lstrip().startswith(_CAPTION):
        return False
    if outside or not inside:
        return not inside
    return all(span.bears(position) and all(map(str.strip, span.halves(text, position))) for span in inside)


def _room(text: str, limit: int) -> int:
    """How many characters of the text have at most this width."""
    if width(text[:limit]) <= limit:
        return limit
    units = 0
    for index, character in enumerate(text):
        units += 2 if character > "\uffff" else 1
        if units > limit:
            return index
    return len(text)
