"""What people are told when a server is not there, not the right one, or not itself."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.engine import EngineState, Request, Sampling
from core.errors import EngineBusy, EngineError, EngineFailed
from inference.remote import RemoteEngine, RemoteOptions
from tests.inference.models import llama
from tests.inference.servers import MODELS, Handler, free_port, said, small_server

REQUEST = Request(id="r", prompt=(65, 66), sampling=Sampling(max_tokens=9), salt="w", session="story-1")
SSE = "Content-Type: text/event-stream"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return llama(tmp_path_factory.mktemp("remote"))


def event(*ids: int, finish: str | None = None) -> str:
    """One server-sent event as vLLM writes it."""
    choice = {"text": "", "token_ids": ids, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]})}\n\n"


def answering(response: bytes) -> Handler:
    """A server that serves our model and answers every question alike."""

    async def handle(line: str, writer: asyncio.StreamWriter) -> None:
        writer.write(MODELS if line.startswith("GET /v1/models ") else response)

    return handle


@contextlib.asynccontextmanager
async def engine_at(url: str, folder: Path, served_name: str | None = None) -> AsyncIterator[RemoteEngine]:
    """A started engine that has one attempt to find its server."""
    options = RemoteOptions(url=url, tokenizer=folder, served_name=served_name, greetings=0, silence_seconds=0.5)
    engine = RemoteEngine(options)
    engine.start()
    yield engine
    await engine.close()


async def outcome(engine: RemoteEngine) -> str:
    """The text of the answer."""
    return "".join([piece.text async for piece in engine.stream(REQUEST)])


async def test_an_answer_is_put_together(folder: Path) -> None:
    words = (event(70, 71), event(72, finish="length"), "data: [DONE]\n\n")
    async with small_server(answering(said(200, "".join(words), SSE))) as url, engine_at(url, folder) as engine:
        pieces = [piece async for piece in engine.stream(REQUEST)]
    assert [piece.ids for piece in pieces] == [(70, 71), (72,)]
    assert pieces[-1].finish == "length"
    assert engine.profile.window == 512


async def test_nobody_answers(folder: Path) -> None:
    async with engine_at(f"http://127.0.0.1:{free_port()}", folder) as engine:
        with pytest.raises(EngineFailed, match=r"Nothing answers at http://127\.0\.0\.1:\d+\. Start the server"):
            await engine.ready()
        assert engine.state is EngineState.FAILED


async def test_the_wrong_model_is_served(folder: Path) -> None:
    async with small_server(answering(b"")) as url, engine_at(url, folder, "gpt") as engine:
        with pytest.raises(EngineFailed, match="serves storyteller, not gpt"):
            await engine.ready()


@pytest.mark.parametrize(
    "greeting", [said(200, "<html>"), said(200, "[]"), said(200, '{"data": [{}]}'), b"garbage\r\n"]
)
async def test_what_answers_is_no_vllm_server(folder: Path, greeting: bytes) -> None:
    async def handle(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)

    async with small_server(handle) as url, engine_at(url, folder) as engine:
        with pytest.raises(EngineFailed, match=r"does not talk like a vLLM server|broke off"):
            await engine.ready()


@pytest.mark.parametrize(
    ("response", "kind", "words"),
    [
        (said(503, ""), EngineBusy, "too many"),
        (said(429, ""), EngineBusy, "too many"),
        (said(200, 'data: {"error": {"code": 503}}\n\n', SSE), EngineBusy, "too many"),
        (said(200, 'data: {"error": {"code": 500}}\n\n', SSE), EngineError, "could not write"),
        (said(401, ""), EngineFailed, "ENGINE_API_KEY"),
        (said(404, ""), EngineFailed, "no model"),
        (said(400, ""), EngineError, "did not accept"),
        (said(500, ""), EngineError, "status 500"),
        (said(200, "data: {not json\n\n", SSE), EngineError, "does not talk like"),
        (said(200, 'data: {"choices": [{"text": "a"}]}\n\n', SSE), EngineError, "token ids"),
        (said(200, event(70), SSE), EngineError, "broke off"),
        (said(200, event(70), SSE, "Content-Length: 9999"), EngineError, "broke off"),
        (said(200, event(70, finish="abort"), SSE), EngineError, "could not write"),
        (b"", EngineError, "broke off"),
    ],
)
async def test_trouble_is_told_in_a_sentence(
    folder: Path, response: bytes, kind: type[EngineError], words: str
) -> None:
    async with small_server(answering(response)) as url, engine_at(url, folder) as engine:
        with pytest.raises(EngineError, match=words) as trouble:
            await outcome(engine)
        assert type(trouble.value) is kind


async def test_a_server_that_falls_silent_is_given_up(folder: Path) -> None:
    async def handle(line: str, writer: asyncio.StreamWriter) -> None:
        if line.startswith("GET"):
            writer.write(MODELS)
        else:
            await asyncio.Event().wait()

    async with small_server(handle) as url, engine_at(url, folder) as engine:
        with pytest.raises(EngineError, match="took too long"):
            await outcome(engine)


async def test_a_server_that_comes_back_is_used_again(folder: Path) -> None:
    port = free_port()
    good = answering(said(200, event(70, finish="stop"), SSE))
    async with engine_at(f"http://127.0.0.1:{port}", folder) as engine:
        with pytest.raises(EngineFailed):
            await engine.ready()
        async with small_server(good, port):
            assert await outcome(engine)
        with pytest.raises(EngineFailed, match="Nothing answers"):
            await outcome(engine)
        assert engine.state is EngineState.FAILED
        async with small_server(good, port):
            assert await outcome(engine)


async def test_a_server_that_comes_back_with_another_model_is_refused(folder: Path) -> None:
    port = free_port()
    good = answering(said(200, event(70, finish="stop"), SSE))
    other = said(200, json.dumps({"data": [{"id": "another"}]}))

    async def changed(line: str, writer: asyncio.StreamWriter) -> None:
        writer.write(other if line.startswith("GET") else said(404, ""))

    async with engine_at(f"http://127.0.0.1:{port}", folder) as engine:
        async with small_server(good, port):
            assert await outcome(engine)
        async with small_server(changed, port):
            for _ in range(2):
                with pytest.raises(EngineFailed, match=r"has no model|serves another, not storyteller"):
                    await outcome(engine)
        async with small_server(good, port):
            assert await outcome(engine)


async def test_hanging_up_reaches_the_server(folder: Path) -> None:
    gone = asyncio.Event()

    async def handle(line: str, writer: asyncio.StreamWriter) -> None:
        if line.startswith("GET"):
            writer.write(MODELS)
            return
        writer.write(said(200, event(70), SSE))
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(event(71).encode())
                await writer.drain()
                await asyncio.sleep(0.001)
        gone.set()

    async with small_server(handle) as url, engine_at(url, folder) as engine:
        stream = engine.stream(REQUEST)
        await anext(stream)
        await stream.aclose()
        await asyncio.wait_for(gone.wait(), 5)


async def test_the_server_hears_which_story_it_is(folder: Path) -> None:
    heard: list[str] = []

    async def handle(request: str, writer: asyncio.StreamWriter) -> None:
        heard.append(request)
        await answering(said(200, event(70, finish="stop"), SSE))(request, writer)

    async with small_server(handle) as url, engine_at(f"{url}/v1/", folder) as engine:
        await outcome(engine)
    head, _, sent = heard[-1].partition("\r\n\r\n")
    body = json.loads(sent)
    assert (body["prompt"], body["cache_salt"], body["session_id"]) == ([65, 66], "w", "story-1")
    assert "x-session-id: story-1\r\n" in head.lower()
    assert "x-litellm-session-id: story-1\r\n" in head.lower()
