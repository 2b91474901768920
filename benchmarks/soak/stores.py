"""Disks, files and servers on which stories are kept, and what can be wrong with them."""

import asyncio
import multiprocessing
import random
import resource
import signal
import sqlite3
import statistics
import time
from pathlib import Path

from core.database import Database
from core.errors import StoreFull, StoreLocked
from tests.core.outage import Crowd, server_in
from tests.kit import storyteller, turn
from tests.voices import ScriptedEngine

_DOWN = 10.0
"""Seconds for which the PostgreSQL server is away."""


def url(folder: Path) -> str:
    """The address of a file in a folder."""
    return f"sqlite+aiosqlite:///{folder / 'tale.db'}"


async def disk_full(draw: random.Random, folder: Path, _turns: int) -> str:
    """10: files may grow no more, again and again; what was acknowledged is there, and it goes on without a restart."""
    database = await Database.open(url(folder))
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
    database = await Database.open(url(folder))
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
    database = await Database.open(url(folder))
    teller = storyteller(database, ScriptedEngine())
    await teller.perform("start", turn(), {"title": "The Lamp"})
    each = min(turns, 600)
    spawn = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[list[float]] = spawn.Queue()
    writers = [spawn.Process(target=_write, args=(url(folder), name, each, queue)) for name in ("ana", "ben")]
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


async def postgres_restarts(draw: random.Random, folder: Path, _turns: int) -> str:
    """15: the server stops for ten seconds while people go on, in order or by a crash: every turn is there once."""
    home = folder / "postgres"
    home.mkdir()
    ended = draw.choice((signal.SIGINT, signal.SIGQUIT))
    with server_in(home) as server:
        database = await Database.open(server.url)
        teller = storyteller(database, ScriptedEngine())
        async with Crowd(teller, "tales") as crowd:
            await crowd.until(kept=20)
            await server.stop(ended)
            await asyncio.sleep(_DOWN)
            await server.start()
            began = time.monotonic()
            await crowd.until(kept=1)
            back = time.monotonic() - began
            await crowd.until(kept=20)
        await crowd.ask_again()
        for place, requests in crowd.asked.items():
            shown = await teller.perform("list", turn(place))
            assert shown.blocks[0].text.startswith(f"{len(requests)} passages"), shown.blocks[0].text
        await database.close()
    asked = sum(len(each) for each in crowd.asked.values())
    return f"{ended.name}, {asked} asked, {crowd.refused} refused, all there once; kept again after {back:.1f} s"
