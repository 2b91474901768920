"""Shared by all platforms: from a typed line to an operation, from a reply to text."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import BadArgument
from core.operation import OPERATIONS, Operation, find, nearest
from core.reply import Block, Reply, Shape
from core.wording import Language, Said, joined, said, translated


@dataclass(frozen=True)
class Typed:
    """What somebody asked for."""

    operation: str
    arguments: dict[str, str]


def parse(line: str) -> Typed:
    """Read what stands behind `/story`. Arguments are parted by `|`, the last one takes the rest.

    Where none must be given, they may be named instead, in any order: `setup turns: free | writers: 77`. Nothing typed
    means help. Raises `UnknownOperation` and `BadArgument`.
    """
    words = line.split(maxsplit=2)
    if not words:
        return Typed("help", {})
    operation, rest = _operation(words, line)
    if rest and not operation.params:
        raise BadArgument(said("{usage} stands alone.{hint}", usage=operation.usage, hint=_longer(operation, words)))
    names = [param.name for param in operation.params]
    if named := _named(rest, operation):
        return Typed(operation.name, named)
    parts = rest.split("|", max(0, len(operation.params) - 1))
    return Typed(operation.name, {n: p.strip() for n, p in zip(names, parts, strict=False) if p.strip()})


def _named(rest: str, operation: Operation) -> dict[str, str]:
    """Arguments by name, if each of them is named; nothing where one is not, or one must be given."""
    pairs = [[word.strip() for word in part.partition(":")[::2]] for part in rest.split("|")]
    names = {param.name for param in operation.params}
    if any(param.required for param in operation.params) or not all(name.lower() in names for name, _ in pairs):
        return {}
    return {name.lower(): value for name, value in pairs}


def _operation(words: list[str], line: str) -> tuple[Operation, str]:
    two = " ".join(words[:2]).lower()
    if two in OPERATIONS:
        return OPERATIONS[two], words[2] if len(words) > 2 else ""
    return find(words[0]), line.strip()[len(words[0]) :].strip()


def _longer(operation: Operation, words: list[str]) -> Said:
    longer = [name for name in OPERATIONS if name.startswith(f"{operation.alias or operation.name} ")]
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
