"""Kill, start again, compare; a database after the other."""

import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.crash import record, trace
from benchmarks.crash.bot import Life, Nursery, nursery
from benchmarks.crash.stage import LIKELY, PACES, PEOPLE, WISHES, Event, Stage, answer
from benchmarks.crash.voice import loopback_engine
from core import faults

PER_DATABASE = 25
"""Kills after which a new database and a new platform are taken."""
_ACTS = 30
"""Things that people do in one life at most; then it is killed from outside."""
_REACHED_BY = {
    "between_parts": "long add",
    "before_alert": "report",
    "after_alert": "report",
    "before_engine": "continue",
    "writing": "continue",
    "written": "continue",
}
"""What people do more often in a life that is to end at this point."""
_ENOUGH = 20
"""Failures after which a campaign is given up."""
_LAST_BREATH = 1.0
"""Seconds within which a process whose connections are cut is known to have ended."""
_STEPS = 5
"""Migrations from an empty file."""

Staged = Callable[[random.Random], AbstractAsyncContextManager[Stage]]


@dataclass
class Tally:
    """What came of a campaign."""

    kills: Counter[str] = field(default_factory=Counter)
    """By the point at which a process died; `outside` for those that were killed at any moment."""
    lives: int = 0
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0
    """Seconds that a bot took at most until it had caught up and was connected."""
    posts: int = 0
    """Replies that were compared with what is shown, all databases together."""

    @property
    def killed(self) -> int:
        """Processes that died by SIGKILL."""
        return self.kills.total()

    def add(self, other: "Tally") -> None:
        """Add another campaign's."""
        self.kills += other.kills
        self.lives += other.lives
        self.failures += other.failures
        self.posts += other.posts
        self.slowest = max(self.slowest, other.slowest)


@dataclass(frozen=True)
class Plan:
    """One campaign. The same plan tells people, points and words alike; moments are the machine's."""

    platform: str
    kills: int
    seed: int
    staged: Staged
    log: Path
    """What the bots write to stderr."""
    traces: Path | None = None
    """A folder for all that led to a failure; it is not kept if there is none."""


async def campaign(plan: Plan) -> Tally:
    """Kill as often as was planned. Where something is found wrong, a new database is taken."""
    tally = Tally()
    async with nursery() as cradle, loopback_engine(answer) as engine:
        part = 0
        while tally.killed < plan.kills and len(tally.failures) < _ENOUGH:
            draw = random.Random(f"{plan.seed}/{part}")
            engine.pace = draw.choice(PACES)
            async with plan.staged(draw) as stage:
                with tempfile.TemporaryDirectory() as folder:
                    tale = _Tale(plan, stage, cradle, engine.url, Path(folder) / "tale.db", draw, tally, part)
                    await tale.tell(min(PER_DATABASE, plan.kills - tally.killed))
            part += 1
            so_far = f"{tally.killed} of {plan.kills}, {len(tally.failures)} wrong"
            print(f"{plan.platform} {plan.seed}: {so_far}", flush=True)
    return tally


class _Tale:
    """One database and one platform."""

    def __init__(
        self,
        plan: Plan,
        stage: Stage,
        cradle: Nursery,
        engine: str,
        file: Path,
        draw: random.Random,
        tally: Tally,
        part: int,
    ) -> None:
        self._plan = plan
        self._stage = stage
        self._cradle = cradle
        self._engine = engine
        self._file = file
        self._draw = draw
        self._tally = tally
        self._part = part
        self._number = 0
        self._lives = list[Event]()

    async def tell(self, kills: int) -> None:
        """Lead lives until so many were ended by a kill, and one that ends in peace."""
        failures = len(self._tally.failures)
        await self._stillborn()
        async with self._life("") as life:
            await self._stage.prepare()
            await life.end()
        for _ in range(kills - 1):
            await self._doomed()
            if len(self._tally.failures) > failures:
                self._keep(failures)
                return
        async with self._life("") as life:
            self._compare("the end")
            await life.end()
        if len(self._tally.failures) > failures:
            self._keep(failures)
        self._tally.posts += len(record.read(self._file).posts)

    async def _stillborn(self) -> None:
        """Killed amid the migrations; the next life finds an old schema or the new one."""
        order = f"kill:migrating:{self._draw.randint(1, _STEPS)}"
        life = await self._born(order)
        await asyncio.wait([life.over], timeout=120)
        self._count("migrating", await life.end())

    async def _doomed(self) -> None:
        """A life that ends at a point, or at any moment."""
        point = self._draw.choice([*sorted(set(faults.POINTS) - {"migrating"}), "*", "*", "outside"])
        times = self._draw.randint(1, 60) if point == "*" else self._draw.choice((1, 1, 1, 2, 3, 5))
        async with self._life("" if point == "outside" else f"kill:{point}:{times}") as life:
            if not life.ended:
                self._compare(f"{point}:{times}")
                try:
                    await self._crowd(life, point)
                except AssertionError as error:
                    self._fail(f"lost: nobody was answered: {str(error)[:200]}")
        died_of_it = life.killed_by_itself
        self._count(point if died_of_it else "outside", -9)

    @asynccontextmanager
    async def _life(self, order: str) -> AsyncIterator["_Watched"]:
        """A life that has caught up and is connected, or has ended before. It is over afterwards."""
        before = self._stage.connections
        life = _Watched(await self._born(order))
        try:
            began = time.monotonic()
            await life.until_over(self._stage.connected(before))
            self._tally.slowest = max(self._tally.slowest, time.monotonic() - began)
            yield life
        finally:
            await life.end()
            self._lives.append(Event(time.monotonic(), "the bot has ended"))

    async def _born(self, order: str) -> Life:
        self._tally.lives += 1
        self._lives.append(Event(time.monotonic(), f"a bot is born {order}"))
        environment = {
            **self._stage.environment,
            "ENGINE_URL": self._engine,
            "DATABASE_URL": f"sqlite+aiosqlite:///{self._file}",
            "FAULTS": order,
            "MODERATION_SECONDS": "60",  # a busy machine is not what is tested here
        }
        return await self._cradle.born(self._plan.platform, environment, self._plan.log)

    async def _crowd(self, life: "_Watched", point: str) -> None:
        """People do things until the process dies; one that does not is killed in the middle of it."""
        left = iter(range(self._draw.randint(4, _ACTS) if point == "outside" else _ACTS))
        people = asyncio.gather(*(self._person(left, point) for _ in range(PEOPLE)))
        await life.until_over(people)

    async def _person(self, left: Iterator[int], point: str) -> None:
        for _ in left:
            self._number += 1
            wish = self._draw.choices(WISHES, LIKELY)[0]
            if point in _REACHED_BY and self._draw.random() < 0.5:
                wish = _REACHED_BY[point]
            await self._stage.act(wish, self._number, self._draw)

    def _compare(self, when: str) -> None:
        found = record.read(self._file)
        wrong = list(self._stage.differences(found))
        if not found.sound:
            wrong.append("lost: the database is not whole")
        for each in wrong:
            self._fail(f"before {when}: {each}")

    def _keep(self, failures: int) -> None:
        if (folder := self._plan.traces) is not None:
            case = folder / f"{self._plan.platform}-{self._plan.seed}-{self._part}"
            trace.keep(case, self._file, self._stage, self._lives, self._tally.failures[failures:])

    def _fail(self, what: str) -> None:
        step = f"seed {self._plan.seed}, part {self._part}, after kill {self._tally.killed}"
        self._tally.failures.append(f"{step}: {what}")
        print(f"{self._plan.platform}: {step}: {what}", flush=True)

    def _count(self, point: str, code: int) -> None:
        if code == -9:
            self._tally.kills[point] += 1
        else:
            self._tally.failures.append(f"seed {self._plan.seed}: the bot ended by itself with {code} ({point})")


class _Watched:
    """A life, and whether it ended by itself."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self.killed_by_itself = False

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._life.ended

    async def until_over(self, work: Awaitable[object]) -> None:
        """Wait for work to be done, or for the end of the process. Raises what the work raises."""
        task = asyncio.ensure_future(work)
        await asyncio.wait([task, self._life.over], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
        if task.cancelled() or task.exception() is None:
            return
        await asyncio.wait([self._life.over], timeout=_LAST_BREATH)
        if not self._life.ended:
            task.result()

    async def end(self) -> None:
        """End it, if it has not ended."""
        self.killed_by_itself = self.killed_by_itself or self._life.ended
        await self._life.end()
