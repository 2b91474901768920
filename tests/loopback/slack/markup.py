"""Slack's own markup: what resolves in a text, what people read, and what a typed line becomes."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

_ANGLES = re.compile(r"<([^<>\n]+)>")
_MASKED = re.compile(r"\[[^\]\n]*\]\((\w+:[^)\s]+)\)")
_TYPED = re.compile(
    r"(?P<known><[@#][A-Z0-9]+>)|(?<![\w@])@(?P<all>channel|here|everyone)\b|(?P<link>https?://[^\s<>]+)"
)


@dataclass(frozen=True)
class Found:
    """A reference: its kind and what it points to."""

    kind: str
    target: str


def references(text: str, *, markdown: bool = False) -> Iterator[Found]:
    """Everything in a text that Slack would resolve. Markdown has links in brackets too."""
    for match in _ANGLES.finditer(text):
        if found := _reference(match[1]):
            yield found
    if markdown:
        yield from (Found("link", match[1]) for match in _MASKED.finditer(text))


def _reference(inside: str) -> Found | None:
    target = inside.split("|", 1)[0]
    if target.startswith("@") and re.fullmatch(r"@[UW][A-Z0-9]+", target):
        return Found("user", target[1:])
    if target.startswith("#") and re.fullmatch(r"#[CGD][A-Z0-9]+", target):
        return Found("channel", target[1:])
    if target.startswith("!"):
        word = target[1:].split("^", 1)[0]
        if word in ("channel", "here", "everyone", "group"):
            return Found("everyone", word)
        return {"subteam": Found("group", target[1:]), "date": Found("date", target[1:])}.get(word)
    if re.match(r"(https?://|mailto:|tel:|slack:)", target):
        return Found("link", target)
    return None


def readable(text: str) -> str:
    """What people read: entities decoded, references by their label."""

    def label(match: re.Match[str]) -> str:
        target, _, shown = match[1].partition("|")
        return shown or target if _reference(match[1]) else match[0]

    return html.unescape(_ANGLES.sub(label, text))


def escaped(text: str) -> str:
    """The three characters that Slack escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str, known: frozenset[str], *, links: bool = True) -> str:
    """What Slack delivers of a line that a person typed.

    `known` mentions (`user.mention`, `channel.mention`) and `@channel`, `@here`, `@everyone` are picked from the
    client's menus and become references, addresses become links; everything else, `<!channel>` too, is escaped.
    """
    out, end = [], 0
    for match in _TYPED.finditer(text):
        if match["known"] and match["known"] not in known:
            continue
        out.append(escaped(text[end : match.start()]))
        if match["known"]:
            out.append(match["known"])
        elif match["all"]:
            out.append(f"<!{match['all']}>")
        else:
            address = escaped(match["link"])
            out.append(f"<{address}>" if links else address)
        end = match.end()
    return "".join([*out, escaped(text[end:])])


def rich_text(text: str, block_id: str) -> dict[str, object]:
    """The rich_text block that comes with a person's message."""
    parts: list[dict[str, object]] = []
    end = 0
    for match in _ANGLES.finditer(text):
        found = _reference(match[1])
        if not found:
            continue
        if text[end : match.start()]:
            parts.append({"type": "text", "text": html.unescape(text[end : match.start()])})
        end = match.end()
        if found.kind == "user":
            parts.append({"type": "user", "user_id": found.target})
        elif found.kind == "channel":
            parts.append({"type": "channel", "channel_id": found.target})
        elif found.kind == "everyone":
            parts.append({"type": "broadcast", "range": found.target})
        else:
            parts.append({"type": "link", "url": html.unescape(found.target)})
    if text[end:]:
        parts.append({"type": "text", "text": html.unescape(text[end:])})
    return {"type": "rich_text", "block_id": block_id, "elements": [{"type": "rich_text_section", "elements": parts}]}
