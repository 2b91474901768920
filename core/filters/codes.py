"""Words written in a code that anybody can undo: numbers for letters, Morse, base64, the spelling alphabet.

Only what comes out as plain letters is taken for a code; everything else stays as it is. Knows no word list.
"""

import base64
import binascii
import re
from collections.abc import Callable

_MORSE = {
    ".-": "a", "-...": "b", "-.-.": "c", "-..": "d", ".": "e", "..-.": "f", "--.": "g", "....": "h", "..": "i",
    ".---": "j", "-.-": "k", ".-..": "l", "--": "m", "-.": "n", "---": "o", ".--.": "p", "--.-": "q", ".-.": "r",
    "...": "s", "-": "t", "..-": "u", "...-": "v", ".--": "w", "-..-": "x", "-.--": "y", "--..": "z",
}  # fmt: skip
_PLAIN_SIGNS = str.maketrans("·–−/", ".-- ")
_SPOKEN = (
    "alpha|alfa|bravo|charlie|delta|echo|foxtrot|golf|hotel|india|juliett?|kilo|lima|mike|november|oscar|papa|quebec"
    "|romeo|sierra|tango|uniform|victor|whiskey|whisky|x ?ray|yankee|zulu"
)
_DIGIT = re.compile(r"\d")
_BESIDE_LETTER = re.compile(r"\d(?:(?<=[A-Za-z].)|(?=[A-Za-z]))")
_DASHES = re.compile(r"[.·–−-][ /]{1,2}[.·–−-]")
INNER_CAPITAL = re.compile("[A-Z](?<=[a-z].)")


def _numbers(digits: str, base: int) -> Callable[[re.Match[str]], str]:
    number = re.compile(digits)

    def read(match: re.Match[str]) -> str:
        points = [int(each, base) for each in number.findall(match[0].replace("0x", " "))]
        text = "".join(map(chr, points)) if max(points) < 0x80 else ""
        return f" {text} " if text.isalpha() else match[0]

    return read


def _morse(match: re.Match[str]) -> str:
    signs = match[0].translate(_PLAIN_SIGNS)
    letters = signs.split()
    if "." not in signs or "-" not in signs or not all(letter in _MORSE for letter in letters):
        return match[0]
    return f" {''.join([_MORSE[letter] for letter in letters])} "


def _base64(match: re.Match[str]) -> str:
    try:
        text = base64.b64decode(match[0], validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return match[0]
    return text if text.replace(" ", "").isalpha() else match[0]


_NUMBERS = (
    (re.compile(r"[01](?<![\w.].)[01]{6,7}+(?:[ ,]{1,2}[01]{7,8}+){2,200}+(?!\w|\.\d)"), _numbers("[01]{7,8}", 2)),
    (re.compile(r"[01](?<![\w.].)[01]{7}(?:[01]{8}){2,200}+(?!\w|\.\d)"), _numbers("[01]{8}", 2)),
    (
        re.compile(
            r"[04-7](?<![\w.].)(?:(?<=0)x[4-7][0-9a-fA-F]|(?<!0)[0-9a-fA-F])"
            r"(?:[ ,;:-]{0,2}+(?:0x)?+[4-7][0-9a-fA-F]){2,200}+(?!\w|\.\d)"
        ),
        _numbers("[0-9a-fA-F]{2}", 16),
    ),
    (re.compile(r"\d(?<![\w.].)\d{1,2}(?:[ ,-]{1,2}+\d{2,3}+){2,200}+(?!\w|\.\d)"), _numbers(r"\d{2,3}", 10)),
)
_ESCAPES = (
    (re.compile(r"(?:\\[01]\d{2}){3,200}+"), _numbers(r"\d{3}", 8)),
    (re.compile(r"(?:\\0{0,4}+[0-9a-fA-F]{2}){3,200}+(?![0-9a-fA-F])"), _numbers(r"[0-9a-fA-F]{2,6}", 16)),
    (re.compile(r"(?:=[0-9A-F]{2}){3,200}+"), _numbers("[0-9A-F]{2}", 16)),
)
_MORSE_CODE = re.compile(r"[.·–−-](?<![\w.·–−-].)[.·–−-]{0,4}(?:[ /]{1,5}+[.·–−-]{1,5}+){2,200}+(?!\w)")
_BASE64 = re.compile(
    r"[A-Za-z0-9+/](?<![\w+/=].)[A-Za-z0-9+/]{3}(?:[A-Za-z0-9+/]{4}){0,50}"
    r"(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})(?![\w+/=])"
)


def decoded(text: str) -> str:
    """`text` with the words in it that are written in a code as their letters."""
    digits = bool(_DIGIT.search(text))
    if digits:
        for pattern, read in (*_ESCAPES, *_NUMBERS) if "\\" in text or "=" in text else _NUMBERS:
            text = pattern.sub(read, text)
    if _DASHES.search(text):
        text = _MORSE_CODE.sub(_morse, text)
    if "=" in text or INNER_CAPITAL.search(text) or (digits and _BESIDE_LETTER.search(text)):
        text = _BASE64.sub(_base64, text)
    return text


_NAMED = re.compile(rf" (?:{_SPOKEN})(?: (?:and )?(?:{_SPOKEN}))+(?= )")
_NAME = re.compile(_SPOKEN)
_AS_IN = re.compile(r" [a-z] (?:as in|for|like in) [a-z]+(?: (?:and )?[a-z] (?:as in|for|like in) [a-z]+)+(?= )")
_AS = re.compile(r" ([a-z]) (?:as|for|like)")
_FILLED = re.compile(r" ([a-z]) ([a-z]{1,8}) [a-z](?: \2 [a-z])+(?= )")


def spelled_out(words: str) -> list[str]:
    """What is spelled in `words`, which spaces part: in a spelling alphabet, or with one word between all letters."""
    found = ["".join(name[0] for name in _NAME.findall(m[0])) for m in _NAMED.finditer(words)]
    found += ["".join(_AS.findall(m[0])) for m in _AS_IN.finditer(words)]
    found += ["".join(m[0].strip().split(f" {m[2]} ")) for m in _FILLED.finditer(words)]
    return found
