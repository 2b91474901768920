"""Cuts a long text for Slack's blocks: at a paragraph, else a sentence, else a word, never inside a character."""

import re
from collections.abc import Iterator

from bots.cutting import PARAGRAPH, SENTENCE, WORD, between_characters

_ENTITY = re.compile(r"&(?:amp|lt|gt)?;?")


def pieces(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit` characters; one piece for an empty text."""
    found = []
    while len(text) > limit:
        at = next(_places(text, limit))
        found.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*found, text] if text.strip() or not found else found


def _places(text: str, limit: int) -> Iterator[int]:
    """Places to cut at, the best one first."""
    for pattern, least in ((PARAGRAPH, limit // 3), (SENTENCE, limit // 4), (WORD, limit // 8)):
        ends = [match.end() for match in pattern.finditer(text, 0, limit + 1)]
        yield from (at for at in reversed(ends) if least <= at <= limit)
    yield from (at for at in range(limit, 0, -1) if between_characters(text, at) and _outside_entity(text, at))
    yield limit


def _outside_entity(text: str, at: int) -> bool:
    start = text.rfind("&", max(0, at - 5), at)
    return start < 0 or ";" in text[start:at] or not _ENTITY.match(text, start)
