"""A third wardrobe of disguises: codes, ciphers, alphabets spoken out, and mixtures; for tests and the benchmark.

Written after the filter had been tuned on the first two, so that a first run says what unforeseen kinds cost.
`held_out` of `tests.core.filters.masks` keeps half of the kinds away from whoever tunes.
"""

import base64
import codecs
import random
import unicodedata

from tests.core.filters.masks import SINGLE as MASKS
from tests.core.filters.masks import Dice, Mask

_SPOKEN = {
    word[0]: word
    for word in (
        "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo", "lima",
        "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey",
        "xray", "yankee", "zulu",
    )
}  # fmt: skip
_MORSE = {
    "a": ".-", "b": "-...", "c": "-.-.", "d": "-..", "e": ".", "f": "..-.", "g": "--.", "h": "....", "i": "..",
    "j": ".---", "k": "-.-", "l": ".-..", "m": "--", "n": "-.", "o": "---", "p": ".--.", "q": "--.-", "r": ".-.",
    "s": "...", "t": "-", "u": "..-", "v": "...-", "w": ".--", "x": "-..-", "y": "-.--", "z": "--..",
}  # fmt: skip
_SOUNDS = dict(zip("abcdefghijklmnopqrstuvwxyz", "абцдефгхийклмнопкрстувуксиз", strict=False))
_STYLES = (
    "MATHEMATICAL BOLD SMALL {}", "MATHEMATICAL SCRIPT SMALL {}", "MATHEMATICAL FRAKTUR SMALL {}",
    "MATHEMATICAL DOUBLE-STRUCK SMALL {}", "MATHEMATICAL MONOSPACE SMALL {}", "CIRCLED LATIN SMALL LETTER {}",
    "FULLWIDTH LATIN SMALL LETTER {}", "SQUARED LATIN CAPITAL LETTER {}", "PARENTHESIZED LATIN SMALL LETTER {}",
)  # fmt: skip
_GEORGIAN = dict(zip("abcdefghijklmnopqrstuvwxyz", "აႦεძეƒცհiქkႨოიიpqгსтυvωxყz", strict=True))
_ETHIOPIC = {"u": "ሀ", "h": "ከ", "t": "ፐ", "o": "ዐ", "r": "ቪ", "i": "ፗ", "s": "ჽ", "n": "በ", "l": "ረ"}
_TIFINAGH = {"o": "ⵔ", "x": "ⵝ", "e": "ⴹ", "i": "ⵏ", "q": "ⵕ", "u": "ⵡ", "v": "ⴸ", "s": "ⵢ", "t": "ⵜ", "n": "ⵍ"}
_VOWELS = "aeiou"


def _style_of_each(word: str, dice: Dice) -> str:
    def style(letter: str) -> str:
        try:
            return unicodedata.lookup(dice.choice(_STYLES).format(letter.upper()))
        except KeyError:
            return letter

    return "".join(map(style, word))


def _table(table: dict[str, str]) -> Mask:
    return lambda w, _: "".join(table.get(c, c) for c in w)


def _between_all(*signs: str) -> Mask:
    def draw(word: str, dice: Dice) -> str:
        return "".join(c + dice.choice(signs) for c in word[:-1]) + word[-1]

    return draw


def _another_vowel(word: str, dice: Dice) -> str:
    places = [i for i in range(1, len(word)) if word[i] in _VOWELS] or [1]
    at = dice.choice(places)
    return word[:at] + dice.choice([v for v in _VOWELS if v != word[at]]) + word[at + 1 :]


def _both(first: Mask, second: Mask) -> Mask:
    return lambda w, dice: second(first(w, dice), dice)


def _in_pieces(word: str, dice: Dice) -> str:
    at = dice.randrange(1, len(word) - 1)
    return f"{word[:at]}-\n{word[at:]}" if dice.random() < 0.5 else f"{word[:at]} ... {word[at:]}"


def _caps_inside(word: str, dice: Dice) -> str:
    at = dice.randrange(1, len(word))
    return word[:at] + word[at:].upper() if dice.random() < 0.5 else word[:at].upper() + word[at:]


KINDS: dict[str, Mask] = {
    # alphabets spoken out
    "spelling alphabet": lambda w, _: " ".join(_SPOKEN[c] for c in w),
    "spelling alphabet capitals": lambda w, _: "-".join(_SPOKEN[c].title() for c in w),
    "letters as in": lambda w, _: ", ".join(f"{c} as in {_SPOKEN[c]}" for c in w),
    "capital quotes": lambda w, _: " ".join(f'"{c.upper()}"' for c in w),
    "letters and": lambda w, _: " and ".join(w),
    "letters then": lambda w, _: " then ".join(w.upper()),
    # codes and ciphers
    "morse": lambda w, _: " ".join(_MORSE[c] for c in w),
    "base64": lambda w, _: base64.b64encode(w.encode()).decode(),
    "hex pairs": lambda w, _: " ".join(f"{ord(c):02x}" for c in w),
    "hex run": lambda w, _: "".join(f"{ord(c):02x}" for c in w),
    "0x": lambda w, _: " ".join(f"0x{ord(c):02X}" for c in w),
    "binary": lambda w, _: " ".join(f"{ord(c):08b}" for c in w),
    "octal escapes": lambda w, _: "".join(f"\\{ord(c):03o}" for c in w),
    "quoted printable": lambda w, _: "".join(f"={ord(c):02X}" for c in w),
    "rot13": lambda w, _: codecs.encode(w, "rot13"),
    "css escapes": lambda w, _: "".join(f"\\{ord(c):06x}" for c in w),
    "numeric entities wide": lambda w, _: "".join(f"&#x0000{ord(c):x};" for c in w),
    "named entities": lambda w, _: "".join(f"&{c}cy;" if c in "abdefgiklmnoprstuvz" else c for c in w),
    # other scripts
    "cyrillic by sound": _table(_SOUNDS),
    "georgian": _table(_GEORGIAN),
    "ethiopic": _table(_ETHIOPIC),
    "tifinagh": _table(_TIFINAGH),
    "a style for each": _style_of_each,
    "two scripts and leet": _both(MASKS["cyrillic"], MASKS["leet some"]),
    # leetspeak
    "leet stretched": _both(MASKS["leet one"], MASKS["stretched"]),
    "leet all stretched": lambda w, dice: "".join(c * dice.randrange(1, 4) for c in MASKS["leet some"](w, dice)),
    "leet with dots": _both(MASKS["leet some"], _between_all(".", ",", "'")),
    "leet behind nothing": _both(MASKS["leet some"], MASKS["nothing between"]),
    "leet struck through": _both(MASKS["leet some"], lambda w, _: "".join(c + "\u0336" for c in w)),
    "leet capitals": lambda w, dice: MASKS["leet one"](w, dice).upper(),
    # letters between the letters
    "x between": _between_all("x"),
    "digits between": _between_all("1", "2", "7", "0"),
    "one digit between": lambda w, dice: dice.choice("123456789").join(w),
    "letters in brackets between": _between_all("(a)", "(x)", "[.]"),
    "words between": _between_all(" (lol) ", " uh ", " um "),
    "punctuation between": _between_all(". ", ", ", "; ", "-", " ", " - ", ": "),
    "dice of signs": _between_all("!", "?", "%", "&", "#", "^", "=", "+"),
    "zalgo and spaces": _both(MASKS["towers"], lambda w, _: w),
    "pictures with spaces": _between_all(" 😀 ", "🙃", " 🤡"),
    # around
    "around with signs": lambda w, _: f"~*~{w}~*~",
    "between brackets": lambda w, _: f"[[{w}]]",
    "as a tag": lambda w, _: f"#{w.title()}Life",
    "as a list of halves": lambda w, _: f"{w[: len(w) // 2]}/{w[len(w) // 2 :]}",
    "in latex": lambda w, _: f"$\\text{{{w[:2]}}}{w[2:]}$",
    "font tags": lambda w, _: f"<font color='red'>{w[0]}</font>{w[1:]}",
    "hidden span": lambda w, _: f"{w[:2]}<span style='display:none'></span>{w[2:]}",
    "markdown link to itself": lambda w, _: f"[{w[0]}]({w}){w[1:]}",
    "spoilers in a row": lambda w, _: "".join(f"||{c}||" for c in w),
    "code fence": lambda w, _: f"```text\n{w}\n```",
    # order and shape
    "backwards with a hint": lambda w, _: f"{w[::-1]} (backwards)",
    "backwards leet": lambda w, dice: MASKS["leet one"](w, dice)[::-1],
    "pig latin with a dash": lambda w, _: f"{w[1:]}-{w[0]}ay",
    "ubbi dubbi": lambda w, _: "".join(f"ub{c}" if c in _VOWELS else c for c in w),
    "last letter first": lambda w, _: w[-1] + w[:-1],
    "inner letters shuffled": lambda w, dice: w[0] + "".join(dice.sample(w[1:-1], len(w) - 2)) + w[-1],
    "another vowel": _another_vowel,
    "vowels apostrophes": lambda w, _: w[0] + "".join("'" if c in _VOWELS else c for c in w[1:]),
    "vowels gone in brackets": lambda w, _: w[0] + "".join(f"({c})" if c in _VOWELS else c for c in w[1:]),
    "in pieces": _in_pieces,
    "caps inside": _caps_inside,
    "caps spaced": lambda w, _: "  ".join(w.upper()),
    "column": lambda w, _: "\n\n" + "\n".join(f"{c}" for c in w.upper()) + "\n\n",
    "column with bars": lambda w, _: "\n" + "\n".join(f"| {c}" for c in w),
    "numbered letters": lambda w, _: " ".join(f"{i}{c}" for i, c in enumerate(w, 1)),
    # spelling
    "doubled last": lambda w, _: w + w[-1],
    "sounds": lambda w, _: w.replace("ck", "q").replace("s", "z").replace("i", "y").replace("f", "ph"),
    "h behind vowels": lambda w, _: "".join(c + "h" if c in _VOWELS else c for c in w),
    "lisp": lambda w, _: w.replace("s", "th"),
    "stammer": lambda w, _: f"{w[0]}-{w[0]}-{w}",
    "stammer longer": lambda w, _: f"{w[:2]}-{w[:2]}-{w}",
    "diminutive": lambda w, _: w.rstrip("e") + dice_end(w),
    "glued twice": lambda w, _: w + w,
    "compound": lambda w, dice: (
        dice.choice(["turbo", "giga", "ultra", "mega", "king"]) + w + dice.choice(["inator", "o", "ism"])
    ),
    "possessive curly": lambda w, _: w + "’s",
    "full stops behind": lambda w, _: w + "." * 7,
    "quoted halves": lambda w, _: f"“{w[:2]}”“{w[2:]}”",
}  # fmt: skip
"""Every kind by name."""


def dice_end(word: str) -> str:
    """An ending for pet names."""
    return ("y", "ie", "sie")[len(word) % 3]


def dressed(words: list[str], kinds: dict[str, Mask], seed: int = 3) -> dict[str, list[str]]:
    """Each word in each kind of disguise, the same ones for the same seed."""
    dice = random.Random(seed)
    return {name: [kind(word, dice) for word in words] for name, kind in kinds.items()}
