"""The connection to SQLite or PostgreSQL: opening, migrating, one shielded unit of work, errors translated.

Knows nothing of stories; `core.store` has the statements.
"""

import asyncio
import errno
import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, exc, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from core.desk import Desk, Pool, Unit, Workplace
from core.errors import StoreError, StoreFull, StoreLocked, StoreUnusable
from core.wording import said

SCHEMA = "0011"
"""The migration that this code needs (a test compares it with Alembic's head)."""

_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""What the system says when nothing more can be written."""
_DAMAGED = said(
    "The file named by DATABASE_URL is not a story database, or it is damaged. "
    "Restore it from a backup or set DATABASE_URL to another file. Nothing was changed."
)

CONNECTIONS = 10
"""Connections to PostgreSQL for turns that one process has at most. There is one more, and a guest has its own."""
_IDLE = 30.0
"""Seconds after which an idle connection is asked whether it still stands, before it is used."""

T = TypeVar("T")


class Database:
    """Two workplaces on one database: one that reads, and one that takes the write lock as it begins.

    SQLite upgrades a read lock to a write lock only when nobody else wrote meanwhile; `BEGIN IMMEDIATE` on the
    writer avoids that failure. On PostgreSQL both names stand for one pool.
    """

    def __init__(self, reader: Workplace, writer: Workplace, *, aside: Workplace | None = None) -> None:
        self.shared = aside is not None
        """Whether several processes may be at it: on PostgreSQL, not on SQLite."""
        self._reader = reader
        self._writer = writer
        self._aside = aside or writer

    @classmethod
    async def open(cls, url: str, *, lock_seconds: float = 5.0) -> "Database":
        """Connect to `url` (`sqlite+aiosqlite:///file` or `postgresql+asyncpg://…`) and migrate if needed.

        Raises `StoreUnusable` with what to do when that cannot be done.
        """
        address = make_url(url)
        with _opening(address):
            if address.get_backend_name() == "sqlite":
                database = await _sqlite(address, lock_seconds)
            else:
                database = _postgres(address)
            try:
                await database._migrate()
            except BaseException:
                await database.close()
                raise
        return database

    async def close(self) -> None:
        """Give every connection back. Safe to call twice."""
        for each in (self._reader, self._writer, self._aside):
            await each.close()

    async def read(self, unit: Unit[T]) -> T:
        """What `unit` reads. Each of its statements by itself sees one consistent state."""
        with translated():
            return await self._reader.run(unit)

    async def write(self, unit: Unit[T]) -> T:
        """Run `unit` in one transaction and commit it.

        The transaction is a task of its own: when the caller is cancelled it still ends, whole or not at all,
        before the cancellation goes on. (Cancelling a task amid its statements leaves half a turn behind.)
        A unit may be called twice, the first time for nothing, so it changes the database and nothing else.
        """
        return await self._whole(self._writer, unit)

    async def write_aside(self, unit: Unit[T]) -> T:
        """As `write`, past all that waits for a connection: for short units that must not be late."""
        return await self._whole(self._aside, unit)

    async def _whole(self, where: Workplace, unit: Unit[T]) -> T:
        task = asyncio.ensure_future(where.run(unit))
        try:
            with translated():
                return await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():  # however often we are cancelled meanwhile
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([task])
            if not task.cancelled():
                task.exception()  # seen, so that it is not reported as never retrieved
            raise

    async def _migrate(self) -> None:
        if await self._reader.run(_revision) != SCHEMA:
            await self._writer.run(_upgrade)


def _postgres(address: URL) -> Database:
    engine, aside = _server(address, CONNECTIONS), _server(address, 1)
    # Each read is one statement; a transaction around it would be two more trips to the server.
    reader = engine.execution_options(isolation_level="AUTOCOMMIT")
    return Database(Pool(reader), Pool(engine), aside=Pool(aside))


def _server(address: URL, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        address,
        pool_size=connections,
        max_overflow=0,  # a connection too many is made, learns every statement, and is thrown away
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={"server_settings": {"application_name": "storycircle", "jit": "off"}},
    )
    event.listen(engine.sync_engine, "checkin", _put_back)
    event.listen(engine.sync_engine, "checkout", _taken_out)
    return engine


def _put_back(_connection: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _taken_out(connection: Any, record: Any, _proxy: object) -> None:
    """Have a connection that is closed, or that lay idle and may be cut, replaced by a new one.

    (SQLAlchemy's own way is to ask the server before each unit, three trips.)
    """
    if connection.driver_connection.is_closed():
        raise exc.DisconnectionError
    if time.monotonic() - record.info.get("idle_since", math.inf) > _IDLE:
        try:
            connection.ping()
        except connection.dbapi.Error as error:
            raise exc.DisconnectionError from error


def guest(url: str) -> AsyncEngine:
    """An engine of its own on the same database, for a library that keeps its own tables there in short transactions.

    Whoever asks for it disposes of it.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        # It waits for the storyteller's writer, as another process would.
        return create_async_engine(address, pool_size=2, connect_args={"timeout": 10.0}, hide_parameters=True)
    return create_async_engine(address, pool_size=3, pool_pre_ping=True, hide_parameters=True)


def _engine(address: URL, lock_seconds: float) -> Engine:
    return create_engine(
        address.set(drivername="sqlite"),
        poolclass=NullPool,
        connect_args={"timeout": lock_seconds},
        hide_parameters=True,
    )


def _try_file(address: URL, lock_seconds: float) -> None:
    """Open the file once without asyncio, look through it and set its write-ahead log; raises what is wrong with it.

    When the asynchronous driver fails to open a file, its thread lives on and complains to a loop that has ended.
    """
    with closing(_engine(address, lock_seconds).raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        checked = cursor.execute("PRAGMA quick_check(1)").fetchone()
    if checked != ("ok",):
        raise StoreUnusable(_DAMAGED)


async def _sqlite(address: URL, lock_seconds: float) -> Database:
    await asyncio.to_thread(_try_file, address, lock_seconds)
    reader, writer = _engine(address, lock_seconds), _engine(address, lock_seconds)
    for engine in (reader, writer):
        event.listen(engine, "connect", _prepare)
    # Each read is one statement, which SQLite answers from one state without a transaction around it.
    return Database(await Desk.open(reader), await Desk.open(writer, begin="BEGIN IMMEDIATE"))


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself; we say BEGIN
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # each commit is on the disk when it returns


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    # Imported here because Alembic costs a fifth of a second and is needed once in a database's life.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":  # several processes may start at once; SQLite's writer is alone anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(20261124)"))
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreUnusable(
            said(
                "The story database was written by a newer version of Storycircle. "
                "Update Storycircle, or set DATABASE_URL to another file. Nothing was changed."
            )
        ) from error


@contextmanager
def _opening(address: URL) -> Iterator[None]:
    shown = address.render_as_string(hide_password=True)
    try:
        with translated():
            yield
    except (StoreUnusable, StoreLocked):
        raise
    except StoreError as error:
        raise StoreUnusable(said("{notice} (DATABASE_URL is {url}.)", notice=error.notice, url=shown)) from error
    except (OSError, exc.SQLAlchemyError, ImportError) as error:
        raise StoreUnusable(
            said(
                "The story database cannot be opened: {error}. "
                "Check DATABASE_URL, which is {url}, and that its server is running.",
                error=type(error).__name__,
                url=shown,
            )
        ) from error


@contextmanager
def translated() -> Iterator[None]:
    """Turn the database's own errors into `StoreError`s, once, where they enter."""
    try:
        yield
    except (exc.DBAPIError, sqlite3.Error) as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from error
    except OSError as error:
        raise (StoreFull() if error.errno in _ROOM else StoreError()) from error
    except exc.TimeoutError as error:  # no connection to be had: the server is gone, or the pool is empty
        raise StoreError from error


def _meaning(error: exc.DBAPIError | sqlite3.Error) -> StoreError | None:
    original: BaseException | None = error.orig if isinstance(error, exc.DBAPIError) else error
    code = getattr(original, "sqlite_errorcode", None)
    match code and code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreLocked()
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_IOERR:
            return StoreFull()
        case sqlite3.SQLITE_CANTOPEN:
            return StoreUnusable(
                said(
                    "The story database cannot be opened: its folder is missing or may not be written. "
                    "Set DATABASE_URL to a file in a folder that exists."
                )
            )
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return StoreUnusable(_DAMAGED)
    return _by_state(str(getattr(original, "sqlstate", "") or ""), error)


def _by_state(state: str, error: Exception) -> StoreError | None:
    """By SQLSTATE, as in PostgreSQL's appendix A. None for our own mistakes, which must show."""
    if state in ("53100", "25006"):
        return StoreFull()
    if state in ("55P03", "40001", "40P01"):
        return StoreLocked()
    ours = exc.IntegrityError | exc.ProgrammingError | exc.DataError
    if isinstance(error, ours) or state[:2] in ("22", "23", "42"):
        return None
    return StoreError()
