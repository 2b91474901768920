"""A day's work in a few minutes: what the bot holds after each thousand turns."""

import asyncio
import gc
import os
import random
import signal
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.crash.bot import ROOT
from benchmarks.crash.on_slack import OnSlack
from benchmarks.crash.stage import LIKELY, WISHES, answer
from benchmarks.crash.voice import loopback_engine
from benchmarks.soak.stores import url
from core.database import Database
from core.place import Place
from tests.kit import storyteller, turn
from tests.loopback.slack import LoopbackSlack
from tests.voices import ScriptedEngine

_CHANNELS = 60
"""Slack takes one message a second in each."""
_PEOPLE = 12
_SAMPLES = 40
_MOST = 2.0
"""Kilobytes that a turn may leave behind. Requests, verdicts and texts that passed are remembered, 20,000 of each; that
is full after some 12,000 turns.
"""

Points = list[tuple[int, float]]
"""What was held (kilobytes, or objects) after so many turns."""


async def leak(draw: random.Random, folder: Path, turns: int) -> str:
    """38: what thousands of turns leave behind: objects in a storyteller here, memory of a whole bot on Slack."""
    objects = await _objects(folder, turns)
    memory = await _memory(draw, folder, turns)
    left = _slope(memory)
    found = (
        f"{turns} turns: a bot on Slack went from {memory[0][1] / 1024:.0f} to {memory[-1][1] / 1024:.0f} MB, "
        f"{left:.2f} kB a turn in the last quarter; {_slope(objects):.3f} objects a turn in a storyteller"
    )
    assert left < _MOST, found
    return found


def _slope(points: Points) -> float:
    """By how much it grows with each turn in the last quarter: what is remembered fills up before."""
    later = points[len(points) * 3 // 4 :]
    return statistics.linear_regression([each[0] for each in later], [each[1] for each in later]).slope


async def _objects(folder: Path, turns: int) -> Points:
    database = await Database.open(url(folder))
    teller, found = storyteller(database, ScriptedEngine()), Points()
    places = [Place(platform="test", workspace="w", channel=f"c{number}") for number in range(_CHANNELS)]
    for place in places:
        await teller.perform("start", turn(place), {"title": "The Lamp"})
    for number in range(1, turns + 1):
        place = places[number % len(places)]
        if number // len(places) % 3 == 2:
            await teller.perform("undo", turn(place))
        else:
            await teller.perform("add", turn(place), {"text": f"It was the {number}th night."})
        if number % (turns // _SAMPLES) == 0:
            gc.collect()
            found.append((number, len(gc.get_objects())))
    await database.close()
    return found


async def _memory(draw: random.Random, folder: Path, turns: int) -> Points:
    async with (
        loopback_engine(answer) as engine,
        LoopbackSlack(check=False, validate="off", ratelimit_scale=0, ack_deadline=60.0) as slack,
    ):
        stage = OnSlack(slack, channels=_CHANNELS)
        environment = {**stage.environment, "ENGINE_URL": engine.url}
        environment["DATABASE_URL"] = f"sqlite+aiosqlite:///{folder / 'slack.db'}"
        bot = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bots", "slack"), cwd=ROOT, env=os.environ | environment
        )
        try:
            await stage.connected(0)
            await stage.prepare()
            found, numbers = Points(), iter(range(1, turns + 1))
            await asyncio.gather(*(_person(stage, draw, numbers, turns, bot.pid, found) for _ in range(_PEOPLE)))
            return found
        finally:
            bot.send_signal(signal.SIGTERM)
            await bot.wait()


async def _person(
    stage: OnSlack, draw: random.Random, numbers: Iterator[int], turns: int, bot: int, found: Points
) -> None:
    for number in numbers:
        await stage.act(draw.choices(WISHES, LIKELY)[0], number, draw)
        if number % (turns // _SAMPLES) == 0:
            found.append((number, _resident(bot)))


def _resident(process: int) -> float:
    """Kilobytes of memory that a process holds."""
    (line,) = (each for each in Path(f"/proc/{process}/status").read_text().splitlines() if each.startswith("VmRSS"))
    return float(line.split()[1])
