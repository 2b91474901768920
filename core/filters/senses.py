"""In which sense a listed word is meant where two are possible: as a name, in harmless company, in another language.

Looks at words that were found already; finds none.
"""

import re
from functools import cache

from core.filters import lists
from core.filters.disguise import lettered
from core.filters.lexicon import Lexicon

_NEAR = 70
"""Characters before and behind a word in which others show how it is meant."""
_ENGLISH = {
    *(
        "the",
        "and",
        "of",
        "to",
        "was",
        "his",
        "her",
        "he",
        "she",
        "it",
        "they",
        "you",
        "i",
        "with",
        "that",
        "for",
        "is",
    ),
    *("this", "my", "said", "from", "your", "we"),
}


def harmless(plain: str, known: Lexicon) -> frozenset[str]:
    """The listed words that are harmless in the language of a folded text; none if it is English."""
    tokens = set(lettered(plain).split())
    if len(tokens & _ENGLISH) > 1:
        return frozenset()
    here = [words for marks, words in known.elsewhere if len(tokens & marks) > 1 and tokens & words]
    return frozenset().union(*here)


def is_name(word: str, original: str, known: Lexicon) -> bool:
    """Whether `word` is a name each time that it stands in the `original` text: with a capital, some behind a title."""
    if word in known.names:
        written = re.findall(rf"(?<![a-zA-Z]){word}(?![a-zA-Z])", original, re.IGNORECASE)
        return bool(written) and all(w == w.title() for w in written)
    if word in known.surnames:
        titled = re.findall(rf"(\w*)[. ]{{0,2}}(?<![a-zA-Z])({word})(?![a-zA-Z])", original, re.IGNORECASE)
        return bool(titled) and all(w == w.title() and before.lower() in _titles() for before, w in titled)
    return False


@cache
def _titles() -> frozenset[str]:
    return frozenset(lists.TITLES.split())


def in_company(word: str, words: str, known: Lexicon) -> bool:
    """Whether each time that `word` stands in `words`, something near it shows that it is meant innocently."""
    company = known.company.get(word)
    return company is not None and all(
        company.intersection(words[max(0, p - _NEAR) : p + _NEAR].split()) for p in places(word, words)
    )


def excused(word: str, words: str, spans: list[tuple[int, int]]) -> bool:
    """Whether `word` stands nowhere in `words` but in harmless phrases, which have these spans."""
    return bool(spans) and all(any(a <= p < b for a, b in spans) for p in places(word, words))


def places(word: str, words: str) -> list[int]:
    """Where `word` begins in `words`."""
    return [m.start() for m in re.finditer(f"(?<= ){word}(?= )", words)]
