"""Faults that take a while, or a process of their own: each row of the fault matrix says what came of it.

    python -m benchmarks.soak [--seed 1] [--rows 10,13,…] [--turns 10000]

The numbers are those of `docs/faults.md`; rows that need no more than a moment are tests there. A row that fails is
printed with its seed. The crash test is a program of its own: `python -m benchmarks.crash`.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import resource
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.crash.bot import ROOT
from benchmarks.crash.stage import answer
from benchmarks.crash.voice import loopback_engine
from core.database import Database
from core.errors import StoreFull, StoreLocked, StoryError
from core.story import Place
from core.storyteller import Storyteller
from tests.kit import storyteller, turn
from tests.loopback.discord import LoopbackDiscord
from tests.voices import ScriptedEngine

Row = Callable[[random.Random, Path, int], Awaitable[str]]
"""Does it, and says what came of it. Raises `AssertionError` if that is not what was expected."""


def _url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'tale.db'}"


async def disk_full(draw: random.Random, folder: Path, _turns: int) -> str:
    """10: files may grow no more, again and again; what was acknowledged is there, and it goes on without a restart."""
    database = await Database.open(_url(folder))
    teller = storyteller(database, ScriptedEngine())
    await teller.perform("start", turn(), {"title": "The Lamp"})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    kept = refused = 0
    for _ in range(100):
        room = _largest(folder) + draw.randint(0, 60_000)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            for _ in range(30):
                await teller.perform("add", turn(), {"text": f"Passage {kept}. " + "More. " * draw.randint(1, 300)})
                kept += 1
        except StoreFull:
            refused += 1
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await teller.perform("add", turn(), {"text": f"Passage {kept}."})
        kept += 1
    signal.signal(signal.SIGXFSZ, ignored)
    await database.close()
    with sqlite3.connect(folder / "tale.db") as connection:
        [(found,)] = connection.execute("SELECT count(*) FROM passage")
        [(checked,)] = connection.execute("PRAGMA integrity_check")
    assert refused, "the disk was never full"
    assert (found, checked) == (kept, "ok")
    return f"full {refused} times, {kept} acknowledged, {found} kept"


def _largest(folder: Path) -> int:
    return max(file.stat().st_size for file in folder.iterdir())


async def locked(_draw: random.Random, folder: Path, _turns: int) -> str:
    """12: another process holds the file for thirty seconds; people are told after five, and nothing is lost."""
    database = await Database.open(_url(folder))
    teller = storyteller(database, ScriptedEngine())
    await teller.perform("start", turn(), {"title": "The Lamp"})
    other = sqlite3.connect(folder / "tale.db")
    other.execute("BEGIN EXCLUSIVE")
    began, waits, kept = time.monotonic(), list[float](), 0
    while time.monotonic() - began < 30:
        asked = time.monotonic()
        try:
            await teller.perform("add", turn(), {"text": "One more."})
            kept += 1
        except StoreLocked:
            waits.append(time.monotonic() - asked)
    other.rollback()
    other.close()
    await teller.perform("add", turn(), {"text": "The last one."})
    shown = await teller.perform("list", turn())
    await database.close()
    assert kept == 0 and shown.blocks[0].text.startswith("1 passage")
    assert max(waits) < 15
    return f"{len(waits)} refused after {statistics.median(waits):.1f} s each, none lost"


def _write(url: str, name: str, count: int, waits: "multiprocessing.Queue[list[float]]") -> None:
    async def add() -> list[float]:
        database = await Database.open(url)
        teller, found = storyteller(database, ScriptedEngine()), list[float]()
        for number in range(count):
            began = time.monotonic()
            for _ in range(2):  # each delivery comes twice
                await teller.perform("add", turn(request_id=f"{name}-{number}"), {"text": f"{name} says {number}."})
            found.append(time.monotonic() - began)
            await asyncio.sleep(0.002)
        await database.close()
        return found

    waits.put(asyncio.run(add()))


async def two_processes(_draw: random.Random, folder: Path, turns: int) -> str:
    """13: two processes write to one story in one file; every delivery counts once."""
    database = await Database.open(_url(folder))
    teller = storyteller(database, ScriptedEngine())
    await teller.perform("start", turn(), {"title": "The Lamp"})
    each = min(turns, 600)
    spawn = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[list[float]] = spawn.Queue()
    writers = [spawn.Process(target=_write, args=(_url(folder), name, each, queue)) for name in ("ana", "ben")]
    for one in writers:
        one.start()
    waits = sorted([*await asyncio.to_thread(queue.get), *await asyncio.to_thread(queue.get)])
    for one in writers:
        await asyncio.to_thread(one.join)
    shown = await teller.perform("list", turn())
    await database.close()
    assert shown.blocks[0].text.startswith(f"{2 * each} passages"), shown.blocks[0].text
    slow = waits[int(len(waits) * 0.99)]
    return f"{2 * each} turns, each delivered twice: all there once; p99 {slow * 1e3:.0f} ms, longest {waits[-1]:.2f} s"


async def burst(draw: random.Random, folder: Path, turns: int) -> str:
    """34: thousands of messages at once in hundreds of channels: none lost, memory bounded."""
    database = await Database.open(_url(folder))
    teller = storyteller(database, ScriptedEngine())
    places = [Place(platform="test", workspace="w", channel=f"c{number}") for number in range(500)]
    for place in places:
        await teller.perform("start", turn(place), {"title": "The Lamp"})
    before, began = _memory(), time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for number in range(turns):
            tasks.create_task(_added(teller, draw.choice(places), number))
    seconds, peak = time.monotonic() - began, _memory() - before
    await database.close()
    with sqlite3.connect(folder / "tale.db") as connection:
        [(found,)] = connection.execute("SELECT count(*) FROM passage")
    assert found == turns
    assert peak < 300, f"{peak:.0f} MB more"
    return f"{turns} in {seconds:.0f} s, none lost, {peak:.0f} MB more at the peak"


async def _added(teller: Storyteller, place: Place, number: int) -> None:
    await teller.perform("add", turn(place), {"text": f"It was the {number}th night."})


def _memory() -> float:
    """Megabytes that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def log_full(_draw: random.Random, folder: Path, _turns: int) -> str:
    """39: the log's disk is full, and nobody reads what is printed: stories go on."""
    said = []
    for name, streams in (("full", ">/dev/full 2>&1"), ("closed", ">&- 2>&-")):
        said.append(f"{name}: {await _told_all_the_same(folder / f'{name}.db', streams)}")
    return ", ".join(said)


async def _told_all_the_same(file: Path, streams: str) -> str:
    async with loopback_engine(answer) as engine, LoopbackDiscord(check=False) as discord:
        guild = discord.guild("Harrow")
        ana = discord.user("ana")
        guild.join(ana)
        channel = guild.text_channel("tales")
        environment = {
            "DISCORD_TOKEN": discord.token,
            "DISCORD_API_BASE": discord.api_base,
            "DISCORD_GATEWAY_URL": discord.gateway_url,
            "ENGINE_URL": engine.url,
            "DATABASE_URL": f"sqlite+aiosqlite:///{file}",
            "LOG_FILE": "/dev/full",
            "LOG_LEVEL": "DEBUG",
        }
        command = f"exec {sys.executable} -m bots discord {streams}"
        bot = await asyncio.create_subprocess_shell(command, cwd=ROOT, env=os.environ | environment)
        try:
            await discord.ready(60)
            await (await discord.slash(ana, channel, "story start", title="The Lamp")).done(30)
            await (await discord.slash(ana, channel, "story add", text="Mara found it.")).done(30)
            assert "Mara found it." in channel.messages[-1].text
        finally:
            bot.send_signal(signal.SIGTERM)
            code = await asyncio.wait_for(bot.wait(), 60)
        return f"told, ended with {code}"


ROWS: dict[int, Row] = {10: disk_full, 12: locked, 13: two_processes, 34: burst, 39: log_full}


async def _run(number: int, seed: int, turns: int) -> bool:
    row = ROWS[number]
    with tempfile.TemporaryDirectory() as folder:
        try:
            result = await row(random.Random(f"{seed}/{number}"), Path(folder), turns)
        except (AssertionError, StoryError, OSError, TimeoutError) as error:
            print(f"{number:3}  FAILED  {row.__name__} (seed {seed}): {type(error).__name__}: {error}", flush=True)
            return False
    print(f"{number:3}  ok      {row.__name__}: {result}", flush=True)
    return True


def main() -> int:
    """Print a line for each row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", default=",".join(map(str, ROWS)))
    parser.add_argument("--turns", type=int, default=10_000)
    chosen = parser.parse_args()
    results = [asyncio.run(_run(int(each), chosen.seed, chosen.turns)) for each in chosen.rows.split(",")]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
