"""Which passages bear out a claim about the story, and what a rewriting must not lose.

Plain counting of shared words, weighted by how rare they are in the story; no model is asked. It drops claims
that the story does not carry; it cannot tell a true reading from a false one made of the same words.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from core.story import Passage
from core.text import sentences

_WORD = re.compile(r"[\u3400-\u9fff]|\d+|[^\W\d_\u3400-\u9fff]+(?:['’][^\W\d_]+)?")
_STEM = 5
"""Words are compared by their first letters, so that "answered" bears out "answers"."""
_SUPPORT = 0.5
"""Share of a claim's weight that must stand in the passages cited together."""
_MOST_CITED = 3
_BEGINNING = 4
_ALIKE = 70
"""How like a name a word must be, in hundredths of rapidfuzz's ratio (2 × letters in common by all letters)."""

_ENOUGH = 1000
"""Characters that tell in which script a story is."""
_EASTERN = "CJK"
_MIXED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")
"""Scripts that stand together in one text."""

_COMMON = frozenset(
    """a about after all also am an and any are as at be because been before but by can could did do does done
    for from get got had has have he her here hers him his how i if in into is it its just like made make me
    more my no not now of off on one or our out over said say says she so some story tell that the their them
    then there these they this to too up us very was we were what when where which while who why will with would
    you your""".split()  # noqa: SIM905 - a list of eighty strings is harder to read
)


@dataclass(frozen=True)
class Claim:
    """One sentence about the story and the numbers of the passages that bear it out."""

    text: str
    cites: tuple[int, ...]


def claims(answer: str, passages: Sequence[Passage], asked: str = "") -> list[Claim]:
    """The sentences of `answer` that `passages` bear out, each with its citations; the others are dropped.

    Words of the question alone are no evidence, but they need not be borne out again.
    """
    stems = {p.number: _stems(p.text) for p in passages}
    weight = _weights(stems.values())
    found = []
    for sentence in sentences(answer):
        cites = _cites(_stems(sentence), _stems(asked), stems, weight)
        if cites:
            found.append(Claim(sentence, cites))
    return found


def names(text: str) -> set[str]:
    """Words that are capitalised although no sentence begins with them: most likely names."""
    found = set()
    for match in re.finditer(r"(?<=[\w,;:’'\"”)-] )[“\"‘']?([A-Z][\w’'-]+)", text):
        if match.group(1).lower() not in _COMMON and not match.group(1).startswith(("I’", "I'")):
            found.add(match.group(1).removesuffix("'s").removesuffix("’s"))
    return found


def respelt(text: str, known: Collection[str]) -> str:
    """`text` with the names of the known texts where it has something like them: small models copy rare names badly.

    A capitalised word that stands in none of them becomes the name that begins with the same four letters and is most
    like it, if one is like it by `_ALIKE`.
    """
    whole = {word for each in known for word in _all_words(each)}
    given = {name for each in known for name in names(f"It says {each}") if len(name) > _BEGINNING}

    def right(match: re.Match[str]) -> str:
        word = match[0]
        near = [name for name in given if name[:_BEGINNING] == word[:_BEGINNING]]
        found = None if word in whole else process.extractOne(word, near, scorer=fuzz.ratio, score_cutoff=_ALIKE)
        return found[0] if found else word

    return re.sub(r"\b[A-Z]\w{4,}", right, text)


def strangers(text: str, known: Collection[str]) -> set[str]:
    """Names in `text` that stand in none of the known texts (K6)."""
    found = names(text)
    return found - {word for each in known for word in _all_words(each)} if found else found


def faithful(old: str, new: str) -> bool:
    """Whether `new` can be another wording of `old`: every name and emoji kept, none added; most content kept."""
    if names(old) - _all_words(new) or names(new) - _all_words(old) or _symbols(old) != _symbols(new):
        return False
    before, after = _stems(old), _stems(new)
    if not before:
        return True
    shared = len(before & after)
    return shared >= 0.6 * len(before) and shared >= 0.5 * len(after)


def otherwise_written(text: str, told: str) -> bool:
    """Whether `text` is mostly in another script than the end of `told`, as English is for a Chinese story."""
    here, there = _script(text), _script(told[-_ENOUGH:])
    return bool(here and there) and here != there


def repeats(text: str, earlier: Sequence[str], *, run: int = 8) -> bool:
    """Whether `text` has `run` words in a row that stand in an earlier text, or twice in itself (T11)."""
    words = _words(text)
    own = [f" {' '.join(words[i : i + run])} " for i in range(len(words) - run + 1)]
    if len(set(own)) < len(own):
        return True
    parts = _parts(words, run)
    likely = [each for each in earlier if _may_hold(each.casefold(), parts)]
    told = "\n".join(f" {' '.join(_words(each))} " for each in likely)
    return any(each in told for each in own)


def _parts(words: list[str], run: int) -> list[list[str]]:
    """`words` in parts of which every run holds a whole one; case folded, the longest word of each first.

    Case folding, unlike lower case, does not depend on the letters around (a Greek sigma at a word's end does).
    """
    size = (run + 1) // 2
    parts = (words[i : i + size] for i in range(0, len(words) - size + 1, size))
    return [[word.casefold() for word in sorted(each, key=len, reverse=True)] for each in parts]


def _may_hold(text: str, parts: list[list[str]]) -> bool:
    """Whether all words of a part stand somewhere in `text`: quickly seen, and seldom so."""
    return any(all(map(text.__contains__, each)) for each in parts)


def stutters(text: str) -> bool:
    """Whether `text` says one to six words three times in a row, as a small model that has lost its way does."""
    words = _words(text)
    return any(
        words[i] == words[i + size] and words[i : i + 2 * size] == words[i + size : i + 3 * size]
        for size in range(1, 7)
        for i in range(len(words) - 3 * size + 1)
    )


def _symbols(text: str) -> frozenset[str]:
    """Emoji and other signs that are neither letters nor punctuation; small models have no tokens for most of them."""
    return frozenset(each for each in text if unicodedata.category(each)[0] == "S")


def _script(text: str) -> str:
    """In which script most of the letters are, by the first word of their Unicode names; empty if there are none."""
    found = Counter[str]()
    for letter, times in Counter(text).items():
        if letter.isalpha():
            found[unicodedata.name(letter, "").partition(" ")[0]] += times
    most = max(found, key=found.__getitem__, default="")
    return _EASTERN if most in _MIXED else most


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _all_words(text: str) -> set[str]:
    return {w.removesuffix("'s").removesuffix("’s") for w in re.findall(r"[\w’'-]+", text)}


def content(text: str) -> frozenset[str]:
    """The words of a text that tell something, by their first letters."""
    return _stems(text)


def _stems(text: str) -> frozenset[str]:
    words = (w.lower() for w in _WORD.findall(text))
    return frozenset(w[:_STEM] for w in words if (w not in _COMMON and len(w) > 1) or w.isdigit() or w > "\u33ff")


def _weights(texts: Collection[frozenset[str]]) -> dict[str, float]:
    counted = Counter(stem for each in texts for stem in each)
    return {stem: math.log1p(len(texts) / n) for stem, n in counted.items()}


def _cites(
    claim: frozenset[str], asked: frozenset[str], stems: dict[int, frozenset[str]], weight: dict[str, float]
) -> tuple[int, ...]:
    unknown = math.log1p(max(1, len(stems)))
    need = {stem: weight.get(stem, unknown) for stem in claim - asked or claim}
    left, total = dict(need), sum(need.values())
    cited: list[int] = []
    while left and len(cited) < _MOST_CITED:
        best = max(stems, key=lambda number: sum(w for s, w in left.items() if s in stems[number]), default=0)
        if not best or not any(stem in stems[best] for stem in left):
            break
        cited.append(best)
        left = {stem: w for stem, w in left.items() if stem not in stems[best]}
    if total == 0 or 1 - sum(left.values()) / total < _SUPPORT:
        return ()
    return tuple(sorted(cited))
