"""How a word looks in grammar, mistyped, turned about, or spelt by its sound. Knows no word list."""

import codecs
import re
from collections.abc import Collection


def inflections(word: str, ordinary: Collection[str]) -> set[str]:
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


_SPELLINGS = (
    ("ck", "k"), ("ck", "q"), ("ck", "x"), ("ks", "x"), ("c", "k"), ("u", "v"), ("u", "oo"), ("u", "a"),
    ("i", "y"), ("i", "ee"), ("f", "ph"), ("er", "a"), ("er", "ah"), ("s", "z"), ("s", "th"), ("gg", "qq"), ("w", "vv"),
    ("o", "oo"), ("sh", "sch"), ("ss", "zz"), ("ex", "ecks"), ("i", "l"), ("l", "i"),
    ("m", "rn"), ("ou", "u"), ("wh", "h"),
    ("oo", "u"), ("ed", "d"),
    ("er", "uh"), ("y", "ee"),
)  # fmt: skip
_BESIDE = {
    "a": "sqwz", "b": "vnhg", "c": "xvdf", "d": "sfec", "e": "wrds", "f": "dgrv", "g": "fhtb", "h": "gjyn",
    "i": "uokj", "j": "hkun", "k": "jlim", "l": "kop", "m": "nkj", "n": "bmhj", "o": "ipkl", "p": "ol", "q": "wa",
    "r": "etfd", "s": "adwx", "t": "ryfg", "u": "yijh", "v": "cbfg", "w": "qesa", "x": "zcsd", "y": "tugh", "z": "xas",
}  # fmt: skip
"""The keys around each key of an English keyboard."""
_VOWEL = re.compile("(?<=.)[aeiou]")
_EACH_VOWEL = re.compile("[aeiou]")


def variants(word: str) -> set[str]:
    """How `word` looks reversed, mistyped, or spelt by its sound. No variant of fewer than three letters."""
    found = {
        word[::-1],
        _pig_latin(word),
        f"{word[1:]}{word[0]}ay",
        word[-1] + word[:-1],
        word[1:] + word[0],
        codecs.encode(word, "rot13"),
        _EACH_VOWEL.sub(r"ub\g<0>", word),
        _EACH_VOWEL.sub(r"\g<0>h", word),
        word + word,
        _VOWEL.sub("", word),
        _VOWEL.sub("x", word),
        _VOWEL.sub("", word)[:1] + word[1:],
    }
    found.update(word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1))
    found.update(word[:i] + word[i + 1 :] for i in range(1, len(word)) if word[i] in "aeiou" or len(word) > 6)
    found.update(word.replace(old, new) for old, new in _SPELLINGS if old in word)
    found.discard(word)
    return {v for v in found if len(v) > 3 or (len(v) > 2 and len(word) == 4 and v[0] == word[0])}


def _pig_latin(word: str) -> str:
    """`word` with its first consonants behind it, and "ay"."""
    rest = word.lstrip("bcdfghjklmnpqrstvwxyz")
    return f"{rest}{word.removesuffix(rest)}ay" if rest and rest != word else word[::-1]


def mistyped(word: str) -> set[str]:
    """`word` with one key beside the right one, before or behind it, but for the first letter."""
    found = {word[:i] + key + word[i + 1 :] for i in range(1, len(word)) for key in _BESIDE[word[i]]}
    found.update(word[:i] + key + word[i:] for i in range(1, len(word)) for key in _BESIDE[word[i]])
    found.update(word[: i + 1] + key + word[i + 1 :] for i in range(len(word) - 1) for key in _BESIDE[word[i]])
    return found
