"""The filter `links`: addresses of pages, invitations and mentions, plain and in disguise.

A story needs none of them, and each can lead or call somebody out of it. Sees schemes (also `hxxp`), masked links, bare
domains, dots in any spelling, percent signs, and everything that notifies people on Discord and Slack.
It follows no link and knows no good or bad pages. Nothing of any text is kept or logged.
"""

import asyncio
import html
import re
from collections.abc import Awaitable, Iterator
from urllib.parse import unquote

from core.filters.disclosed import plainly
from core.policy import Category, Policy, Verdict

_SURE = (
    "com|org|net|edu|gov|mil|int|info|biz|io|gg|tv|xyz|app|dev|cc|ly|gl|fm|ai|sh|tk|ml|ga|cf|gq|ws|nu|eu|uk|de|fr|es|nl|pl|ru|ua"
    "|cn|jp|kr|br|mx|ar|cl|ca|au|nz|za|se|dk|fi|cz|sk|hu|ro|bg|gr|tr|il|ir|sa|ae|hk|tw|sg|vn|th|ph|ch|lu|ie|pt|ee|lv|lt|hr|si"
    "|moe|lol|icu|vip|buzz|click|wiki|blog|cloud|email|porn|xxx|sex|adult|invalid|example|onion|eth|goo|рф|бел|укр|中国|公司|网络|网址|香港|한국|भारत"
)
"""Ends of names of pages that no sentence begins with."""
_WORDY = (
    "me|it|is|in|at|so|to|no|us|am|be|do|by|my|co|as|id|pm|la|name|live|link|world|life|top|pro|site|online|store|shop|club|space"
    "|fun|win|bid|game|games|chat|team|zone|today|news|art|page|social|group|party|date|men|work|rest|place|run|how|best|one|now|new"
    "|here|see|gay|tube|web|tech|host|press|red|blue|black|ink|cool|ninja|rocks|guru|media|video|city|school|academy|su|st|md|py|pl|re"
)
"""Ends of names of pages that are words too: they need more than a missing space to be taken for one."""
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bh[tx*]{1,2}ps?\s{0,2}(?::|\[:\]|%3a|：)\s{0,2}[/\\]{1,3}",
        r"\b(?:https?|ftps?|sftp|wss?|ssh|irc|file|discord|slack|steam|tg|magnet|git|ipfs|blob"
        r"|view-source)\s?:\s?(?://|\\\\|\?)",
        r"\b(?:javascript|vbscript|data|mailto|tel|sms|callto|skype"
        r"|facetime)\s?:\s?(?=[^\s])(?:[\w+/;=,.-]+/[\w+-]+[;,]|[+\w.-]+@|\+?\d{5}|\w+\(|//)",
        r"(?<![\w.])www\d?\s?\.\s?[\w-]{2,}",
        r"\[[^\[\]\n]{1,200}\]\(\s?<?[a-z#/.%][^()\s]{2,400}>?(?:\s[^()\n]{0,80})?\)",
        r"<[^<>|\s]{3,400}\|[^<>\n]{0,200}>(?<!\^)",
        r"^\s{0,3}\[[^\[\]\n]{1,80}\]:\s?\S{3,}",
        r"<a\s[^<>]{0,200}href|<(?:img|iframe|script|link|object|embed|form|meta|base)\b[^<>]{0,300}(?:src|href"
        r"|url|action|data)\s?=",
        rf"(?<![\w@.-])(?:(?:[\w-]{{1,63}}\.){{0,5}}[\w-]{{2,63}}\.(?:{_SURE})|[a-z]\.(?:com|org|net))(?![\w-]|\.\w)",
        rf"(?<![\w@.-])(?:[\w-]{{1,63}}\.){{1,6}}(?:{_SURE}|{_WORDY})(?::\d{{2,5}}|/|\?\w+=)",
        r"(?<![\w@.-])(?:[\w-]{1,63}\.){2,6}(?:co|me|us|id|in|my|ac|gov)\.[a-z]{2}\b",
        rf"(?<![\w@.-])(?:[a-z-]*\d[\w-]*|[a-z]+-[\w-]+)\.(?:{_WORDY})(?![\w-])",
        r"(?<![\w.])(?:bit|t|ow|is|buff|cutt|rb|tiny|lnk|linktr|wa|fb|youtu|redd|dis|amzn|g|m|goo|ko-fi)\.(?:ly"
        r"|co|gd|me|be|it|cc|bio|ee|to|gl|com)\b",
        r"(?:discord|dsc|invite|slack|telegram|whatsapp)\s?\W{0,3}\s?(?:gg|me|io|li)\s?/\s?\w{2,}"
        r"|\bgg\s?/\s?[a-z0-9]{4,}",
        r"\bxn--[a-z0-9-]{3,}",
        r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{2,5}|/\w)",
        r"(?<![\w/])//[\w-]+\.[\w.-]+/",
        r"\b(?:0x[0-9a-f]{8}|localhost)(?::\d{2,5}|/)",
        r"\b[a-z2-7]{56}\.onion",
    )
)
_SPELT = re.compile(
    r"(?<![\w.])[a-z0-9-]{2,63}(?:\s?[(\[{<]\s?(?:dot|\.|punkt|d0t)\s?[)\]}>]\s?|\s(?:dot|d0t|punkt|DOT)\s"
    r"|\s\.\s?|\.\s)"
    r"(?P<end>com|org|net|edu|gov|info|io|gg|tv|xyz|de|uk|ru|me|ly|app|dev|co)(?![\w-])",
    re.IGNORECASE,
)
_NO_NAMES = {
    *[
        "the",
        "a",
        "an",
        "this",
        "that",
        "every",
        "one",
        "big",
        "old",
        "new",
        "red",
        "last",
        "first",
        "of",
        "no",
        "my",
        "your",
    ]
}
_CALLS = re.compile(
    r"@(?:everyone|here|channel|all|someone|online)\b|<@[!&]?\w{2,30}(?:\|[^<>]{0,80})?>|<#\w{2,30}(?:\|[^<>]{0,80})?>"
    r"|<!(?:channel|here|everyone|group|subteam\^\w{1,30})(?:[|^@][^<>]{0,80})?>|</[\w -]{1,70}:\d{5,25}>"
    r"|<id:\w{1,20}>",
    re.IGNORECASE,
)
_MAYBE = re.compile(
    r"[.。](?:(?<=\w.)|(?<=\w[^\w\s].)|(?<=\w[^\w\s]{2}.))[^\w\s\"'“”‘’«»)]?\w|[@<%&\[\]*|\\]|[:：]\s?[/\\]"
    r"|:(?<=\w:)[\w+]|\.(?<=\s\.)\s?\w|\.\s(?:com|org|net|gg)|/(?:(?<=gg/)|(?<=gg\s/)|(?<=\W/)/)",
    re.IGNORECASE,
)
"""Signs without which there is no link or mention. Each begins with itself, so that it is quickly sought."""
_MAYBE_WORDS = ("dot", "d0t", "punkt", "www", "localhost", "xn--")
_MARKS = re.compile(r"[*`~]+|\|\||\\(?=[^\w\s\\/])")
_CODED = re.compile(r"%[0-9a-f]{2}|&#?\w{2,8};", re.IGNORECASE)
_DOTS = str.maketrans(
    dict.fromkeys("．。․｡·•∙⋅・", ".") | {"⁄": "/", "∕": "/", "⧸": "/", "／": "/", "：": ":", "＠": "@"}
)
_AT_ONCE = 4_000


class LinkFilter:
    """Finds links and mentions in every channel."""

    name = "links"

    def judge(self, text: str, policy: Policy) -> Verdict | Awaitable[Verdict]:
        """Judge `text`; a long one in a thread."""
        if len(text) <= _AT_ONCE:
            return self.judge_now(text, policy)
        return asyncio.to_thread(self.judge_now, text, policy)

    def judge_now(self, text: str, policy: Policy) -> Verdict:
        """Judge `text` here and now. Linear in its length."""
        return policy.verdict(dict.fromkeys(leading_out(text)))


def leading_out(text: str) -> Iterator[Category]:
    """`LINK` and `MENTION`, if they are in `text`."""
    plain = plainly(text).translate(_DOTS)
    if not (_MAYBE.search(plain) or any(map(plain.casefold().__contains__, _MAYBE_WORDS))):
        return
    readings = dict.fromkeys([text, *_readings(plain)])
    if any("@" in r or "<" in r for r in readings) and any(map(_CALLS.search, readings)):
        yield Category.MENTION
    if any(map(_leads, readings)):
        yield Category.LINK


def _readings(plain: str) -> Iterator[str]:
    if _CODED.search(plain):
        plain = unquote(html.unescape(plain), errors="ignore")
    yield plain
    if _MARKS.search(plain):
        yield _MARKS.sub("", plain)


def _leads(text: str) -> bool:
    return any(pattern.search(text) for pattern in _PATTERNS) or any(map(_is_page, _SPELT.finditer(text)))


def _is_page(match: re.Match[str]) -> bool:
    """Whether what is written out is the name of a page, and not a sentence's end or a word about names of pages."""
    name, between = re.match(r"([\w-]+)(.*)", match[0][: match.start("end") - match.start()], re.DOTALL).groups()  # type: ignore[union-attr]
    if name.lower() in _NO_NAMES:
        return False
    return between.strip() != "." or between[0].isspace() or match["end"] in {"com", "gg", "org", "net"}
