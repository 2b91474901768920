"""What a text discloses to a reader once personal data in it is written plainly: digits as digits, `at` as `@`.

Gives views of a text, which remember where their characters came from; what is personal in them is not decided here.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from urllib.parse import unquote

import ahocorasick

from core.filters.shapes import EMOJI, folded
from core.filters.view import View, around

_WORDS = {
    "zero": "0", "oh": "0", "nought": "0", "nil": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9", "null": "0", "eins": "1", "zwei": "2", "zwo": "2", "drei": "3",
    "vier": "4", "fünf": "5", "funf": "5", "sechs": "6", "sieben": "7", "acht": "8", "neun": "9", "cero": "0",
    "uno": "1",
    "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7", "ocho": "8", "nueve": "9",
    "un": "1",
    "deux": "2", "trois": "3", "quatre": "4", "cinq": "5", "sept": "7", "huit": "8", "neuf": "9", "ten": "10",
}  # fmt: skip
_CHINESE = dict(zip("〇零一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖", "0012345678912123456789", strict=True))
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_SPELT = re.compile(
    rf"(?<!\w)(?:(?:\b|(?<=[\d_]))(?:double |triple )?(?:{_WORD}|\d{{1,6}})(?:\b|(?=[\d_]))(?:[\W_]{{0,3}}(?=\d"
    rf"|{_WORD}|double |triple )|(?!\w))){{4,}}",
    re.I,
)
_GLUED = re.compile(rf"(?<!\w)(?:(?:{_WORD})|\d){{7,}}(?!\w)", re.I)
_NUMBER = re.compile(rf"(?:(double|triple) )?({_WORD}|\d)", re.I)
_HAN = re.compile(rf"[{''.join(_CHINESE)}](?:\W?[{''.join(_CHINESE)}\d]){{6,}}")
_LOOKS = str.maketrans("OoQIil|!SsBZz", "0001111155822")
_LEETED = re.compile(
    r"[+(OoQIlSsBZz|\d](?<![A-Za-z0-9].)(?:(?<=\+)[(OoQIlSsBZz|\d]|(?<!\+))"
    r"(?:[ .()/-]{0,2}[OoQIlSsBZz|!\d]){8,19}(?![A-Za-z0-9])"
)
_SINGLE_DIGITS = re.compile(r"[+\d](?<!\d.)(?:(?<=\+)\d|(?<!\+))(?:[^\w+]{1,4}\d(?!\d)|_\d(?!\d)){6,}")
_PAIRS = re.compile(
    r"[+(\d](?<![\d.,].)(?<!\d[^\w].)(?:(?<=\+)\(?\d|(?<=\()\d|(?<=\d))\d{0,3}\)?(?:[^\w\n+,:;$€£%]{1,3}\d{2,4}){2,6}(?![\d.,]?\d)"
)
_BETWEEN = re.compile(r"[^\d+]+")


def _signs(sign: str, bracketed: str, alone: str, shouted: str, han: str) -> Iterator[tuple[re.Pattern[str], str]]:
    """Patterns for a sign in words or set apart. Each begins with one of few letters, so that it is quickly sought."""
    inside = rf"[(\[{{<*_-]{{1,2}}\s?(?:{bracketed})\s?[)\]}}>*_-]{{1,2}}\s{{0,3}}"
    yield re.compile(rf"\s\s{{0,2}}(?:{inside}|(?:{alone})\s{{1,3}}|{han}\s?)", re.IGNORECASE), sign
    yield re.compile(rf"[(\[{{<*_-]{inside.replace('{1,2}', '{0,1}', 1)}", re.IGNORECASE), sign
    yield re.compile(rf"{shouted}(?<=[a-z0-9]{shouted})(?=[a-z])"), sign
    yield re.compile(rf"{han}\s?"), sign


_SIGNS = (
    *_signs(".", r"dot|d0t|\.|point|punkt|period|punto", "dot|d0t|d-o-t|punkt|period|punto", "DOT", "点"),
    (re.compile(r"\s\s?[.。•·]\s{0,2}(?=\w)"), "."),
    *_signs("@", "at sign|at|a|@|ät|arroba", "at-sign|at|arroba|ät", "AT", "艾特"),
    (re.compile(r"\s\s{0,2}@\s{0,3}"), "@"),
    (re.compile(r"@\s{1,3}"), "@"),
)
_JOINT = re.compile(r"\s{1,2}(?:underscore|dash|hyphen|minus|plus)\s{1,2}", re.IGNORECASE)
_JOINTS = {"underscore": "_", "plus": "+"}
NETWORKS = (
    "discord", "snapchat", "snap", "instagram", "insta", "tiktok", "telegram", "whatsapp", "skype", "kik", "wechat",
    "twitter",
    "facebook", "steam", "roblox", "xbox", "psn", "signal", "threads", "mastodon", "bluesky", "reddit", "youtube",
    "twitch",
    "weibo",
)  # fmt: skip
"""Networks on which people have account names."""
_HINTS = {
    "number": (*_WORDS, *_CHINESE),
    "at": (" at ", "(at)", "[at]", "{at}", "(a)", "[a]", "arroba", "_at_", "ät", "艾特", "at-sign", "*at*", "<at>"),
    "dot": ("dot", "d0t", "d-o-t", "punkt", "period", "punto", "point", "点", "。", "•"),
    "network": (*NETWORKS, "微信", "qq", "t.me/", "wa.me/", "x.com/", "#"),
    "password": ("pass", "pin ", "pin:", "pwd"),
    "token": (
        "xox", "xapp-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "sk-", "sk_", "rk_", "aiza",
        "akia", "asia", "hf_", "eyj", "hooks.slack", "webhooks/", "private key-----",
    ),
}  # fmt: skip
_DIGIT = re.compile(r"\d")
_SOME_DIGITS = re.compile(r"\d(?:\D*+\d){3}")
_INNER_DOT = re.compile(r"\.[\w)\]}>*_-]|[\s(\[{<*_-]\.")
"""A full stop that ends no sentence."""
_NUMBER_DOT = re.compile(r"(?<=\d)(?:\s?[(\[{]\s?(?:dot|\.)\s?[)\]}]\s?| dot )(?=\d)", re.IGNORECASE)
_NUMBER_DOTS = re.compile(r"[(\[{]\s?(?:dot|\.)| dot ", re.IGNORECASE)
_APART = re.compile(r"(?<!\S)\S(?: \S){5,}(?!\S)")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-z]{2,8});?|(?:%[0-9A-Fa-f]{2})+")
_MARKUP = re.compile(r"[*`|~\\]+|<[^<>\n]{0,80}>")
_MARKED = re.compile(r"[*`|~\\<&%]")
_DISGUISED = re.compile(r"[^\x20-\x7e\n\t“”‘’„‚«»…—–£€§°·\u00a1-\u00ac\u00ae-\u024f]")
_MOST_NUMBERS = 3
_NUMBER_LENGTH = 60
"""Characters in which more than `_MOST_NUMBERS` numbers stand if they are one number, spelt out."""
_STEP = 100


class _Plain(dict[int, str]):
    """Each character as its plain letter, digit or sign; invisible ones as none. Letters of ASCII stay."""

    def __missing__(self, point: int) -> str:
        plain = self[point] = _plain(chr(point))
        return plain

    def get(self, point: int, default: object = None) -> str:
        return self[point]


@cache
def _table() -> _Plain:
    table = _Plain()
    for signs, plain in (("＠﹫", "@"), ("。．․·•∙⋅｡", "."), ("＋", "+"), ("‐‑‒–—−－", "-"), ("＿", "_"), ("＃", "#")):
        table.update(dict.fromkeys(map(ord, signs), plain))
    return table


def _plain(char: str) -> str:
    if char.isascii():
        return char
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    if (char != "\u00ad" and "\u00a1" <= char <= "\u024f") or "\u4e00" <= char <= "\u9fff":
        return char
    plain = folded(char)
    if plain == EMOJI and (sign := unicodedata.normalize("NFKC", char)).isascii():
        return sign
    return (plain.upper() if char.isupper() else plain) if plain.isascii() or not char.isalpha() else char


def plainly(text: str) -> str:
    """`text` with each character as its plain letter, digit or sign, and no invisible ones."""
    return text.translate(_table()) if _DISGUISED.search(text) else text


@dataclass(frozen=True)
class Hints:
    """What a text has that personal data cannot do without; cheap to see, and mostly nothing."""

    digits: bool
    numbers: tuple[int, ...]
    """Where several numbers in words, or words and digits, stand close together; they may be parts of other words."""
    at: bool
    dot: bool
    networks: tuple[int, ...]
    """Where names of networks end; every so often if that is hard to say."""
    password: bool
    token: bool

    @classmethod
    def of(cls, text: str) -> "Hints":
        """The hints of `text`."""
        lower = text.lower().replace("ı", "i").replace("i\u0307", "i").replace("ſ", "s")
        found: dict[str, list[int]] = {kind: [] for kind in _HINTS}
        for end, kind in _hinted().iter(lower):
            found[kind].append(end)
        return cls(
            digits=bool(_DIGIT.search(text)),
            numbers=_crowded(found["number"], lower),
            at="@" in text or "AT" in text or bool(found["at"]),
            dot=bool(found["dot"]) or bool(_INNER_DOT.search(text)),
            networks=tuple(found["network"] if len(lower) == len(text) else range(0, len(text), _STEP)),
            password=bool(found["password"]),
            token=bool(found["token"]),
        )

    def any(self) -> bool:
        """Whether personal data may be there at all."""
        named = self.networks or self.password or self.numbers or self.token
        return bool(self.digits or named or (self.at and self.dot))


def _crowded(words: list[int], text: str) -> tuple[int, ...]:
    """Where numbers in words and digits stand so close together that they may be one number; roughly in order."""
    if not words:
        return ()
    places = sorted([*words, *(m.start() for m in _DIGIT.finditer(text))])
    crowds = [(a, b) for a, b in zip(places, places[_MOST_NUMBERS:], strict=False) if b - a <= _NUMBER_LENGTH]
    return tuple(chain.from_iterable(crowds))


@cache
def _hinted() -> ahocorasick.Automaton:
    machine = ahocorasick.Automaton()
    for kind, words in _HINTS.items():
        for word in words:
            machine.add_word(word, kind)
    machine.make_automaton()
    return machine


def disclosed(text: str, hints: Hints) -> Iterator[tuple[View, Hints]]:
    """The views of `text` in which personal data may stand plainly, and what they hint at; none for most sentences."""
    odd, marked, apart = bool(_DISGUISED.search(text)), bool(_MARKED.search(text)), bool(_APART.search(text))
    if odd:
        hints = Hints.of(text.translate(_table()))
        odd = hints.any()
    digits = hints.digits and bool(_SOME_DIGITS.search(text))
    if not (odd or marked or apart or hints.numbers or digits or (hints.at and hints.dot)):
        return
    view = View.of(text)
    if marked:
        view = view.replaced(_ENTITY, lambda m: unquote(html.unescape(m[0]), errors="ignore")).replaced(_MARKUP, "")
    if odd:
        view = view.translated(_table())
    if odd or marked:
        hints = Hints.of(view.text)
        yield view, hints
    if apart:
        view = view.replaced(_APART, lambda m: m[0].replace(" ", ""))
        hints = Hints.of(view.text)
        yield view, hints
    for each in (
        *_mailed(view, hints),
        *(_digits(view, hints) if odd or marked or apart or hints.numbers or digits else ()),
    ):
        yield each, Hints.of(each.text)


def _mailed(view: View, hints: Hints) -> Iterator[View]:
    """The view with `at` and `dot` as the signs that they stand for."""
    if not (hints.at and hints.dot):
        return
    signs = view
    for pattern, sign in _SIGNS:
        signs = signs.replaced(pattern, sign)
    if signs is not view:
        yield signs.replaced(_JOINT, lambda m: _JOINTS.get(m[0].strip().lower(), "-"))


def _digits(view: View, hints: Hints) -> Iterator[View]:
    """The view with numbers in words, in letters and in single digits written together."""
    numbers = view
    if hints.numbers:
        numbers = numbers.replaced(_HAN, lambda m: "".join(_CHINESE.get(c, c) for c in m[0]))
        numbers = numbers.replaced(_SPELT, _number, around(hints.numbers, numbers.text))
        numbers = numbers.replaced(_GLUED, _number)
    if _NUMBER_DOTS.search(numbers.text):
        numbers = numbers.replaced(_NUMBER_DOT, ".")
    numbers = numbers.replaced(_LEETED, _unleeted).replaced(_SINGLE_DIGITS, _together)
    if numbers is not view:
        yield numbers
    paired = numbers.replaced(_PAIRS, _together)
    if paired is not numbers:
        yield paired


def _number(match: re.Match[str]) -> str:
    """The digits of a number in words; as it stands if somebody only counts."""
    if not any(map(str.isalpha, match[0])):
        return match[0]
    spelt = [(_WORDS.get(word.lower(), word), times.lower()) for times, word in _NUMBER.findall(match[0])]
    digits = "".join(d * {"": 1, "double": 2, "triple": 3}[times] for d, times in spelt)
    counted = digits in "0123456789101234567890" or digits in "109876543210"
    if counted or len(digits) < 7:
        return match[0]
    return digits


def _unleeted(match: re.Match[str]) -> str:
    """Letters as digits where most are digits already."""
    written = match[0]
    if sum(map(str.isdigit, written)) < 3 or not any(map(str.isalpha, written)):
        return written
    return written.translate(_LOOKS)


def _together(match: re.Match[str]) -> str:
    return _BETWEEN.sub("", match[0])
