"""What watching costs: turns with Prometheus' counters on, beside the same turns unwatched, one after the other.

python -m benchmarks.watching [--pairs 400]
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
from pathlib import Path

from benchmarks.row import HEAD, Aim, Row, median
from benchmarks.turns import TEXT, answer, place, teller_on, turn
from bots.hearing import HeardEngine
from bots.metrics import Metrics
from core.observation import observed
from tests.voices import ScriptedEngine

_WARMING = 20
"""Pairs that are not counted: until the storyteller's window is full, each turn costs more than the last."""


async def cost(pairs: int) -> list[Row]:
    """Processor time of turns, since the wall's clock also counts the disk's.

    Watched and unwatched ones take turns, so that what a neighbour does meets both alike.
    """
    taken: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as name:
        teller, database = await teller_on(Path(name), HeardEngine(ScriptedEngine(answer)))
        await teller.perform("start", turn(0, place(0)), {"title": "The Lamp"})
        metrics = Metrics()
        for number in range(_WARMING + pairs):
            for watched in (number % 2 == 0, number % 2 == 1):
                with observed(metrics) if watched else contextlib.nullcontext():
                    began = time.process_time()
                    await teller.perform("add", turn(number, place(0)), {"text": TEXT})
                    await teller.perform("continue", turn(number, place(0)))
                    taken[watched].append((time.process_time() - began) / 2 * 1e6)
        await database.close()
    watched_, bare = taken[True][_WARMING:], taken[False][_WARMING:]
    added = median([one - other for one, other in zip(watched_, bare, strict=True)])
    return [
        Row("processor time of a turn, with metrics", median(watched_), median(bare), "µs", "without", Aim(1.05)),
        Row("  added by metrics", max(0.0, added), 100.0, "µs", "the limit: 100 µs", Aim(1)),
    ]


async def measure(*, quick: bool = True) -> list[Row]:
    """All rows."""
    return await cost(400 if quick else 2000)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=400)
    print(HEAD)
    for row in asyncio.run(cost(parser.parse_args().pairs)):
        print(row)


if __name__ == "__main__":
    main()
