"""How replies look on Slack: titles as headers, passages as text with a small caption, lists as lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bots import sentences
from bots.dispatch import differences
from bots.sentences import speak
from bots.slack import markup
from bots.slack.pieces import pieces
from core.reply import Block, Glimpse, Shape

Json = dict[str, Any]
SECTION = 2900
"""Characters of text in a section; Slack allows 3000."""
_TOGETHER = 11_500
"""Characters in the blocks of a message; Slack refuses somewhat more than 12,000."""
_BLOCKS = 45
"""Blocks in a message, without buttons; Slack allows 50."""
_HEADER = 150
_FALLBACK = 2500
_WOVEN = 1200
"""Characters up to which two wordings are woven into one."""


@dataclass(frozen=True)
class Sheet:
    """One message: its blocks, and the text for notifications and screen readers."""

    blocks: tuple[Json, ...]
    text: str

    def under(self, more: Sequence[Json]) -> "Sheet":
        """With more blocks, such as buttons."""
        return Sheet((*self.blocks, *more), self.text)


@dataclass(frozen=True)
class Sheets:
    """A reply as messages. `file` is all of it as a text file, where so many messages are not possible."""

    messages: tuple[Sheet, ...]
    file: str | None = None

    def under(self, more: Sequence[Json]) -> "Sheets":
        """With more blocks under the last message."""
        return Sheets((*self.messages[:-1], self.messages[-1].under(more)), self.file) if more else self


def sheets(blocks: Sequence[Block], locale: str, *, most: int = 5) -> Sheets:
    """Blocks as messages, at most so many; beyond these everything is also in a file."""
    messages = list(_packed(list(drawn(blocks)) or [_context("…")]))
    if len(messages) <= most:
        return Sheets(tuple(messages))
    return Sheets((messages[0].under([_context(speak(sentences.REST_IN_FILE, locale))]),), _plain(blocks))


def drawn(blocks: Sequence[Block]) -> Iterator[Json]:
    """Reply blocks as Slack's."""
    alone = all(block.shape is Shape.NOTE for block in blocks)
    lines: list[str] = []
    shown = [each for each in blocks if not (each.shape is Shape.OLD and _next_is_new(blocks, each))]
    for block in shown:
        if block.shape is Shape.ITEM:
            lines.append(_item(block))
            continue
        yield from _listed(lines)
        lines = []
        yield from _drawn(block, _old(blocks, block), alone=alone)
    yield from _listed(lines)


def caption(blocks: Sequence[Block]) -> list[Json]:
    """What stands under a passage whose text is there already: its caption, and what comes after it."""
    first, *rest = blocks
    return [*([_context(first.label)] if first.label else []), *drawn(rest)]


def sketch(glimpse: Glimpse, locale: str, *, text: bool) -> Sheet:
    """A look at a turn that is not done: what is there so far (if `text`), and what is going on."""
    notice = speak(sentences.STAGES[glimpse.stage], locale)
    if not (text and glimpse.text):
        return Sheet((_context(notice),), notice)
    so_far = pieces(markup.story(glimpse.text), SECTION)
    return Sheet((_section(so_far[0]), _context(notice)), notice)


def status(glimpse: Glimpse, locale: str) -> str:
    """What is going on, in one line."""
    return speak(sentences.STAGES[glimpse.stage], locale)


def notice(text: str, more: Sequence[Json] = ()) -> Sheet:
    """A sentence of ours in one message."""
    shown = markup.escaped(text)
    return Sheet((*(_section(each) for each in pieces(shown, SECTION)), *more), shown[:_FALLBACK])


def returned(sentence: str, text: str) -> Sheet:
    """What somebody wrote, given back to them alone."""
    plain = (
        {"type": "section", "text": {"type": "plain_text", "text": each, "emoji": False}}
        for each in pieces(markup.escaped(text), SECTION)
    )
    return Sheet((*notice(sentence).blocks, *plain), sentence)


def label(text: str, *, most: int) -> str:
    """A text for a title or a label: one line, at most so long."""
    line = " ".join(text.split())
    return line if len(line) <= most else pieces(line, most - 1)[0][: most - 1].rstrip() + "…"


def _packed(blocks: list[Json]) -> Iterator[Sheet]:
    page: list[Json] = []
    for block in blocks:
        if page and (len(page) >= _BLOCKS or sum(map(_width, page)) + _width(block) > _TOGETHER):
            yield _sheet(page)
            page = []
        page.append(block)
    yield _sheet(page)


def _sheet(blocks: list[Json]) -> Sheet:
    text = "\n".join(_texts(blocks))
    return Sheet(tuple(blocks), pieces(text, _FALLBACK)[0] or "…")


def _texts(blocks: Sequence[Json]) -> Iterator[str]:
    for each in blocks:
        yield from (element["text"] for element in each.get("elements", ()))
        if "text" in each:
            yield each["text"]["text"]


def _width(block: Json) -> int:
    return sum(map(len, _texts([block])))


def _drawn(block: Block, old: Block | None, *, alone: bool) -> Iterator[Json]:
    match block.shape:
        case Shape.TITLE:
            yield _header(" ".join(block.text.split()))
        case Shape.NOTE if alone:
            yield from map(_section, pieces(markup.escaped(block.text), SECTION))
        case Shape.NOTE:
            yield from (_context(each) for each in pieces(block.text, 500) if each.strip())
        case _ if old is not None:
            yield from _woven(old, block)
        case _:
            yield from _captioned(markup.story(block.text), block.label)


def _header(title: str) -> Json:
    shown = markup.escaped(title)
    if len(shown) > _HEADER:
        return _section(f"*{pieces(shown, SECTION)[0]}*")
    return {"type": "header", "text": {"type": "plain_text", "text": shown or "…", "emoji": False}}


def _captioned(text: str, label: str | None) -> Iterator[Json]:
    yield from (_section(each) for each in pieces(text, SECTION) if each.strip())
    if label:
        yield _context(label)


def _listed(lines: list[str]) -> Iterator[Json]:
    if lines:
        yield from map(_section, pieces("\n".join(lines), SECTION))


def _item(block: Block) -> str:
    text = markup.escaped(block.text)
    if not block.label:
        return text
    shown = markup.escaped(block.label)
    if block.label.startswith("/story"):
        return f"`{shown.replace('`', '')}`\n{text}"
    return f"*{shown.replace('*', '')}* {text}"


def _section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text or "…", "verbatim": True}}


def _context(text: str) -> Json:
    shown = pieces(markup.escaped(" ".join(text.split())), SECTION)[0] or "…"
    return {"type": "context", "elements": [{"type": "plain_text", "text": shown, "emoji": False}]}


def _next_is_new(blocks: Sequence[Block], block: Block) -> bool:
    return any(a is block and b.shape is Shape.NEW for a, b in pairwise(blocks))


def _old(blocks: Sequence[Block], block: Block) -> Block | None:
    """The wording before, if `block` is the one after."""
    if block.shape is not Shape.NEW:
        return None
    return next((a for a, b in pairwise(blocks) if b is block and a.shape is Shape.OLD), None)


def _woven(old: Block, new: Block) -> Iterator[Json]:
    """Both wordings in one, if they are short and alike; else the new one, and the old one as a quotation."""
    label = f"{old.label} · {new.label}" if old.label and new.label else old.label
    words = list(differences(old.text, new.text))
    kept = sum(len(text) for mark, text in words if mark == "=")
    if max(len(old.text), len(new.text)) <= _WOVEN and kept * 2 >= len(new.text):
        styles = {"=": "{}", "-": "~{}~", "+": "*{}*"}
        woven = " ".join(styles[mark].format(markup.escaped(text)) for mark, text in words)
        yield from _captioned(woven, label)
        return
    yield from _captioned(markup.story(new.text), label)
    quoted = "\n".join(f"> {line}" for line in markup.story(old.text).splitlines())
    yield from _captioned(quoted, None)


def _plain(blocks: Sequence[Block]) -> str:
    lines = [f"{block.text}\n[{block.label}]" if block.label else block.text for block in blocks]
    return "\n\n".join(lines) + "\n"
