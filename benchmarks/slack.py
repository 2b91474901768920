"""Slack, against a loopback of it: acknowledgements in a burst, requests of a turn, and twice the rate limits.

    python -m benchmarks.slack [--commands 1000] [--seconds 10]

The real application with the real engine, in Socket Mode and over HTTP, beside the smallest app that slack-bolt makes
(it acknowledges and posts, with no database, moderation or engine), given the same burst by a loopback next door.
"""

import argparse
import asyncio
import contextlib
import logging
import socket
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks.nextdoor import DEADLINE, Neighbour, Numbers, Reading, awake, next_door, texts
from benchmarks.row import HEAD, Aim, Row
from bots.assembly import gate
from bots.settings import load
from bots.slack import run
from bots.slack import web as over_http
from bots.slack.budget import Budget
from bots.slack.reception import Reception
from core.database import Database
from core.engine import Engine
from core.store import Store
from core.storyteller import Storyteller
from tests.loopback.slack import Channel, Exchange, LoopbackSlack, User

_FASTER = 0.2
"""Slack's minutes in the last measurement, so that one takes twelve seconds."""
_SHOWS = ("chat.", "assistant.", "response_url", "files.", "conversations.")


_EVENTS = "/slack/events"


@dataclass(frozen=True)
class Address:
    """Where the other process has its Slack, and the port to which it delivers; None for Socket Mode."""

    api_base: str
    app_token: str
    bot_token: str
    signing_secret: str
    port: int | None = None


def _address(slack: LoopbackSlack, port: int | None = None) -> Address:
    return Address(slack.api_base, slack.app_token, slack.bot_token, slack.signing_secret, port)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@asynccontextmanager
async def _bot(slack: Address, engine: Engine, *, scale: float = 1.0) -> AsyncIterator[None]:
    """The real application."""
    given: dict[str, Any] = {"slack_bot_token": slack.bot_token, "slack_api_base": slack.api_base}
    if slack.port:
        given |= {"slack_signing_secret": slack.signing_secret, "slack_port": slack.port}
    else:
        given |= {"slack_app_token": slack.app_token}
    settings = load(moderation_seconds=60, **given)  # on a busy machine nothing may be held for being slow
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}")
        teller = Storyteller(store=Store(database), gate=gate(settings), engine=engine)
        reception = Reception(teller, budget=Budget(scale))
        way = over_http.run if slack.port else run
        task = asyncio.create_task(way(teller, settings, patience=1.0, reception=reception))
        try:
            yield
        finally:
            await reception.drain(patience=5.0)
            task.cancel()
            await asyncio.wait([task])
            await database.close()


@asynccontextmanager
async def _smallest_app(slack: Address) -> AsyncIterator[None]:
    """What slack-bolt can do at best: acknowledge, and post once."""
    silent = logging.getLogger("smallest")
    silent.setLevel(logging.CRITICAL)
    speaker = AsyncWebClient(token=slack.bot_token, base_url=slack.api_base)
    app = AsyncApp(client=speaker, signing_secret=slack.signing_secret, logger=silent)

    async def story(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        text = {"text": body["text"], "unfurl_links": False, "unfurl_media": False}
        await client.chat_postMessage(channel=body["channel_id"], **text)

    app.command("/story")(story)
    async with _served(app, slack.port) if slack.port else _linked(app, slack):
        yield


@asynccontextmanager
async def _served(app: AsyncApp, port: int) -> AsyncIterator[None]:
    runner = web.AppRunner(app.web_app(path=_EVENTS))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _linked(app: AsyncApp, slack: Address) -> AsyncIterator[None]:
    link = AsyncWebClient(token=slack.app_token, base_url=slack.api_base)
    handler = AsyncSocketModeHandler(app, slack.app_token, web_client=link)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


async def _crowd(bot: Neighbour, count: int, seconds: float, busy: int, port: int | None) -> None:
    """Next door: a Slack and the people on it. Tells its address, then `Numbers`, then "done"."""
    async with LoopbackSlack(validate="deferred", ratelimit_scale=0, echo=False, check=False) as slack:
        bot.tell(_address(slack, port))
        ana = slack.user("ana")
        channels = [slack.channel(f"tales-{n}", ana) for n in range(50)]
        writing = [slack.channel(f"busy-{n}", ana) for n in range(busy)]
        await _there(slack, port)
        for each in [*channels, *writing] if busy else []:
            await (await slack.command(ana, each, "start The Lamp")).done(60)
        enough = asyncio.Event()
        task = asyncio.create_task(_keep_writing(slack, ana, writing, enough))
        bot.tell(await _burst(slack, ana, channels, count, seconds))
        enough.set()
        await task
        bot.tell("done")
        await bot.heard()  # the application has left


async def _there(slack: LoopbackSlack, port: int | None) -> None:
    """Wait until the application is connected, or answers on its port as the application does."""
    if port is None:
        await slack.connected(seconds=60)
        return
    slack.http_to(url := f"http://127.0.0.1:{port}{_EVENTS}")
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                if await slack.sender.verify(url):
                    return
            await asyncio.sleep(0.02)


async def _burst(slack: LoopbackSlack, user: User, channels: list[Channel], count: int, seconds: float) -> Numbers:
    """Milliseconds to each acknowledgement of `count` commands, evenly over time and channels, and seconds for all."""
    began, asked = time.monotonic(), list[asyncio.Task[Exchange]]()
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number * seconds / count - time.monotonic()))
        line = f"add Line {number} of the tale."
        asked.append(asyncio.create_task(slack.command(user, channels[number % len(channels)], line)))
    exchanges = await asyncio.gather(*asked)
    heard = [number for number, each in enumerate(exchanges) if each.acked_after is not None]
    words = [f"Line {number} of the tale." for number in heard]
    await slack.until(lambda: _told(channels, words), 120)
    acks = [(DEADLINE if each.acked_after is None else each.acked_after) * 1e3 for each in exchanges]
    return {"acks": sorted(acks), "told": [time.monotonic() - began], "unheard": [float(count - len(heard))]}


def _told(channels: list[Channel], words: list[str]) -> bool:
    """Whether all of it stands."""
    there = "\n".join(each.text for channel in channels for each in channel.everything if each.by_app) + "\n"
    return all(each in there for each in words)


async def _keep_writing(slack: LoopbackSlack, user: User, channels: list[Channel], enough: asyncio.Event) -> None:
    async def write(where: Channel) -> None:
        while not enough.is_set():
            before = _passages([where])
            asked = await slack.command(user, where, "continue | long")
            await slack.until(lambda: _answered(asked, where, before) or enough.is_set(), 120)  # noqa: B023 - used at once

    async with asyncio.TaskGroup() as tasks:
        for each in channels:
            tasks.create_task(write(each))


def _answered(asked: Exchange, where: Channel, before: int) -> bool:
    """Whether there is a passage more, or the person was told why not."""
    return _passages([where]) > before or bool(asked.ephemeral)


def _passages(channels: list[Channel]) -> int:
    return sum("the storyteller" in each.text for channel in channels for each in channel.everything)


async def bursts(count: int, seconds: float, *, http: bool = False) -> list[Row]:
    """Acknowledgements of the real application while its engine writes, beside the smallest app's."""
    port = _free_port() if http else None
    async with (
        awake() as engine,
        next_door(_crowd, count, seconds, 4, port) as slack,
        _bot(await slack.heard(), engine),
    ):
        ours: Numbers = await slack.heard()
        await slack.heard()
    async with next_door(_crowd, count, seconds, 0, port) as slack, _smallest_app(await slack.heard()):
        smallest: Numbers = await slack.heard()
        await slack.heard()
    slack_ = "Slack over HTTP" if http else "Slack"
    name, beside = f"{slack_}: ack, {count} in {seconds:.0f} s", "smallest app, no engine"
    acks, least = ours["acks"], smallest["acks"]
    return [
        Row(f"{name}, p50", statistics.median(acks), statistics.median(least), "ms", beside),
        Row(f"{name}, p99", acks[int(count * 0.99)], least[int(count * 0.99)], "ms", beside),
        Row("  against what it may take", acks[int(count * 0.99)], 200.0, "ms", "the limit: 200 ms", Aim(1)),
        Row(f"{name}, worst", acks[-1], least[-1], "ms", beside),
        Row(f"{slack_}: not acknowledged in 3 s", ours["unheard"][0], smallest["unheard"][0], "commands", beside),
        Row(f"{slack_}: all of them told", ours["told"][0], smallest["told"][0], "s", beside),
    ]


async def turns() -> list[Row]:
    """Requests of a turn that is streamed, and of one that is there at once."""
    voice, found = Reading(texts(8)), list[float]()
    async with LoopbackSlack(validate="deferred") as slack:
        ana = slack.user("ana")
        tales = slack.channel("tales", ana)
        async with _bot(_address(slack), voice):
            await slack.connected(seconds=30)
            await (await slack.command(ana, tales, "start The Lamp")).done()
            for pace in (0.02, 0.02, 0.0, 0.0):
                voice.pace = pace
                before, told = len(slack.requests), _passages([tales])
                await slack.command(ana, tales, "continue")
                await slack.until(lambda: _passages([tales]) > told, 60)  # noqa: B023 - used at once
                await asyncio.sleep(0.5)  # whatever comes late
                found.append(sum(each.method.startswith(_SHOWS) for each in slack.requests[before:]))
    return [
        Row("Slack: requests of a streamed turn", max(found[:2]), 5, "requests", "the aim"),
        Row("Slack: requests, there at once", max(found[2:]), 1, "requests", "the aim"),
    ]


async def rates(count: int = 80) -> list[Row]:
    """Turns at twice the rate that Slack's tiers let be streamed, with minutes of twelve seconds."""
    voice = Reading(texts(count))
    voice.pace = 0.001
    async with LoopbackSlack(ratelimit_scale=_FASTER, validate="deferred", check=False, echo=False) as slack:
        people = [slack.user(f"u{number}") for number in range(6)]
        channels = [slack.channel(f"c{number}", *people) for number in range(6)]
        async with _bot(_address(slack), voice, scale=_FASTER):
            await slack.connected(seconds=30)
            for person, channel in zip(people, channels, strict=True):
                await (await slack.command(person, channel, "start The Lamp")).done()
            began = time.monotonic()
            for number in range(count):  # 40 turns a minute, where streams are for twenty
                await slack.command(people[number % 6], channels[number % 6], "continue")
                await asyncio.sleep(max(0, began + (number + 1) * 60 * _FASTER / 40 - time.monotonic()))
            await slack.until(lambda: _passages(channels) >= count, 120)
        refused = sum("429" in each for each in slack.violations)
        return [
            Row("Slack: twice the rates, 429s", refused, 0, "answers", "the aim"),
            Row("Slack: twice the rates, served", _passages(channels), count, "turns", "asked for"),
        ]


async def show(count: int = 1000, seconds: float = 10.0) -> None:
    """Print every row as soon as it is known."""
    for http in (False, True):
        for row in await bursts(count, seconds, http=http):
            print(row, flush=True)
    for rows in (turns, rates):
        for row in await rows():
            print(row, flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10.0)
    chosen = parser.parse_args()
    print(HEAD)
    asyncio.run(show(chosen.commands, chosen.seconds))


if __name__ == "__main__":
    main()
