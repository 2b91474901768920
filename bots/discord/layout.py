"""How replies look on Discord: passages as text with a small caption, titles as headings, lists in bold and plain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bots import sentences
from bots.discord import markup
from bots.discord.pieces import pieces, width
from bots.dispatch import differences
from bots.sentences import speak
from core.reply import Attachment, Block, Glimpse, Shape

_WOVEN = 1200
"""Characters up to which two wordings are woven into one."""
_SKETCH = 1900


@dataclass(frozen=True)
class Sheets:
    """A reply as messages. `file` is the rest as a text file, where so many messages are not possible."""

    contents: tuple[str, ...]
    file: str | None = None
    name: str = "story.md"

    def together_with(self, file: Attachment | None) -> "Sheets":
        """With the file that goes with the reply, if there is one."""
        return replace(self, file=file.text, name=file.name) if file else self


def sheets(blocks: Sequence[Block], locale: str, *, most: int = 10) -> Sheets:
    """Blocks as messages, at most so many; beyond these everything is also in a file."""
    text = written(blocks) or "-# …"
    contents = pieces(text)
    if len(contents) <= most:
        return Sheets(tuple(contents))
    first = pieces(text, limit=1900)[0]
    return Sheets((f"{first}\n-# {speak(sentences.REST_IN_FILE, locale)}",), _plain(blocks))


def written(blocks: Sequence[Block]) -> str:
    """Blocks as one text in Discord's markup."""
    alone = all(block.shape is Shape.NOTE for block in blocks)
    parts = list[str]()
    shown = [block for block in blocks if not (block.shape is Shape.OLD and _next_is_new(blocks, block))]
    for block in shown:
        old = _old(blocks, block)
        parts.append(_woven(old, block) if old else _drawn(block, alone=alone))
    return "".join(_joined(parts, shown))


def sketch(glimpse: Glimpse, locale: str, *, text: bool) -> str:
    """A look at a turn that is not done: what is there so far (if `text`), and what is going on."""
    notice = f"-# {speak(sentences.STAGES[glimpse.stage], locale)}"
    if not (text and glimpse.text):
        return notice
    so_far = pieces(markup.story(glimpse.text), limit=_SKETCH)
    return f"{so_far[0]}{' …' if len(so_far) > 1 else ''}\n{notice}"


def notice(text: str) -> str:
    """A sentence for one person, in one message."""
    return pieces(markup.name(text))[0]


def _joined(parts: Sequence[str], blocks: Sequence[Block]) -> Iterator[str]:
    yield from parts[:1]
    for part, (before, block) in zip(parts[1:], pairwise(blocks), strict=True):
        together = before.shape is block.shape and block.shape in (Shape.ITEM, Shape.NOTE)
        yield ("\n" if together or before.shape is Shape.TITLE else "\n\n") + part


def _drawn(block: Block, *, alone: bool) -> str:
    match block.shape:
        case Shape.TITLE:
            return f"## {markup.name(' '.join(block.text.split()))}"
        case Shape.NOTE if alone:
            return markup.name(block.text)
        case Shape.NOTE:
            return _small(markup.name(block.text))
        case Shape.ITEM:
            return _item(block)
        case _:
            return _captioned(markup.story(block.text), block.label)


def _item(block: Block) -> str:
    text = markup.name(block.text)
    if not block.label:
        return text
    if block.label.startswith("/story"):  # how a command is typed; on Discord options have fields of their own
        usage = block.label.replace(" | ", " ").replace("`", "")
        return f"`{usage}`\n-# {text}"
    return f"**{markup.name(block.label)}** {text}"


def _captioned(text: str, label: str | None) -> str:
    return f"{text}\n{_small(markup.name(label))}" if label else text


def _small(text: str) -> str:
    return "\n".join(f"-# {line}" for line in text.splitlines() if line.strip())


def _next_is_new(blocks: Sequence[Block], block: Block) -> bool:
    return any(a is block and b.shape is Shape.NEW for a, b in pairwise(blocks))


def _old(blocks: Sequence[Block], block: Block) -> Block | None:
    """The wording before, if `block` is the one after."""
    if block.shape is not Shape.NEW:
        return None
    return next((a for a, b in pairwise(blocks) if b is block and a.shape is Shape.OLD), None)


def _woven(old: Block, new: Block) -> str:
    """Both wordings in one, if they are short and alike; else the new one, and the old one as a quotation."""
    caption = f"{old.label} · {new.label}" if old.label and new.label else old.label
    words = list(differences(old.text, new.text))
    kept = sum(len(text) for mark, text in words if mark == "=")
    if max(len(old.text), len(new.text)) <= _WOVEN and kept * 2 >= len(new.text):
        styles = {"=": "{}", "-": "~~{}~~", "+": "**{}**"}
        return _captioned(" ".join(styles[mark].format(markup.name(text)) for mark, text in words), caption)
    quoted = "\n".join(f"> {line}" for line in markup.story(old.text).splitlines())
    return f"{_captioned(markup.story(new.text), caption)}\n\n{quoted}"


def _plain(blocks: Sequence[Block]) -> str:
    lines = [f"{block.text}\n[{block.label}]" if block.label else block.text for block in blocks]
    return "\n\n".join(lines) + "\n"


def label(text: str, *, most: int = 80) -> str:
    """A text for a button, a title of a form or a thread's name: one line, at most so long."""
    line = " ".join(text.split())
    return line if width(line) <= most else pieces(line, limit=most - 1)[0][: most - 1].rstrip() + "…"
