"""What the tests of every platform need: a database in a file, and a scripted voice."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from core.database import Database
from tests.voices import Voice


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A database in a file."""
    opened = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/story.db")
    yield opened
    await opened.close()


@pytest.fixture
def engine() -> Voice:
    """A scripted voice."""
    return Voice()
