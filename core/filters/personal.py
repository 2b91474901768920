"""The filter `personal`: what tells a stranger where to find somebody, and secrets that open something.

Finds e-mail addresses (also written out: "anna at example dot org"), telephone numbers, street addresses with a number,
handles with the name of a network, card numbers and access tokens. It does not find names: stories are full of them.
Phone numbers: phonenumbers (Apache-2.0). Card check digit: ISO/IEC 7812-1. Nothing of any text is kept or logged.
"""

import asyncio
import re
from collections.abc import Awaitable, Iterator
from itertools import islice

from core.policy import ALLOWED, Category, Policy, Verdict
from core.wording import said

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_SPELT_MAIL = re.compile(
    r"\b[\w.+-]{2,64}\s{0,3}(?:\(at\)|\[at\]|\{at\}|\bat\b)\s{0,3}[\w-]{2,63}\s{0,3}(?:\(dot\)|\[dot\]|\{dot\}|\bdot\b)"
    r"\s{0,3}(?:com|org|net|edu|gov|io|de|uk|fr|es|it|nl|cn|eu|us|me|co|app|dev|ch|at|pl|ru)\b",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b\d{1,5}[a-d]?,?\s(?:[A-Z][\w'’-]{1,20}\s){1,3}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Close|Crescent|Terrace|Way|Place)\b"
    r"|\b[A-ZÄÖÜ][\wäöüß-]{2,30}(?:straße|strasse|str\.|weg|gasse|allee)\s\d{1,4}[a-d]?\b"
)
_HANDLE = re.compile(
    r"\b(?:discord|snap(?:chat)?|insta(?:gram)?|tiktok|telegram|whatsapp|skype|kik|wechat|twitter)"
    r"(?: (?:name|handle|id|user|username|account))? ?(?:\bis\b|:|=|@) ?@?"
    r"(?=[a-z_.]{0,30}[0-9_.][a-z0-9])[a-z0-9_.]{3,32}\b",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"xox[abprs]-[\w-]{10,}|xapp-[\w-]{10,}|\b[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}|\bgh[pousr]_\w{30,}|\bsk-[\w-]{20,}"
    r"|\bAKIA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----"
)
_CARD = re.compile(r"(?<![\d.])(?:\d[ -]?){12,18}\d(?![\d.])")
_MAYBE_PHONE = re.compile(r"(?<!\w)\+?\(?\d[\d ()./-]{5,20}\d(?!\w)")
_COUNTRIES = ("US", "GB", "DE", "FR", "ES", "IN", "CN", "AU")
_PHONES_TRIED = 30
"""Numbers of one text that are looked up; a text with more of them is a table, not a story."""
_DIGIT = re.compile(r"\d")
_NETWORKS = ("discord", "snap", "insta", "tiktok", "telegram", "whatsapp", "skype", "kik", "wechat", "twitter")
_DOTLESS, _DOTTED = ("ı", "i"), ("i\u0307", "i")
"""Case folding leaves two Turkish letters that a search without regard to case takes for an i."""
_SHORTEST_TOKEN = 15
"""Signs in a row, at least, that make an access token: `xapp-` and ten more."""
_AT_ONCE = 4_000


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
    """The kinds of personal data in `text`, as reasons for people.

    Each search is only made if the text has what it cannot do without; most sentences have nothing of it.
    """
    plain = text.casefold().replace(*_DOTLESS).replace(*_DOTTED)
    digits = bool(_DIGIT.search(text))
    if (max(map(len, text.split()), default=0) >= _SHORTEST_TOKEN or "-----" in text) and _TOKEN.search(text):
        yield said("access token")
    if ("@" in text and _MAIL.search(text)) or ("dot" in plain and _SPELT_MAIL.search(text)):
        yield said("e-mail address")
    if digits and _STREET.search(text):
        yield said("postal address")
    if any(map(plain.__contains__, _NETWORKS)) and _HANDLE.search(text):
        yield said("account name")
    if not digits:
        return
    if any(_passes_check(re.sub(r"\D", "", found)) for found in _CARD.findall(text)):
        yield said("card number")
    likely = (found for found in _MAYBE_PHONE.findall(text) if _grouped_like_a_phone(found))
    if any(map(_is_phone, islice(likely, _PHONES_TRIED))):
        yield said("telephone number")


def _grouped_like_a_phone(written: str) -> bool:
    groups = re.findall(r"\d+", written)
    if not 8 <= sum(map(len, groups)) <= 15 or min(map(len, groups[1:]), default=0) < 2:
        return False
    return not re.fullmatch(r"\d{4}[-./]\d{1,2}[-./]\d{1,4}.*|\d{1,3}(?:\.\d{1,3}){3}", written)


def _is_phone(written: str) -> bool:
    import phonenumbers  # noqa: PLC0415 - large, and most texts hold no number

    for country in (None,) if written.startswith("+") else _COUNTRIES:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(written, country)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _passes_check(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(d), 10)) if i % 2 else int(d) for i, d in enumerate(reversed(digits)))
    return len(set(digits)) > 1 and sum(doubled) % 10 == 0
