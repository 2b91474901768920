"""The log shows every change that was made to it behind its back."""

import dataclasses
import datetime as dt
import io
import json
import random
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, update

from bots.audited import audit as printed
from bots.settings import Settings
from core import audit
from core import tables as t
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


async def test_the_command_prints_the_log_and_says_whether_it_is_whole(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, database_url=SecretStr(f"sqlite+aiosqlite:///{tmp_path}/story.db"))  # type: ignore[call-arg]
    opened = await Database.open(settings.database_url.get_secret_value())
    for number in range(3):
        await opened.write(lambda c, n=number: audit.append(c, SERVER, "u1", "approved", {"held": n}))  # type: ignore[misc]
    out, log = io.StringIO(), io.StringIO()
    assert await printed(settings, out, log) == 0
    assert [json.loads(line)["number"] for line in out.getvalue().splitlines()] == [1, 2, 3]
    assert "3 rows; the chain holds" in log.getvalue()
    await opened.write(lambda c: c.execute(update(t.audit).where(t.audit.c.number == 2).values(actor="u2")))
    assert await printed(settings, io.StringIO(), log) == 1
    assert "row 2 was changed" in log.getvalue()
    await opened.close()
