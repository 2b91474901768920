"""How a text may be read: without markup, in plain letters, with digits as letters, with split words joined.

A reading is only a view for matching and is never stored or posted. Nothing here knows a word list.
Every function is linear in the length of its text.

Sources: the Unicode character names and decompositions of the standard library; shapes of other scripts'
letters and the leetspeak below are our own tables.
"""

import html
import re
import unicodedata
from functools import cache
from urllib.parse import unquote

EMOJI = "\x02"
"""Stands for one or more pictures in a folded text."""

# Letters of other scripts, and symbols, by the Latin letter that they look like.
_SHAPES = {
    "a": "аαɑдљ∆ΔΛАΑ∂ªልልልᗩ卂ⲁ⍺คᎪ",
    "b": "ьвβъБВΒЬЪБ฿Ᏼᗷ乃ⲃвЬƄ",
    "c": "сςϲСϹ¢₵Ꮯᑕⅽⲥ匚℃ҫçс",
    "d": "ԁժďÐđᎠᗪⅾ刀ძ",
    "e": "еєεэЕΕЄ€ΣξᎬᗴⲉ乇ҽ℮зეệё",
    "f": "ғƒϝʄᖴ千ẝ₣ſ",
    "g": "ɡցԍĢ₲ᎶᘜɢǥᏀ",
    "h": "һнНΗңҺհ卄ℎⲏᎻᕼн#",
    "i": "іιїІΙїıӏ丨ⅰⲓᎥ¡ị",
    "j": "јϳЈᎫﾌյ",
    "k": "кκКΚқҡĸ₭ᏦᛕⲕҜ长",
    "l": "ⅼⳑ£ℓӀ｜Ꮮᒪㄥʟ∣ŀ",
    "m": "мΜМϺmⅿᎷᗰ爪₥ⲙ",
    "n": "ΝИПղռ₦ᑎ几ⲛһйлռ",
    "o": "оοσОΟθөօ०๐ΘØØ⭕ⲟ口ㄖᝪଠ○◯●◦סᎤօ〇ο",
    "p": "рρРΡþᑭᏢ卩ⲣ₽",
    "q": "ԛզգϙҨ",
    "r": "гяřΓГЯᏒᖇ尺ⲅɼգ®",
    "s": "ѕЅ§ടᏚᔕ丂ՏꜱȘ$ʂֆ",
    "t": "тτТΤŧ†✝七ⲧᎢㄒ₮ｔ⊥",
    "u": "υцմսΥЦÜᑌㄩ∪⋃ⲩųų",
    "v": "ѵѴΝ√∨Ꮩᐯⅴ",
    "w": "ѡωшщɯШᏔᗯ山₩ฬשաⲱ",
    "x": "хχХΧ×✕✖❌ⅹ乂ⲭ᙭ж",
    "y": "уγүУΥҮ¥ყуч丫ⲩᎩ",
    "z": "ᏃᘔⲍΖ乙ʐȤ",
}
_LATIN = re.compile(
    r"LATIN (?:CAPITAL |SMALL |SUBSCRIPT SMALL |LETTER SMALL CAPITAL )?(?:LETTER )?"
    r"(?:SMALL CAPITAL |SCRIPT |OPEN |REVERSED |DOTLESS |LONG |BARRED |INVERTED )*([A-Z])(?: WITH .*)?$"
)
_STYLED = re.compile(r"(?:LETTER|CAPITAL|SMALL) ([A-Z])$")
_PICTURES = {"So", "Sk", "Cn", "Co", "Cs"}


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
    table[ord("ß")] = table[ord("ẞ")] = "ss"
    return table


def _plain(char: str) -> str:
    if char.isascii():
        return char.lower() if char.isprintable() or char in "\n\t" else ""
    category = unicodedata.category(char)
    if category in {"Mn", "Me", "Cf", "Cc"} or char in "\u115f\u1160\u3164\uffa0\u2800":
        return ""
    if category.startswith("Z"):
        return "\n" if category != "Zs" else " "
    return _letter(char) or (EMOJI if category in _PICTURES else _decomposed(char))


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


# --- markup ---------------------------------------------------------------------------------------------

_MARKED = re.compile(r"<[!/a-zA-Z@#:]|&[#a-zA-Z]|%[0-9a-fA-F]|\]\(|:[a-z0-9_+-]{2}")
_COMMENT = re.compile(r"<!--[^>]{0,300}-->")
_LABELLED = re.compile(r"<[^<>|\n]{1,300}\|([^<>\n]{1,300})>")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,300}>|<(?:[@#!&]|a?:[\w~]{1,40}:|t:|id:)[\w:!&^-]{1,60}>")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^()\n]{0,500}\)")
_SHORTCODE = re.compile(r":[a-z0-9_+-]{2,40}:")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_DELIMITERS = re.compile(r"[*_~|`\\]+")
_HIDDEN = re.compile(r"\|\|[^|]{1,300}\|\||~~[^~]{1,300}~~")


def untagged(text: str) -> str:
    """`text` as it is shown once tags, comments, entities, links, mentions and custom emoji are gone."""
    if not _MARKED.search(text):
        return text
    if "&" in text:
        text = html.unescape(text)
    if _ESCAPED.search(text):
        text = unquote(text, errors="ignore")
    text = _TAG.sub("", _LABELLED.sub(r"\1", _COMMENT.sub("", text)))
    return _SHORTCODE.sub("", _LINK.sub(r"\1", text))


def unmarked(text: str) -> list[str]:
    """The readings of `text` without the signs of Markdown: all of it shown, and with spoilers unopened."""
    if not _DELIMITERS.search(text):
        return []
    found = [_DELIMITERS.sub("", text)]
    if _HIDDEN.search(text):
        found.append(_DELIMITERS.sub("", _HIDDEN.sub("", text)))
    return found


# --- leetspeak ------------------------------------------------------------------------------------------

_BUILT = {
    "a": r"/\ /-\ /=\ ",
    "b": "|3 |8 !3 (3 ",
    "d": "|) [) |] |}",
    "e": "[- |=-",
    "f": "|= |# ph",
    "g": "(_+ (_- (,",
    "h": "|-| }{ {-} ]-[ )-( (-) [-] /-/ |~|",
    "j": "_| _/",
    "k": "|< |{ |( 1<",
    "l": "|_",
    "m": r"|\/| /\/\ |v| /v\ (v) [v] ^^ (\/) [\/]",
    "n": r"|\| /\/ ^/ /|/ [\]",
    "o": "() [] {} <>",
    "p": "|* |o |° |> |d |^ |7",
    "q": "(,) 0_ (_,",
    "r": "|2 |? |z |~ |`",
    "t": "-|- ~|~ '|' '][' †",
    "u": r"|_| (_) [_] \_\ \_/ {_} /_/",
    "v": r"\/",
    "w": r"\/\/ \^/ \|/ vv \x/ '// \_|_/",
    "x": ">< )( }{",
    "y": r"`/ \|/ '/",
    "z": "~/_ >_",
}
"""Letters built from several signs."""
_SINGLE = str.maketrans("0345789@$+^€£2!|16#ηνμипλ", "oeastbgastaelriiighnvmnna")
_BRACKETED = str.maketrans("0345789@$+^€£2!|16#ηνμипλ(<[{", "oeastbgastaelriiighnvmnnacccc")
_OTHER = str.maketrans("0345789@$+^€£2!|16#ηνμипλ(<[{", "oeastbgastaelzlllbhhnuuplcccc")
"""Signs and letters by their looks: the first, the same with brackets, and the second."""
_GLYPHS = str.maketrans("ηνμипλ", "nvmnna")
_SHOUTED = re.compile("[!?]{2,}")
_SIGNED = re.compile(r"[|\\/()\[\]{}<>^~']{2}|\|.|[(!]3|1<|ph|vv")


@cache
def _built() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Signs and their letters in two orders: longest first, and with the last of the same length first."""
    signs = [(sign, letter) for letter, some in _BUILT.items() for sign in some.split()]
    last_first = signs[::-1]
    return sorted(signs, key=lambda s: -len(s[0])), sorted(last_first, key=lambda s: -len(s[0].strip("|")))


def _assembled(text: str, order: list[tuple[str, str]]) -> str:
    for sign, letter in order:
        if sign in text:
            text = text.replace(sign, letter)
    return text


def unleeted(text: str) -> list[str]:
    """The readings of a folded `text` with digits and signs as the letters that they may stand for, and as it is.

    White space stays as it is, so that the readings have the same chunks as `text`.
    """
    text = _SHOUTED.sub(".", text)
    found = [text.translate(_GLYPHS), text.translate(_SINGLE), text.translate(_BRACKETED), text.translate(_OTHER)]
    if _SIGNED.search(text):
        for order in _built():
            built = _assembled(text, order)
            found += [built.translate(_BRACKETED), built.translate(_OTHER)]
    return list(dict.fromkeys(found))


# --- other scripts --------------------------------------------------------------------------------------

_BETWEEN = re.compile(r"[^\w。！？，；：、\n]+|_+")


def unspaced(text: str) -> str:
    """`text` with nothing between its signs but the marks that end a clause; for scripts without spaces."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text).casefold())


# --- upside down ----------------------------------------------------------------------------------------

_TURNED = "ɐɔǝɟƃɓɥᴉıɾʞꞁɯɹʇʌʍʎ∀ƆƎℲ⅁⅄"
_HAS_TURNED = re.compile(f"[{_TURNED}]")
_UPRIGHT = str.maketrans(_TURNED + "bqdpnu", "acefgghiijklmrtvwyacefgy" + "qbpdun")


def upright(text: str) -> str:
    """The chunks of `text` that are written upside down, turned round; usually nothing."""
    if text.isascii() or not _HAS_TURNED.search(text):
        return ""
    turned = [c for c in text.split() if _HAS_TURNED.search(c)]
    return " ".join(c.translate(_UPRIGHT)[::-1] for c in turned)


# --- words and letters ----------------------------------------------------------------------------------

_SPACED = str.maketrans({chr(c): " " for c in range(128) if not chr(c).islower()})
_DROPPED = str.maketrans({chr(c): None for c in range(128) if not chr(c).islower() and chr(c) != " "})
_REPEATED = re.compile(r"([a-z])(?=\1)")


def lettered(text: str) -> str:
    """Only the words of a folded `text`, one space between and around them."""
    return f" {' '.join(text.encode('ascii', 'replace').decode().translate(_SPACED).split())} "


def joined(text: str) -> str:
    """A folded `text` without anything but letters and spaces: `f.o.o` becomes `foo`."""
    return text.encode("ascii", "ignore").decode().translate(_DROPPED)


def squeezed(text: str) -> str:
    """`text` with each repeated letter once."""
    return _REPEATED.sub("", text)
