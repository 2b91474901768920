"""The parts of `make bench`, by their names. Each is measured in a process of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from benchmarks.row import Row

Part = Callable[[bool], Coroutine[Any, Any, list[Row]]]


async def _start(quick: bool) -> list[Row]:
    from benchmarks import prompt  # noqa: PLC0415 - each part's process loads only what it needs

    return [prompt.measure(repeats=3 if quick else 7)]


async def _turns(quick: bool) -> list[Row]:
    from benchmarks import turns  # noqa: PLC0415

    return [*await turns.latency(200 if quick else 1000), *await turns.crowd(64, 10, 3 if quick else 7)]


async def _engine(quick: bool) -> list[Row]:
    from benchmarks import turns  # noqa: PLC0415

    return await turns.throughput(8, 4, 3 if quick else 7)


async def _cache(quick: bool) -> list[Row]:
    from benchmarks import cache  # noqa: PLC0415

    return await cache.measure(quick=quick)


async def _stories(quick: bool) -> list[Row]:
    from benchmarks import stories  # noqa: PLC0415

    return await stories.measure(quick=quick)


async def _crowd(quick: bool) -> list[Row]:
    from benchmarks import crowd  # noqa: PLC0415

    return await crowd.measure(quick=quick)


async def _processes(quick: bool) -> list[Row]:
    from benchmarks import processes  # noqa: PLC0415

    return await processes.measure(quick=quick)


async def _watching(quick: bool) -> list[Row]:
    from benchmarks import watching  # noqa: PLC0415

    return await watching.measure(quick=quick)


async def _discord(quick: bool) -> list[Row]:
    from benchmarks import discord  # noqa: PLC0415

    count, seconds = (200, 4.0) if quick else (1000, 10.0)
    return [*await discord.bursts(count, seconds), *await discord.streams(2 if quick else 4)]


async def _slack(quick: bool) -> list[Row]:
    from benchmarks import slack  # noqa: PLC0415

    count, seconds = (200, 4.0) if quick else (1000, 10.0)
    rates = await slack.rates(20 if quick else 80)
    both = [*await slack.bursts(count, seconds), *await slack.bursts(count, seconds, http=True)]
    return [*both, *await slack.turns(), *rates]


PARTS: dict[str, Part] = {
    "start": _start,
    "turns": _turns,
    "engine": _engine,
    "cache": _cache,
    "stories": _stories,
    "crowd": _crowd,
    "processes": _processes,
    "watching": _watching,
    "discord": _discord,
    "slack": _slack,
}


def part(name: str, quick: bool) -> list[Row]:
    """The rows of one part, measured here."""
    return [replace(row, group=name) for row in asyncio.run(PARTS[name](quick))]
