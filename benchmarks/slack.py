"""Slack, against a loopback of it: acknowledgements in a burst, requests of a turn, and twice the rate limits.

    python -m benchmarks.slack [--commands 1000] [--seconds 10]

The real application with the real engine in Socket Mode, beside the smallest app that slack-bolt makes (it acknowledges
and posts, with no database, moderation or engine), given the same burst by a loopback in a process of its own.
"""

import argparse
import asyncio
import logging
import multiprocessing
import random
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks.turns import HEAD, Row
from bots.assembly import gate, settling, vllm_options
from bots.settings import load
from bots.slack import run
from bots.slack.budget import Budget
from bots.slack.reception import Reception
from core.database import Database
from core.engine import Engine, Piece, Request
from core.store import Store
from core.storyteller import Storyteller
from inference.vllm import VllmEngine
from tests.loopback.slack import Channel, Exchange, LoopbackSlack, User
from tests.voices import ScriptedEngine

_FASTER = 0.2
"""Slack's minutes in the last measurement, so that one takes twelve seconds."""
_WORDS = ["sea", "keeper", "bell", "stairs", "ship", "wind", "light", "stone", "harbour", "night", "door", "window"]
_WORDS += ["rope", "boat", "gull", "tower", "coat", "song"]
_DEADLINE = 3.0
"""Seconds after which Slack tells people that there was no answer."""
_SHOWS = ("chat.", "assistant.", "response_url", "files.", "conversations.")
Numbers = dict[str, list[float]]


@dataclass(frozen=True)
class Address:
    """Where the other process has its Slack."""

    api_base: str
    app_token: str
    bot_token: str


def _texts(count: int) -> list[str]:
    """Passages of twenty sentences, none like another."""
    chance = random.Random(5)
    lines = [f"Then {' '.join(chance.sample(_WORDS, 9))} and lamp {n} began to glow." for n in range(20 * count)]
    return [" ".join(lines[n : n + 20]) for n in range(0, len(lines), 20)]


class Reading(ScriptedEngine):
    """Says twenty sentences, a word every `pace` seconds, or all at once."""

    pace = 0.02

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The sentences."""
        plenty = replace(request, sampling=replace(request.sampling, max_tokens=100_000))
        async for piece in super().stream(plenty):
            if self.pace:
                await asyncio.sleep(self.pace)
            yield piece


@asynccontextmanager
async def _bot(slack: "LoopbackSlack | Address", engine: Engine, *, scale: float = 1.0) -> AsyncIterator[None]:
    """The real application."""
    settings = load(slack_app_token=slack.app_token, slack_bot_token=slack.bot_token, slack_api_base=slack.api_base)
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}")
        teller = Storyteller(store=Store(database), gate=gate(settings), engine=engine)
        reception = Reception(teller, budget=Budget(scale))
        task = asyncio.create_task(run(teller, settings, patience=1.0, reception=reception))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            await database.close()


@asynccontextmanager
async def _smallest_app(slack: Address) -> AsyncIterator[None]:
    """What slack-bolt can do at best: acknowledge, and post once."""
    logging.getLogger("slack_bolt").setLevel(logging.CRITICAL)
    app = AsyncApp(client=AsyncWebClient(token=slack.bot_token, base_url=slack.api_base))

    async def story(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        text = {"text": body["text"], "unfurl_links": False, "unfurl_media": False}
        await client.chat_postMessage(channel=body["channel_id"], **text)

    app.command("/story")(story)
    link = AsyncWebClient(token=slack.app_token, base_url=slack.api_base)
    handler = AsyncSocketModeHandler(app, slack.app_token, web_client=link)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


def _crowd(pipe: Connection, count: int, seconds: float, *, busy: int) -> None:
    """A process of its own: a Slack and the people on it. Sends its address, then the milliseconds to each ack."""
    asyncio.run(_gather_round(pipe, count, seconds, busy))


async def _gather_round(pipe: Connection, count: int, seconds: float, busy: int) -> None:
    async with LoopbackSlack(validate="deferred", ratelimit_scale=0, echo=False, check=False) as slack:
        pipe.send(Address(slack.api_base, slack.app_token, slack.bot_token))
        ana = slack.user("ana")
        channels = [slack.channel(f"tales-{n}", ana) for n in range(50)]
        writing = [slack.channel(f"busy-{n}", ana) for n in range(busy)]
        await slack.connected(seconds=60)
        for each in [*channels, *writing] if busy else []:
            await (await slack.command(ana, each, "start The Lamp")).done(60)
        enough = asyncio.Event()
        task = asyncio.create_task(_keep_writing(slack, ana, writing, enough))
        pipe.send(await _burst(slack, ana, channels, count, seconds))
        enough.set()
        await task
        pipe.send("done")
        await asyncio.to_thread(pipe.recv)  # the application has left


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
    acks = [(_DEADLINE if each.acked_after is None else each.acked_after) * 1e3 for each in exchanges]
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


@asynccontextmanager
async def _slack_next_door(count: int, seconds: float, *, busy: int) -> AsyncIterator[tuple[Address, Connection]]:
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    child = processes.Process(target=_crowd, args=(theirs, count, seconds), kwargs={"busy": busy})
    child.start()
    try:
        yield await asyncio.to_thread(ours.recv), ours
    finally:
        ours.send("left")
        await asyncio.to_thread(child.join, 60)


async def bursts(count: int, seconds: float) -> list[Row]:
    """Acknowledgements of the real application while its engine writes, beside the smallest app's."""
    engine = VllmEngine(vllm_options(load()))
    engine.start()
    await engine.ready()
    next_door = _slack_next_door(count, seconds, busy=4)
    async with settling(engine), next_door as (address, pipe), _bot(address, engine):
        ours: Numbers = await asyncio.to_thread(pipe.recv)
        await asyncio.to_thread(pipe.recv)
    await engine.close()
    async with _slack_next_door(count, seconds, busy=0) as (address, pipe), _smallest_app(address):
        smallest: Numbers = await asyncio.to_thread(pipe.recv)
        await asyncio.to_thread(pipe.recv)
    name, beside = f"Slack: ack, {count} in {seconds:.0f} s", "smallest app, no engine"
    acks, least = ours["acks"], smallest["acks"]
    return [
        Row(f"{name}, p50", statistics.median(acks), statistics.median(least), "ms", beside),
        Row(f"{name}, p99", acks[int(count * 0.99)], least[int(count * 0.99)], "ms", beside),
        Row(f"{name}, worst", acks[-1], least[-1], "ms", beside),
        Row("Slack: not acknowledged in 3 s", ours["unheard"][0], smallest["unheard"][0], "commands", beside),
        Row("Slack: all of them told", ours["told"][0], smallest["told"][0], "s", beside),
    ]


async def turns() -> list[Row]:
    """Requests of a turn that is streamed, and of one that is there at once."""
    voice, found = Reading(_texts(8)), list[float]()
    async with LoopbackSlack(validate="deferred") as slack:
        ana = slack.user("ana")
        tales = slack.channel("tales", ana)
        async with _bot(slack, voice):
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
    voice = Reading(_texts(count))
    voice.pace = 0.001
    async with LoopbackSlack(ratelimit_scale=_FASTER, validate="deferred", check=False, echo=False) as slack:
        people = [slack.user(f"u{number}") for number in range(6)]
        channels = [slack.channel(f"c{number}", *people) for number in range(6)]
        async with _bot(slack, voice, scale=_FASTER):
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
    for row in await bursts(count, seconds):
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
