"""Spelling, for storytellers that are too small to mend it: they copy a misspelt word as if it were a name.

Only what is almost certainly a slip is mended: a word in small letters that no dictionary has, that stands but once in
the story, and that is one letter away from one word which is far more common than all others so near. What is typed
otherwise in Britain, in dialect, in an invented tongue or in another language stays as it is.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from spellchecker import SpellChecker

_WORD = re.compile(r"(?<![\w'’-])[a-z]{4,}(?![\w'’-])", re.ASCII)
_ANY_WORD = re.compile(r"[^\W\d_]+")
_MOST_UNKNOWN = 0.5
"""Share of unknown words beyond which a text is not taken for English."""
_PLAINLY = 3
"""How many times as common as the next one a word must be."""
_BRITISH = (
    *((r"re\b", "er"), (r"our", "or"), (r"ou", "o"), (r"is", "iz"), (r"ys", "yz"), (r"ll", "l"), (r"[ao]e", "e")),
    *((r"ence\b", "ense"), (r"l\b", "ll"), (r"l(?=ment|ful)", "ll"), (r"py", "pa"), (r"gre", "gra"), (r"mm", "m")),
)
"""What is written so in Britain, and so in America."""


def proofread(text: str, story: Sequence[str] = ()) -> str:
    """`text` without what are almost certainly slips of spelling; `story` is what stands around it. May take 0.1 s."""
    english = _english()
    words = [word.lower() for word in _ANY_WORD.findall(text)]
    unknown = set(words) - english.known(words)
    if len(unknown) > _MOST_UNKNOWN * len(words):
        return text
    often = Counter(word.lower() for each in (*story, text) for word in _ANY_WORD.findall(each))
    return _WORD.sub(lambda found: _right(found[0]) if often[found[0]] == 1 else found[0], text)


@cache
def _english() -> SpellChecker:
    """Read once, when somebody has something refined: it takes a moment and 15 MB."""
    return SpellChecker(language="en", distance=1)


def _right(word: str) -> str:
    """The word that was almost certainly meant."""
    english = _english()
    if english.known([word, word.removesuffix("s")]):
        return word
    near = sorted(((english[each], each) for each in english.candidates(word) or ()), reverse=True)
    if not near or (len(near) > 1 and near[0][0] < _PLAINLY * near[1][0]) or _british(word, near[0][1]):
        return word
    return near[0][1]


def _british(word: str, american: str) -> bool:
    """Whether the two are one word, spelt in Britain and in America."""
    return any(re.sub(here, there, word) == american for here, there in _BRITISH)
