"""Shared by all platforms: from a typed line to an operation, from a reply to text."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.errors import BadArgument
from core.operation import FAMILIES, LONG, OPERATIONS, Operation, Param, find, members, nearest
from core.reply import Block, Reply, Shape
from core.wording import Language, Said, joined, said, translated

_BAR = re.compile("[|｜]")
_NUMBERED = re.compile(r"(?P<number>\d*)(?:\s*[|｜]|\s|$)(?P<text>.*)", re.DOTALL)
"""A number, or its place, and a text."""


@dataclass(frozen=True)
class Typed:
    """What somebody asked for."""

    operation: str
    arguments: dict[str, str]


def parse(line: str) -> Typed:
    """Read what stands behind `/story`. Arguments are parted by `|`, the last one takes the rest.

    A number before a text needs no `|`, and one that may be left out needs no mention at all. Where none must be given,
    arguments may be named instead, in any order: `setup turns: free | writers: 77`. Nothing typed means help, and so
    does the name of a family alone. Raises `UnknownOperation` and `BadArgument`.
    """
    words = line.split(maxsplit=2)
    if not words:
        return Typed("help", {})
    if _family(words):
        return Typed("help", {"command": words[0]})
    operation, rest = _operation(words, line)
    if rest and not operation.params:
        raise BadArgument(said("{usage} stands alone.{hint}", usage=operation.usage, hint=_longer(operation, words)))
    if named := _named(rest, operation):
        return Typed(operation.name, named)
    names = [param.name for param in operation.params]
    return Typed(operation.name, {n: p for n, p in zip(names, _parts(rest, operation.params), strict=False) if p})


def is_command(word: str) -> bool:
    """Whether what stands behind `/story` can begin with this word."""
    names = {name for each in OPERATIONS.values() for name in (each.name.partition(" ")[0], each.alias, each.also)}
    return bool(word) and word.lower() in names


def _family(words: list[str]) -> bool:
    """Whether it is the name of a family that does nothing by itself."""
    family = words[0].lower()
    return len(words) == 1 and family in FAMILIES and not any(each.alias == family for each in members(family))


def _parts(rest: str, params: Sequence[Param]) -> list[str]:
    """Arguments in their order, empty ones too."""
    if len(params) == 2 and params[0].number:
        if found := _NUMBERED.fullmatch(rest):
            return [found["number"], found["text"].strip()]
        if not params[0].required and not _BAR.search(rest):
            return ["", rest]
    return [part.strip() for part in _BAR.split(rest, max(0, len(params) - 1))] if len(params) > 1 else [rest]


def _named(rest: str, operation: Operation) -> dict[str, str]:
    """Arguments by name, if the first one has one; nothing where one must be given."""
    names = [param.name for param in operation.params]
    if any(param.required for param in operation.params) or not names:
        return {}
    known = "|".join(names)
    before, *found = re.split(rf"(?:^|[|｜]\s*|\s(?=(?:{known})\s*[:：]))(\w+)\s*[:：]", rest, flags=re.IGNORECASE)
    if before or (len(names) <= LONG and found and found[0].lower() not in names):
        return {}
    return {name.lower(): value.strip() for name, value in zip(found[::2], found[1::2], strict=True)}


def _operation(words: list[str], line: str) -> tuple[Operation, str]:
    two = " ".join(words[:2]).lower()
    also = next((each for each in OPERATIONS.values() if each.also and each.also == two.replace(" ", "-")), None)
    if also is None and two not in OPERATIONS:
        return find(words[0]), line.strip()[len(words[0]) :].strip()
    return also or OPERATIONS[two], words[2] if len(words) > 2 else ""


def _longer(operation: Operation, words: list[str]) -> Said:
    longer = [each.name for each in members(operation.alias or operation.name)]
    also = said(" There is also: {names}.", names=joined(", ", longer)) if longer else said("")
    return nearest(" ".join(words[:2]), longer) or also


def plain(reply: Reply, language: Language = Language.EN) -> str:
    """A reply as plain text, a paragraph for each block and a line for each item of a list."""
    lines: list[str] = []
    for before, block in zip((None, *reply.blocks), reply.blocks, strict=False):
        if before is not None and not (before.shape is block.shape is Shape.ITEM):
            lines.append("")
        lines.append(translated(_plain(block), language))
    if reply.file is not None:
        lines += ["", reply.file.text]
    return "\n".join(lines)


def _plain(block: Block) -> str:
    match block.shape, block.label:
        case Shape.OLD, label:
            return said("before ({label}): {text}", label=label or "", text=block.text)
        case Shape.NEW, _:
            return said("after: {text}", text=block.text)
        case Shape.ITEM, label if label:
            together = said("{label}: {text}", label=label, text=block.text)
            return together if not label.startswith("/") else f"{label}\n    {block.text}"
        case _, label if label:
            return f"[{label}] {block.text}"
        case _:
            return block.text


def differences(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Both wordings woven into one: pairs of a mark (`=` kept, `-` gone, `+` new) and words."""
    before, after = old.split(), new.split()
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield "=", " ".join(before[a:b])
            continue
        if a < b:
            yield "-", " ".join(before[a:b])
        if c < d:
            yield "+", " ".join(after[c:d])
