"""Cuts a long text for Slack's blocks: at a paragraph, else a sentence, else a word, never inside a character."""

import re
import unicodedata
from collections.abc import Iterator

_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"[.!?…][\"'”’)\]»*_~]*(?=\s)|[。！？][\"'”’」』）]*")
_WORD = re.compile(r"\s+")
_ENTITY = re.compile(r"&(?:amp|lt|gt)?;?")
_JOINER = "\u200d"


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
    for pattern, least in ((_PARAGRAPH, limit // 3), (_SENTENCE, limit // 4), (_WORD, limit // 8)):
        ends = [match.end() for match in pattern.finditer(text, 0, limit + 1)]
        yield from (at for at in reversed(ends) if least <= at <= limit)
    yield from (at for at in range(limit, 0, -1) if _between_characters(text, at))
    yield limit


def _between_characters(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if _JOINER in (before, after) or unicodedata.category(after) in ("Mn", "Me", "Mc"):
        return False
    start = text.rfind("&", max(0, at - 5), at)
    return start < 0 or ";" in text[start:at] or not _ENTITY.match(text, start)
