"""Traces of turns for OpenTelemetry, if `OTEL_EXPORTER_OTLP_ENDPOINT` is set; else nothing of it is imported.

    exchange ─ turn ─ clear · read · prompt · engine · release · commit
            └─ post, post, …

A span carries the names and numbers that `core.observation` tells, never a text or an id.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from bots.settings import Settings, SettingsError
from core.observation import Course, Facts, observed

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_MISSING = (
    "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed here. Run: pip install "
    "'storycircle[trace]', or leave the setting out."
)


@contextlib.asynccontextmanager
async def tracing(settings: Settings) -> AsyncIterator[None]:
    """Send traces where the settings say as long as the block lasts; without the setting, do nothing.

    Raises `SettingsError` if the library is not installed.
    """
    if settings.otel_exporter_otlp_endpoint is None:
        yield
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        raise SettingsError(_MISSING) from None
    provider = TracerProvider(resource=Resource.create({"service.name": "storycircle"}), shutdown_on_exit=False)
    address = f"{settings.otel_exporter_otlp_endpoint.rstrip('/')}/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(address)))
    try:
        with observed(Traces(provider.get_tracer("storycircle"))):
            yield
    finally:
        await asyncio.to_thread(provider.shutdown)


class Traces:
    """An observer of turns that makes a span of each stage. Single judgements are too many for spans of their own."""

    def __init__(self, tracer: "Tracer") -> None:
        self._tracer = tracer

    def begin(self, stage: str, facts: Facts) -> Course:
        """A stage begins."""
        if stage == "judge":
            return _Unseen()
        span = self._tracer.start_span(stage, attributes=dict(facts))
        # An answer is read piece by piece: what happens in between belongs to the turn.
        return _Spanning(span, _entered(span) if stage != "engine" else None)

    def note(self, event: str, facts: Facts) -> None:
        """Something happened."""
        from opentelemetry.trace import get_current_span  # noqa: PLC0415 - it is switched on, so it is imported

        get_current_span().add_event(event, dict(facts))


class _Spanning:
    """A stage as a span."""

    def __init__(self, span: "Span", leave: Callable[[], None] | None) -> None:
        self._span, self._leave = span, leave

    def started(self) -> None:
        """The first token is there."""
        self._span.add_event("started")

    def end(self, facts: Facts, error: BaseException | None) -> None:
        """The span ends; of an error only the type is told."""
        from opentelemetry.trace import StatusCode  # noqa: PLC0415

        self._span.set_attributes(dict(facts))
        if error is not None:
            self._span.set_attribute("error.type", type(error).__name__)
            self._span.set_status(StatusCode.ERROR)
        if self._leave is not None:
            self._leave()
        self._span.end()


class _Unseen:
    """A stage without a span."""

    def started(self) -> None:
        """Nothing."""

    def end(self, facts: Facts, error: BaseException | None) -> None:
        """Nothing."""


def _entered(span: "Span") -> Callable[[], None]:
    """Make it the parent of what follows in this task. Returns how to leave it."""
    from opentelemetry import context, trace  # noqa: PLC0415

    token = context.attach(trace.set_span_in_context(span))
    return lambda: context.detach(token)
