"""Which plain letter a character looks like: other scripts, styled letters, pictures of letters, braille.

Sources: the names and decompositions of the standard library's Unicode tables; Unicode's confusables (UTS #39), read as
data from confusable-homoglyphs (MIT); what those do not say is in our own tables. Looks at characters, never at words.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

EMOJI = "\x02"
"""Stands for one or more pictures in a folded text."""
PICTURED = 0xE000
"""A picture that may also be a letter stands in a folded text as this code point plus the letter's own."""

_SHAPES = {
    "a": "аαɑдљ∆ΔΛАΑªልᗩ卂ⲁ⍺คᎪ₳",
    "b": "ьвβъБВΒЬЪБ฿Ᏼᗷ乃ⲃвЬƄ",
    "c": "сςɔϲСϹ¢₵Ꮯᑕⅽⲥ匚℃ҫçс",
    "d": "ԁժďÐđᎠᗪⅾ刀ძ∂₫",
    "e": "еɘєεэЕΕЄ€ΣξᎬᗴⲉ乇ҽ℮зեё",
    "f": "ғƒϝʄᖴ千ẝ₣ſ",
    "g": "ɡցԍĢ₲ᎶᘜɢǥᏀ",
    "h": "һнНΗңҺհ卄ℎⲏᎻᕼн#₴",
    "i": "іιїІΙїıӏ丨ⅰⲓᎥ¡ị",
    "j": "јϳЈᎫﾌյ",
    "k": "кκКΚқҡĸ₭ᏦᛕⲕҜ长",
    "l": "ⅼⳑ£₤ℓӀ｜Ꮮᒪㄥʟ∣ŀ",
    "m": "мΜМϺmⅿᎷᗰ爪₥ⲙ",
    "n": "ΝИПղռ₦ᑎ几ⲛһйլռŋ",
    "o": "оοσОΟθөօ०๐ΘØØⲟ口ㄖᝪଠסᎤօ〇ο¤",
    "p": "рρРΡþᑭᏢ卩ⲣ₽₱",
    "q": "ԛզգϙҨ",
    "r": "гɿяřΓГЯᏒᖇ尺ⲅɼգ®₹",
    "s": "ѕƨЅ§ടᏚᔕ丂ՏꜱȘ$ʂֆ",
    "t": "тτТΤŧ†✝七ⲧᎢㄒ₮ｔ⊥₸",
    "u": "υцմսΥЦÜᑌㄩ∪⋃ⲩųų",
    "v": "ѵѴΝ√∨Ꮩᐯⅴ",
    "w": "ѡωшщɯШᏔᗯ山₩ฬשաⲱ",
    "x": "хχХΧ×ⅹ乂ⲭ᙭ж",
    "y": "уγүУΥҮ¥ყуч丫ⲩᎩ",
    "z": "ᏃᘔⲍΖ乙ʐȤ",
}
"""Letters of other scripts, and symbols, by the Latin letter that they look like; these go before all other sources."""
_TWO_FACED = "ηνμипл"
"""Small letters that look like another letter than their capitals do, or like two."""
_BRAILLE = "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵"
_YI = "ꍏꌃꉓꀸꍟꎇꁅꃅꀤꀭꀘ꒒ꂵꈤꂦꉣꆰꋪꌗ꓄ꀎᐯꅏꊼꌩꁴ"
_PICTURES = {
    "a": "🔺", "c": "🌜🌙☪", "d": "▶↩", "e": "📧", "f": "🎏", "h": "♓", "i": "ℹ❗❕", "j": "🎷🗾", "k": "🎋",
    "l": "👢📐", "m": "Ⓜ♏♍〽", "n": "♑", "o": "⭕○◯●◦🔴🟠🟡🟢🔵🟣⚪⚫🌕🌑🍩🧿🎯💿📀",
    "q": "🍳", "r": "®", "s": "💲⚡🐍",
    "t": "✝➕🌴⛏", "u": "⛎🧲", "v": "♈✅☑✔", "w": "♒🔱", "x": "❌✖❎✕", "y": "💹🌱", "z": "💤",
}  # fmt: skip
"""Pictures that people take for letters; as often they are only pictures."""

_LATIN = re.compile(
    r"LATIN (?:CAPITAL |SMALL |SUBSCRIPT SMALL |LETTER SMALL CAPITAL )?(?:LETTER )?"
    r"(?:SMALL CAPITAL |SCRIPT |OPEN |REVERSED |DOTLESS |LONG |BARRED |INVERTED )*([A-Z])(?: WITH .*)?$"
)
_STYLED = re.compile(r"(?:LETTER|CAPITAL|SMALL) ([A-Z])$")
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800"
_NO_LETTERS = {"So", "Sk", "Cn", "Co", "Cs"}
_UPRIGHT = re.compile(r"LETTER I\b|IOTA|NUMERAL ONE|LETTER (?:BYELORUSSIAN|UKRAINIAN|PALOCHKA)|DOTLESS I")


class _Fold(dict[int, str]):
    """A table for `str.translate` that works out each character once, when it is first met."""

    def __missing__(self, point: int) -> str:
        folded = _plain(chr(point))
        self[point] = folded
        return folded


@cache
def _fold() -> _Fold:
    table = _Fold()
    for letter, shapes in reversed(_SHAPES.items()):
        for shape in shapes:
            if not shape.isascii() and unicodedata.category(shape) != "Mn":
                table[ord(shape)] = letter
                if len(other := shape.swapcase()) == 1 and not other.isascii() and other not in _TWO_FACED:
                    table.setdefault(ord(other), letter)
    for alphabet in (_BRAILLE, _YI):
        table.update(zip(map(ord, alphabet), "abcdefghijklmnopqrstuvwxyz", strict=True))
    for letter, pictures in _PICTURES.items():
        for picture in pictures:
            table[ord(picture)] = chr(PICTURED + ord(letter))
    table[ord("ß")] = table[ord("ẞ")] = "ss"
    return table


@cache
def _confusable() -> dict[str, str]:
    """Characters by the letter that Unicode says they can be taken for; what may be an i or an l as `1`."""
    spec = find_spec("confusable_homoglyphs")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the word filter needs the package confusable-homoglyphs")
    path = Path(spec.submodule_search_locations[0]) / "confusables.json"
    data = json.loads(path.read_bytes())
    found: dict[str, str] = {}
    for letter in "abcdefghijkmnopqrstuvwxyzlABCDEFGHIJKLMNOPQRSTUVWXYZ":
        for shape in _single(data.get(letter, ())):
            found.setdefault(shape, letter.lower() if letter != "l" else _upright(shape))
    return dict.fromkeys(_single(data.get("rn", ())), "m") | found


def _single(entries: Iterable[dict[str, str]]) -> list[str]:
    return [e["c"] for e in entries if len(e["c"]) == 1 and not e["c"].isascii()]


def _upright(shape: str) -> str:
    return "i" if _UPRIGHT.search(unicodedata.name(shape, "")) else "1"


def _plain(char: str) -> str:
    if char.isascii():
        return char.lower() if char.isprintable() or char in "\n\t" else ""
    category = unicodedata.category(char)
    if category in {"Mn", "Me", "Cf", "Cc"} or char in _BLANKS:
        return ""
    if category.startswith("Z"):
        return "\n" if category != "Zs" else " "
    return _letter(char) or _confusable().get(char, "") or (EMOJI if category in _NO_LETTERS else _decomposed(char))


def _letter(char: str) -> str:
    name = unicodedata.name(char, "")
    match = _LATIN.match(name) or (_STYLED.search(name) if "LATIN" in name or "REGIONAL" in name else None)
    return match[1].lower() if match else ""


def _decomposed(char: str) -> str:
    bases = [c for c in unicodedata.normalize("NFKD", char) if unicodedata.category(c) != "Mn"]
    letters = [c for c in bases if c.isalnum()]
    text = "".join(letters or bases)
    if text.isascii():
        return text.lower()
    known = _fold()
    return "".join(known.get(ord(c), c) for c in text).lower()


def folded(text: str) -> str:
    """`text` in small plain letters: no accents, no invisible characters, look-alikes as the Latin letter."""
    return text.lower() if text.isascii() and text.isprintable() else text.translate(_fold())
