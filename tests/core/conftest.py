"""Databases for the tests of the core."""

from collections.abc import AsyncIterator

import pytest

from core.database import Database
from core.store import Store
from core.storyteller import Storyteller
from tests.kit import storyteller
from tests.voices import ScriptedEngine


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
