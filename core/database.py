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
from core.inspection import LOOK, SOUND, Inspection
from core.wording import said

SCHEMA = "0015"
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
_FOUND_DAMAGED = said(
    "The story database is damaged, which was found while it was in use. Stop the bot and restore the file named by "
    "DATABASE_URL from a backup. Until then nothing is read and nothing is written."
)
_AT_ONCE = 64 << 20
"""Bytes of a SQLite file that is looked through before it is used, in a tenth of a second; a larger one meanwhile."""

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
    async def open(cls, url: str, *, lock_seconds: float = 5.0, answer_seconds: float = 60.0) -> "Database":
        """Connect to `url` (`sqlite+aiosqlite:///file` or `postgresql+asyncpg://…`) and migrate if needed.

        A turn waits `lock_seconds` for another process with the same file, and `answer_seconds` for a server that has
        fallen silent. Raises `StoreUnusable` with what to do when it cannot be opened.
        """
        address = make_url(url)
        with _opening(address):
            if address.get_backend_name() == "sqlite":
                database = await _sqlite(address, lock_seconds)
            else:
                database = _postgres(address, answer_seconds)
            try:
                await database._migrate(address)
            except BaseException:
                await database.close()
                raise
        return database

    file: Path | None = None
    """The file, if it is SQLite's."""
    inspection: Inspection | None = None
    """A look through a large file that goes on meanwhile."""

    async def close(self) -> None:
        """Give every connection back. Safe to call twice."""
        if self.inspection is not None:
            await self.inspection.close()
        for each in (self._reader, self._writer, self._aside):
            await each.close()

    async def read(self, unit: Unit[T]) -> T:
        """What `unit` reads. Each of its statements by itself sees one consistent state."""
        self._usable()
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
        self._usable()
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

    def _usable(self) -> None:
        """Raises `StoreUnusable` once the file was found to be damaged: nothing more is built on it."""
        if self.inspection is not None and self.inspection.damaged:
            raise StoreUnusable(_FOUND_DAMAGED)

    async def _migrate(self, address: URL) -> None:
        if await self._reader.run(_revision) == SCHEMA:
            return
        if address.get_backend_name() == "sqlite":
            await self._writer.run(_upgrade)
            return
        patient = Pool(_server(address, 1, None))  # a step over a big table may take long
        try:
            await patient.run(_upgrade)
        finally:
            await patient.close()


def _postgres(address: URL, answer_seconds: float) -> Database:
    engine, aside = (_server(address, connections, answer_seconds) for connections in (CONNECTIONS, 1))
    # Each read is one statement; a transaction around it would be two more trips to the server.
    reader = engine.execution_options(isolation_level="AUTOCOMMIT")
    return Database(Pool(reader), Pool(engine), aside=Pool(aside))


def _server(address: URL, connections: int, answer_seconds: float | None) -> AsyncEngine:
    """An engine for PostgreSQL that waits for each answer so long; without limit if that is None."""
    limits: dict[str, Any] = {"timeout": 10.0, "command_timeout": answer_seconds}
    engine = create_async_engine(
        address,
        pool_size=connections,
        max_overflow=0,  # a connection too many is made, learns every statement, and is thrown away
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args=limits | {"server_settings": {"application_name": "storycircle", "jit": "off"}},
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
    return _server(address, 3, 60.0)


def _engine(address: URL, lock_seconds: float) -> Engine:
    return create_engine(
        address.set(drivername="sqlite"),
        poolclass=NullPool,
        connect_args={"timeout": lock_seconds},
        hide_parameters=True,
    )


def _try_file(address: URL, lock_seconds: float) -> bool:
    """Open the file once without asyncio and set its write-ahead log; raises what is wrong with it.

    Returns whether it was looked through too, since it is small. When the asynchronous driver fails to open a file, its
    thread lives on and complains to a loop that has ended.
    """
    with closing(_engine(address, lock_seconds).raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        size = cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()
        small = bool(size[0] <= _AT_ONCE)
        if small and cursor.execute(LOOK).fetchone() != SOUND:
            raise StoreUnusable(_DAMAGED)
    return small


async def _sqlite(address: URL, lock_seconds: float) -> Database:
    looked_through = await asyncio.to_thread(_try_file, address, lock_seconds)
    reader, writer = _engine(address, lock_seconds), _engine(address, lock_seconds)
    for engine in (reader, writer):
        event.listen(engine, "connect", _prepare)
    # Each read is one statement, which SQLite answers from one state without a transaction around it.
    database = Database(await Desk.open(reader), await Desk.open(writer, begin="BEGIN IMMEDIATE"))
    database.file = Path(address.database) if address.database else None
    if not looked_through:
        database.inspection = Inspection(_engine(address, lock_seconds))
    return database


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
