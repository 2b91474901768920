"""The filter `personal`: what tells a stranger where to find somebody, and secrets that open something.

Finds e-mail addresses, telephone numbers, street addresses with a number, account names with their network, card and
bank numbers, network addresses, passwords and access tokens, plain and in disguise: written out, spaced, in other
digits, with letters for digits, behind invisible signs or markup. `redacted` replaces them.
It does not find names: stories are full of them. Phone numbers: phonenumbers (Apache-2.0). Card check digit:
ISO/IEC 7812-1. Nothing of any text is kept or logged.
"""

import asyncio
import re
from collections.abc import Awaitable, Iterator
from ipaddress import IPv6Address

from core.filters.disclosed import NETWORKS, Hints, disclosed
from core.filters.view import Span, around
from core.policy import ALLOWED, Category, Policy, Verdict
from core.wording import said

_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_TLD = (
    "com|org|net|edu|gov|info|io|de|uk|fr|es|it|nl|cn|eu|us|me|co|app|dev|ch|at|pl|ru|ca|au|in|jp|br|se|no|dk|be|test"
    "|example|c0m|0rg|n3t"
)
_STRICT_MAIL = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{2,}}+@[\w-]{{2,63}}(?:\.[\w-]{{2,63}}){{0,3}}\.(?:{_TLD})\b", re.IGNORECASE
)
_BACKWARDS = re.compile(r"\b(?:moc|gro|ten|ude|vog|ku|ed|rf|oi)\.[\w.-]{2,60}@[\w.+-]{2,60}")
_WAYS = (
    "street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|close|crescent|terrace|way|place"
    "|square|gardens"
)
_CAPITAL_WAYS = "|".join(way.title() for way in _WAYS.split("|"))
_STREETS = (
    ("", re.compile(rf"\d(?<!\w\d)\d{{0,4}}[a-dA-D]?,?\s(?:[A-Z][\w'’-]{{1,20}}\s){{1,3}}(?:{_CAPITAL_WAYS})\b")),
    ("", re.compile(r"[A-Z](?<!\w[A-Z])[A-Z]?\d[A-Z\d]?\s\d[A-BD-HJLNP-UW-Z]{2}\b")),
    (
        "straße strasse str. weg gasse allee",
        re.compile(
            r"\b\w{3,30}(?:straße|strasse)\s\d{1,4}[a-d]?\b"
            r"|\b[A-ZÄÖÜ][\wäöüß-]{2,30}(?:straße|strasse|str\.|weg|gasse|allee)\s\d{1,4}[a-d]?\b"
        ),
    ),
    (
        "rue avenue boulevard place",
        re.compile(r"\b\d{1,4}(?:bis)?,?\s(?:rue|avenue|boulevard|place)\s(?:d[eu]s?\s|de\sla\s)?[A-Z]\w{2,20}"),
    ),
    ("calle via rua", re.compile(r"\b(?:[Cc]alle|[Vv]ia|[Rr]ua)\s[A-Z]\w{2,20}(?:\s\w{2,20})?,?\s\d{1,4}\b")),
    ("路 街 大道 巷 弄 胡同", re.compile(r"[\u4e00-\u9fff]{2,12}(?:路|街|大道|巷|弄|胡同)\d{1,5}[号號]")),
    ("ox", re.compile(r"\bP\.?O\.?\s[Bb]ox\s\d{2,6}\b")),
)
"""Addresses, and letters without one of which they are not looked for."""
_WAY = re.compile(rf"\d(?<!\w\d)\d{{0,4}}[a-d]?,?\s(?:[a-z][\w'’-]{{1,20}}\s){{1,3}}(?:{_WAYS})\b", re.IGNORECASE)
_LIVES = re.compile(
    r"\b(?:live|lives|living|address|house|home|stay|staying|come|meet|flat|here)\b.{0,20}$", re.IGNORECASE
)
_NETWORK = "|".join(NETWORKS)
_NAMED = r"(?:\s(?:name|handle|id|tag|user|username|account|profile))"
_HANDLE = re.compile(
    rf"\b(?:{_NETWORK}){_NAMED}?\s?(?:\bis\b|:|=|@|-"
    rf"|\()\s?@?(?P<value>(?=[a-z_.]{{0,30}}[0-9_.][a-z0-9])[a-z0-9_.]{{3,32}})\b"
    rf"|\b(?:{_NETWORK}){_NAMED}\s?(?:\bis\b|:|=)\s?@?(?P<named>[a-z0-9_.]{{3,32}})\b"
    rf"|\b(?:{_NETWORK})(?:\s(?:me|us))?\s?(?:\bis\b|:|=|-)?\s?@(?P<at>[a-z0-9_.]{{3,32}})\b"
    rf"|(?<![a-z0-9_.])@?(?P<on>(?=[a-z_.]{{0,30}}[0-9_][a-z0-9_])[a-z0-9_.]{{4,32}})\s(?:on|at)\s(?:my\s)?(?:{_NETWORK})\b"
    rf"|@(?P<aton>[a-z0-9_.]{{3,32}})\s(?:on|at)\s(?:my\s)?(?:{_NETWORK})\b"
    rf"|\b(?:add|follow|dm|message|text|find)\sme\son\s(?:{_NETWORK})\W{{1,3}}@?(?P<add>[a-z0-9_.]{{4,32}})\b"
    r"|(?<![a-z0-9_.])(?P<tag>[a-z0-9_.]{2,32}#\d{4})\b"
    r"|(?:t\.me|wa\.me|instagram\.com|snapchat\.com/add|tiktok\.com|facebook\.com|twitter\.com"
    r"|x\.com)/@?(?P<page>[a-z0-9_.+]{3,40})"
    r"|(?:微信|qq|ＱＱ)(?:号|號|id)?\s?(?:是|为|為|：|:)?\s?(?P<chinese>[a-z0-9_-]{5,20})",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"xox[abeprs]-[\w-]{10,}|xapp-[\w-]{10,}|gh[pousr]_(?<!\w.{4})\w{30,}"
    r"|github_pat_(?<!\w.{11})\w{20,}|glpat-(?<!\w.{6})[\w-]{15,}|sk-(?<!\w.{3})[\w-]{20,}"
    r"|sk_(?<!\w.{3})(?:live|test)_\w{15,}|rk_(?<!\w.{3})(?:live|test)_\w{15,}|AIza(?<!\w.{4})[\w-]{30,}"
    r"|A[KS]IA(?<!\w.{4})[0-9A-Z]{16}\b|hf_(?<!\w.{3})\w{25,}|eyJ(?<!\w.{3})[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,}"
    r"|hooks\.slack\.com/services/[\w/]{20,}|discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}"
)
_TRIPLE = re.compile(r"[MNO](?<!\w.)[\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}")
"""A bot's token on Discord."""
_KEY = re.compile(r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----")
_LONG = re.compile(r"\S{15,}")
"""Signs in a row in which an access token has room: `xapp-` and ten more."""
_PASSWORD = re.compile(
    r"\b(?:my|the|our|wifi|login)\s(?:\w{2,10}\s)?(?:password|passcode|pin|passphrase)\s?(?:is|:|=)\s?"
    r"(?P<value>(?=\S{0,30}[\d!@#$%^&*])[^\s,.]{4,40})"
    r"|\b(?:password|passwd|pwd)\s?[:=]\s?(?P<bare>(?=\S{0,30}[\d!@#$%^&*])[^\s,]{5,40})",
    re.IGNORECASE,
)
_CARD = re.compile(r"\d(?<![\d.]\d)[ -]?(?:\d[ -]?){11,17}\d(?![\d.])")
_BANK = re.compile(r"[A-Z](?<!\w.)[A-Z]\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_NUMBERED = re.compile(
    r"[0-8](?<![\d-].)\d\d(?<!000|666)-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])"
    r"|[A-CEGHJ-PR-TW-Z](?<!\w.)[A-CEGHJ-PR-TW-Z] ?(?:\d{2} ?){3}[A-D]\b"
)
_NETS = re.compile(r"\d\.\d{1,3}\.\d{1,3}\.\d")
_NET = re.compile(
    r"(?<![\d.])(?<!ersion )(?<!ection )(?<!v)(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d"
    r"|1?\d?\d)(?![\d.]*\d)"
)
_HARDWARE = re.compile(r"(?<![\w:])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:])", re.IGNORECASE)
_NET6 = re.compile(r"(?<![\w:])(?=[0-9a-f:]*[0-9])[0-9a-f]{0,4}:[0-9a-f:]{4,34}(?![\w:])", re.IGNORECASE)
_PLACE = re.compile(r"(?<![\d.])-?\d{1,2}\.\d{4,8},\s?-?\d{1,3}\.\d{4,8}(?!\d)")
_MAYBE_PHONE = re.compile(r"(?<![\w.])\+?\(?\d[\d ()./-]{5,20}\d(?!\w)")
_CALLED = re.compile(
    r"(?:\b(?:call|ring|text|phone|mobile|cell|tel|telephone|whatsapp|sms|number|dial|fax|nummer|手机|電話|电话)\b|手机"
    r"|电话).{0,25}$",
    re.IGNORECASE | re.DOTALL,
)
_AMERICAN = re.compile(r"\(?[2-9]\d{2}\)?[ .-]\d{3}[ .-]\d{4}")
_COUNTED = "01234567890123456789 98765432109876543210"
_COUNTRIES = ("US", "GB", "DE", "FR", "ES", "IN", "CN", "AU")
_PHONES_TRIED = 30
"""Numbers of one text that are looked up; a text with more of them is a table, not a story."""
_DIGIT = re.compile(r"\d")
_SOME_DIGITS = re.compile(r"\d.{0,40}+")
_SHORTEST_TRIPLE = 58
_AT_ONCE = 2_000
_WINDOW = 20_000
_OVERLAP = 200


class PersonalFilter:
    """Stops personal data in every channel; adults' channels get a person's look instead."""

    name = "personal"

    def judge(self, text: str, policy: Policy) -> Verdict | Awaitable[Verdict]:
        """Judge `text`; a long one, or one with digits to be tried as a telephone number, in a thread."""
        if len(text) <= _AT_ONCE and not (_DIGIT.search(text) and _MAYBE_PHONE.search(text)):
            return self.judge_now(text, policy)
        return asyncio.to_thread(self.judge_now, text, policy)

    def judge_now(self, text: str, policy: Policy) -> Verdict:
        """Judge `text` here and now."""
        kinds = tuple(dict.fromkeys(personal_data(text)))
        if not kinds:
            return ALLOWED
        return Verdict(policy.decide(Category.PERSONAL), kinds)


def personal_data(text: str) -> Iterator[str]:
    """The kinds of personal data in `text`, as reasons for people."""
    return (kind for kind, _ in _everything(text))


def redacted(text: str) -> str:
    """`text` with each piece of personal data replaced by its kind in square brackets, e.g. `[telephone number]`.

    What is found in disguise is replaced where it stands. To be used before anything is stored.
    """
    found = sorted(((start, end, kind) for kind, (start, end) in _everything(text)), key=lambda f: (f[0], -f[1]))
    pieces: list[str] = []
    last = 0
    for start, end, kind in found:
        if start >= last:
            pieces += [text[last:start], f"[{kind}]"]
        last = max(last, end)
    return "".join(pieces) + text[last:]


def _everything(text: str) -> Iterator[tuple[str, Span]]:
    """Every kind and where it stands, in the text and in what it discloses; a long text is read in windows."""
    phones = _Phones()
    for start in range(0, max(1, len(text)), _WINDOW):
        first = max(0, start - _OVERLAP)
        window = text[first : start + _WINDOW]
        hints = Hints.of(window)
        for kind, (a, b) in _finds(window, hints, phones, plain=True):
            yield kind, (first + a, first + b)
        for view, more in disclosed(window, hints):
            for kind, (a, b) in _finds(view.text, more, phones, plain=False):
                if a < b:
                    from_, to = view.span(a, b)
                    yield kind, (first + from_, first + to)


class _Phones:
    """Which numbers of one text are telephone numbers; the first `_PHONES_TRIED` of them are looked up."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}

    def has(self, written: str) -> bool:
        if written not in self._known and len(self._known) < _PHONES_TRIED:
            self._known[written] = _is_phone(written)
        return self._known.get(written, False)


def _finds(text: str, hints: Hints, phones: _Phones, *, plain: bool) -> Iterator[tuple[str, Span]]:
    """Each search is only made if the text has what it cannot do without; most sentences have nothing of it."""
    yield from ((said("access token"), span) for span in _tokens(text, hints))
    if "@" in text:
        mail = _MAIL if plain else _STRICT_MAIL
        yield from ((said("e-mail address"), m.span()) for m in mail.finditer(text))
        yield from ((said("e-mail address"), m.span()) for m in _BACKWARDS.finditer(text))
    for start, end in around(hints.networks, text):
        yield from ((said("account name"), _value(m)) for m in _HANDLE.finditer(text, start, end))
    if hints.password:
        yield from ((said("password"), _value(m)) for m in _PASSWORD.finditer(text))
    if hints.digits:
        for start, end in around([m.start() for m in _SOME_DIGITS.finditer(text)], text):
            yield from ((kind, (start + a, start + b)) for kind, (a, b) in _numbers(text[start:end], phones))


def _tokens(text: str, hints: Hints) -> Iterator[Span]:
    if "-----" in text:
        yield from (m.span() for m in _KEY.finditer(text))
    for row in _LONG.finditer(text):
        if hints.token:
            yield from (m.span() for m in _TOKEN.finditer(text, *row.span()))
        if row.end() - row.start() >= _SHORTEST_TRIPLE:
            yield from (m.span() for m in _TRIPLE.finditer(text, *row.span()))


def _numbers(text: str, phones: _Phones) -> Iterator[tuple[str, Span]]:
    lower, dots, colons = text.lower(), text.count("."), text.count(":")
    for hints, street in _STREETS:
        if not hints or any(map(lower.__contains__, hints.split())):
            yield from ((said("postal address"), m.span()) for m in street.finditer(text))
    yield from ((said("postal address"), m.span()) for m in _WAY.finditer(text) if _somebody_lives(text, m.start()))
    if dots > 2 and _NETS.search(text):
        yield from ((said("network address"), m.span()) for m in _NET.finditer(text))
    if colons + text.count("-") > 4:
        yield from ((said("network address"), m.span()) for m in _HARDWARE.finditer(text))
    if colons > 2:
        yield from ((said("network address"), m.span()) for m in _NET6.finditer(text) if _is_net6(m[0]))
    if dots > 1 and "," in text:
        yield from ((said("place on the map"), m.span()) for m in _PLACE.finditer(text))
    yield from ((said("identity number"), m.span()) for m in _NUMBERED.finditer(text))
    yield from ((said("bank account"), m.span()) for m in _BANK.finditer(text) if _is_bank(m[0]))
    yield from ((said("card number"), m.span()) for m in _CARD.finditer(text) if _passes_check(re.sub(r"\D", "", m[0])))
    for match in _MAYBE_PHONE.finditer(text):
        if _grouped_like_a_phone(match[0]) and (
            _AMERICAN.fullmatch(match[0]) or _called(text, match) or phones.has(match[0])
        ):
            yield said("telephone number"), match.span()


def _somebody_lives(text: str, at: int) -> bool:
    """Whether the words before `at` say that somebody lives or is met there."""
    return bool(_LIVES.search(text, max(0, at - 40), at))


def _value(match: re.Match[str]) -> Span:
    """The span of what is to be hidden: the named group that matched, or all."""
    name = match.lastgroup
    return match.span(name) if name else match.span()


def _grouped_like_a_phone(written: str) -> bool:
    groups = re.findall(r"\d+", written)
    digits = "".join(groups)
    if not 8 <= len(digits) <= 15 or digits in _COUNTED or len(set(digits)) < 3:
        return False
    if len(groups) == 1:
        return len(digits) > 9 or (len(digits) > 8 and digits[0] == "0") or written.startswith("+")
    if min(map(len, groups[2:] if written.startswith("+") else groups[1:]), default=2) < 2:
        return False
    return not re.fullmatch(r"\d{4}[-./]\d{1,2}[-./]\d{1,4}.*|\d{1,3}(?:\.\d{1,3}){3}", written)


def _is_net6(written: str) -> bool:
    try:
        return written.count(":") > 2 and IPv6Address(written).packed != b""
    except ValueError:
        return False


def _called(text: str, match: re.Match[str]) -> bool:
    """Whether somebody is asked to call it, or it names its country."""
    return match[0].startswith("+") or bool(_CALLED.search(text, max(0, match.start() - 40), match.start()))


def _is_phone(written: str) -> bool:
    import phonenumbers  # noqa: PLC0415 - large, and most texts hold no number

    tries: list[tuple[str, str | None]] = (
        [(written, None)] if written.startswith("+") else [(written, country) for country in _COUNTRIES]
    )
    if written.isdigit() and len(written) > 10:
        tries.append((f"+{written}", None))
    for number, country in tries:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(number, country)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _passes_check(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(d), 10)) if i % 2 else int(d) for i, d in enumerate(reversed(digits)))
    return len(set(digits)) > 1 and sum(doubled) % 10 == 0


def _is_bank(written: str) -> bool:
    """Whether an IBAN's check digits fit (ISO 13616)."""
    plain = written.replace(" ", "")
    return 15 <= len(plain) <= 34 and int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1
