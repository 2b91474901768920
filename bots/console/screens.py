"""How replies look: plain text for a pipe, colours and a live view for a terminal."""

from itertools import groupby
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bots.dispatch import differences, plain
from bots.sentences import STAGES
from core.reply import Block, Glimpse, Reply, Shape, Stage
from core.wording import said

_WIDEST = 92


class PlainScreen:
    """One reply after the other as plain text, an empty line between them."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._stage: Stage | None = None

    def show(self, reply: Reply) -> None:
        """Write the reply."""
        self._stage = None
        self.say(plain(reply))

    def say(self, sentence: str) -> None:
        """Write a sentence."""
        # A pipe may have any encoding; what it cannot spell is replaced, never fatal.
        encoding = self._out.encoding or "utf-8"
        print(sentence.encode(encoding, "replace").decode(encoding), end="\n\n", file=self._out, flush=True)

    def glimpse(self, glimpse: Glimpse) -> None:
        """Say once that the storyteller is waking up; text is written when it is whole."""
        if glimpse.stage is Stage.WAKING and self._stage is not Stage.WAKING:
            self.say(STAGES[Stage.WAKING])
        self._stage = glimpse.stage


class LiveScreen:
    """Colours, and the passage as it is written."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None

    def show(self, reply: Reply) -> None:
        """Draw the reply."""
        self.settle()
        width = min(self._console.width, _WIDEST)
        self._console.print(Padding(drawn(reply), (0, 0, 1, 0)), width=width)

    def say(self, sentence: str) -> None:
        """Draw a sentence."""
        self.settle()
        self._console.print(Padding(Text(sentence, style="dim"), (0, 0, 1, 0)), width=_WIDEST)

    def glimpse(self, glimpse: Glimpse) -> None:
        """Draw what is there so far, in place of the last look."""
        if self._live is None:
            self._live = Live(console=self._console, transient=True, refresh_per_second=8)
            self._live.start()
        waiting = Text(STAGES[glimpse.stage], style="dim italic")
        look = Group(Text(glimpse.text), waiting) if glimpse.text else waiting
        self._live.update(Padding(look, (0, 2)), refresh=True)

    def settle(self) -> None:
        """Take the live view away."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def drawn(reply: Reply) -> RenderableType:
    """A reply for a terminal."""
    parts: list[RenderableType] = []
    for shape, group in groupby(reply.blocks, key=lambda block: block.shape):
        blocks = list(group)
        if shape is Shape.ITEM:
            parts.append(_list(blocks))
        elif shape is not Shape.OLD:
            parts += [_draw(block, reply) for block in blocks]
    if reply.file is not None:
        parts.append(Text(reply.file.text))
    return Group(*parts)


def _draw(block: Block, reply: Reply) -> RenderableType:
    match block.shape:
        case Shape.TITLE:
            return Text(block.text, style="bold magenta")
        case Shape.NOTE:
            return Text(block.text, style="dim")
        case Shape.NEW:
            return _woven(next(b for b in reply.blocks if b.shape is Shape.OLD), block)
    head = [Text(block.label, style="cyan")] if block.label else []
    return Group(*head, Padding(Text(block.text), (0, 2)))


def _list(blocks: list[Block]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", max_width=44, overflow="fold")
    grid.add_column(overflow="fold")
    for block in blocks:
        grid.add_row(Text(block.label or ""), Text(block.text))
    return grid


def _woven(old: Block, new: Block) -> RenderableType:
    styles = {"=": "", "-": "red strike", "+": "green"}
    text = Text(" ").join(Text(words, style=styles[mark]) for mark, words in differences(old.text, new.text))
    return Group(Text(said("{label}, refined", label=old.label or ""), style="cyan"), Padding(text, (0, 2)))
