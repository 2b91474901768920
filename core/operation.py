"""The table of operations, from which every platform builds its commands, parsers and help."""

import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from rapidfuzz import process

from core.errors import BadArgument, UnknownOperation
from core.reply import Reply
from core.text import hygienic, visible
from core.wording import Said, amid, joined, own, said

Perform: TypeAlias = "Callable[..., Awaitable[Reply]]"
"""`async def operation(session, **arguments) -> Reply`; arguments arrive cleared."""


@dataclass(frozen=True)
class Param:
    """One argument. Texts are free; `choices` make it one word of a few; `number` makes it a whole number."""

    name: str
    description: str
    required: bool = False
    max_length: int = 2000
    choices: tuple[str, ...] = ()
    number: bool = False
    lines: bool = False
    """May have several lines; elsewhere white space is folded to single spaces."""
    lenient: bool = False
    """It takes ids, or names what may not be written: not redacted, and judged like what a moderator lets pass."""
    suggests: str = ""
    """Of what kind the values are that can be suggested while it is typed: a name in `core.suggestions`."""

    @property
    def explained(self) -> Said:
        """The description, with the choices if there are any."""
        if not self.choices:
            return own(self.description)
        return said("{description}: {choices}", description=own(self.description), choices=joined(", ", self.choices))

    def read(self, operation: str, value: str) -> str:
        """The value as the operation gets it. Raises `BadArgument` with a sentence that says what is allowed."""
        if len(value) > self.max_length:
            raise BadArgument(
                said(
                    "That is {length:,} characters; {name} may have {most:,}. "
                    "Please shorten it, or send it in several turns. Nothing was stored.",
                    length=len(value),
                    name=own(self.name),
                    most=self.max_length,
                )
            )
        value = hygienic(value)
        value = value.strip() if self.lines else " ".join(value.split())
        if self.required and not visible(value):
            raise BadArgument(said("/story {operation} needs {what}.", operation=operation, what=self._what()))
        if value and self.choices:
            return self._choice(operation, value.lower())
        if value and self.number and not (value.isascii() and value.isdigit() and 0 < int(value) < 10**9):
            raise BadArgument(
                said(
                    "/story {operation} takes a whole number from 1 up as {name}.",
                    operation=operation,
                    name=own(self.name),
                )
            )
        return value

    def _what(self) -> Said:
        if self.choices:
            return said("{name}: {choices}", name=own(self.name), choices=joined(", ", self.choices))
        return said("{name} ({description})", name=own(self.name), description=amid(self.description))

    def _choice(self, operation: str, value: str) -> str:
        if value in self.choices:
            return value
        raise BadArgument(
            said(
                "/story {operation} takes one of these as {name}: {choices}.{hint}",
                operation=operation,
                name=own(self.name),
                choices=joined(", ", self.choices),
                hint=nearest(value, self.choices),
            )
        )


class Effect(StrEnum):
    """What an operation does to a story."""

    READS = "reads"
    """Nothing: it needs neither its turn in the order nor a record."""
    ASKS = "asks"
    """Nothing, but it asks the engine for words: its reply is worth a record."""
    CHANGES = "changes"
    """It waits for its turn and is recorded."""


@dataclass(frozen=True)
class Operation:
    """One thing that people can do with a story."""

    name: str
    """One or two words, e.g. `lore add`."""
    summary: str
    params: tuple[Param, ...]
    perform: Perform
    effect: Effect
    example: str = ""
    alias: str = ""
    also: str = ""
    """Another name, which is understood but not shown."""
    speaks: bool = False
    """What the contributor types is shown to everybody: where moderators see everything first, it waits for them."""
    aside: bool = False
    """It changes something, and yet its reply is for whoever asked alone."""

    @property
    def private(self) -> bool:
        """Whether its reply is for whoever asked alone, as far as is known before."""
        return self.aside or self.effect is not Effect.CHANGES

    def read(self, arguments: Mapping[str, str]) -> dict[str, str]:
        """All arguments, checked; absent ones as "". Raises `BadArgument`."""
        known = {param.name for param in self.params}
        for name in arguments:
            if name not in known:
                hint = nearest(name, known)
                raise BadArgument(
                    said("/story {operation} has no {name}.{hint}", operation=self.name, name=name, hint=hint)
                )
        return {param.name: param.read(self.name, arguments.get(param.name, "")) for param in self.params}

    @property
    def usage(self) -> Said:
        """How it is typed, e.g. `/story start <title> | [premise]`."""
        command = self.alias or self.name
        if not self.params:
            return said("/story {command}", command=command)
        names = [
            said("<{name}>", name=own(p.name)) if p.required else said("[{name}]", name=own(p.name))
            for p in self.params
        ]
        return said("/story {command} {params}", command=command, params=joined(" | ", names))


OPERATIONS: dict[str, Operation] = {}
"""By name, in the order in which help shows them."""


def operation(
    name: str,
    *params: Param,
    effect: Effect = Effect.CHANGES,
    example: str = "",
    alias: str = "",
    also: str = "",
    speaks: bool = False,
    aside: bool = False,
) -> Callable[[Perform], Perform]:
    """Put a function into the table. Its docstring's first line is what help says.

    Who may do it stands in `core.permission`.
    """

    def register(perform: Perform) -> Perform:
        summary = (inspect.getdoc(perform) or "").partition("\n")[0]
        OPERATIONS[name] = Operation(name, summary, params, perform, effect, example, alias, also, speaks, aside)
        return perform

    return register


def find(name: str) -> Operation:
    """The operation of this name or alias. Raises `UnknownOperation` with the nearest one."""
    wanted = " ".join(name.lower().split())
    for each in OPERATIONS.values():
        if wanted in (each.name, each.alias, each.also):
            return each
    names = [each.alias or each.name for each in OPERATIONS.values()] + list(OPERATIONS)
    raise UnknownOperation(
        said("I do not know that command.{hint} Type /story help to see them all.", hint=nearest(wanted, names))
    )


def nearest(value: str, choices: Collection[str]) -> Said:
    """`Did you mean …?" with the nearest of `choices`, or nothing if none is near."""
    near = process.extractOne(value[:50], choices, score_cutoff=70)
    return said(" Did you mean {near}?", near=near[0]) if near else said("")
