"""The filter `guard`: a model that was trained to judge texts, asked about every text that is to be shown.

What it says is evidence; the channel's rating decides. Where it says nothing that can be understood, or nothing in
time, the text is held: a guard that cannot tell never allows. This module knows the port and what to make of the
evidence; the models, their prompts and how to reach them are `inference.guard`.

No text is kept: recent evidence is remembered by a digest.
"""

import asyncio
import hashlib
from collections.abc import Awaitable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import partial
from typing import Protocol

from core.filters.steps import gives_steps
from core.policy import ALARMING, ALLOWED, FINAL, Category, Decision, Policy, Rating, Verdict


class Role(StrEnum):
    """Who wrote a text. Guard models judge what a person asks otherwise than what a model answers."""

    PARTICIPANT = "participant"
    STORYTELLER = "storyteller"


class Grade(IntEnum):
    """How sure a guard is. Models with two grades never say CONTROVERSIAL."""

    SAFE = 0
    CONTROVERSIAL = 1
    """It depends on who reads it: unsafe at G and PG, safe at Teen and Mature."""
    UNSAFE = 2


@dataclass(frozen=True)
class Evidence:
    """What a guard has found. Safe has no category and everything else has one; ValueError otherwise."""

    grade: Grade
    categories: tuple[Category, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.categories) is (self.grade is Grade.SAFE):
            raise ValueError("contradictory evidence")

    def __or__(self, other: "Evidence") -> "Evidence":
        """Both together: the worse grade, every category once."""
        return Evidence(max(self.grade, other.grade), tuple(dict.fromkeys(self.categories + other.categories)))


SAFE = Evidence(Grade.SAFE)


class GuardUnsure(Exception):
    """The guard cannot tell. Neither sentence ever holds any of the text."""

    def __init__(self, reason: str, why: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        """What people are told."""
        self.why = why
        """What whoever runs the bot is told: the rest of a sentence that begins with the guard."""


class Guard(Protocol):
    """A model that judges. Has a time limit of its own."""

    @property
    def trouble(self) -> str:
        """What keeps it from judging at the moment, for whoever runs the bot; empty if nothing does."""
        ...

    async def evidence(self, text: str, role: Role) -> Evidence:
        """What it finds in `text`. Raises `GuardUnsure` if it cannot tell. Cancelling it stops the model's work."""
        ...


@dataclass
class _Asking:
    """One question under way, and how many wait for it."""

    task: asyncio.Task[Evidence]
    waiting: int = 0


class GuardFilter:
    """Judges text by what a guard model says. One serves every story."""

    name = "guard"

    def __init__(self, guard: Guard, *, remember: int = 4096) -> None:
        """`remember` is how many recent texts' evidence is kept, about 200 bytes each."""
        self._guard = guard
        self._remember = remember
        self._known: dict[bytes, Evidence] = {}
        self._asking: dict[bytes, _Asking] = {}

    @property
    def trouble(self) -> str:
        """What keeps the guard from judging at the moment; empty if nothing does."""
        return self._guard.trouble

    def judge(self, text: str, policy: Policy, *, told: bool = False) -> Verdict | Awaitable[Verdict]:
        """Judge `text`, which the storyteller has `told` or a participant has written.

        At once if it is blank or was judged lately, under whatever policy; else the model is asked.
        """
        if not text.strip():
            return ALLOWED
        role = Role.STORYTELLER if told else Role.PARTICIPANT
        key = _digest(text, role)
        known = self._known.get(key)
        return self._late(key, text, policy, role) if known is None else verdict(known, text, policy)

    async def _late(self, key: bytes, text: str, policy: Policy, role: Role) -> Verdict:
        try:
            return verdict(await self._evidence(key, text, role), text, policy)
        except GuardUnsure as unsure:
            return Verdict(Decision.HOLD, (unsure.reason,))

    async def _evidence(self, key: bytes, text: str, role: Role) -> Evidence:
        """Ask once, however many wait for the answer; stop asking when nobody does any more."""
        asking = self._asking.get(key)
        if asking is None:
            asking = _Asking(asyncio.ensure_future(self._guard.evidence(text, role)))
            self._asking[key] = asking
            asking.task.add_done_callback(partial(self._settle, key))
        asking.waiting += 1
        try:
            return await asyncio.shield(asking.task)
        finally:
            asking.waiting -= 1
            if not asking.waiting and not asking.task.done():
                self._forget(key, asking.task)  # who asks from now on asks anew
                asking.task.cancel()

    def _settle(self, key: bytes, task: asyncio.Task[Evidence]) -> None:
        self._forget(key, task)
        if task.cancelled() or task.exception() is not None:
            return
        self._known[key] = task.result()
        if len(self._known) > self._remember:
            del self._known[next(iter(self._known))]

    def _forget(self, key: bytes, task: asyncio.Task[Evidence]) -> None:
        asking = self._asking.get(key)
        if asking is not None and asking.task is task:
            del self._asking[key]


_STRICT = (Rating.G, Rating.PG)
_PRACTICAL = frozenset({Category.VIOLENT, Category.CRIME, Category.DRUGS})
"""What is fine in a story and harmful in a manual."""


def verdict(evidence: Evidence, text: str, policy: Policy) -> Verdict:
    """What `evidence` about `text` means under `policy`."""
    categories = evidence.categories
    if evidence.grade is Grade.CONTROVERSIAL and policy.rating not in _STRICT:
        categories = tuple(each for each in categories if each in FINAL | ALARMING)
    if not _PRACTICAL.isdisjoint(evidence.categories) and gives_steps(text):
        categories = (*categories, Category.HARMFUL)
    return policy.verdict(categories)


def _digest(text: str, role: Role) -> bytes:
    return hashlib.sha256(f"{role}\0{text}".encode("utf-8", "surrogatepass")).digest()
