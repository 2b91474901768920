"""What a turn goes through, told to whoever watches over the bot: named stages that begin and end, and single events.

Watchers (metrics, traces) belong to `bots`; here is only what they can hear. Facts are names from short fixed lists and
numbers. Nothing that anybody wrote is among them, and no id of a person, a place or a story.
"""

import contextlib
import functools
import inspect
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, ParamSpec, Protocol, TypeVar, cast

Facts = Mapping[str, str | int | float]

STAGES = {
    "exchange": "a request of a platform, from its acknowledgement to its last message",
    "turn": "one operation, from what was asked to what is said",
    "clear": "what the contributor typed is judged",
    "judge": "one text goes through the filters",
    "read": "the story's window is read",
    "prompt": "token ids are put together",
    "engine": "the model writes",
    "release": "texts on their way out get their verdicts",
    "commit": "the turn is written",
    "post": "a request to a platform",
}
"""Every stage by its name, and what it is."""

EVENTS = {
    "acknowledged": "a platform's request was acknowledged (platform, seconds)",
    "shown": "a look at a turn that is being written was handed to the platform",
    "limited": "a platform answered 429 (platform)",
}
"""Every event by its name, with its facts."""

_NO_FACTS: Facts = {}

P = ParamSpec("P")
R = TypeVar("R")


class Course(Protocol):
    """One stage while it lasts."""

    def started(self) -> None:
        """What was waited for has begun: the engine's first token is there."""
        ...

    def end(self, facts: Facts, error: BaseException | None) -> None:
        """It is over. Called exactly once."""
        ...


class Observer(Protocol):
    """Somebody who watches. Called in the event loop, so it must return at once; it must not raise."""

    def begin(self, stage: str, facts: Facts) -> Course:
        """A stage begins in the present task, in which it will also end."""
        ...

    def note(self, event: str, facts: Facts) -> None:
        """Something happened."""
        ...


_observers: ContextVar[tuple[Observer, ...]] = ContextVar("observers", default=())


@contextlib.contextmanager
def observed(*observers: Observer) -> Iterator[None]:
    """Tell these of everything that happens inside of this block, and in tasks begun in it."""
    token = _observers.set((*_observers.get(), *observers))
    try:
        yield
    finally:
        _observers.reset(token)


def note(event: str, **facts: str | float) -> None:
    """Tell of an event. Costs one look at an empty tuple when nobody watches."""
    for each in _observers.get():
        each.note(event, facts)


def begin(stage: str, **facts: str | float) -> Course:
    """Tell of the beginning of a stage. Whoever calls this ends it, whatever happens."""
    return _begun(_observers.get(), stage, facts)


def _begun(observers: Sequence[Observer], stage: str, facts: Facts) -> Course:
    if len(observers) == 1:
        return observers[0].begin(stage, facts)
    return _All([each.begin(stage, facts) for each in observers])


class _All:
    """A stage in the eyes of all observers."""

    __slots__ = ("_courses",)

    def __init__(self, courses: Sequence[Course]) -> None:
        self._courses = courses

    def started(self) -> None:
        for each in self._courses:
            each.started()

    def end(self, facts: Facts, error: BaseException | None) -> None:
        for each in reversed(self._courses):
            each.end(facts, error)


def stage(
    name: str, *, told: Callable[..., Facts] | None = None, outcome: Callable[[Any], Facts] | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function, plain or async, that is a stage of a turn.

    `told` makes facts of what it is called with, `outcome` of what it returns.
    """
    assert name in STAGES, name  # noqa: S101 - a mistake of ours

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        if not inspect.iscoroutinefunction(function):
            return _plain(name, function, told, outcome)
        return cast("Callable[P, R]", _async(name, function, told, outcome))

    return decorated


def _plain(
    name: str, function: Callable[P, R], told: Callable[..., Facts] | None, outcome: Callable[[Any], Facts] | None
) -> Callable[P, R]:
    @functools.wraps(function)
    def watched(*args: P.args, **kwargs: P.kwargs) -> R:
        if not (observers := _observers.get()):
            return function(*args, **kwargs)
        course = _begun(observers, name, told(*args, **kwargs) if told else _NO_FACTS)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            course.end(_NO_FACTS, error)
            raise
        course.end(outcome(result) if outcome else _NO_FACTS, None)
        return result

    return watched


def _async(
    name: str,
    function: Callable[P, Coroutine[Any, Any, R]],
    told: Callable[..., Facts] | None,
    outcome: Callable[[Any], Facts] | None,
) -> Callable[P, Coroutine[Any, Any, R]]:
    @functools.wraps(function)
    async def watched(*args: P.args, **kwargs: P.kwargs) -> R:
        if not (observers := _observers.get()):
            return await function(*args, **kwargs)
        course = _begun(observers, name, told(*args, **kwargs) if told else _NO_FACTS)
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            course.end(_NO_FACTS, error)
            raise
        course.end(outcome(result) if outcome else _NO_FACTS, None)
        return result

    return watched
