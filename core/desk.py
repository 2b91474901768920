"""Where units of work are done: a desk for SQLite, a pool for PostgreSQL. Both take the same synchronous units.

A unit is a function of a SQLAlchemy `Connection`, done in one transaction. Knows no statement and no error of ours.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import aiosqlite
from sqlalchemy import Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")
Unit = Callable[[Connection], T]

_MOST = 64
"""Units that are done together; each waits for all of them."""


class Workplace(Protocol):
    """Does units of work."""

    async def run(self, unit: Unit[T]) -> T:
        """Do `unit` in a transaction of its own, or in one with its neighbours. Returns once that is committed."""
        ...

    async def close(self) -> None:
        """Finish, and give back what is held. Safe to call twice."""
        ...


class Pool:
    """PostgreSQL: any connection of a pool; the driver waits in the event loop."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def run(self, unit: Unit[T]) -> T:
        """Do `unit` in a transaction of its own."""
        async with self._engine.begin() as connection:
            return await connection.run_sync(unit)

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


class Desk:
    """SQLite: one connection, and aiosqlite's thread for it, to which whole units are given.

    SQLAlchemy's own way through aiosqlite takes three trips to the thread for each statement, some forty for a turn.
    Here a unit takes one. Units that have come in while the thread was busy are done together, in one transaction
    with one sync to the disk; if anything goes wrong with one of them, all are rolled back and each is done alone.
    """

    def __init__(self, thread: "_Thread", begin: str) -> None:
        self._thread = thread
        self._begin = begin
        self._waiting: deque[_Errand[Any]] = deque()

    @classmethod
    async def open(cls, engine: Engine, *, begin: str = "") -> "Desk":
        """A desk with a connection of `engine`, made in the thread that will use it.

        `begin` is said at the start of each transaction; without it, each statement is one. (A listener to the
        engine's event of that name would make every statement of the connection a fifth slower.)
        """
        thread = _Thread(engine.connect)
        await thread
        return cls(thread, begin)

    async def run(self, unit: Unit[T]) -> T:
        """Do `unit`. When the caller is cancelled meanwhile, it is done all the same."""
        errand = _Errand(unit)
        self._waiting.append(errand)
        await self._thread.run(self._serve)
        return errand.outcome()

    async def close(self) -> None:
        """Close the connection and end the thread."""
        await self._thread.close()

    def _serve(self, connection: Connection) -> None:
        """Do what waits. Whoever waits behind finds it done."""
        errands = [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]
        if errands and not self._together(connection, errands) and len(errands) > 1:
            for each in errands:
                self._together(connection, [each])

    def _together(self, connection: Connection, errands: "list[_Errand[Any]]") -> bool:
        """Do all in one transaction. False if one of them failed, and then nothing of any has happened.

        If the transaction cannot even begin, that is the outcome of all: alone, each would wait for it again.
        """
        begun = False
        try:
            with connection.begin():
                if self._begin:
                    connection.exec_driver_sql(self._begin)
                begun = True
                for each in errands:
                    each.do(connection)
        except BaseException as error:
            for each in errands:
                each.error = error
            return not begun
        return True


class _Errand(Generic[T]):
    """A unit, and what came of it."""

    def __init__(self, unit: Unit[T]) -> None:
        self._unit = unit
        self._result: T
        self.error: BaseException | None = None

    def do(self, connection: Connection) -> None:
        self._result = self._unit(connection)
        self.error = None

    def outcome(self) -> T:
        if self.error is not None:
            raise self.error
        return self._result


class _Thread(aiosqlite.Connection):
    """aiosqlite's thread, with a SQLAlchemy connection in it in place of the driver's.

    `_execute` is how aiosqlite itself does everything, and the only way to give its thread a function.
    """

    def __init__(self, connector: Callable[[], Connection]) -> None:
        anything: Any = connector
        super().__init__(anything, 0)
        self._thread.daemon = True  # a program that is torn down without closing still ends

    async def run(self, work: Callable[[Connection], None]) -> None:
        """Call `work` in the thread."""
        connection: Any = self._conn
        await self._execute(work, connection)  # type: ignore[no-untyped-call]
