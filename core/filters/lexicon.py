"""Which words are looked for, of what kind they are, and which look-alikes are innocent.

Sources: the word lists of glin-profanity (MIT), badwords-py (MIT; parts LDNOOBW, CC-BY-4.0) and better-profanity (MIT);
the English dictionary with counts of pyspellchecker (MIT); our own `core.filters.lists`.
A word that is in the dictionary counts only if two lists agree on it, or we list it ourselves.
This module does not look at any text.
"""

import gzip
import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files

from core.filters import lists
from core.filters.disguise import folded, lettered, squeezed


class Kind(StrEnum):
    """What is wrong with a word. The value is the reason that people are told."""

    MILD = "mild profanity"
    STRONG = "profanity"
    SLUR = "slur"
    DATED = "outdated word"
    SUGGESTIVE = "suggestive"
    SEXUAL = "sexual"
    MINORS = "sexual content with minors"
    RAPE = "sexual violence"
    GORE = "violence"
    DRUGS = "drugs"
    SELF_HARM = "self-harm"
    HATE = "hate"
    THREAT = "threat"


_OWN = {
    Kind.SUGGESTIVE: (lists.SUGGESTIVE, lists.SUGGESTIVE_PHRASES),
    Kind.DATED: (lists.DATED, ""),
    Kind.SELF_HARM: (lists.SELF_HARM, lists.SELF_HARM_PHRASES),
    Kind.DRUGS: (lists.DRUGS, ""),
    Kind.GORE: (lists.GORE, ""),
    Kind.RAPE: (lists.RAPE, lists.RAPE_PHRASES),
    Kind.MILD: (lists.MILD, ""),
    Kind.STRONG: (lists.STRONG, lists.STRONG_PHRASES),
    Kind.SEXUAL: (lists.SEXUAL, lists.SEXUAL_PHRASES),
    Kind.SLUR: (lists.SLUR, lists.SLUR_PHRASES),
    Kind.MINORS: (lists.MINORS, lists.MINORS_PHRASES),
}
"""Our own words by kind; where two kinds list a word, the later one holds."""
_ROOT = {
    "nigg": Kind.SLUR,
    "fagg": Kind.SLUR,
    "fuck": Kind.STRONG,
    "shit": Kind.STRONG,
    "cunt": Kind.STRONG,
    "bitch": Kind.STRONG,
    "dick": Kind.STRONG,
    "twat": Kind.STRONG,
    "wank": Kind.STRONG,
    "cock": Kind.STRONG,
    "whore": Kind.STRONG,
    "ass": Kind.MILD,
}
_VOWELS = "aeiou"
_TOO_COMMON = 150
"""How often a word must be counted in the dictionary's corpus to be a word that people use."""


@dataclass(frozen=True)
class Lexicon:
    """Everything the matcher needs. Sets and dictionaries only, so that looking up is quick."""

    words: dict[str, Kind]
    phrases: dict[str, Kind]
    near: dict[str, Kind]
    """Typos, inflections, reversals and squeezed forms that are no word themselves."""
    roots: dict[str, Kind]
    """Words with no innocent sense, looked for inside longer words."""
    squeezes: dict[str, tuple[str, ...]]
    masks: dict[tuple[int, str], dict[str, Kind]]
    """Words that people write with signs for letters, by length and first letter."""
    splits: frozenset[str]
    """Words that may be written in two parts."""
    harmless: frozenset[str]
    names: frozenset[str]
    innocent: frozenset[str]
    """Dictionary words that are not listed."""
    common: frozenset[str]
    """Words that people use every day."""
    fronts: frozenset[str]
    ends: frozenset[str]
    """What may be glued before and behind a root, besides common words."""
    foreign: dict[str, Kind] = field(default_factory=dict)
    unspaced: dict[str, Kind] = field(default_factory=dict)
    """Words of scripts that write without spaces."""


def _phrases(text: str) -> Iterator[str]:
    return (p for p in (" ".join(part.split()) for part in text.split("·")) if p)


@cache
def dictionary() -> dict[str, int]:
    """English words and how often each is used."""
    packed = files("spellchecker").joinpath("resources/en.json.gz").read_bytes()
    counts: dict[str, int] = json.loads(gzip.decompress(packed))
    return counts


def _package_lists(language: str, short: str) -> list[set[str]]:
    found = []
    glin = files("glin_profanity").joinpath(f"data/dictionaries/{language}.json")
    if glin.is_file():
        found.append({w.lower() for w in json.loads(glin.read_text("utf-8"))["words"]})
    badwords = files("badwords").joinpath(f"resource/words/{short}.txt")
    if badwords.is_file():
        found.append(set(badwords.read_text("utf-8").lower().split("\n")))
    return found


def _english() -> Iterator[str]:
    better = files("better_profanity").joinpath("profanity_wordlist.txt").read_text("utf-8")
    sources = [*_package_lists("english", "en"), set(better.lower().split("\n"))]
    ordinary = dictionary()
    for word in sorted(set().union(*sources)):
        clean = " ".join(lettered(word).split())
        agreed = sum(word in s for s in sources)
        if len(clean) > 2 and clean == word and (agreed > 1 or (word not in ordinary and len(word) > 4)):
            yield word


def _kind(word: str) -> Kind:
    return next((kind for root, kind in _ROOT.items() if root in word), Kind.SEXUAL)


@cache
def lexicon() -> Lexicon:
    """The lexicon, built once, at first use."""
    counts = dictionary()
    not_ours = {*lists.INNOCENT.split(), *_phrases(lists.INNOCENT_PHRASES)}
    known = {w: _kind(w) for w in _english() if w not in not_ours}
    for kind, (ours, our_phrases) in _OWN.items():
        known |= dict.fromkeys((*ours.split(), *_phrases(our_phrases)), kind)
    words = {w: k for w, k in known.items() if " " not in w}
    ambiguous = set(lists.TWO_SENSES.split())
    innocent = frozenset(counts) - words.keys() | frozenset(lists.PLACES.split())
    plain = {w: k for w, k in words.items() if w not in ambiguous and len(w) > 3}
    near = {v: k for w, k in plain.items() for v in _variants(w) if v not in innocent and v not in words and v not in not_ours}
    inflected = {
        v: k for w, k in plain.items() for v in _inflections(w, counts) if v not in words and v not in not_ours
    }
    words |= inflected
    innocent -= words.keys()
    return Lexicon(
        words=words,
        phrases={w: k for w, k in known.items() if " " in w},
        near=near,
        roots={w: words[w] for w in lists.ROOTS.split() if w in words} | {w: k for w, k in plain.items() if len(w) > 4 and k in {Kind.STRONG, Kind.SLUR, Kind.SEXUAL}},
        squeezes=_grouped((squeezed(w), w) for w in words),
        masks=_masks({w: k for w, k in words.items() if w not in inflected}),
        splits=frozenset(w for w in words if len(w) > 3),
        harmless=frozenset(_phrases(lists.HARMLESS)),
        names=frozenset(lists.NAMES.split()),
        innocent=innocent,
        common=frozenset(w for w, n in counts.items() if n >= _TOO_COMMON and w not in words),
        fronts=frozenset(lists.FRONTS.split()),
        ends=frozenset(lists.ENDS.split()),
    )


def _masks(words: dict[str, Kind]) -> dict[tuple[int, str], dict[str, Kind]]:
    found: dict[tuple[int, str], dict[str, Kind]] = {}
    for word, kind in words.items():
        if len(word) > 2 and kind not in {Kind.SUGGESTIVE, Kind.DATED, Kind.DRUGS}:
            found.setdefault((len(word), word[0]), {})[word] = kind
    return found


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for key, word in pairs:
        found.setdefault(key, []).append(word)
    return {k: tuple(v) for k, v in found.items()}


def _inflections(word: str, ordinary: Collection[str]) -> set[str]:
    """The forms that grammar makes of `word`; a looser form only if it is no `ordinary` word."""
    stem, last = word.removesuffix("e"), word[-1]
    strict = {word + ("es" if last in "shxz" else "s"), stem + "ing", stem + "ed"}
    loose = {
        stem + "er",
        stem + "ers",
        word + "z",
        word + "ing",
        stem + "y",
        stem + "in",
        word + last + "ing",
        word + last + "ed",
    }
    return strict | {w for w in loose if w not in ordinary}


def _variants(word: str) -> set[str]:
    found = {word[::-1]}
    found |= {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}
    found |= {word[:i] + word[i + 1 :] for i in range(1, len(word)) if word[i] in _VOWELS or len(word) > 6}
    found.add(word[0] + re.sub("[aeiou]", "", word[1:]))
    for old, new in (
        ("ck", "k"),
        ("ck", "q"),
        ("c", "k"),
        ("u", "v"),
        ("u", "oo"),
        ("i", "y"),
        ("i", "ee"),
        ("f", "ph"),
        ("er", "a"),
        ("er", "ah"),
        ("s", "z"),
        ("gg", "qq"),
        ("ck", "x"),
        ("ks", "x"),
        ("u", "a"),
        ("w", "vv"),
        ("o", "oo"),
    ):
        found.add(word.replace(old, new))
    found.discard(word)
    return {v for v in found if len(v) > 2 and (len(v) > 3 or len(word) == 4 and v[0] == word[0])}
