"""`make bench`: every measurement in one table, as JSON and as a picture. Each row is a ratio in one run.

    python -m benchmarks [--full] [--only PART …] [--out FOLDER]

The quick way takes some minutes on two cores, the full way most of an hour. Each part runs in a new process, one after
the other, so that none meets another's memory or caches. A part that cannot run here says why and stops nothing.
"""

import argparse
import datetime as dt
import os
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.parts import PARTS, part
from benchmarks.picture import picture
from benchmarks.row import HEAD, Row, write

ELSEWHERE = (
    "More, by themselves: python -m benchmarks.startup · benchmarks.moderation --data FOLDER · benchmarks.crash · "
    "benchmarks.gpu (on a GPU)"
)


def run(names: list[str], *, quick: bool) -> tuple[list[Row], dict[str, str]]:
    """Measure these parts, printing each row as it comes. Returns the rows, and why parts could not run."""
    rows: list[Row] = []
    failed: dict[str, str] = {}
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
            try:
                found = child.submit(part, name, quick).result()
            except Exception as error:  # the border: the other parts are worth having all the same
                failed[name] = f"{type(error).__name__}: {error}"
                print(f"{name}: could not be measured ({failed[name][:200]})", flush=True)
                continue
        rows += found
        for row in found:
            print(row, flush=True)
    return rows, failed


def main() -> int:
    """Print the table, write the files. Returns 1 if a part could not run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="as often and as long as for figures that are published")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--out", type=Path, default=Path("bench"), help="folder for bench.json and bench.svg")
    chosen = parser.parse_args()
    began, load = time.monotonic(), os.getloadavg()[0]
    print(HEAD)
    rows, failed = run(chosen.only, quick=not chosen.full)
    met, aimed = sum(row.verdict == "met" for row in rows), sum(bool(row.verdict) for row in rows)
    day = dt.datetime.now(dt.UTC).date().isoformat()
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f} at the start"
    caption = f"Storycircle, {day}: {met} of {aimed} aims met ({machine}, {'full' if chosen.full else 'quick'})"
    chosen.out.mkdir(parents=True, exist_ok=True)
    about = {"date": day, "machine": machine, "full": chosen.full, "seconds": round(time.monotonic() - began)}
    write(rows, chosen.out / "bench.json", **about, failed=failed)
    (chosen.out / "bench.svg").write_text(picture(rows, caption), "utf-8")
    print(f"\n{caption}\nWritten: {chosen.out / 'bench.json'}, {chosen.out / 'bench.svg'}\n{ELSEWHERE}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
