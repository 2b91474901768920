"""A guard's server on the loopback: it speaks the OpenAI-compatible API and answers as it is told."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.inference.servers import said, small_server

Json = dict[str, Any]
JSON = "Content-Type: application/json"

SAFE = {"participant": "Safety: Safe\nCategories: None", "storyteller": "Safety: Safe\nCategories: None\nRefusal: No"}
"""What a Qwen3Guard says of a harmless text."""


def safe(body: Json) -> str:
    """The answer of a Qwen3Guard to a harmless text."""
    return SAFE["storyteller" if "Refusal" in str(body.get("prompt")) else "participant"]


@dataclass
class Loopback:
    """What the server was asked, and what it says. `text` may look at the request's body."""

    text: Callable[[Json], str] = safe
    finish: str = "stop"
    status: int = 200
    raw: bytes | None = None
    """Instead of any answer to a question, if set."""
    silent: bool = False
    serves: str = "guard"
    likely: dict[str, float] | None = None
    url: str = ""
    heads: list[str] = field(default_factory=list)
    bodies: list[Json] = field(default_factory=list)
    inside: int = 0
    most_inside: int = 0
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    """Answers wait for it; set from the start."""

    async def handle(self, request: str, writer: asyncio.StreamWriter) -> None:
        head, _, body = request.partition("\r\n\r\n")
        self.heads.append(head)
        if head.startswith("GET /v1/models "):
            writer.write(said(200, json.dumps({"data": [{"id": self.serves}]}), JSON))
            return
        self.bodies.append(json.loads(body))
        self.inside += 1
        self.most_inside = max(self.inside, self.most_inside)
        try:
            if self.silent:
                await self._until_hung_up(writer)
            await self.go_on.wait()
            writer.write(self._answer(json.loads(body)))
        finally:
            self.inside -= 1

    async def _until_hung_up(self, writer: asyncio.StreamWriter) -> None:
        """Say again and again that an answer is to come, until nobody listens."""
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                await writer.drain()
                await asyncio.sleep(0.001)
        self.hung_up.set()

    def _answer(self, body: Json) -> bytes:
        if self.raw is not None:
            return self.raw
        if self.status != 200:
            return said(self.status, "{}", JSON)
        text = self.text(body)
        likely = {"top_logprobs": [self.likely]} if self.likely is not None else None
        choice: Json = {"text": text, "finish_reason": self.finish, "logprobs": likely}
        if "messages" in body:
            choice = {"message": {"role": "assistant", "content": text}, "finish_reason": self.finish}
        return said(200, json.dumps({"choices": [choice]}), JSON)


@contextlib.asynccontextmanager
async def loopback(port: int = 0, **how: Any) -> AsyncIterator[Loopback]:
    """The server while the block lasts."""
    server = Loopback(**how)
    server.go_on.set()
    async with small_server(server.handle, port) as server.url:
        yield server
        server.go_on.set()
