"""Draws Discord messages: content in its markup, captions, buttons, and who alone can see them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tests.pictures.paper import Run, Sheet, Style, measure

TEXT, DIM, TITLE = Style(), Style(12.5, "#949ba4"), Style(20, "#f2f3f5", bold=True)
_BUTTONS = {1: "#5865f2", 2: "#4e5058", 3: "#248046", 4: "#da373c"}
_MARK = re.compile(r"(\*\*|~~|`|(?<![\w\\])[*_](?=\S)|(?<=\S)[*_](?!\w))")
_LEFT, _RIGHT = 76.0, 40.0


@dataclass(frozen=True)
class Said:
    """One message as it stands. `buttons` are rows of (label, style number)."""

    author: str
    content: str
    app: bool = False
    command: str = ""
    """Who used which command, shown above the answer."""
    buttons: Sequence[Sequence[tuple[str, int]]] = ()
    private: bool = False
    colour: str = "#5865f2"


def page(messages: Sequence[Said], *, width: int = 760, caption: str = "") -> str:
    """An SVG of these messages, one below the other."""
    sheet = Sheet(width, "#313338")
    for message in messages:
        _message(sheet, message)
    if caption:
        sheet.y += 6
        sheet.paragraph(20, [Run(caption, replace(DIM, italic=True))], width - 90)
    return sheet.svg()


def _message(sheet: Sheet, said: Said) -> None:
    top = sheet.y
    if said.command:
        sheet.text(_LEFT, sheet.y + 8, [Run("╭ ", DIM), Run(said.command, DIM)])
        sheet.y += 18
    sheet.disc(40, sheet.y + 20, 20, said.colour, said.author[0].upper())
    name = Style(15, "#f2f3f5", bold=True)
    sheet.text(_LEFT, sheet.y + 13, [Run(said.author, name)])
    if said.app:
        x = _LEFT + measure(said.author, name) + 16
        sheet.box(x, sheet.y, 32, 16, "#5865f2")
        sheet.text(x + 4, sheet.y + 12, [Run("APP", Style(11, "#ffffff", bold=True))])
    sheet.y += 18
    for line in said.content.split("\n"):
        _line(sheet, line)
    for row in said.buttons:
        _buttons(sheet, row)
    if said.private:
        sheet.paragraph(_LEFT, [Run("Only you can see this", DIM)], sheet.width)
    sheet.y = max(sheet.y, top + 44) + 16


def _line(sheet: Sheet, line: str) -> None:
    width = sheet.width - _LEFT - _RIGHT
    if not line.strip():
        sheet.y += 8
    elif line.startswith("-# "):
        sheet.paragraph(_LEFT, list(_runs(line[3:], DIM)), width)
    elif line.startswith("## "):
        sheet.paragraph(_LEFT, list(_runs(line[3:], TITLE)), width)
    elif line.startswith("> "):
        top = sheet.y
        sheet.paragraph(_LEFT + 14, list(_runs(line[2:], replace(TEXT, colour="#b5bac1"))), width - 14)
        sheet.box(_LEFT, top + 3, 4, sheet.y - top, "#4e5058")
    else:
        sheet.paragraph(_LEFT, list(_runs(line, TEXT)), width)


def _runs(text: str, style: Style) -> Iterator[Run]:
    bold = struck = italic = False
    for piece in _MARK.split(text):
        match piece:
            case "**":
                bold = not bold
            case "~~":
                struck = not struck
            case "*" | "_":
                italic = not italic
            case "`" | "":
                pass
            case _:
                plain = re.sub(r"\\(.)", r"\1", piece)
                look = replace(style, bold=style.bold or bold, struck=struck, italic=italic)
                yield Run(plain, replace(look, colour="#949ba4") if struck else look)


def _buttons(sheet: Sheet, row: Sequence[tuple[str, int]]) -> None:
    x, look = _LEFT, Style(14, "#ffffff")
    for label, style in row:
        wide = measure(label, look) + 32
        sheet.box(x, sheet.y + 6, wide, 32, _BUTTONS.get(style, "#4e5058"), radius=8)
        sheet.text(x + 16, sheet.y + 27, [Run(label, look)])
        x += wide + 8
    sheet.y += 42
