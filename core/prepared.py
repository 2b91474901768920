"""Statements of every turn, compiled once and then given to SQLite as text, with their values in a row.

Executing a statement object costs SQLAlchemy twice as much as SQLite needs to carry it out. Its compiler and its types
are used here too, once for each statement. Other databases get the statement as it is: there the network costs more.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, CursorResult, Insert, Table, Update
from sqlalchemy.dialects import sqlite

from core.statements import changing, inserting

_MOST = 200
"""Statements that are remembered; there are some thirty."""

Draw = Callable[[Mapping[str, object]], object]
"""How the value of one question mark comes of the values."""


class _Prepared(NamedTuple):
    text: str
    drawn: tuple[Draw, ...]


def execute(connection: Connection, statement: Insert | Update, values: Mapping[str, object]) -> CursorResult[Any]:
    """Carry out `statement`, one that is drawn up once in a program, with these values.

    Reads no rows: what a column's type makes of them is left out.
    """
    if connection.dialect.name != "sqlite":
        return connection.execute(statement, values)
    text, drawn = _prepared(statement, tuple(values))
    return connection.exec_driver_sql(text, tuple([draw(values) for draw in drawn]))


def add(connection: Connection, table: Table, values: Mapping[str, object]) -> int:
    """Insert one row with these values into a table whose first key is a number. Returns that number."""
    result = execute(connection, inserting(table), values)
    if connection.dialect.name == "sqlite":
        return int(result.lastrowid)
    key: Any = result.inserted_primary_key
    return int(key[0])


def change(connection: Connection, table: Table, row: int, values: Mapping[str, object]) -> None:
    """Give these values to the row of this id."""
    execute(connection, changing(table), {"row": row, **values})


@lru_cache(_MOST)
def _prepared(statement: Insert | Update, names: tuple[str, ...]) -> _Prepared:
    dialect = sqlite.dialect()
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
    return _Prepared(str(compiled), tuple(_draw(compiled, name, dialect) for name in compiled.positiontup))


def _draw(compiled: Any, name: str, dialect: Any) -> Draw:
    """A value that was given, or the statement's own, as the driver takes it."""
    bind = compiled.binds[name]
    process = bind.type.dialect_impl(dialect).bind_processor(dialect)
    key, own = bind.key, bind.effective_value
    if process is None:
        return lambda values: values.get(key, own)
    return lambda values: process(values.get(key, own))
