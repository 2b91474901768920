"""Which words are looked for, of what kind they are, and which look-alikes are innocent.

Sources: the word lists of glin-profanity (MIT), badwords-py (MIT; parts LDNOOBW, CC-BY-4.0) and better-profanity (MIT);
the English dictionary of pyspellchecker (MIT); our own `core.filters.lists`.
A word that is in the dictionary counts only if two lists agree on it, or we list it ourselves.
This module does not look at any text.
"""

import gzip
import json
from collections.abc import Collection, Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from core.filters import chinese, lists
from core.filters.disguise import sounded, squeezed
from core.filters.shapes import folded
from core.filters.variants import inflections, mistyped, variants
from core.policy import Category

_OWN = {
    Category.SUGGESTIVE: (lists.SUGGESTIVE, lists.SUGGESTIVE_PHRASES),
    Category.DATED: (lists.DATED, ""),
    Category.SELF_HARM: (lists.SELF_HARM, lists.SELF_HARM_PHRASES),
    Category.DRUGS: (lists.DRUGS, ""),
    Category.GORE: (lists.GORE, ""),
    Category.RAPE: (lists.RAPE, lists.RAPE_PHRASES),
    Category.MILD: (lists.MILD, ""),
    Category.STRONG: (lists.STRONG, lists.STRONG_PHRASES),
    Category.SEXUAL: (lists.SEXUAL, lists.SEXUAL_PHRASES),
    Category.SLUR: (lists.SLUR, lists.SLUR_PHRASES),
    Category.MINORS: (lists.MINORS, lists.MINORS_PHRASES),
    Category.THREAT: ("", lists.THREAT_PHRASES),
}
"""Our own words by kind; where two kinds list a word, the later one holds."""

_STEMS = {
    Category.SLUR: ("nigg", "fagg"),
    Category.STRONG: ("fuck", "shit", "cunt", "bitch", "dick", "twat", "wank", "cock", "whore"),
    Category.MILD: ("ass", "bastard"),
}
"""Of what kind a package's word is if it holds one of these; any other is taken as sexual."""

_PLAIN_BAD = {Category.STRONG, Category.SLUR, Category.SEXUAL}
_NEVER_MASKED = {Category.SUGGESTIVE, Category.DATED, Category.DRUGS, Category.SELF_HARM}


@dataclass(frozen=True)
class Lexicon:
    """Everything the matcher needs. Sets and dictionaries only, so that looking up is quick."""

    words: dict[str, Category]
    phrases: dict[str, Category]
    near: dict[str, Category]
    """Typos, reversals and other spellings that are no word themselves."""
    sounds: dict[str, Category]
    """Words by their sound, where no everyday word sounds so."""
    roots: dict[str, Category]
    """Words with no innocent sense, looked for inside longer words."""
    hard_roots: dict[str, Category]
    """Letters that no innocent word holds."""
    shuffled: dict[str, dict[str, Category]]
    """By first and last letter: words by `shuffle_key`, where no innocent word has the same."""
    squeezes: dict[str, tuple[str, ...]]
    """Words by their form with no letter repeated."""
    masks: dict[tuple[int, str], dict[str, Category]]
    """Words that people write with signs for letters, by length and first letter."""
    harmless: frozenset[str]
    """Phrases in which a listed word is innocent."""
    names: frozenset[str]
    surnames: frozenset[str]
    company: dict[str, frozenset[str]]
    """Listed words, and those that show near them that they are meant innocently."""
    elsewhere: tuple[tuple[frozenset[str], frozenset[str]], ...]
    """Everyday words of other languages, and words that are harmless in them."""
    innocent: Set[str]
    """Dictionary words that are not listed."""
    drawn_out: Set[str]
    """Innocent words with no letter repeated."""
    common: Set[str]
    """Words that people use every day."""
    fronts: frozenset[str]
    ends: frozenset[str]
    """What may be glued before and behind a root, besides common words."""
    foreign: dict[str, Category]
    """Words in letters other than Latin."""
    unspaced: dict[str, Category]
    """Words of scripts that write no spaces."""
    neighbours: dict[str, tuple[str, str]]
    """Of them, those that are part of a harmless word with one of some signs before or behind them."""


@cache
def lexicon() -> Lexicon:
    """The lexicon, built once, at first use."""
    ordinary, used = _dictionary()
    not_ours = {*lists.INNOCENT.split(), *_phrases(lists.INNOCENT_PHRASES)}
    known = {w: _kind(w) for w in _english(ordinary) if w not in not_ours}
    abroad = _latin(ordinary) - known.keys()
    known |= dict.fromkeys(abroad, Category.STRONG)
    for kind, (ours, our_phrases) in _OWN.items():
        known |= dict.fromkeys((*ours.split(), *_phrases(our_phrases)), kind)
    words = {w: k for w, k in known.items() if " " not in w}
    ambiguous = set(lists.TWO_SENSES.split())
    plain = {w: k for w, k in words.items() if len(w) > 3 and w not in ambiguous and w not in abroad}
    inflected = {
        v: k for w, k in plain.items() for v in inflections(w, ordinary) if v not in words and v not in not_ours
    }
    every = inflected | words
    innocent = ordinary.union(lists.PLACES.split(), not_ours)
    innocent -= every.keys()
    used -= every.keys()
    return Lexicon(
        words=every,
        phrases={w: k for w, k in known.items() if " " in w},
        near={
            v: k
            for w, k in plain.items()
            for v in variants(w) | (mistyped(w) if len(w) > 5 and k in _PLAIN_BAD else set())
            if v not in innocent and v not in every and v + "g" not in innocent and (len(v) > 4 or k in _PLAIN_BAD)
        },
        sounds=_sounds(
            {
                v: k
                for w, k in words.items()
                for v in (w, w + "s")
                if k in _PLAIN_BAD and w not in ambiguous and w not in abroad
            },
            innocent,
        ),
        roots={w: k for w, k in plain.items() if _is_root(w, k)} | {w: words[w] for w in lists.ROOTS.split()},
        hard_roots={w: words.get(w, Category.STRONG) for w in lists.HARD_ROOTS.split()},
        shuffled=_shuffled({w: k for w, k in plain.items() if len(w) > 5 and k in _PLAIN_BAD}, innocent),
        squeezes=_grouped(zip(squeezed("\n".join(every)).split("\n"), every, strict=True)),
        masks=_masks({w: k for w, k in words.items() if w not in abroad}),
        harmless=frozenset(_phrases(lists.HARMLESS)),
        names=frozenset(lists.NAMES.split()),
        surnames=frozenset(lists.SURNAMES.split()),
        company={w: with_ for words, with_ in _pairs(lists.COMPANY) for w in words},
        elsewhere=tuple(_pairs(lists.ELSEWHERE)),
        innocent=innocent,
        drawn_out=set(squeezed(" ".join(innocent)).split(" ")),
        common=used,
        fronts=frozenset(lists.FRONTS.split()),
        ends=frozenset(lists.ENDS.split()),
        foreign=dict.fromkeys(_agreed("russian", "ru"), Category.STRONG),
        unspaced=_unspaced(),
        neighbours={
            word: (before, behind) for word, before, behind in map(str.split, chinese.NEIGHBOURS.strip().split("\n"))
        },
    )


def _phrases(text: str) -> Iterator[str]:
    return (p for p in (" ".join(part.split()) for part in text.split("·")) if p)


def _pairs(text: str) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """The words before and behind the colon of each part."""
    for part in text.split("·"):
        before, _, behind = part.partition(":")
        yield frozenset(before.split()), frozenset(behind.split())


def _packaged(package: str, path: str) -> bytes:
    """A file of an installed package, which is not imported for it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"the word filter needs the package {package}")
    return (Path(spec.submodule_search_locations[0]) / path).read_bytes()


def _dictionary() -> tuple[set[str], set[str]]:
    """All English words, and those counted at least 100 times in the dictionary's corpus."""
    text = gzip.decompress(_packaged("spellchecker", "resources/en.json.gz")).decode()
    pieces = text.split('"')
    words, counts = pieces[1::2], pieces[2::2]
    return set(words), {w for w, count in zip(words, counts, strict=True) if len(count) > len(": 99,\n")}


def _glin(language: str) -> set[str]:
    data = json.loads(_packaged("glin_profanity", f"data/dictionaries/{language}.json"))
    found: list[str] = data["words"]
    return {w.lower() for w in found}


def _badwords(code: str) -> set[str]:
    return set(_packaged("badwords", f"resource/words/{code}.txt").decode().lower().split("\n"))


def _english(ordinary: Collection[str]) -> Iterator[str]:
    better = _packaged("better_profanity", "profanity_wordlist.txt").decode()
    sources = [_glin("english"), _badwords("en"), set(better.lower().split("\n"))]
    for word in sorted(set().union(*sources)):
        letters = word.replace(" ", "")
        if len(letters) > 2 and letters.isascii() and letters.isalpha():
            agreed = sum(word in s for s in sources)
            if agreed > 1 or (word not in ordinary and len(word) > 4):
                yield word


_LATIN = {
    "german": "de", "spanish": "es", "french": "fr", "italian": "it", "dutch": "nl", "portuguese": "pt",
    "turkish": "tr", "polish": "pl", "swedish": "sv", "finnish": "fi", "danish": "da", "norwegian": "no",
    "czech": "cs", "hungarian": "hu",
}  # fmt: skip
_UNSPACED = {"japanese": "ja", "korean": "ko", "thai": "th"}
_CHINESE = {
    Category.STRONG: chinese.STRONG, Category.MILD: chinese.MILD, Category.SEXUAL: chinese.SEXUAL,
    Category.SUGGESTIVE: chinese.SUGGESTIVE, Category.RAPE: chinese.RAPE, Category.MINORS: chinese.MINORS,
    Category.SLUR: chinese.SLUR, Category.GORE: chinese.GORE, Category.DRUGS: chinese.DRUGS,
    Category.SELF_HARM: chinese.SELF_HARM, Category.THREAT: chinese.THREAT,
}  # fmt: skip


def _agreed(language: str, code: str) -> set[str]:
    """Single words that both packages list for a language, less those that we know to be ordinary."""
    both = _glin(language) & _badwords(code)
    return {w for w in both if w and " " not in w} - set(lists.FOREIGN_INNOCENT.split())


def _latin(ordinary: Collection[str]) -> set[str]:
    words = {folded(w) for language, code in _LATIN.items() for w in _agreed(language, code)}
    return {w for w in words if len(w) > 3 and w.isascii() and w.isalpha() and w not in ordinary} - set(
        lists.FOREIGN_INNOCENT.split()
    )


def _unspaced() -> dict[str, Category]:
    others = (w for language, code in _UNSPACED.items() for w in _agreed(language, code))
    found = {w: Category.STRONG for w in others if len(w) > 1 and not w.isascii()}
    return found | {w: kind for kind, text in _CHINESE.items() for w in text.split()}


def _kind(word: str) -> Category:
    return next((kind for kind, stems in _STEMS.items() if any(s in word for s in stems)), Category.SEXUAL)


def _is_root(word: str, kind: Category) -> bool:
    return len(word) > 4 and word.isascii() and kind in {Category.STRONG, Category.SLUR, Category.SEXUAL}


def _masks(words: dict[str, Category]) -> dict[tuple[int, str], dict[str, Category]]:
    found: dict[tuple[int, str], dict[str, Category]] = {}
    for word, kind in words.items():
        if len(word) > 2 and kind not in _NEVER_MASKED:
            found.setdefault((len(word), word[0]), {})[word] = kind
    return found


def _sounds(words: dict[str, Category], innocent: Collection[str]) -> dict[str, Category]:
    taken = set(sounded(" ".join(innocent) + " ").split())
    words = {v: k for w, k in words.items() for v in (w, w + "s") if k in _PLAIN_BAD}
    kinds = zip(sounded(" ".join(words) + " ").split(), words.values(), strict=True)
    return {sound: kind for sound, kind in kinds if len(sound) > 3 and sound not in taken}


def shuffle_key(word: str) -> str:
    """The same for words that differ only in the order of their inner letters."""
    return word[0] + "".join(sorted(word[1:-1])) + word[-1]


def _shuffled(words: dict[str, Category], innocent: Iterable[str]) -> dict[str, dict[str, Category]]:
    found: dict[str, dict[str, Category]] = {}
    for word, kind in words.items():
        found.setdefault(word[0] + word[-1], {})[shuffle_key(word)] = kind
    shapes = {(len(w), w[0], w[-1]) for w in words}
    for word in innocent:
        if (len(word), word[0], word[-1]) in shapes:
            found[word[0] + word[-1]].pop(shuffle_key(word), None)
    return found


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for key, word in pairs:
        found[key] = (*found.get(key, ()), word)
    return found
