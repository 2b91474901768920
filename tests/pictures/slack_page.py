"""Draws Slack messages: sections in mrkdwn, small context lines, buttons, threads, and who alone can see them."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.pictures.paper import Run, Sheet, Style, measure

TEXT, DIM, TITLE = Style(colour="#1d1c1d"), Style(12.5, "#616061"), Style(19, "#1d1c1d", bold=True)
_MARK = re.compile(r"((?<!\w)[*_~](?=\S)|(?<=\S)[*_~](?!\w)|`)")
_EDGE = {"primary": "#007a5a", "danger": "#e01e5a"}


@dataclass(frozen=True)
class Said:
    """One message as it stands. In a thread it is drawn to the right."""

    author: str
    blocks: Sequence[dict[str, Any]]
    text: str = ""
    above: str = ""
    """What was said or pressed before it."""
    app: bool = True
    private: bool = False
    threaded: bool = False
    colour: str = "#611f69"


def page(messages: Sequence[Said], *, width: int = 760, caption: str = "") -> str:
    """An SVG of these messages, one below the other."""
    sheet = Sheet(width, "#ffffff")
    for message in messages:
        _message(sheet, message)
    if caption:
        sheet.y += 6
        sheet.paragraph(20, [Run(caption, replace(DIM, italic=True))], width - 90)
    return sheet.svg()


def _message(sheet: Sheet, said: Said) -> None:
    top, left = sheet.y, 110.0 if said.threaded else 70.0
    if said.above:
        sheet.text(left, sheet.y + 8, [Run(said.above, DIM)])
        sheet.y += 18
    if said.private:
        sheet.text(left, sheet.y + 8, [Run("Only visible to you", DIM)])
        sheet.y += 18
    sheet.box(left - 48, sheet.y, 36, 36, said.colour, radius=6)
    sheet.text(left - 36, sheet.y + 24, [Run(said.author[0], Style(18, "#ffffff", bold=True))])
    name = Style(15, "#1d1c1d", bold=True)
    sheet.text(left, sheet.y + 13, [Run(said.author, name)])
    if said.app:
        x = left + measure(said.author, name) + 10
        sheet.box(x, sheet.y + 1, 32, 15, "#e8e8e8", radius=3)
        sheet.text(x + 5, sheet.y + 12, [Run("APP", Style(10, "#616061", bold=True))])
    sheet.y += 18
    for block in said.blocks or [{"type": "section", "text": {"text": said.text}}]:
        _block(sheet, block, left)
    sheet.y = max(sheet.y, top + 40) + 16


def _block(sheet: Sheet, block: dict[str, Any], left: float) -> None:
    width = sheet.width - left - 60
    match block["type"]:
        case "header":
            sheet.paragraph(left, [Run(html.unescape(block["text"]["text"]), TITLE)], width)
        case "context":
            for each in block["elements"]:
                sheet.paragraph(left, [Run(html.unescape(each["text"]), DIM)], width)
        case "actions":
            _buttons(sheet, block["elements"], left)
        case "section" | "markdown":
            text = block["text"] if isinstance(block["text"], str) else block["text"]["text"]
            for line in text.split("\n"):
                sheet.paragraph(left, list(_runs(html.unescape(line))), width)


def _runs(text: str) -> Iterator[Run]:
    bold = struck = italic = False
    for piece in _MARK.split(text):
        match piece:
            case "*":
                bold = not bold
            case "~":
                struck = not struck
            case "_":
                italic = not italic
            case "`" | "":
                pass
            case _:
                look = replace(TEXT, bold=bold, struck=struck, italic=italic)
                yield Run(piece, replace(look, colour="#8d8d8d") if struck else look)


def _buttons(sheet: Sheet, buttons: Sequence[dict[str, Any]], left: float) -> None:
    x = left
    for each in buttons:
        label = each["text"]["text"]
        colour = _EDGE.get(each.get("style", ""), "#1d1c1d")
        look = Style(14, colour, bold=True)
        wide = measure(label, look) + 24
        sheet.box(x, sheet.y + 7, wide, 30, "#ffffff", edge="#bbbabb" if colour == "#1d1c1d" else colour)
        sheet.text(x + 12, sheet.y + 27, [Run(label, look)])
        x += wide + 8
    sheet.y += 42
