"""Where a text can be cut, on every platform: behind a paragraph, a sentence or a word, and between two characters."""

import re
import unicodedata

PARAGRAPH = re.compile(r"\n\s*\n")
SENTENCE = re.compile(r"[.!?…][\"'”’)\]»*_~|]*(?=\s)|[。！？][\"'”’」』）]*")
WORD = re.compile(r"\s+")
_JOINER = "\u200d"


def between_characters(text: str, position: int) -> bool:
    """Whether a text can be cut there without parting what people see as one character."""
    before, after = text[position - 1], text[position]
    if _JOINER in (before, after) or unicodedata.category(after) in ("Mn", "Me", "Mc"):
        return False
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return False
    flags = 0
    while flags < position and "\U0001f1e6" <= text[position - 1 - flags] <= "\U0001f1ff":
        flags += 1
    return not (flags % 2 and "\U0001f1e6" <= after <= "\U0001f1ff")
