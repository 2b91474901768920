"""An engine on the loopback: speaks as a vLLM server does, and says something new each time."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from bots.settings import BUNDLED_MODEL
from inference.folder import ModelFolder

QUICK = 0.002
"""Seconds between two pieces of an engine that keeps nobody waiting."""


class LoopbackEngine:
    """What was asked of it, and where it is. `answer` says what comes next; each piece takes `pace` seconds."""

    def __init__(self, answer: Callable[[int], str]) -> None:
        self.url = ""
        self.asked = 0
        self.pace = QUICK
        self._answer = answer
        self._vocabulary = ModelFolder.find(BUNDLED_MODEL).vocabulary()

    async def models(self, _request: web.Request) -> web.Response:
        """What is served."""
        return web.json_response({"data": [{"id": "storyteller", "max_model_len": 2048}]})

    async def completions(self, request: web.Request) -> web.StreamResponse:
        """Stream an answer, a few tokens at a time."""
        try:
            await request.read()
        except ConnectionError:  # whoever asked was killed
            return web.Response(status=400)
        self.asked += 1
        ids = self._vocabulary.encode(self._answer(self.asked))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        with contextlib.suppress(ConnectionError):
            await response.prepare(request)
            for start in range(0, len(ids), 6):
                await response.write(_event(ids[start : start + 6], None))
                await asyncio.sleep(self.pace)
            await response.write(_event((), "stop") + b"data: [DONE]\n\n")
        return response


def _event(ids: tuple[int, ...], finish: str | None) -> bytes:
    choice = {"text": "", "token_ids": ids, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


@contextlib.asynccontextmanager
async def loopback_engine(answer: Callable[[int], str]) -> AsyncIterator[LoopbackEngine]:
    """An engine while the block lasts."""
    engine = LoopbackEngine(answer)
    site = web.Application()
    site.add_routes([web.get("/v1/models", engine.models), web.post("/v1/completions", engine.completions)])
    runner = web.AppRunner(site, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    engine.url = _address(runner)
    try:
        yield engine
    finally:
        await runner.cleanup()


def _address(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}/v1"
