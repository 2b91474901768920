"""Slack's markup: a story's own kept as far as Slack has it, and nothing in anybody's text that pings or links.

Stories are kept in Markdown, as the storyteller writes it. Nothing here decides what is said.
"""

import html
import re
from collections.abc import Mapping

BREAK = "\u200b"
"""An invisible character that keeps two others apart."""

_ANGLES = re.compile(r"<([^<>\n]+)>")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_BOLD = re.compile(r"(?<![\w*])(\*\*|__)(?=\S)(.+?)(?<=\S)\1(?![\w*])")
_ITALIC = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])")
_STRUCK = re.compile(r"~~(?=\S)(.+?)(?<=\S)~~")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_SLACK_BOLD = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])")
_SLACK_STRUCK = re.compile(r"(?<![\w~])~(?=[^\s~])([^~\n]+?)(?<=[^\s~])~(?![\w~])")
_MASKED = re.compile(r"\](?=[(\[:])")
_ADDRESS = re.compile(r"\b([a-z][a-z0-9+.-]*:)(?=//)|\b(mailto:|tel:)|\b(www)(?=\.)", re.IGNORECASE)
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|([^<>]*))?>")


def escaped(text: str) -> str:
    """The text with the three characters that mean something to Slack made ordinary."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def story(text: str) -> str:
    """Story text in Slack's markup: bold, italic, struck, code and quotes kept; everything else as it is written."""
    parts = _CODE.split(escaped(text))
    return "".join(part if index % 2 else _marked(part) for index, part in enumerate(parts))


def markdown(text: str) -> str:
    """Story text where Slack reads Markdown itself, with no link and no picture in it."""
    return _ADDRESS.sub(rf"\g<0>{BREAK}", _MASKED.sub(f"]{BREAK}", escaped(text)))


def mentioned(text: str) -> set[str]:
    """The ids of people whose names are needed to read a text."""
    return {match[1] for match in _MENTION.finditer(text) if not match[2]}


def read(text: str, names: Mapping[str, str] | None = None) -> str:
    """What somebody typed, from Slack's way of sending it: references by their names, Slack's marks as Markdown."""

    def shown(match: re.Match[str]) -> str:
        return _named(match[1], names or {})

    plain = html.unescape(_ANGLES.sub(shown, text))
    parts = _CODE.split(plain)
    return "".join(part if index % 2 else _from_slack(part) for index, part in enumerate(parts))


def ids(text: str) -> str:
    """A text with references to channels and groups as their ids, as settings want them."""
    return re.sub(r"<(?:#|!subteam\^|@)([A-Z0-9]+)(?:\|[^<>]*)?>", r"\1", text)


def after_mention(text: str, bot: str) -> str:
    """What is said to the bot: the words behind its mention, or those before it if there are none."""
    before, found, after = text.partition(f"<@{bot}>")
    if not found:
        before, found, after = re.sub(rf"<@{re.escape(bot)}\|[^<>]*>", f"<@{bot}>", text).partition(f"<@{bot}>")
    line = after.strip() or before.strip()
    return re.sub(r"^/story\b\s*", "", line)


def _marked(text: str) -> str:
    text = _ITALIC.sub(r"_\1_", text)
    text = _BOLD.sub(r"*\2*", text)
    return _HEADING.sub(r"*\1*", _STRUCK.sub(r"~\1~", text))


def _from_slack(text: str) -> str:
    return _SLACK_STRUCK.sub(r"~~\1~~", _SLACK_BOLD.sub(r"**\1**", text))


def _named(inside: str, names: Mapping[str, str]) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return f"@{label or names.get(target[1:], 'somebody')}"
    if target.startswith("#"):
        return f"#{label or 'channel'}"
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    return label or target.removeprefix("mailto:")
