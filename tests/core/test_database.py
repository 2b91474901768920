"""The database: schema, and everything that can be wrong with the file or server behind it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Index, event, text
from sqlalchemy.ext.asyncio import create_async_engine

from core import tables
from core.database import SCHEMA, Database
from core.errors import StoreError, StoreFull, StoreLocked, StoreUnusable
from core.storyteller import Storyteller
from tests.kit import started, storyteller, told, turn
from tests.voices import ScriptedEngine


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stories.db"


@pytest.fixture
async def on_file(file: Path) -> AsyncIterator[Storyteller]:
    """A storyteller on a SQLite file that gives a lock up soon."""
    database = await Database.open(f"sqlite+aiosqlite:///{file}", lock_seconds=0.05)
    yield storyteller(database, ScriptedEngine())
    await database.close()


async def test_the_migrations_arrive_at_the_tables(address: str, database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        wanted = {"include_object": lambda item, *_: not foreign(item, connection)}
        return list(compare_metadata(MigrationContext.configure(connection, opts=wanted), tables.metadata))

    def foreign(item: object, connection: Connection) -> bool:
        """Whether it is an index for the other kind of database alone."""
        only = item._ddl_if if isinstance(item, Index) else None
        return only is not None and only.dialect != connection.dialect.name

    engine = create_async_engine(address)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


def test_the_code_knows_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "core/migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA


async def test_opening_twice_changes_nothing(address: str, teller: Storyteller) -> None:
    await started(teller, "One.")
    again = await Database.open(address)
    assert await told(storyteller(again, ScriptedEngine())) == ["One."]
    await again.close()


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(address: str, database: Database) -> None:
    engine = create_async_engine(address)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnusable, match="newer version"):
        await Database.open(address)
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    await engine.dispose()


async def test_a_missing_folder_is_named_as_the_cause(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="folder is missing"):
        await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")


async def test_a_file_that_is_no_database_is_refused_and_left_alone(file: Path) -> None:
    file.write_text("Once upon a time there was a text file, " * 200)
    before = file.read_bytes()
    with pytest.raises(StoreUnusable, match="not a story database"):
        await Database.open(f"sqlite+aiosqlite:///{file}")
    assert file.read_bytes() == before


async def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(StoreUnusable) as caught:
        await Database.open("postgresql+asyncpg://ana:hunter2@127.0.0.1:1/none")
    assert "hunter2" not in caught.value.notice
    assert "DATABASE_URL" in caught.value.notice


async def test_a_database_that_another_process_holds_is_said_to_be_so_and_nothing_is_lost(
    file: Path, on_file: Storyteller
) -> None:
    await started(on_file, "One.")
    other = sqlite3.connect(file)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreLocked):
        await on_file.perform("add", turn(), {"text": "Two."})
    other.rollback()
    other.close()
    await on_file.perform("add", turn(), {"text": "Two."})
    assert await told(on_file) == ["One.", "Two."]


async def test_a_full_disk_is_said_to_be_so_and_the_story_goes_on_when_there_is_room(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'full.db'}")
    teller = storyteller(database, ScriptedEngine())
    await started(teller, "One.")
    await _page_limit(database, 1)  # SQLite raises it to what is in use: a disk without one more free page
    told_until_full = 1
    with pytest.raises(StoreFull):
        while True:
            await teller.perform("add", turn(), {"text": "More and more. " * 100})
            told_until_full += 1
    await _page_limit(database, 1_000_000)
    await teller.perform("add", turn(), {"text": "Room again."})
    assert (await told(teller))[-1] == "Room again."
    assert (await teller.perform("list", turn())).blocks[0].text.startswith(f"{told_until_full + 1} passages")
    await database.close()


async def _page_limit(database: Database, pages: int) -> None:
    await database.write(lambda c: c.execute(text(f"PRAGMA max_page_count = {pages}")).close())


async def test_a_read_only_database_is_said_to_be_so(file: Path, on_file: Storyteller) -> None:
    await started(on_file, "One.")
    database = await Database.open(f"sqlite+aiosqlite:///file:{file}?mode=ro&uri=true")
    reading = storyteller(database, ScriptedEngine())
    assert await told(reading) == ["One."]
    with pytest.raises(StoreFull, match="read-only"):
        await reading.perform("add", turn(), {"text": "Two."})
    await database.close()


def place(channel: object) -> dict[str, object]:
    return {"platform": "p", "workspace": "w", "channel": str(channel), "thread": "", "version": 1}


async def places(database: Database) -> list[str]:
    rows = await database.read(lambda c: c.execute(tables.place.select().order_by(tables.place.c.id)).all())
    return [row.channel for row in rows]


async def test_a_transaction_whose_caller_is_cancelled_ends_whole(database: Database) -> None:
    whole = 60
    for number, steps in enumerate((1, 2, 3, 5, 10, 20)):

        def unit(connection: Connection, name: int = number) -> None:
            for each in range(whole):
                connection.execute(tables.place.insert(), place(f"{name} {each}"))

        task = asyncio.create_task(database.write(unit))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(await places(database)) == (number + 1) * whole


async def test_a_unit_that_fails_leaves_nothing(database: Database) -> None:
    def unit(connection: Connection) -> None:
        connection.execute(tables.place.insert(), place("c"))
        raise StoreError

    with pytest.raises(StoreError):
        await database.write(unit)
    assert await places(database) == []


async def test_units_that_come_together_stand_and_fall_each_by_itself(database: Database) -> None:
    def written(number: int) -> Callable[[Connection], int]:
        def unit(connection: Connection) -> int:
            connection.execute(tables.place.insert(), place(number % 17))  # a second one of its name is refused
            if number == 5:
                raise StoreError
            return number

        return unit

    said = await asyncio.gather(*(database.write(written(n)) for n in range(20)), return_exceptions=True)
    failed = {n for n, each in enumerate(said) if isinstance(each, BaseException)}
    assert failed >= {5}
    assert len(failed) == 4
    assert [n for n in range(20) if n not in failed] == [each for each in said if not isinstance(each, BaseException)]
    assert sorted(await places(database), key=int) == [str(n) for n in range(17) if n != 5]


async def test_sqlite_commits_units_that_come_together_at_once(file: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{file}")
    commits = 0

    @event.listens_for(Engine, "commit")
    def count(_: Connection) -> None:
        nonlocal commits
        commits += 1

    def unit(number: int) -> Callable[[Connection], None]:
        return lambda c: c.execute(tables.place.insert(), place(number)).close()

    await asyncio.gather(*(database.write(unit(n)) for n in range(40)))
    event.remove(Engine, "commit", count)
    assert len(await places(database)) == 40
    assert commits < 10
    await database.close()
