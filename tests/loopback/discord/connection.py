"""One websocket of the gateway: what it sends is compressed as the client asked."""

import asyncio
import json
import zlib
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

import zstandard
from aiohttp import web

from tests.loopback.discord.rules import Json

_FRAME_OF_4096 = b"\x82\x7e\x10\x00"
"""The head of a binary frame that promises 4096 bytes."""


class Connection:
    """Sends in order, from one task; `send` never waits."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, compression: str | None) -> None:
        self.socket = socket
        self.session: str | None = None
        self.closed_by_us: int | None = None
        self.heard: deque[float] = deque()
        self._request = request
        self._compress = _compressor(compression)
        self._out: asyncio.Queue[Json] = asyncio.Queue()
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._writer = asyncio.create_task(self._write(), name="loopback gateway writer")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._writer
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    @property
    def open(self) -> bool:
        """It can still send."""
        return not self.socket.closed

    def send(self, payload: Json) -> None:
        """Send, after all that was to be sent before."""
        self._out.put_nowait(payload)

    async def close(self, code: int) -> None:
        """Close with a code."""
        self.closed_by_us = code
        await self.socket.close(code=code)

    async def drop(self, code: int | None, *, mid_stream: bool) -> None:
        """Close with a code; without one, cut the line, if wanted in the middle of a frame."""
        if mid_stream and self._request.transport:
            self._request.transport.write(_FRAME_OF_4096 + bytes(100))
        if code is not None and not mid_stream:
            await self.close(code)
        elif self._request.transport:
            self._request.transport.abort()

    async def _write(self) -> None:
        while True:
            payload = await self._out.get()
            text = json.dumps(payload, separators=(",", ":"))
            try:
                if self._compress:
                    await self.socket.send_bytes(self._compress(text.encode()))
                else:
                    await self.socket.send_str(text)
            except (ConnectionError, RuntimeError):
                return


def _compressor(kind: str | None) -> Callable[[bytes], bytes] | None:
    if kind == "zlib-stream":
        deflate = zlib.compressobj()
        return lambda data: deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)
    if kind == "zstd-stream":
        stream = zstandard.ZstdCompressor().compressobj()
        return lambda data: stream.compress(data) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return None
