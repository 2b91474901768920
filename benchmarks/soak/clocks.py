"""The bot's clock is set forward and back by an hour while people go on."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

from benchmarks.crash import record
from benchmarks.crash.bot import ROOT
from benchmarks.crash.platforms import STAGES
from benchmarks.crash.stage import LIKELY, WISHES, Stage, answer
from benchmarks.crash.voice import loopback_engine

_JUMPS = (0, 3600, -3600, 0)
"""Seconds by which the clock is wrong, one after the other."""
_PEOPLE = 3
_ACTS = 15
"""What people do at each of them."""


async def jumps(draw: random.Random, folder: Path, _turns: int) -> str:
    """31: the clock jumps while people go on, and the bot is killed and starts anew: all is told once, and in order.

    Needs libfaketime, which Debian has as `faketime`.
    """
    library = _library()
    if library is None:
        return "not run: libfaketime is not installed"
    return ", ".join([await _on(platform, draw, folder, library) for platform in sorted(STAGES)])


def _library() -> Path | None:
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


async def _on(platform: str, draw: random.Random, folder: Path, library: Path) -> str:
    clock, file = folder / f"{platform}.clock", folder / f"{platform}.db"
    _wrong_by(clock, 0)
    async with loopback_engine(answer) as engine, STAGES[platform](draw) as stage:
        environment = {
            **stage.environment,
            "ENGINE_URL": engine.url,
            "DATABASE_URL": f"sqlite+aiosqlite:///{file}",
            "MODERATION_SECONDS": "60",
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        first = await _born(platform, stage, environment)
        await stage.prepare()
        for wrong_by in _JUMPS:
            _wrong_by(clock, wrong_by)
            await asyncio.gather(*(_person(stage, draw, person) for person in range(_PEOPLE)))
        await _over(first)
        second = await _born(platform, stage, environment)
        found = record.read(file)
        wrong = stage.differences(found)
        await _over(second)
    assert not wrong, wrong[:3]
    return f"{platform}: {len(found.posts)} replies"


def _wrong_by(clock: Path, seconds: int) -> None:
    clock.write_text(f"{seconds:+d}\n")


async def _born(platform: str, stage: Stage, environment: dict[str, str]) -> asyncio.subprocess.Process:
    before = stage.connections
    bot = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bots", platform), cwd=ROOT, env=os.environ | environment
    )
    await stage.connected(before)
    return bot


async def _over(bot: asyncio.subprocess.Process) -> None:
    """By a kill, so that what is not written down yet stays so."""
    bot.send_signal(signal.SIGKILL)
    await bot.wait()


async def _person(stage: Stage, draw: random.Random, person: int) -> None:
    for _ in range(_ACTS):
        number = draw.randrange(1_000_000)
        await stage.act(draw.choices(WISHES, LIKELY)[0], number * _PEOPLE + person, draw)
