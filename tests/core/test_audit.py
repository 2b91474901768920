"""The log shows every change that was made to it behind its back."""

import dataclasses
import datetime as dt
import random

import pytest
from sqlalchemy import Connection

from core import audit
from core.database import Database

SERVER = ("test", "w")
LONG_AGO = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
async def log(database: Database) -> list[audit.Entry]:
    """A log of fifty rows."""

    def unit(connection: Connection) -> None:
        for number in range(50):
            audit.append(connection, SERVER, f"u{number % 3}", "approved", {"held": number, "reasons": ["hate"]})
            audit.append(connection, ("test", "other"), "u9", "rejected", {})

    await database.write(unit)
    return await database.read(lambda c: audit.entries(c, SERVER))


async def test_an_untouched_log_holds(log: list[audit.Entry]) -> None:
    assert [each.number for each in log] == list(range(1, 51))
    assert audit.broken(log) is None
    assert audit.broken(log[20:]) is None


@pytest.mark.parametrize("seed", range(100))
async def test_every_change_is_found(log: list[audit.Entry], seed: int) -> None:
    chance = random.Random(seed)
    index = chance.randrange(len(log) - 1)
    changes: list[dict[str, object]] = [
        {"actor": "u7"},
        {"action": "rejected"},
        {"details": {"held": 999}},
        {"at": LONG_AGO},
        {"seal": bytes(32)},
    ]
    if chance.random() < 0.3:
        changed = log[:index] + log[index + 1 :] if index else log[:1] + log[2:]
    else:
        changed = [*log[:index], dataclasses.replace(log[index], **chance.choice(changes)), *log[index + 1 :]]  # type: ignore[arg-type]
    assert audit.broken(changed) is not None
