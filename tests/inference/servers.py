"""Servers to ask: a real `vllm serve`, and small ones on the loopback that misbehave on purpose."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Handler = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def vllm_serve(folder: Path, log: Path, *more: str) -> Iterator[str]:
    """The address of a vLLM server of this model, which may still be waking. It is gone afterwards.

    `more` are further arguments of `vllm serve`.
    """
    with vllm_worker(folder, log, *more) as worker:
        yield f"{worker.url}/v1"


@dataclass(frozen=True)
class Worker:
    """A vLLM server and its process."""

    url: str
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """End it at once, with all that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def vllm_worker(folder: Path, log: Path, *more: str) -> Iterator[Worker]:
    """A vLLM server of this model, which may still be waking. It is gone afterwards."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "vllm.entrypoints.openai.api_server", *_arguments(folder, port), *more],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | _ENVIRONMENT,
            start_new_session=True,
        )
    worker = Worker(f"http://127.0.0.1:{port}", process)
    try:
        yield worker
    finally:
        worker.kill()


_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_PLUGINS": "",
    "OMP_NUM_THREADS": "1",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # one process less to wait for
}


def _arguments(folder: Path, port: int) -> list[str]:
    options = {
        "--model": str(folder),
        "--served-model-name": "storyteller",
        "--host": "127.0.0.1",
        "--port": str(port),
        "--dtype": "float32",
        "--block-size": "32",
        "--max-num-seqs": "8",
        "--max-num-queued-reqs": "16",
        "--kv-cache-memory-bytes": str(256 << 20),
        "--scheduling-policy": "priority",
        "--distributed-executor-backend": "uni",
    }
    flags = ["--enforce-eager", "--enable-prefix-caching", "--enable-prompt-tokens-details"]
    return [word for pair in options.items() for word in pair] + flags


@contextlib.asynccontextmanager
async def small_server(handler: Handler, port: int = 0) -> AsyncIterator[str]:
    """The address of an HTTP server that answers every request, head and body, with what `handler` writes."""
    busy: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await handler(await _request(reader), writer)
            await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        busy.add(task)
        task.add_done_callback(busy.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy)


async def _request(reader: asyncio.StreamReader) -> str:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next((int(line[15:]) for line in head.lower().split("\r\n") if line.startswith("content-length:")), 0)
    return head + (await reader.readexactly(length)).decode()


def said(status: int, body: str, *more: str) -> bytes:
    """An HTTP response that ends with the connection."""
    head = (f"HTTP/1.1 {status} -", "Connection: close", *more)
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


MODELS = said(200, json.dumps({"data": [{"id": "storyteller", "max_model_len": 512}]}))
"""What a server answers that serves one model."""
