"""Two versions of the bot in turns: what a change costs or saves, on a machine that is never quiet.

    python -m benchmarks.against OTHER_CHECKOUT [--rounds 15]

Each version has a process of its own on a database of its own, with every filter that needs no model. The two take
turns of a few hundred turns each, and each round gives one ratio, so that what a neighbour does meets both alike.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.row import HEAD, Row, median
from benchmarks.turns import TEXT, WORDS

STORIES = 64

_CHILD = """
import asyncio, json, random, sys, time
from pathlib import Path

from bots.assembly import gate
from bots.settings import load
from core.database import Database
from core.errors import StoryError
from core.release import to
from core.store import Store
from core.story import Contributor, Place, Turn
from core.storyteller import Storyteller
from tests.voices import ScriptedEngine

WORDS = sys.argv[3].split()
CHANCE = random.Random(7)


def answer(_request):
    return " ".join(CHANCE.choices(WORDS, k=20)).capitalize() + "."


def turn(number, channel):
    place = Place(platform="bench", workspace="w", channel=str(channel))
    return Turn(id=f"{number}-{time.perf_counter_ns()}", place=place, contributor=Contributor("u", "Ana"))


async def main(folder, stories):
    database = await Database.open(f"sqlite+aiosqlite:///{folder}/bench.db")
    doorkeeper = gate(load(moderation_seconds=60))
    await doorkeeper.warm()
    teller = Storyteller(store=Store(database), gate=doorkeeper, engine=ScriptedEngine(answer))
    for number in range(stories):
        await teller.perform("start", turn(0, number), {"title": f"The Lamp {number}"})

    async def tell(number, name, times):
        for each in range(times):
            words = {} if name == "continue" else {"text": sys.argv[4]}
            asked = turn(each, number)
            try:
                reply = await teller.perform("add" if name == "show" else name, asked, words)
                if name == "show":  # as the platforms do it: through the last door, and noted as seen
                    with to(asked.place):
                        await teller.door.released([f"{asked.id} {block.text}" for block in reply.blocks])
                    await teller.delivery.delivered(reply, [asked.id])
            except StoryError:  # the voice may repeat itself; what it cost is counted all the same
                pass

    for order in sys.stdin:
        name, at_once, times = order.split()
        began, used = time.perf_counter(), time.process_time()
        await asyncio.gather(*(tell(number, name, int(times)) for number in range(int(at_once))))
        made = int(at_once) * int(times)
        wall, core = time.perf_counter() - began, time.process_time() - used
        print(json.dumps({"wall": wall / made * 1e6, "core": core / made * 1e6}), flush=True)
    await database.close()

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""

ORDERS = {
    "add, 64 stories at once": "add 64 4",
    "add, one at a time": "add 1 100",
    "add and shown, 64 stories at once": "show 64 4",
    "continue, one at a time": "continue 1 40",
}
"""What each version is told to do: which turns, in how many stories at once, how many in each."""


class Version:
    """One checkout's process, which performs turns when it is told to."""

    def __init__(self, checkout: Path, folder: Path) -> None:
        folder.mkdir()
        command = [sys.executable, "-c", _CHILD, str(folder), str(STORIES), " ".join(WORDS), TEXT]
        self._process = subprocess.Popen(
            command, cwd=checkout, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def measure(self, order: str) -> dict[str, float]:
        """Microseconds of one turn, by the wall's clock and of one core. Raises RuntimeError if the version fails."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(order, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"one of the versions stopped; it said why above (exit code {self._process.wait()})")
        found: dict[str, float] = json.loads(line)
        return found

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()


def compare(other: Path, rounds: int) -> list[Row]:
    """This version beside another one: medians, and as the ratio the median of the rounds' own ratios."""
    here = Path(__file__).parent.parent
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        versions = Version(here, Path(name) / "ours"), Version(other, Path(name) / "other")
        for number in range(rounds + 2):
            for label, order in ORDERS.items():
                pair: Any = [each.measure(order) for each in (versions if number % 2 else versions[::-1])]
                ours, theirs = pair if number % 2 else pair[::-1]
                if number > 1:  # the first two warm up
                    for what in ("core", "wall"):
                        found.setdefault((label, what), []).append((ours[what], theirs[what]))
        for each in versions:
            each.close()
    return [_row(label, what, pairs) for (label, what), pairs in found.items()]


def _row(label: str, what: str, pairs: list[tuple[float, float]]) -> Row:
    unit = "µs CPU" if what == "core" else "µs"
    reference = median(theirs for _, theirs in pairs)
    ratio = median(ours / theirs for ours, theirs in pairs)
    return Row(label, ratio * reference, reference, unit, "the other version, in turns")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="folder of the other version, e.g. a git worktree")
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_args()
    print(HEAD)
    for row in compare(chosen.other.resolve(), chosen.rounds):
        print(row)


if __name__ == "__main__":
    main()
