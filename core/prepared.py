"""Statements of every turn, compiled once and then given to SQLite as text, with their values in a row.

Executing a statement object costs SQLAlchemy more than SQLite needs to carry it out. Its compiler and its types are
used here too, once for each statement. Other databases get the statement as it is: there the network costs more.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Insert, Select, Table, Update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from core.statements import changing, inserting

_MOST = 200
"""Statements that are remembered; there are some thirty."""

Draw = Callable[[Mapping[str, object]], object]
"""How the value of one question mark comes of the values."""
Process = Callable[[Any], Any]
"""What the type of a column makes of a value of the driver's."""


class _Prepared(NamedTuple):
    text: str
    drawn: tuple[Draw, ...]


class _Query(NamedTuple):
    prepared: _Prepared
    row: Callable[[Iterable[object]], Any]
    """Makes a named tuple of what stands in the columns."""
    processed: tuple[tuple[int, Process], ...]
    """The columns of which the driver gives something else than their type, by their place."""


def execute(connection: Connection, statement: Insert | Update, values: Mapping[str, object]) -> int:
    """Carry out `statement`, one that is drawn up once in a program, with these values. Returns how many rows it met.

    Reads no rows; `read` does.
    """
    if connection.dialect.name != "sqlite":
        return connection.execute(statement, values).rowcount
    with _carried_out(connection, _prepared(statement, tuple(values)), values) as cursor:
        return cursor.rowcount


def add(connection: Connection, table: Table, values: Mapping[str, object]) -> int:
    """Insert one row with these values into a table whose first key is a number. Returns that number."""
    statement = inserting(table)
    if connection.dialect.name != "sqlite":
        key: Any = connection.execute(statement, values).inserted_primary_key
        return int(key[0])
    with _carried_out(connection, _prepared(statement, tuple(values)), values) as cursor:
        return int(cursor.lastrowid or 0)


def change(connection: Connection, table: Table, row: int, values: Mapping[str, object]) -> None:
    """Give these values to the row of this id."""
    execute(connection, changing(table), {"row": row, **values})


def read(connection: Connection, statement: Select[Any], values: Mapping[str, object]) -> Sequence[Any]:
    """All rows of `statement`, one that is drawn up once in a program, with these values, as SQLAlchemy reads them."""
    if connection.dialect.name != "sqlite":
        return connection.execute(statement, values).all()
    query = _query(statement)
    with _carried_out(connection, query.prepared, values) as cursor:
        found = cursor.fetchall()
    if query.processed:
        found = [_converted(row, query.processed) for row in found]
    return list(map(query.row, found))


def _carried_out(
    connection: Connection, prepared: _Prepared, values: Mapping[str, object]
) -> "closing[sqlite3.Cursor]":
    """The driver's cursor behind a statement. Raises what SQLAlchemy would."""
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute(prepared.text, [draw(values) for draw in prepared.drawn])
    except sqlite3.Error as error:
        raise DBAPIError.instance(prepared.text, None, error, sqlite3.Error, hide_parameters=True) from error
    return closing(cursor)


def _converted(row: Sequence[Any], processed: Sequence[tuple[int, Process]]) -> Sequence[Any]:
    values = list(row)
    for place, process in processed:
        values[place] = process(values[place])
    return values


@lru_cache(_MOST)
def _prepared(statement: Insert | Update, names: tuple[str, ...]) -> _Prepared:
    return _drawn_up(statement.compile(dialect=_DIALECT, column_keys=list(names)))


@lru_cache(_MOST)
def _query(statement: Select[Any]) -> _Query:
    compiled: Any = statement.compile(dialect=_DIALECT)
    columns = compiled._result_columns
    makers = [each.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None) for each in columns]
    processed = tuple((place, process) for place, process in enumerate(makers) if process is not None)
    row = namedtuple("Row", [each.keyname for each in columns])  # type: ignore[misc]
    return _Query(_drawn_up(compiled), row._make, processed)


def _drawn_up(compiled: Any) -> _Prepared:
    return _Prepared(str(compiled), tuple(_draw(compiled, name) for name in compiled.positiontup))


def _draw(compiled: Any, name: str) -> Draw:
    """A value that was given, or the statement's own, as the driver takes it."""
    bind = compiled.binds[name]
    process = bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    key, own = bind.key, bind.effective_value
    if process is None:
        return lambda values: values.get(key, own)
    return lambda values: process(values.get(key, own))


_DIALECT = sqlite.dialect()
