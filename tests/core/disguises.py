"""Ways to write a word so that a person still reads it: for tests and the benchmark.

Written without a look at any published evasion set.
`held_out` keeps a third of the words away from whoever tunes the filter.
"""

import unicodedata
import zlib
from collections.abc import Callable
from itertools import cycle

Disguise = Callable[[str], str]


def _styled(first: str) -> Disguise:
    start = ord(first)
    return lambda w: "".join(chr(start + ord(c) - ord("a")) for c in w)


def _named(pattern: str) -> Disguise:
    return lambda w: "".join(unicodedata.lookup(pattern.format(c.upper())) for c in w)


def _each(table: dict[str, str]) -> Disguise:
    return lambda w: "".join(table.get(c, c) for c in w)


def _between(*signs: str) -> Disguise:
    def apply(word: str) -> str:
        order = cycle(signs)
        return "".join(c + next(order) for c in word[:-1]) + word[-1]

    return apply


def _middle(before: str, after: str = "") -> Disguise:
    """Signs around the middle letter."""
    return lambda w: w[: len(w) // 2] + before + w[len(w) // 2] + after + w[len(w) // 2 + 1 :]


def _cut(sign: str) -> Disguise:
    return lambda w: w[: len(w) // 2] + sign + w[len(w) // 2 :]


def _vowels(sign: str) -> Disguise:
    return lambda w: w[0] + "".join(sign if c in "aeiou" else c for c in w[1:])


_VOWEL_DIGITS = {"a": "4", "e": "3", "i": "1", "o": "0"}
_SYMBOLS = {"a": "@", "s": "$", "i": "!", "e": "€", "l": "£", "o": "0", "t": "+"}
_UPSIDE = dict(zip("abcdefghijklmnopqrstuvwxyz", "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz", strict=True))
_MIXED = {
    "a": "а",
    "o": "ο",
    "e": "е",
    "c": "ϲ",
    "p": "ρ",
    "i": "і",
    "s": "ѕ",
    "x": "х",
    "y": "у",
    "k": "κ",
    "t": "т",
    "u": "υ",
}
_EXOTIC = {
    "a": "Ꭺ",
    "b": "Ᏼ",
    "c": "Ꮯ",
    "e": "Ꭼ",
    "g": "Ꮐ",
    "h": "Ꮋ",
    "k": "Ꮶ",
    "l": "Ꮮ",
    "m": "Ꮇ",
    "p": "Ꮲ",
    "r": "Ꮢ",
    "s": "Ꮪ",
    "t": "Ꭲ",
    "w": "Ꮃ",
}
_ACCENTED = {
    "a": "ä",
    "e": "ê",
    "i": "ï",
    "o": "ø",
    "u": "ů",
    "n": "ñ",
    "c": "ç",
    "s": "ş",
    "d": "đ",
    "t": "ŧ",
    "l": "ł",
    "h": "ħ",
}

SINGLE: dict[str, Disguise] = {
    "full width": _styled("ａ"),
    "fraktur": _styled("𝖆"),
    "double struck": _styled("𝕒"),
    "monospace": _styled("𝚊"),
    "bold italic": _styled("𝒂"),
    "parenthesised": _styled("⒜"),
    "regional": _named("REGIONAL INDICATOR SYMBOL LETTER {}"),
    "squared": _named("SQUARED LATIN CAPITAL LETTER {}"),
    "negative circled": _named("NEGATIVE CIRCLED LATIN CAPITAL LETTER {}"),
    "upside down": lambda w: _each(_UPSIDE)(w)[::-1],
    "mixed scripts": _each(_MIXED),
    "cherokee": _each(_EXOTIC),
    "accented": _each(_ACCENTED),
    "struck through": _between("\u0336"),
    "underlined": lambda w: "".join(c + "\u0332" for c in w),
    "soft hyphens": _between("\u00ad"),
    "hangul filler": _between("\u3164"),
    "variation": _between("\ufe0e"),
    "interlinear": _between("\ufff9"),
    "braille blank": _between("\u2800"),
    "vowel digits": _each(_VOWEL_DIGITS),
    "symbols": _each(_SYMBOLS),
    "one digit": lambda w: next((w.replace(c, d, 1) for c, d in _VOWEL_DIGITS.items() if c in w), w),
    "last letter held": lambda w: w + w[-1] * 5,
    "vowel held": lambda w: next((w.replace(c, c * 4, 1) for c in "uaeio" if c in w[1:]), w),
    "doubled": lambda w: "".join(c * 2 for c in w),
    "slashes": _between("/"),
    "pipes": _between("|"),
    "commas": _between(", "),
    "lines": _between("\n"),
    "tabs": _between("\t"),
    "two spaces": _between("  "),
    "spaced dots": _between(" . "),
    "bullets": _between("•"),
    "mixed": _between("-", " ", "."),
    "ellipsis": _between("..."),
    "pictures": _between("🔥"),
    "spaced pictures": _between(" 🔥 "),
    "letter in brackets": _middle("(", ")"),
    "letter in quotes": _middle("'", "'"),
    "all in brackets": lambda w: "".join(f"[{c}]" for c in w),
    "pieces of two": lambda w: " ".join(w[i : i + 2] for i in range(0, len(w), 2)),
    "one dot": _cut("."),
    "one dash": _cut("-"),
    "one slash": _cut("/"),
    "one picture": _cut("💀"),
    "cut by a line": _cut("\n"),
    "vowels hashed": _vowels("#"),
    "vowels blotted": _vowels("█"),
    "vowels hearts": _vowels("♥"),
    "vowels dashed": _vowels("-"),
    "vowels starred": _vowels("*"),
    "vowels underlined": _vowels("_"),
    "middle starred": lambda w: w[0] + "*" * (len(w) - 2) + w[-1],
    "spoiler letter": _middle("||", "||"),
    "hidden spoiler": _cut("||zzz||"),
    "code letter": _middle("`", "`"),
    "bold italic letter": _middle("***", "***"),
    "bold half": lambda w: f"**{w[:2]}**{w[2:]}",
    "tag": _middle("<b>", "</b>"),
    "empty tag": _cut("<br/>"),
    "hex entities": lambda w: "".join(f"&#x{ord(c):x};" for c in w),
    "percent": lambda w: "".join(f"%{ord(c):02x}" for c in w),
    "labelled link": lambda w: f"<https://a.example|{w[:2]}>{w[2:]}",
    "link": lambda w: f"[{w[:2]}](https://a.example/x){w[2:]}",
    "shortcode": _cut(":smile:"),
    "backslashes": _between("\\"),
    "channel": _cut("<#123456789012345678>"),
    "moment": _cut("<t:1700000000:R>"),
    "animated picture": _cut("<a:w:123456789012345678>"),
    "person": _cut("<@!123456789012345678>"),
    "hashtag": lambda w: "#" + w,
    "at": lambda w: "@" + w,
    "snake": lambda w: f"my_{w}_here",
    "kebab": lambda w: f"the-{w}-man",
    "address": lambda w: f"https://a.example/{w}/x",
    "digits behind": lambda w: w + "2024",
    "super": lambda w: "super" + w,
    "camel": lambda w: f"the{w.title()}Man",
    "wrapped": lambda w: f"xX{w}Xx",
    "possessive": lambda w: w + "'s",
    "plural": lambda w: w + ("es" if w[-1] in "sxh" else "s"),
    "z for s": lambda w: w.replace("s", "z"),
    "backwards": lambda w: w[::-1],
    "swapped": lambda w: w[:-3] + w[-2] + w[-3] + w[-1],
    "one letter doubled": lambda w: w[:2] + w[1:],
    "no vowels": lambda w: w[0] + "".join(c for c in w[1:] if c not in "aeiou"),
    "ck": lambda w: w.replace("ck", "kk").replace("c", "k"),
    "alternating": lambda w: "".join(c.upper() if i % 2 else c for i, c in enumerate(w)),
}

_PAIRS = (
    ("vowel digits", "spaced dots"),
    ("vowel digits", "vowel held"),
    ("symbols", "slashes"),
    ("mixed scripts", "soft hyphens"),
    ("mixed scripts", "pipes"),
    ("vowel digits", "code letter"),
    ("symbols", "spoiler letter"),
    ("mixed scripts", "bold half"),
    ("vowel digits", "tag"),
    ("accented", "two spaces"),
    ("vowel digits", "plural"),
    ("one digit", "one letter doubled"),
    ("backwards", "vowel digits"),
    ("vowels starred", "bold half"),
    ("alternating", "pictures"),
    ("plural", "lines"),
    ("vowel digits", "hashtag"),
    ("full width", "struck through"),
    ("monospace", "bullets"),
    ("symbols", "shortcode"),
    ("mixed scripts", "last letter held"),
    ("accented", "middle starred"),
    ("vowel digits", "super"),
    ("vowel digits", "one dash"),
)


def _both(first: str, second: str) -> Disguise:
    return lambda w: SINGLE[second](SINGLE[first](w))


DOUBLE: dict[str, Disguise] = {f"{a} + {b}": _both(a, b) for a, b in _PAIRS}


def held_out(word: str) -> bool:
    """Whether `word` is one of the third that nobody looks at while tuning."""
    return zlib.crc32(word.encode()) % 3 == 0
