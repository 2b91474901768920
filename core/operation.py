"""The table of operations, from which every platform builds its commands, parsers and help."""

import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from rapidfuzz import fuzz

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

    def read(self, operation: str, value: str, example: str = "") -> str:
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
            shown = said(" For example: {example}", example=own(example)) if example else said("")
            raise BadArgument(
                said("/story {operation} needs {what}.{example}", operation=operation, what=self._what(), example=shown)
            )
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
                    said(
                        "/story {operation} has no {name}.{hint} /story help {operation} shows what it has.",
                        operation=self.name,
                        name=name,
                        hint=hint,
                    )
                )
        return {each.name: each.read(self.name, arguments.get(each.name, ""), self.example) for each in self.params}

    @property
    def usage(self) -> Said:
        """How it is typed, e.g. `/story start <title> | [premise]`."""
        if len(self.params) > LONG:
            return said("/story {command} [name: value | …]", command=self.alias or self.name)
        return self._typed(self.params)

    @property
    def briefly(self) -> Said:
        """How it is typed with no more than it needs, e.g. `/story start <title>`."""
        return self._typed([each for each in self.params if each.required])

    def _typed(self, params: Sequence[Param]) -> Said:
        command = self.alias or self.name
        if not params:
            return said("/story {command}", command=command)
        names = [
            said("<{name}>", name=own(p.name)) if p.required else said("[{name}]", name=own(p.name)) for p in params
        ]
        return said("/story {command} {params}", command=command, params=joined(" | ", names))


OPERATIONS: dict[str, Operation] = {}
"""By name, in the order in which platforms list them."""
FAMILIES: Mapping[str, Said] = {
    "lore": said("Facts that the storyteller keeps in mind."),
    "settings": said("What holds in this channel, and for its story."),
    "review": said("What was kept back, and new wordings that wait for somebody's word."),
    "mydata": said("A story as a file; what is kept about you, and how to delete it."),
}
"""By the first word of those operations that have two, and what they are about."""
LONG = 5
"""Arguments beyond which they are given by name."""
_NEAR = 70
"""How like a choice it must be, in hundredths of rapidfuzz's ratio (2 × letters in common by all letters)."""


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


def members(family: str) -> list[Operation]:
    """The operations of a family."""
    return [each for name, each in OPERATIONS.items() if name.partition(" ")[0] == family and " " in name]


def find(name: str) -> Operation:
    """The operation of this name or alias. Raises `UnknownOperation` with the nearest one."""
    wanted = " ".join(name.lower().split())
    for each in OPERATIONS.values():
        if wanted in (each.name, each.alias, each.also):
            return each
    raise UnknownOperation(
        said(
            "I do not know that command.{hint} Type /story help to see them all.",
            hint=nearest(wanted, [*FAMILIES, *OPERATIONS]),
        )
    )


def nearest(value: str, choices: Collection[str]) -> Said:
    """`Did you mean …?" with the nearest of `choices`, or nothing if none is near. The last word of one is enough."""
    typed = value[:50]
    alike = {each: max(fuzz.ratio(typed, each), fuzz.ratio(typed, each.rpartition(" ")[2])) for each in choices}
    near = max(alike, key=alike.__getitem__, default="")
    return said(" Did you mean {near}?", near=near) if alike.get(near, 0) >= _NEAR else said("")
