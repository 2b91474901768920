"""What is over its time goes, what is not stays, a little at a time, at the start and every day."""

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, update

from core import retention
from core import tables as t
from core.database import Database
from core.place import Approval
from core.retention import Retention, tidy, tidying
from core.storyteller import Storyteller
from tests.kit import HERE, started, told, turn

CLASS = replace(HERE, workspace="class")
KEEP = Retention(verdicts=90, held=30, held_in_class=7, posts=7, audit=365)


def ago(days: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(days=days)


async def add(database: Database, table: Table, *given: dict[str, Any]) -> None:
    await database.write(lambda c: c.execute(insert(table), list(given)))


async def column(database: Database, wanted: Any) -> Sequence[Any]:
    return await database.read(lambda c: c.scalars(select(wanted)).all())


def held(place_id: int, number: int, days: float, state: str = "refused") -> dict[str, Any]:
    return {
        **{"place_id": place_id, "request_id": f"h{number}", "contributor_id": "u", "author": "Ana"},
        **{"operation": "add", "arguments": {"text": "rude"}, "digest": bytes(32), "reasons": ["x"]},
        **{"state": state, "note": "", "created_at": ago(days)},
    }


async def test_verdicts_and_deliveries_go_when_they_are_old(database: Database) -> None:
    rows = [{"digest": bytes([n]) * 32, "policy": "g", "decided_at": ago(n)} for n in (1, 89, 91, 200)]
    await add(database, t.verdict, *rows)
    await add(database, t.sighting, *[{"key": f"d{n}", "seen_at": ago(n)} for n in (0, 2)])
    gone = await tidy(database, KEEP, pause=0)
    assert gone == {"verdict": 2, "sighting": 1}
    assert {digest[0] for digest in await column(database, t.verdict.c.digest)} == {1, 89}
    assert await column(database, t.sighting.c.key) == ["d0"]


async def test_answers_go_after_a_week_and_the_story_stays(teller: Storyteller, database: Database) -> None:
    await started(teller, "One.", "Two.")
    await database.write(lambda c: c.execute(update(t.turn).where(t.turn.c.id <= 2).values(created_at=ago(8))))
    assert await tidy(database, KEEP, pause=0) == {"post": 2}
    assert len(await column(database, t.post.c.id)) == 1
    assert await told(teller) == ["One.", "Two."]


async def test_what_was_kept_back_loses_its_words_after_a_month_and_in_a_class_after_a_week(
    teller: Storyteller, database: Database
) -> None:
    await started(teller)
    await teller.perform("start", turn(CLASS), {"title": "B"})
    free, strict = await database.read(lambda c: c.scalars(select(t.place.c.id).order_by(t.place.c.id)).all())
    await teller.perform("setup", turn(CLASS), {"turns": "free", "rating": "g"})
    await database.write(lambda c: c.execute(update(t.workspace).values(approval=Approval.ALL.value)))
    rows = [held(free, 1, 8), held(free, 2, 31, "waiting"), held(strict, 3, 8), held(strict, 4, 6)]
    await add(database, t.held, *rows, held(free, 5, 31, "approved"), held(free, 6, 400))
    gone = await tidy(database, KEEP, pause=0)
    assert gone == {"held": 4, "held for good": 1}

    def left(connection: Connection) -> dict[str, tuple[str, str, Any]]:
        found = connection.execute(select(t.held).order_by(t.held.c.id))
        return {row.request_id: (row.state, row.author, row.arguments) for row in found}

    assert await database.read(left) == {
        "h1": ("refused", "Ana", {"text": "rude"}),
        "h2": ("expired", "", {}),
        "h3": ("expired", "", {}),
        "h4": ("refused", "Ana", {"text": "rude"}),
        "h5": ("approved", "", {}),
    }


async def test_of_the_audit_log_the_oldest_rows_of_each_server_go(database: Database) -> None:
    def row(workspace: str, number: int, days: float) -> dict[str, Any]:
        server = {"platform": "test", "workspace": workspace, "number": number, "created_at": ago(days)}
        return server | {"actor": "m", "action": "x", "details": {}, "seal": bytes(32)}

    await add(database, t.audit, row("a", 1, 400), row("a", 2, 366), row("a", 3, 364), row("b", 1, 1))
    assert await tidy(database, KEEP, pause=0) == {"audit": 2}
    assert await column(database, t.audit.c.number) == [3, 1]


async def test_no_transaction_takes_away_more_than_its_share(database: Database) -> None:
    many = retention.MOST * 2 + 1
    await add(database, t.sighting, *[{"key": f"d{n}", "seen_at": ago(3)} for n in range(many)])
    [(_, sweep)] = [each for each in retention._sweeps(KEEP, ago(0)) if each[0] == "sighting"]
    assert [await database.write(sweep) for _ in range(4)] == [retention.MOST, retention.MOST, 1, 0]


async def test_it_is_done_at_the_start_and_again_later(database: Database) -> None:
    async def until_gone() -> None:
        while await database.read(lambda c: c.scalar(select(func.count()).select_from(t.sighting))):
            await asyncio.sleep(0.001)

    async with tidying(database, KEEP, every=0.01), asyncio.timeout(20):
        for number in range(2):
            await add(database, t.sighting, {"key": f"d{number}", "seen_at": ago(3)})
            await until_gone()
