"""Statements that are compiled once write what SQLAlchemy itself would write, on either database."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.exc import IntegrityError

from core import prepared, tables
from core.database import Database
from core.statements import changing, inserting, same_place

NOW = dt.datetime(2026, 11, 26, 12, 30, 15, 250, tzinfo=dt.UTC)
Add = Callable[[Connection, Table, dict[str, Any]], int]


def plainly(connection: Connection, table: Table, values: dict[str, Any]) -> int:
    """As SQLAlchemy does it."""
    key: Any = connection.execute(insert(table), values).inserted_primary_key
    return int(key[0]) if "id" in table.c else 0


def ours(connection: Connection, table: Table, values: dict[str, Any]) -> int:
    """As we do it."""
    if "id" in table.c:
        return prepared.add(connection, table, values)
    return prepared.execute(connection, inserting(table), values).rowcount


def place(channel: str) -> dict[str, Any]:
    return {"platform": "p", "workspace": "w", "channel": channel, "thread": "", "version": 1, "dedicated": True}


def rows(connection: Connection, add: Add, channel: str) -> list[Any]:
    """A row of each kind of column, as it is read back; all ids are left out."""
    here = add(connection, tables.place, place(channel))
    asked = {"request_id": "r", "place_id": here, "operation": "add", "contributor_id": "u", "created_at": NOW}
    turn = add(connection, tables.turn, asked)
    blocks = [{"shape": "prose", "text": 'A "quoted" ☾ 门', "label": None}]
    shown = {"turn_id": turn, "place_id": here, "blocks": blocks, "private": False}
    add(connection, tables.post, shown | {"passage": None, "delivered_at": None})
    add(connection, tables.verdict, {"digest": bytes(range(32)), "policy": channel, "decided_at": NOW})
    wanted = [
        *(tables.place.c.thread, tables.place.c.version, tables.place.c.dedicated, tables.turn.c.created_at),
        *(tables.post.c.blocks, tables.post.c.private, tables.post.c.passage, tables.verdict.c.digest),
    ]
    joined = tables.place.join(tables.turn, tables.turn.c.place_id == tables.place.c.id).join(tables.post)
    joined = joined.join(tables.verdict, tables.verdict.c.policy == tables.place.c.channel)
    return list(connection.execute(select(*wanted).select_from(joined).where(tables.place.c.id == here)).one())


async def test_a_row_is_the_same_whichever_way_it_was_written(database: Database) -> None:
    written = await database.write(lambda c: rows(c, ours, "ours"))
    assert written == await database.write(lambda c: rows(c, plainly, "plain"))
    assert written[4][0]["text"] == 'A "quoted" ☾ 门'


async def test_an_update_says_how_many_rows_it_found_and_knows_its_own_values(database: Database) -> None:
    here = await database.write(lambda c: prepared.add(c, tables.place, place("c")))

    def raised(found: int) -> Callable[[Connection], int]:
        key = {"row": here, "settings": 0, "on": "p", "server": "w", "found": found}
        return lambda c: prepared.execute(c, same_place(changes=True), key).rowcount

    assert [await database.write(raised(found)) for found in (1, 1, 2)] == [1, 0, 1]
    assert await database.read(lambda c: c.scalar(select(tables.place.c.version))) == 3


async def test_which_columns_are_set_is_told_apart(database: Database) -> None:
    here = await database.write(lambda c: prepared.add(c, tables.place, place("c")))

    def changed(values: dict[str, str | None]) -> Callable[[Connection], None]:
        return lambda c: prepared.execute(c, changing(tables.place), {"row": here, **values}).close()

    each: list[dict[str, str | None]] = [{"rating": "pg"}, {"length": "long"}, {"length": None, "rating": "g"}]
    for values in each:
        await database.write(changed(values))
    wanted = select(tables.place.c.rating, tables.place.c.length)
    assert await database.read(lambda c: tuple(c.execute(wanted).one())) == ("g", None)


async def test_a_second_row_of_the_same_key_is_refused_in_the_same_way(database: Database) -> None:
    await database.write(lambda c: prepared.add(c, tables.place, place("c")))
    with pytest.raises(IntegrityError):
        await database.write(lambda c: prepared.add(c, tables.place, place("c")))
