"""What watching costs: turns with Prometheus' counters on, beside the same turns unwatched, in turns of twenty.

python -m benchmarks.watching [--times 400]
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


async def cost(times: int) -> list[Row]:
    """Processor time of turns, since the wall's clock also counts the disk's."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as name:
        teller, database = await teller_on(Path(name), HeardEngine(ScriptedEngine(answer)))
        await teller.perform("start", turn(0, place(0)), {"title": "The Lamp"})
        metrics = Metrics()
        for batch in range(times // 20 * 2 + 2):
            watched = batch % 2 == 0
            with observed(metrics) if watched else contextlib.nullcontext():
                began = time.process_time()
                for number in range(10):
                    await teller.perform("add", turn(number, place(0)), {"text": TEXT})
                    await teller.perform("continue", turn(number, place(0)))
                used = (time.process_time() - began) / 20 * 1e6
            if batch > 1:  # the first pair warms up
                taken[watched].append(used)
        await database.close()
    watched_, bare = median(taken[True]), median(taken[False])
    return [
        Row("processor time of a turn, with metrics", watched_, bare, "µs", "without", Aim(1.05)),
        Row("  added by metrics", max(0.0, watched_ - bare), 100.0, "µs", "the limit: 100 µs", Aim(1)),
    ]


async def measure(*, quick: bool = True) -> list[Row]:
    """All rows."""
    return await cost(400 if quick else 2000)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=400)
    print(HEAD)
    for row in asyncio.run(cost(parser.parse_args().times)):
        print(row)


if __name__ == "__main__":
    main()
