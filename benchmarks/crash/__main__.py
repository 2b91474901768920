"""The command line of the crash test; see the package."""

import argparse
import sys
import time
from multiprocessing import get_context

import benchmarks.crash
from benchmarks.crash.campaign import Tally
from benchmarks.crash.nursery import die_with_parent
from benchmarks.crash.platforms import STAGES, run
from core import faults


def main() -> int:
    """Run it and print what was found."""
    parser = argparse.ArgumentParser(description=benchmarks.crash.__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--platform", choices=sorted(STAGES), default=None)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--log", default="/dev/null", help="file for what the bots write to stderr")
    parser.add_argument("--traces", default="", help="folder for all that led to a failure")
    chosen = parser.parse_args()
    began, platforms = time.monotonic(), [chosen.platform] if chosen.platform else sorted(STAGES)
    shares = max(1, chosen.jobs // len(platforms))
    works = [
        (name, chosen.kills // len(platforms) // shares, chosen.seed * 1000 + share, chosen.log, chosen.traces)
        for name in platforms
        for share in range(shares)
    ]
    total = Tally()
    with get_context("spawn").Pool(chosen.jobs, initializer=die_with_parent) as pool:
        for (name, *_), tally in zip(works, pool.imap(run, works), strict=True):
            print(f"{name}: {tally.killed} kills, {tally.posts} replies compared, {len(tally.failures)} failures")
            total.add(tally)
    print(_table(total, time.monotonic() - began))
    return 1 if total.failures else 0


def _table(total: Tally, seconds: float) -> str:
    rows = [f"  {total.kills[point]:5}  {point:16} {what}" for point, what in faults.POINTS.items()]
    rows.append(f"  {total.kills['*']:5}  {'any point':16} whichever came at a drawn number")
    rows.append(f"  {total.kills['outside']:5}  {'outside':16} at any moment, by nobody's plan")
    kinds = ("lost", "doubled", "disordered", "stray")
    counts = ", ".join(f"{sum(f' {kind}: ' in each for each in total.failures)} {kind}" for kind in kinds)
    head = f"{total.killed} kills in {total.lives} lives, {seconds:.0f} s: {counts}"
    head += f"; the slowest start took {total.slowest:.1f} s"
    return "\n".join([*rows, head, *total.failures])


if __name__ == "__main__":
    sys.exit(main())
