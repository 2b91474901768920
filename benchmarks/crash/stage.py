"""What a platform has to offer to be killed on: people who do things, and what they see."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from benchmarks.crash.record import Record

CHANNELS = 3
PEOPLE = 3
"""People who do things at the same time."""

WISHES = ("add", "long add", "continue", "retry", "undo", "redo", "press", "report")
"""What they do."""
LIKELY = (8, 2, 5, 1, 2, 1, 3, 2)
PACES = (0.002, 0.1, 0.4)
"""Seconds that the storyteller takes for a few words, one for each database. At the slowest a turn takes seconds: then
it is streamed, and others wait for it.
"""
LONG = "The sea was quiet and the old lamp burned in the window of the tower all night. " * 25
"""More than fits into a message with what comes before it."""
_SHAPES = ("sea", "keeper", "bell", "stairs", "ship", "wind", "light", "stone", "harbour", "night", "door", "window")
_DEEDS = ("called", "found", "carried", "followed", "painted", "forgot", "mended", "washed", "counted", "dreamt of")
_TIMES = ("Later", "At dawn", "Long ago", "Then", "By noon", "Once more", "That winter", "In spring", "Suddenly")


@dataclass(frozen=True)
class Event:
    """Something that happened, for whoever has to find out why."""

    at: float
    """When (monotonic seconds)."""
    what: str


class Stage(Protocol):
    """A loopback platform with a few channels, and people in them."""

    async def connected(self, before: int) -> None:
        """Wait until the bot has connected more often than `before`."""

    @property
    def connections(self) -> int:
        """How often the bot has connected."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Settings that lead the bot here."""

    async def prepare(self) -> None:
        """Choose a channel for alerts and begin a story in each of the others."""

    async def act(self, wish: str, number: int, draw: random.Random) -> None:
        """One thing that one person does, until they have seen what comes of it. `number` is in what they write."""

    def differences(self, record: Record) -> Sequence[str]:
        """What is not as it should be, each with its kind: `lost`, `doubled`, `disordered` or `stray`."""

    def trace(self) -> Sequence[Event]:
        """What was delivered to the bot and what it asked for, in any order."""

    def standing(self) -> Sequence[str]:
        """What the channels show, message by message."""


def line(number: int, draw: random.Random) -> str:
    """What somebody writes: never the same twice."""
    return f"Then the {draw.choice(_SHAPES)} met the {draw.choice(_SHAPES)} for the {number}th time."


def answer(number: int) -> str:
    """What the engine says: never the same twice."""
    draw = random.Random(number)
    first, second, third = (draw.choice(_SHAPES) for _ in range(3))
    deed, when = draw.choice(_DEEDS), draw.choice(_TIMES)
    return f"{when} a {first} {deed} the {second} number {number}. Its {third} shone."


def compared(where: str, shown: Sequence[str], told: Sequence[str]) -> list[str]:
    """How what a channel shows differs from what was told in it, both in order."""
    if list(shown) == list(told):
        return []
    found = [f"lost: in {where}: {each[:70]!r}" for each in dict.fromkeys(told) if shown.count(each) < told.count(each)]
    for each in dict.fromkeys(shown):
        if shown.count(each) > told.count(each):
            kind = "doubled" if each in told else "stray"
            found.append(f"{kind}: in {where}: {each[:70]!r}")
    return found or [f"disordered: in {where}: {_first_apart(shown, told)}"]


def _first_apart(shown: Sequence[str], told: Sequence[str]) -> str:
    for left, right in zip(shown, told, strict=True):
        if left != right:
            return f"{left[:70]!r} stands where {right[:70]!r} belongs"
    return ""
