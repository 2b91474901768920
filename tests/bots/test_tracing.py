"""A turn as a trace, received by a collector on this machine as OpenTelemetry sends it."""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bots.hearing import HeardEngine
from bots.settings import load
from bots.tracing import tracing
from core.database import Database
from core.errors import EngineFailed
from core.filters.words import WordFilter
from core.moderation import Gate
from core.place import Contributor, Place, Turn
from core.store import Store
from core.storyteller import Storyteller
from tests.voices import ScriptedEngine


@asynccontextmanager
async def collector(received: list[Span]) -> AsyncIterator[str]:
    """Where traces can be sent; what has come is in the list."""

    async def take(request: web.Request) -> web.Response:
        sent = ExportTraceServiceRequest.FromString(await request.read())
        received.extend(span for each in sent.resource_spans for scope in each.scope_spans for span in scope.spans)
        return web.Response(content_type="application/x-protobuf")

    application = web.Application()
    application.add_routes([web.post("/v1/traces", take)])
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def told(tmp_path: Path, voice: ScriptedEngine) -> list[Span]:
    """The spans of a start, a passage and a continuation."""
    spans: list[Span] = []
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'stories.db'}")
    async with collector(spans) as address, tracing(load(otel_exporter_otlp_endpoint=address)):
        teller = Storyteller(store=Store(database), gate=Gate([WordFilter()]), engine=HeardEngine(voice))
        asked = [("start", {"title": "The Lamp"}), ("add", {"text": "A xylophonic lamp burned."}), ("continue", {})]
        for number, (name, given) in enumerate(asked):
            turn = Turn(
                id=f"t{number}",
                place=Place(platform="console", workspace="w", channel="c-42"),
                contributor=Contributor("u-867", "Ana"),
            )
            try:
                await teller.perform(name, turn, given)
            except EngineFailed:
                assert name == "continue"
    await database.close()
    return spans


def attributes(span: Span) -> dict[str, str | int]:
    return {a.key: a.value.string_value or a.value.int_value for a in span.attributes}


async def test_the_stages_of_a_turn_are_spans_below_it(tmp_path: Path) -> None:
    spans = await told(tmp_path, ScriptedEngine())
    turn = next(s for s in spans if s.name == "turn" and attributes(s)["operation"] == "continue")
    below = sorted((s for s in spans if s.parent_span_id == turn.span_id), key=lambda s: s.start_time_unix_nano)
    assert [s.name for s in below] == ["read", "clear", "read", "prompt", "engine", "commit"]
    assert all(s.trace_id == turn.trace_id for s in below)
    engine = next(s for s in below if s.name == "engine")
    assert attributes(engine)["generated_tokens"] == len("The sea was quiet. Nobody spoke.")
    assert [event.name for event in engine.events] == ["started"]


async def test_an_error_is_told_by_its_type_alone(tmp_path: Path) -> None:
    spans = await told(tmp_path, ScriptedEngine([EngineFailed("a reason that quotes xylophonic words")]))
    engine = next(s for s in spans if s.name == "engine")
    assert attributes(engine)["error.type"] == "EngineFailed"
    assert engine.status.code == 2


@pytest.mark.parametrize("script", [[], [EngineFailed("xylophonic reason")]])
async def test_no_words_and_no_ids_are_in_a_trace(tmp_path: Path, script: list[EngineFailed]) -> None:
    everything = " ".join(map(str, await told(tmp_path, ScriptedEngine(script))))
    for each in ("xylophonic", "u-867", "c-42", "Ana", "Lamp", "sea was quiet"):
        assert each not in everything


def test_nothing_of_opentelemetry_is_imported_unless_it_is_switched_on() -> None:
    program = (
        "import asyncio, sys; from bots.settings import load; from bots.tracing import tracing\n"
        "async def main():\n    async with tracing(load()): pass\n"
        "asyncio.run(main()); sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
