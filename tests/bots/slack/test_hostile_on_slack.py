"""Whoever reaches the port of Slack over HTTP without being Slack: slow, huge, packed or garbled requests."""

import asyncio
import gzip
import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from yarl import URL

from bots.slack import web
from core.database import Database
from tests.bots.slack.served import process
from tests.loopback.slack import LoopbackSlack
from tests.voices import Voice

PATH = "/slack/events"
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"


@pytest_asyncio.fixture
async def here(
    slack: LoopbackSlack, database: Database, engine: Voice, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    """The address of a process that is not patient."""
    monkeypatch.setattr(web, "READING", 0.3)
    monkeypatch.setattr(web, "IDLE", 0.6)
    async with process(slack, database, engine) as (address, _):
        slack.http_to(f"{address}{PATH}")
        yield address


@asynccontextmanager
async def connection(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection."""
    url = URL(address)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def tells_stories(slack: LoopbackSlack) -> None:
    """Whatever goes on, people are served."""
    ana = slack.user("ana")
    tales = slack.channel("tales", ana)
    asked = await (await slack.command(ana, tales, "start The Lamp")).done()
    assert asked.acked_after is not None
    assert "The Lamp" in tales.messages[-1].text


async def test_a_body_that_drips_is_given_up(slack: LoopbackSlack, here: str) -> None:
    async with connection(here) as (reader, writer):
        writer.write(f"{HEAD}Content-Length: 1000\r\n\r\n".encode() + b"{")
        await tells_stories(slack)
        answer = await asyncio.wait_for(reader.read(), 10)
        assert answer.startswith(b"HTTP/1.1 408")


async def test_headers_that_never_end_are_given_up(slack: LoopbackSlack, here: str) -> None:
    async with connection(here) as (reader, writer):
        writer.write(HEAD.encode())
        await tells_stories(slack)
        assert await asyncio.wait_for(reader.read(), 10) == b""


async def test_hundreds_that_drip_keep_nobody_else_waiting(slack: LoopbackSlack, here: str) -> None:
    async with AsyncExitStack() as open_ones:
        pairs = [await open_ones.enter_async_context(connection(here)) for _ in range(200)]
        for _, writer in pairs:
            writer.write(HEAD.encode())
        await tells_stories(slack)
        assert {await asyncio.wait_for(reader.read(), 10) for reader, _ in pairs} == {b""}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (gzip.compress(bytes(20_000_000)), {"Content-Encoding": "gzip"}, 415),
        (b"{" + b" " * 1_100_000 + b"}", {}, 413),
        (b"\xff\xfe", {}, 400),
        (b"{}", {"Content-Type": "application/json; charset=no-such"}, 400),
        (b"{}", {}, 401),
    ],
)
async def test_what_is_packed_huge_garbled_or_not_slacks_is_refused(
    slack: LoopbackSlack, here: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    given = {"Content-Type": "application/json", **headers}
    async with ClientSession() as client, client.post(f"{here}{PATH}", data=io.BytesIO(body), headers=given) as answer:
        assert answer.status == status
    await tells_stories(slack)
