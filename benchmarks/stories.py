"""Many stories and long ones: what a database full of them costs at the start, in memory and for each turn.

    python -m benchmarks.stories [--stories 100000] [--passages 10000]

Stories are made by telling one through the storyteller and copying its rows. Each process that is measured is new.
"""

import argparse
import asyncio
import contextlib
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from benchmarks.row import HEAD, Aim, Row, median, quantile
from benchmarks.turns import TEXT, answer, place, teller_on, turn
from core.database import Database
from core.observation import Course, Facts, observed
from core.storyteller import Storyteller
from tests.voices import ScriptedEngine

_STRIDE = 1000
"""Between the ids of a story's rows and those of its next copy."""
_TABLES = ("place", "turn", "story", "passage", "token", "move", "post")
_REFERENCES = {"head", "head_before", "head_after", "lore_before", "lore_after", "parent", "previous", "origin"}
_PASSAGES = 5


class Stopwatch:
    """How long each stage of turns took, in milliseconds."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {}

    def begin(self, stage: str, facts: Facts) -> Course:
        """Start."""
        return _Running(self, stage)

    def note(self, event: str, facts: Facts) -> None:
        """Not of interest."""


class _Running:
    def __init__(self, watch: Stopwatch, stage: str) -> None:
        self._watch, self._stage, self._began = watch, stage, time.perf_counter()

    def started(self) -> None:
        """Not of interest."""

    def end(self, facts: Facts, error: BaseException | None) -> None:
        """Stop."""
        self._watch.taken.setdefault(self._stage, []).append((time.perf_counter() - self._began) * 1e3)


@contextlib.asynccontextmanager
async def opened(folder: Path, name: str) -> AsyncIterator[Storyteller]:
    """A storyteller with a voice that answers at once, on a database of this name."""
    inner = folder / name
    inner.mkdir(exist_ok=True)
    teller, database = await teller_on(inner, ScriptedEngine(answer, window=4096))
    try:
        yield teller
    finally:
        await database.close()


async def told(folder: Path, name: str, passages: int) -> None:
    """A database with one story of so many passages, told in the usual way."""
    async with opened(folder, name) as teller:
        await teller.perform("start", turn(0, place(0)), {"title": "The Lamp"})
        for number in range(passages):
            await teller.perform("add", turn(number, place(0)), {"text": f"{TEXT} It was bell {number}."})


def multiply(file: Path, copies: int) -> None:
    """Copy the story of place 0 into places 1, 2, … by rows, with ids moved on."""
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA synchronous = OFF")
        counted = "WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n + 1 < ?)"
        for table in _TABLES:
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            moved = ", ".join(_moved(table, column) for column in columns)
            db.execute(f"INSERT INTO {table} {counted} SELECT {moved} FROM copy, {table}", (copies,))
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _moved(table: str, column: str) -> str:
    """What stands in a column of copy `n`, as SQL."""
    if (table, column) == ("place", "channel"):
        return "CAST(n AS TEXT)"
    refers = column == "id" or column.endswith("_id") or column in _REFERENCES
    return f"CASE typeof({column}) WHEN 'integer' THEN {column} + n * {_STRIDE} ELSE {column} END" if refers else column


def lengthen(file: Path, passages: int) -> None:
    """Add passages to the only story by copying its last one, each after the one before."""
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA synchronous = OFF")
        columns = [row[1] for row in db.execute("PRAGMA table_info(passage)")]
        last = dict(zip(columns, db.execute("SELECT * FROM passage ORDER BY id DESC").fetchone(), strict=True))
        tokenizer, ids = db.execute("SELECT tokenizer, ids FROM token WHERE passage_id = ?", (last["id"],)).fetchone()
        grows = len(TEXT) + 20
        rows, tokens = [], []
        for step in range(1, passages - int(last["number"]) + 1):
            new = last | {"id": last["id"] + step, "parent": last["id"] + step - 1, "number": last["number"] + step}
            new["before"] = last["before"] + step * grows
            rows.append(tuple(new.values()))
            tokens.append((new["id"], tokenizer, ids))
        db.executemany(f"INSERT INTO passage VALUES ({', '.join('?' * len(columns))})", rows)
        db.executemany("INSERT INTO token (passage_id, tokenizer, ids) VALUES (?, ?, ?)", tokens)
        if rows:
            db.execute("UPDATE story SET head = ?", (last["id"] + len(rows),))
        db.commit()


async def length(passages: int, times: int) -> list[Row]:
    """Reading and laying out a prompt in a story of 100 passages and in a long one, in turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await told(folder, "short", 100)
        await told(folder, "long", 100)
        lengthen(folder / "long" / "bench.db", passages)
        short, long = Stopwatch(), Stopwatch()
        async with opened(folder, "short") as one, opened(folder, "long") as other:
            for number in range(times + 3):
                for teller, watch in ((one, short), (other, long)):
                    with observed(watch):
                        await teller.perform("continue", turn(number, place(0)))
                    await teller.perform("undo", turn(number, place(0)))
                if number == 2:  # those were to warm up
                    short.taken, long.taken = {}, {}
    many = f"{passages:,} passages"
    rows = []
    for stage, label in (("prompt", "prompt laid out"), ("read", "story read"), ("turn", "whole turn")):
        theirs = median(short.taken[stage])
        aim = Aim(1.2) if stage == "prompt" else Aim(1.5)
        rows.append(Row(f"{label}, {many}", median(long.taken[stage]), theirs, "ms", "100 passages", aim))
    took = median(long.taken["prompt"])
    rows.append(Row("  against what it may take", took, 0.5, "ms", "the limit that we set: 0.5 ms", Aim(1)))
    return rows


async def many(stories: int) -> list[Row]:
    """A database full of stories, beside one with a single story."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await told(folder, "one", _PASSAGES)
        await told(folder, "many", _PASSAGES)
        multiply(folder / "many" / "bench.db", stories)
        pairs = [(_fresh(folder / "many", stories), _fresh(folder / "one", 1)) for _ in range(4)][1:]
    full, empty = (list(column) for column in zip(*pairs, strict=True))
    count = f"{stories:,} stories"
    ready = median(each["ready"] for each in full)
    memory = median(each["memory"] for each in full) - median(each["memory"] for each in empty)
    first = quantile([value for each in full for value in each["first"]], 0.5)
    warm = quantile([value for each in full for value in each["warm"]], 0.5)
    return [
        Row(f"ready, {count}", ready, median(e["ready"] for e in empty), "s", "one story"),
        Row("  against what it may take", ready, 1.0, "s", "the limit that we set: 1 s", Aim(1)),
        Row("memory for 1,000 idle stories", memory / stories * 1000, 1.0, "MB", "the limit: 1 MB", Aim(1)),
        Row("first turn of any story, extra", first - warm, 5.0, "ms", "the limit: 5 ms", Aim(1)),
        Row("first turn of any story", first, warm, "ms", "the next turn of the same story"),
    ]


def _fresh(folder: Path, stories: int) -> dict[str, list[float] | float]:
    """What a new process finds: seconds to ready, memory in MB, and milliseconds of turns in 50 stories."""
    command = [sys.executable, "-m", "benchmarks.stories", "--child", str(folder), "--stories", str(stories)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, list[float] | float] = json.loads(done.stdout)
    return found


async def _child(folder: Path, stories: int) -> None:
    began = time.perf_counter()
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'bench.db'}")
    await database.close()
    ready = time.perf_counter() - began
    first: list[float] = []
    warm: list[float] = []
    teller, database = await teller_on(folder, ScriptedEngine(answer, window=4096))
    await teller.perform("show", turn(0, place(0)))  # whatever is imported only now is no matter of stories
    memory = _memory()
    for number in random.Random(5).sample(range(stories), min(50, stories)):
        for taken in (first, warm):
            began = time.perf_counter()
            await teller.perform("add", turn(number, place(number)), {"text": TEXT})
            taken.append((time.perf_counter() - began) * 1e3)
    await database.close()
    print(json.dumps({"ready": ready, "memory": memory, "first": first, "warm": warm}))


def _memory() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


async def measure(*, quick: bool = True) -> list[Row]:
    """All rows."""
    return [*await length(10_000, 30 if quick else 200), *await many(100_000)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--child", type=Path, default=None, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child is not None:
        asyncio.run(_child(chosen.child, chosen.stories))
        return
    print(HEAD)
    for rows in (length(chosen.passages, 50), many(chosen.stories)):
        for row in asyncio.run(rows):
            print(row, flush=True)


if __name__ == "__main__":
    main()
