"""The command line of the soak; see the package."""

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import benchmarks.soak
from benchmarks.soak import clocks, crowds, leaks, logs, stores
from core.errors import StoryError

Row = Callable[[random.Random, Path, int], Awaitable[str]]
"""Does it, and says what came of it. Raises `AssertionError` if that is not what was expected."""

ROWS: dict[int, Row] = {
    10: stores.disk_full,
    12: stores.locked,
    13: stores.two_processes,
    15: stores.postgres_restarts,
    31: clocks.jumps,
    34: crowds.burst,
    38: leaks.leak,
    39: logs.log_full,
}


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
    parser = argparse.ArgumentParser(
        description=benchmarks.soak.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", default=",".join(map(str, ROWS)))
    parser.add_argument("--turns", type=int, default=10_000)
    chosen = parser.parse_args()
    results = [asyncio.run(_run(int(each), chosen.seed, chosen.turns)) for each in chosen.rows.split(",")]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
