"""How a text may be read: without markup, in plain letters, with digits as letters, with split words joined.

A reading is only a view for matching and is never stored or posted. Nothing here knows a word list.
Every function is linear in the length of its text.

Which letter a character looks like is said in `core.filters.shapes`; the leetspeak below is our own.
"""

import html
import re
import unicodedata
from functools import cache
from urllib.parse import unquote

from core.filters.shapes import PICTURED

# --- markup ---------------------------------------------------------------------------------------------

_MARKED = re.compile(
    r"<[!/?a-zA-Z@#:]|&[#a-zA-Z]|%[0-9a-fA-F]|\]\(|\]\[|:[a-z0-9_+-]+:|\\[ux*_~]|\\[a-z]{2,10}\{|U\+|><"
)
_COMMENT = re.compile(r"<!--.{0,300}?-->", re.DOTALL)
_LABELLED = re.compile(r"<[^<>|\n]{1,300}\|([^<>\n]{0,300})>")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,300}>|<[!?][^<>\n]{0,60}>|<(?:[@#&]|a?:[\w~]{1,40}:|t:|id:)[\w:!&^-]{1,60}>")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\](?:\([^()\n]{0,500}\)|\[\d{1,3}\](?!\[))")
_SHORTCODE = re.compile(r":(?:(?:[a-z]{2,20}[_-]){1,3}([a-z]):(?:\s(?=:))?|([abmox]):|[a-z0-9_+-]{2,40}:)")
_ESCAPE = re.compile(r"\\([*_~])")
_LATEX = re.compile(r"\$?\\[a-z]{2,10}\{([^{}\n]{0,60})\}")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_CODED = re.compile(r"\\u\{?([0-9a-fA-F]{4})\}?|\\x([0-9a-fA-F]{2})|\bU\+([0-9a-fA-F]{4,5})\b(?: (?=U\+))?")
_ANGLED = re.compile(r"(?:>?<[^<>\s](?=[<>])){3,}>?")
_ANGLES = str.maketrans("", "", "<>")
_DELIMITERS = re.compile(r"[*_~|`\\]+")
_HIDDEN = re.compile(r"\|\|[^|]{1,300}\|\||~~[^~]{1,300}~~")


def untagged(text: str) -> str:
    """`text` as it is shown once tags, comments, entities, links, mentions and custom emoji are gone.

    What is encoded twice is decoded twice.
    """
    if not _MARKED.search(text):
        return text
    text = _decoded(_decoded(text))
    if "<" in text:
        text = _ANGLED.sub(lambda run: run[0].translate(_ANGLES), text)
        text = _TAG.sub("", _LABELLED.sub(r"\1", _COMMENT.sub("", text)))
    if "\\" in text:
        text = _ESCAPE.sub(r"\1", _LATEX.sub(r"\1", text))
    return _SHORTCODE.sub(r"\1\2", _LINK.sub(r"\1", text))


_FILLING = re.compile(r"(?<=\w)\s?[(\[{<][^()\[\]{}<>\n]{1,6}[)\]}>]\s?(?=\w)")
_FILLINGS = 2


def unfilled(text: str) -> str:
    """`text` without what stands in brackets between its letters; nothing if that is hardly ever so."""
    if text.count("(") + text.count("[") + text.count("{") + text.count("<") < _FILLINGS:
        return ""
    plain, times = _FILLING.subn("", text)
    return plain if times >= _FILLINGS else ""


def _decoded(text: str) -> str:
    """Entities, per cent signs and code points as the characters that they stand for, once."""
    if "&" in text:
        text = html.unescape(text)
    if _ESCAPED.search(text):
        text = unquote(text, errors="ignore")
    if "\\" in text or "U+" in text:
        text = _CODED.sub(_character, text)
    return text


def _character(match: re.Match[str]) -> str:
    point = int(next(filter(None, match.groups())), 16)
    return chr(point) if not 0xD800 <= point < 0xE000 else ""


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
_SINGLE = str.maketrans("0345789@$+^€£#μпλ", "oeastbgastaelhmna")
_BRACKETS = str.maketrans("(<[{", "cccc")
_DOUBTFUL = (("1!|", "i", "l"), ("2", "z", "r"), ("6", "g", "b"), ("ηνи", "nvn", "huu"))
"""Signs that look like one letter as much as like another."""
_GLYPHS = str.maketrans("ηνμипλ", "nvmnna")
_PICTURED = {PICTURED + point: chr(point) for point in range(ord("a"), ord("z") + 1)}
_BRACKET = re.compile(r"[(<\[{]")
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
    pictured = text.translate(_PICTURED)
    found = [pictured, text] if pictured != text else [text]
    if _SIGNED.search(text):
        found += [_assembled(text, order) for order in _built()]
    found += [t.translate(_BRACKETS) for t in found if _BRACKET.search(t)]
    readings = [t.translate(_GLYPHS) for t in found[:1]]
    for each in found:
        readings += _doubted(each.translate(_SINGLE))
    return list(dict.fromkeys(readings))


def _doubted(text: str) -> list[str]:
    """`text` with its doubtful signs in every way; one kind of sign is read alike throughout."""
    ways = [text]
    for signs, *letters in _DOUBTFUL:
        if any(map(text.__contains__, signs)):
            tables = [str.maketrans(signs, each.ljust(len(signs), each[-1])) for each in letters]
            ways = [w.translate(table) for w in ways for table in tables]
    return [*ways, *(w.replace("ii", "il") for w in ways if "11" in text)]


# --- other scripts --------------------------------------------------------------------------------------

_BETWEEN = re.compile(r"[^\w。！？，；：、\n]+|_+")


def unspaced(text: str) -> str:
    """`text` with nothing between its signs but the marks that end a clause; for scripts without spaces."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text).casefold())


_BY_SOUND = str.maketrans(
    {"ж": "zh", "х": "h", "ц": "c", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": "", "ь": "", "ю": "u", "я": "a"}
    | dict(zip("абвгдезийклмнопрстуфыэё", "abvgdeziiklmnoprstufieo", strict=True))
)


def transliterated(word: str) -> str:
    """A small Cyrillic `word` in the Latin letters that it sounds like."""
    return word.translate(_BY_SOUND)


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
_TWICE = [(letter * 2, letter) for letter in "abcdefghijklmnopqrstuvwxyz"]


def lettered(text: str) -> str:
    """Only the words of a folded `text`, one space between and around them."""
    return f" {' '.join(text.encode('ascii', 'replace').decode().translate(_SPACED).split())} "


def joined(text: str) -> str:
    """A folded `text` without anything but letters and spaces: `f.o.o` becomes `foo`."""
    return text.encode("ascii", "ignore").decode().translate(_DROPPED)


def squeezed(text: str) -> str:
    """`text` with each repeated letter once."""
    for twice, once in _TWICE:
        while twice in text:
            text = text.replace(twice, once)
    return text


_SOUNDS = (
    ("ph", "f"), ("ck", "k"), ("ch", "\x01"), ("c", "k"), ("\x01", "ch"), ("q", "k"), ("x", "ks"), ("z", "s"),
    ("ee", "i"),
    ("oo", "u"), ("ou", "u"), ("y", "i"), ("wh", "w"), ("er ", "a "), ("ah ", "a "), ("uh ", "a "), ("ers ", "as "),
)  # fmt: skip


def sounded(words: str) -> str:
    """`words`, each with a space behind it, spelt by their sound, and no letter twice in a row."""
    for spelling, sound in _SOUNDS:
        words = words.replace(spelling, sound)
    return squeezed(words)
