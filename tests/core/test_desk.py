"""SQLite's desk: whoever comes is served, however many come at once, and nobody waits for ever."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from core.database import Database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'stories.db'}")
    yield database
    await database.close()


def saying(number: int) -> Callable[[Connection], int]:
    return lambda _: number


async def test_more_units_than_are_done_together_are_all_done(database: Database) -> None:
    assert await asyncio.gather(*(database.read(saying(n)) for n in range(300))) == list(range(300))


async def test_units_that_come_while_the_thread_is_away_are_done_when_it_is_back(database: Database) -> None:
    open_, here = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(_: Connection) -> str:
        loop.call_soon_threadsafe(here.set)
        return "slow" if open_.wait(30) else "never"

    first = asyncio.create_task(database.read(slow))
    await here.wait()
    rest = [asyncio.create_task(database.read(saying(n))) for n in range(5)]
    rest[2].cancel()
    await asyncio.sleep(0)
    open_.set()
    assert await first == "slow"
    said = await asyncio.gather(*rest, return_exceptions=True)
    assert [each for each in said if isinstance(each, int)] == [0, 1, 3, 4]
    assert isinstance(said[2], asyncio.CancelledError)


async def test_who_comes_after_the_end_is_told_so(database: Database) -> None:
    await database.close()
    for way in (database.read, database.write):
        with pytest.raises(ValueError, match="closed"):
            await way(saying(1))
