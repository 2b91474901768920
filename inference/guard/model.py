"""A guard model as the port `core.filters.guard.Guard`: its format, the way to it, and limits on time and number.

Knows neither HTTP nor vLLM. Whatever goes wrong becomes `GuardUnsure`, which holds the text.
"""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Protocol

from core.filters.guard import SAFE, Evidence, Grade, GuardUnsure, Role
from core.wording import said
from inference.guard.breaker import Breaker
from inference.guard.format import Answer, Format, Question, Unreadable


class GuardDown(Exception):
    """No answer. `why` is the rest of a sentence that begins with the guard, for whoever runs the bot."""

    def __init__(self, why: str, *, certain: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.certain = certain
        """Whether it would be the same for any other text just now."""


class GuardWaking(Exception):
    """The guard is not awake yet, which is no failure."""


class Way(Protocol):
    """How a guard is reached."""

    @property
    def name(self) -> str:
        """Which guard it is and where, for the log."""
        ...

    async def ask(self, question: Question) -> Answer:
        """The answer. Raises `GuardDown`, `GuardWaking` or `Unreadable`. Cancelling it stops the model's work."""
        ...

    def start(self) -> None:
        """Begin to wake it up in the background, if it sleeps."""
        ...

    async def ready(self) -> None:
        """Wait until it is awake. Raises `EngineFailed` if it never will be."""
        ...

    async def close(self) -> None:
        """Let go of it."""
        ...


class GuardModel:
    """Asks a guard and reads its answers."""

    def __init__(
        self,
        way: Way,
        form: Format,
        *,
        seconds: float = 4.0,
        at_once: int = 32,
        most_waiting: int = 512,
        breaker: Breaker | None = None,
    ) -> None:
        """`seconds` is how long one text may take, the wait for one of `at_once` places included."""
        self._way, self._form, self._seconds = way, form, seconds
        self._places = asyncio.Semaphore(at_once)
        self._most_waiting = most_waiting
        self._inside = 0
        self._breaker = breaker or Breaker(way.name)

    @property
    def trouble(self) -> str:
        """What keeps it from judging at the moment, e.g. "does not answer."; empty if nothing does."""
        return self._breaker.trouble

    def start(self) -> None:
        """Begin to wake the model up in the background, if it sleeps."""
        self._way.start()

    async def ready(self) -> None:
        """Wait until the model is awake. Raises `EngineFailed` if it never will be."""
        await self._way.ready()

    async def close(self) -> None:
        """Let go of the model."""
        await self._way.close()

    @property
    def title(self) -> str:
        """Which family's model it is said to be, and where, for people."""
        return f"{self._form.title} {self._way.name}"

    async def evidence(self, text: str, role: Role) -> Evidence:
        """What the model finds. Raises `GuardUnsure`."""
        if self._inside >= self._most_waiting:
            raise GuardUnsure(said("the guard model is busy"))
        if not self._breaker.admits():
            raise GuardUnsure(said("the guard model does not answer"))
        self._inside += 1
        try:
            with self._watched():
                return await self._in_time(text, role)
        finally:
            self._inside -= 1

    async def _in_time(self, text: str, role: Role) -> Evidence:
        placed = False
        try:
            async with asyncio.timeout(self._seconds), self._places:
                placed = True
                return await self._judged(text, role)
        except TimeoutError:
            if not placed:
                self._breaker.abandoned()
                raise GuardUnsure(said("the guard model is busy")) from None
            raise

    async def _judged(self, text: str, role: Role) -> Evidence:
        evidence = await self._all(self._form.questions(text, role), role)
        if evidence.grade is Grade.SAFE:
            return evidence
        nearer = await self._all(self._form.closer(text, role), role)
        return evidence if nearer.grade is Grade.SAFE else nearer

    async def _all(self, questions: Sequence[Question], role: Role) -> Evidence:
        """Everything that the answers to `questions` say together."""
        try:
            async with asyncio.TaskGroup() as group:
                asked = [group.create_task(self._one(each, role)) for each in questions]
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
        evidence = SAFE
        for each in asked:
            evidence |= each.result()
        return evidence

    async def _one(self, question: Question, role: Role) -> Evidence:
        return self._form.read(await self._way.ask(question), question, role)

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Tell the breaker how it went, and make one kind of error of all."""
        try:
            yield
        except GuardUnsure:
            raise
        except TimeoutError:
            why = f"has taken longer than {self._seconds:g} seconds; choose a smaller one, or raise GUARD_SECONDS."
            self._breaker.failed(why, certain=False)
            raise GuardUnsure(said("the guard model is too slow"), why) from None
        except GuardDown as down:
            self._breaker.failed(down.why, certain=down.certain)
            raise GuardUnsure(said("the guard model does not answer"), down.why) from None
        except GuardWaking:
            self._breaker.abandoned()
            raise GuardUnsure(said("the guard model is waking up")) from None
        except Unreadable as riddle:
            ours = f"gives answers that are not {self._form.title}'s; set GUARD_FORMAT to the served model's format."
            why = riddle.why or ours
            self._breaker.puzzled(why)
            raise GuardUnsure(said("the guard model's answer cannot be read"), why) from None
        except BaseException:
            self._breaker.abandoned()
            raise
        else:
            self._breaker.answered()
