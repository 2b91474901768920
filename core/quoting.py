"""The sentences of a story that come nearest to a question: what a storyteller answers that is too small to read.

Sentences are ranked by BM25 (Robertson and Zaragoza 2009) over the first letters of telling words, and a little by
the sentences beside them; no model is asked.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

from core.evidence import Claim, content
from core.story import Passage
from core.text import sentences

_K1, _B = 1.2, 0.75
"""How soon a word counts no more, and how much a long sentence is marked down: the usual values."""
_BESIDE = 0.15
"""How much of what the sentence before and the one behind are worth is added."""
_COVERED = 0.2
"""Share of the question's weight that one sentence must have; below, the story most likely says nothing about it."""
_ALSO = 0.5
"""Share of the best sentence's worth that the second one must have."""

_PAST = """
became become began begin bought buy broke break brought bring built build came come caught catch chose choose
did do drank drink drove drive ate eat fell fall felt feel fought fight found find flew fly forgot forget gave give
went go grew grow had have heard hear hid hide hidden hide held hold kept keep knew know left leave lost lose made make
met meet paid pay ran run rang ring rode ride rose rise said say sang sing sat sit saw see sent send shone shine slept
sleep sold sell spoke speak stole steal stood stand swam swim taught teach thought think threw throw told tell took take
understood understand woke wake won win wore wear wrote write
""".split()  # noqa: SIM905 - a list of a hundred strings is harder to read
_NOW = dict(zip(_PAST[::2], _PAST[1::2], strict=True))
"""What a question asks with, by what a story tells with: "what did she find" is about what she found."""


def quotes(question: str, passages: Sequence[Passage]) -> list[Claim]:
    """At most two sentences, as they stand in the story and in its order, with the numbers of their passages.

    Empty if none says anything about the question. A question without telling words is about nothing.
    """
    found = [(each.number, text) for each in passages for text in sentences(each.text)]
    said = [_telling(text) for _, text in found]
    asked = _weights(_telling(question), said)
    usual = max(1.0, sum(map(len, said)) / max(1, len(said)))
    own = [_worth(each, asked, usual) for each in said]
    near = [worth + _BESIDE * sum(own[max(0, at - 1) : at + 2]) for at, worth in enumerate(own)]
    best = sorted(range(len(found)), key=lambda at: (-near[at], at))[:2]
    if not best or not _covers(said, asked):
        return []
    kept = [at for at in best if near[at] >= _ALSO * near[best[0]]]
    return [Claim(found[at][1], (found[at][0],)) for at in sorted(kept)]


def _telling(text: str) -> frozenset[str]:
    """The telling words of a text, verbs in the present."""
    return content(re.sub(r"\w+", lambda word: _NOW.get(word[0].lower(), word[0]), text))


def _weights(question: frozenset[str], said: Sequence[frozenset[str]]) -> dict[str, float]:
    """How rare each word of the question is in these sentences."""
    often = Counter(stem for each in said for stem in each)
    return {stem: math.log1p((len(said) - often[stem] + 0.5) / (often[stem] + 0.5)) for stem in question}


def _worth(said: frozenset[str], asked: dict[str, float], usual: float) -> float:
    length = 1 - _B + _B * len(said) / usual
    return sum(asked[stem] for stem in said & asked.keys()) * (_K1 + 1) / (1 + _K1 * length)


def _covers(said: Sequence[frozenset[str]], asked: dict[str, float]) -> bool:
    most = max((sum(asked[stem] for stem in each & asked.keys()) for each in said), default=0.0)
    return most > 0 and most >= _COVERED * sum(asked.values())
