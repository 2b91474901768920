"""Personal data of nobody, plain and in disguise: for tests and the benchmark. Every value is invented or reserved."""

import random
from collections.abc import Callable

from tests.core.filters.masks import SINGLE

Dice = random.Random
Disguise = Callable[[str, Dice], str]

PLAIN: dict[str, tuple[str, ...]] = {
    "e-mail address": (
        "anna.b@example.org", "tom_fox99@mail.example.com", "j.doe+story@example.co.uk", "lena-k@schule.example.de",
        "x7@example.net", "maria@example.com",
    ),
    "telephone number": (
        "+44 20 7946 0018", "(212) 555-0123", "07700 900461", "+49 30 23125 014", "0491 570 156", "+33 1 99 00 12 34",
        "212-555-0147", "+1 415 555 0132", "020 7946 0991", "07700900982", "138 0013 8000",
    ),
    "postal address": (
        "12 Rowan Tree Lane", "221B Baker Street", "7 Elm Road", "Lindenstraße 14", "1600 Harbour View Avenue",
        "48 Kings Close", "中关村大街27号",
    ),
    "account name": (
        "my snap is quiet_fox7", "Discord: quiet.fox", "insta: @lena_b", "quietfox#4821",
        "add me on snapchat: foxy_lena",
        "my telegram is @tomfox22", "@lena.reads on instagram", "微信号 fox_lena9",
    ),
    "card number": ("4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"),
    "access token": (
        "xoxb-" + "1" * 12 + "-abcdef", "ghp_" + "a1B2" * 9, "sk-" + "k9" * 12, "AKIA" + "Z9" * 8, "AIza" + "b7_-" * 9,
    ),
    "network address": ("192.0.2.44", "203.0.113.7", "2001:db8:85a3::8a2e:370:7334"),
    "bank account": ("GB29 NWBK 6016 1331 9268 19", "DE89370400440532013000"),
}  # fmt: skip
CARRIERS = ("Write it down: {}", "{}", "It is {}, come soon.", "hey, {} ok?", "She gave me this: {}\nand left.")

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_AT, _DOT = (
    (" at ", " (at) ", "[at]", " AT ", " {at} ", "(a)"),
    (" dot ", " (dot) ", "[dot]", " DOT ", " . ", " punkt "),
)
_LEET = str.maketrans("aeiost", "431057")
_UNLEET = str.maketrans("01582", "OlSBZ")


def _at_dot(value: str, dice: Dice) -> str:
    at = dice.randrange(len(_AT) - 1)
    return value.replace("@", _AT[at]).replace(".", _DOT[at])


def _spelt(value: str, dice: Dice) -> str:
    gap = dice.choice([" ", "-", ", "])
    return gap.join(_WORDS[int(c)] for c in value if c.isdigit())


def _half_spelt(value: str, dice: Dice) -> str:
    return " ".join(_WORDS[int(c)] if dice.random() < 0.5 else c for c in value if c.isdigit())


def _digits(first: str) -> Disguise:
    return lambda v, _: "".join(chr(ord(first) + int(c)) if c.isdigit() and c.isascii() else c for c in v)


def _circled(sign: str) -> str:
    return "⓪" if sign == "0" else chr(0x2460 + int(sign) - 1) if sign.isdigit() and sign.isascii() else sign


def _apart(*signs: str) -> Disguise:
    return lambda v, dice: dice.choice(signs).join(c for c in v if c.isdigit())


def _full(value: str, _: Dice) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value)


ANY: dict[str, Disguise] = {
    "full width": _full,
    "zero width": SINGLE["nothing between"],
    "selectors": SINGLE["selectors between"],
    "bold inside": SINGLE["bold inside"],
    "spoiler": SINGLE["spoiler part"],
    "code": SINGLE["code part"],
    "entities": SINGLE["decimal entities"],
    "monospace": lambda v, _: "".join(
        chr(0x1D68A + ord(c) - 97)
        if c.islower() and c.isascii()
        else chr(0x1D7F6 + int(c))
        if c.isdigit() and c.isascii()
        else c
        for c in v
    ),
}
FOR: dict[str, dict[str, Disguise]] = {
    "e-mail address": {
        "at dot": _at_dot,
        "spaced signs": lambda v, _: v.replace("@", " @ ").replace(".", " . "),
        "spaced": lambda v, _: " ".join(v),
        "wide at": lambda v, dice: v.replace("@", dice.choice("＠﹫")).replace(".", dice.choice("。．․")),
        "leet": lambda v, _: v.translate(_LEET),
        "underscored": lambda v, _: v.replace("@", "_at_").replace(".", "_dot_"),
        "per cent": lambda v, _: v.replace("@", "%40"),
        "joined": lambda v, _: v.replace("@", "AT").replace(".", "DOT"),
        "only dot": lambda v, _: v.replace(".", "[.]").replace("@", " @ "),
        "cyrillic": SINGLE["cyrillic"],
        "backwards": lambda v, _: v[::-1],
    },
    "telephone number": {
        "spelt": _spelt,
        "half spelt": _half_spelt,
        "spaced": _apart(" ", "  ", "\u2009"),
        "signs": _apart("-", ".", "_", "*", "/", "|", "~", " - "),
        "pictures": _apart("🔥", " 💀 ", "👏"),
        "keycaps": lambda v, _: "".join(c + "\ufe0f\u20e3" if c.isdigit() else c for c in v),
        "circled": lambda v, _: "".join(_circled(c) for c in v),
        "arabic": _digits("٠"),
        "devanagari": _digits("०"),
        "letters": lambda v, _: v.translate(_UNLEET),
        "some letters": lambda v, dice: "".join(c.translate(_UNLEET) if dice.random() < 0.4 else c for c in v),
        "lines": _apart("\n"),
        "dots for spaces": lambda v, _: v.replace(" ", " . "),
        "brackets": lambda v, _: "".join(f"({c})" for c in v if c.isdigit()),
    },
    "card number": {"spelt": _spelt, "spaced": _apart(" "), "signs": _apart(".", "-", "_"), "full": _digits("０")},
    "postal address": {"small": lambda v, _: f"i live at {v.lower()}",
    "lower": lambda v, _: f"my address is {v.lower()}"},
    "network address": {"dots": lambda v, _: v.replace(".", "[.]"), "dot": lambda v, _: v.replace(".", " dot ")},
    "account name": {}, "access token": {}, "bank account": {"spaced": lambda v, _: " ".join(v.replace(" ", ""))},
}  # fmt: skip


def plain(seed: int = 1) -> list[tuple[str, str, str]]:
    """Kind, value and text, for every value in every carrier."""
    return [(kind, value, c.format(value)) for kind, values in PLAIN.items() for value in values for c in CARRIERS]


def disguised(seed: int = 1) -> list[tuple[str, str, str]]:
    """Kind, disguise and text, for every value in every disguise that fits it."""
    dice = random.Random(seed)
    return [
        (kind, name, dice.choice(CARRIERS).format(disguise(value, dice)))
        for kind, values in PLAIN.items()
        for name, disguise in (ANY | FOR[kind]).items()
        for value in values
    ]
