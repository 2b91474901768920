"""Layered summaries: which of them stand for the beginning of a story, and how sentences are picked for one.

A scene stands for the passages that fell out of the window at one time, a chapter for two scenes, the whole for the
chapters before it. Each knows by id the passage before its first one and its last one. Passages are never changed where
they stand and have one parent each, so these two ids say exactly which versions of which passages it was made from:
when one of them is undone or edited, the summary does not belong to the story any more, and when that is redone, it
does again.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence

from core.evidence import content, names
from core.story import Layer, Passage, Summary
from core.text import sentences

_TOGETHER = 2
"""Summaries of one layer that become one of the next. So a chain has no more than one of each, once it is folded."""
_SPEECH = '"“”«»「」‘'


def chain(passages: Sequence[Passage], known: Sequence[Summary]) -> list[Summary]:
    """The summaries that lead without a gap up to one of these passages, oldest first; the highest layers of them.

    `passages` are the end of a story, oldest first. Empty if none leads there.
    """
    parents = {each.parent: each.number for each in passages if each.parent is not None}
    last = max((each for each in known if each.through in parents), key=lambda each: each.last, default=None)
    if last is None:
        return []
    found: list[Summary] = []
    through: int | None = last.through
    while here := [each for each in known if each.through == through]:
        found.append(max(here, key=lambda each: each.layer))
        through = found[-1].after
    return found[::-1]


def to_fold(found: Sequence[Summary]) -> list[Summary]:
    """The last summaries of a chain that are to become one of the next layer; none if they are too few.

    The whole takes up the whole before it.
    """
    last = [each for each in found[-_TOGETHER:] if each.layer == found[-1].layer]
    if len(last) < _TOGETHER or last[-1].layer is Layer.WHOLE:
        return []
    before = found[: -len(last)]
    return [*before, *last] if last[-1].layer is Layer.CHAPTER else last


def condensed(texts: Sequence[str], fits: Callable[[str], bool]) -> str:
    """Sentences of these texts, in order, that tell most with few words and `fits`; empty if not even one does.

    What counts is names, and words that come again in these texts: they are what it is about. Questions and speech tell
    less, and so does what was picked already.
    """
    found = list(dict.fromkeys(sentence for text in texts for sentence in sentences(text)))
    stems = [content(each) for each in found]
    often = Counter(stem for each in stems for stem in each)
    people = {name for text in texts for name in names(text)}
    picked: list[int] = []
    told: set[str] = set()

    def worth(place: int) -> float:
        weight = sum(math.log1p(often[stem]) for stem in stems[place] - told)
        weight += sum(name in found[place] for name in people)
        less = 0.5 if "?" in found[place] or any(mark in found[place] for mark in _SPEECH) else 1.0
        return less * weight / (4 + len(stems[place]))

    left = set(range(len(found)))
    while left:
        best = max(left, key=lambda place: (worth(place), -place))
        left.discard(best)
        if not worth(best):
            break
        if fits(_put_together(found, [*picked, best])):
            picked.append(best)
            told |= stems[best]
    return _put_together(found, picked)


def _put_together(found: Sequence[str], places: Sequence[int]) -> str:
    return " ".join(found[place] for place in sorted(places))
