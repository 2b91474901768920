"""What is counted for Prometheus, on `/metrics` of the health port.

Labels come from short fixed lists: platforms, operations, outcomes, verdicts. Nothing that anybody wrote and no id is
among them, so there are as many series in a server with a million channels as in one with a single channel.
"""

import asyncio
import datetime as dt
import time
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from core.engine import EngineState
from core.errors import StoreError, StoryError
from core.observation import STAGES, Course, Facts
from core.operation import OPERATIONS
from core.policy import Decision
from core.storyteller import Storyteller

PLATFORMS = ("console", "discord", "slack")
OTHER = "other"
"""The label of whatever is not in its list, so that no list of labels can grow."""

_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3)
"""Seconds; a platform waits three of them for an acknowledgement."""
_SLOW = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 180)
_SPEED = (5, 10, 20, 50, 100, 200, 500, 1000)
"""Tokens a second of one answer."""


_Instrument = TypeVar("_Instrument", Counter, Gauge, Histogram)


class _Stage:
    """One stage while it lasts: the time that it takes."""

    def __init__(self, metrics: "Metrics", stage: str, _facts: Facts) -> None:
        self._metrics, self._stage, self._began = metrics, stage, time.perf_counter()

    def started(self) -> None:
        """Nothing."""

    def end(self, facts: Facts, error: BaseException | None) -> None:
        """Count the time."""
        self._metrics.stages[self._stage].inc(self.seconds)

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.perf_counter() - self._began


class _Turn(_Stage):
    """One turn: what came of it, and when its first words were seen."""

    def __init__(self, metrics: "Metrics", stage: str, facts: Facts) -> None:
        super().__init__(metrics, stage, facts)
        self._platform = _platform(facts)
        operation = str(facts["operation"])
        self._operation = operation if operation in OPERATIONS else OTHER
        self._shown = self.writes = False
        self._token = _present.set(self)
        metrics.of(metrics.open, self._platform).inc()

    def shown(self) -> None:
        """Words are on their way to people."""
        if not self._shown:
            self._shown = True
            self._metrics.of(self._metrics.first_text, self._platform).observe(self.seconds)

    def end(self, facts: Facts, error: BaseException | None) -> None:
        """Count it."""
        super().end(facts, error)
        if self.writes and error is None:
            self.shown()  # where words are seen only as a whole
        _present.reset(self._token)
        self._metrics.of(self._metrics.open, self._platform).dec()
        self._metrics.of(self._metrics.took, self._platform).observe(self.seconds)
        self._metrics.of(self._metrics.turns, self._platform, self._operation, outcome(error)).inc()


class _Answer(_Stage):
    """One answer of the engine."""

    def __init__(self, metrics: "Metrics", stage: str, facts: Facts) -> None:
        super().__init__(metrics, stage, facts)
        self._first: float | None = None
        if (turn := _present.get()) is not None:
            turn.writes = True
        metrics.prompt.inc(float(facts["prompt_tokens"]))
        metrics.queue.inc()

    def started(self) -> None:
        """The first token is there."""
        self._first = self.seconds
        self._metrics.queue.dec()
        self._metrics.writing.inc()
        self._metrics.first_token.observe(self._first)

    def end(self, facts: Facts, error: BaseException | None) -> None:
        """Count its tokens."""
        super().end(facts, error)
        tokens, first = float(facts["generated_tokens"]), self._first
        (self._metrics.queue if first is None else self._metrics.writing).dec()
        self._metrics.of(self._metrics.asked, outcome(error)).inc()
        self._metrics.generated.inc(tokens)
        self._metrics.cached.inc(float(facts["cached_tokens"]))
        if first is not None and tokens > 1 and (seconds := self.seconds - first) > 0:
            self._metrics.speed.observe((tokens - 1) / seconds)


class _Judgement(_Stage):
    """One text before the filters. There are many in a turn, and their time is in the stages around them."""

    def end(self, facts: Facts, error: BaseException | None) -> None:
        """Count the verdict."""
        if error is None:
            self._metrics.decided[Decision(int(facts["decision"]))].inc()


_present: ContextVar[_Turn | None] = ContextVar("turn", default=None)
"""The turn that is being performed in this task."""


_KINDS = {"turn": _Turn, "engine": _Answer, "judge": _Judgement}


class Metrics:
    """An observer of turns (`core.observation`) that counts. One for each process."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._parts: dict[tuple[object, ...], object] = {}
        ours: dict[str, Any] = {"registry": self.registry, "namespace": "storycircle"}
        where = ["platform"]

        def counter(name: str, what: str, labels: Sequence[str] = ()) -> Counter:
            return Counter(name, what, labels, **ours)

        def gauge(name: str, what: str, labels: Sequence[str] = ()) -> Gauge:
            return Gauge(name, what, labels, **ours)

        def histogram(name: str, what: str, labels: Sequence[str] = (), *, buckets: Sequence[float]) -> Histogram:
            return Histogram(name, what, labels, buckets=buckets, **ours)

        self.turns = counter("turns", "Turns performed.", ["platform", "operation", "outcome"])
        self.took = histogram("turn_seconds", "From what was asked to the reply.", where, buckets=_SLOW)
        self.open = gauge("turns_in_progress", "Turns that are begun and not done, waiting ones too.", where)
        self.ack = histogram("ack_seconds", "From a request to its acknowledgement.", where, buckets=_QUICK)
        self.first_text = histogram(
            "first_text_seconds", "From what was asked to the first words.", where, buckets=_SLOW
        )
        self.first_token = histogram("engine_first_token_seconds", "From prompt to first token.", buckets=_SLOW)
        self.speed = histogram("engine_tokens_per_second", "Of one answer, after its first token.", buckets=_SPEED)
        self.generated = counter("engine_generated_tokens", "Tokens that the engine wrote.")
        self.prompt = counter("engine_prompt_tokens", "Tokens of the prompts that it was given.")
        self.cached = counter("engine_cached_tokens", "Those of them that were in its prefix cache.")
        self.asked = counter("engine_requests", "Answers that it was asked for.", ["outcome"])
        self.queue = gauge("engine_waiting", "Answers without a first token yet.")
        self.writing = gauge("engine_writing", "Answers that are being written.")
        self.limited = counter("platform_rate_limited", "Requests that a platform answered with 429.", where)
        verdicts = counter("verdicts", "Texts that were judged.", ["decision"])
        stages = counter("stage_seconds", "Time in each stage of turns, those inside of it included.", ["stage"])
        self.decided = {each: verdicts.labels(each.name.lower()) for each in Decision}
        self.stages = {each: stages.labels(each) for each in STAGES if each != "judge"}
        self._outbox = gauge("outbox_waiting", "Replies that may not have been shown; at most 100 are counted.", where)
        self._age = gauge("outbox_age_seconds", "Age of the oldest of them.", where)
        self._connected = gauge("platform_connected", "Whether the connection is up.", where)
        self._engine = Enum("engine_state", "Where the engine stands.", states=[*map(str, EngineState)], **ours)

    def of(self, instrument: _Instrument, *labels: str) -> _Instrument:
        """The part of an instrument with these labels. The library's own way to it takes four times as long."""
        known = self._parts.get((instrument, *labels))
        if known is None:
            known = self._parts[(instrument, *labels)] = instrument.labels(*labels)
        return cast("_Instrument", known)

    def begin(self, stage: str, facts: Facts) -> Course:
        """A stage begins."""
        return _KINDS.get(stage, _Stage)(self, stage, facts)

    def note(self, event: str, facts: Facts) -> None:
        """Something happened."""
        if event == "shown":
            if (turn := _present.get()) is not None:
                turn.shown()
        elif event == "acknowledged":
            self.of(self.ack, _platform(facts)).observe(max(0.0, float(facts["seconds"])))
        elif event == "limited":
            self.of(self.limited, _platform(facts)).inc()

    async def page(self, teller: Storyteller, connected: dict[str, bool]) -> bytes:
        """Everything as Prometheus reads it, with what is asked for only now: engine, outbox, connections."""
        self._engine.state(teller.engine.state.value)
        for platform, up in connected.items():
            self._connected.labels(platform).set(up)
            await self._look_into_outbox(teller, platform)
        return generate_latest(self.registry)

    async def _look_into_outbox(self, teller: Storyteller, platform: str) -> None:
        try:
            waiting = await teller.delivery.undelivered(platform)
        except StoreError:
            return  # the database is away; what was seen last stands
        now = dt.datetime.now(dt.UTC)
        self._outbox.labels(platform).set(len(waiting))
        self._age.labels(platform).set(_age([each.told_at for each in waiting[:1]], now))


def outcome(error: BaseException | None) -> str:
    """What became of a turn: `done`, the kind of refusal, `cancelled`, or `mistake` for a fault of ours."""
    match error:
        case None:
            return "done"
        case StoryError():
            return type(error).__name__.lower()
        case asyncio.CancelledError() | GeneratorExit():
            return "cancelled"
        case _:
            return "mistake"


def _age(oldest: Iterable[dt.datetime], now: dt.datetime) -> float:
    return max(((now - each).total_seconds() for each in oldest), default=0.0)


def _platform(facts: Facts) -> str:
    platform = str(facts.get("platform", ""))
    return platform if platform in PLATFORMS else OTHER
