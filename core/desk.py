"""Where units of work are done: a desk for SQLite, a pool for PostgreSQL. Both take the same synchronous units.

A unit is a function of a SQLAlchemy `Connection`, done in one transaction. Knows no statement and no error of ours.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
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
        self._taken: list[_Errand[Any]] = []
        self._away = False
        """Whether the thread is asked to serve; those who come meanwhile only wait."""

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
        errand = _Errand(unit, asyncio.get_running_loop().create_future())
        self._waiting.append(errand)
        if not self._away:
            self._set_out()
        outcome: T = await errand.outcome
        return outcome

    def _set_out(self) -> None:
        """Ask the thread to do what waits by the time it comes to it: one trip, however many have come in."""
        self._away = True
        self._thread.do(self._serve).add_done_callback(self._back)

    def _back(self, trip: "asyncio.Future[None]") -> None:
        """Hand out what came of it. A trip that failed as a whole, as when the desk is closed, failed for all."""
        self._away = False
        done, self._taken = self._taken, []
        if error := trip.exception():
            done += self._waiting
            self._waiting.clear()
        for each in done:
            each.settle(error)
        if self._waiting:
            self._set_out()

    async def close(self) -> None:
        """Close the connection and end the thread."""
        await self._thread.close()

    def _serve(self, connection: Connection) -> None:
        """Do what waits, in the thread."""
        self._taken = errands = [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]
        if not self._together(connection, errands) and len(errands) > 1:
            for each in errands:
                self._together(connection, [each])

    def _together(self, connection: Connection, errands: "list[_Errand[Any]]") -> bool:
        """Do all in one transaction. False if one of them failed, and then nothing of any has happened.

        If the transaction cannot even begin, that is the outcome of all: alone, each would wait for it again.
        """
        begun = False
        try:
            with self._transaction(connection):
                begun = True
                for each in errands:
                    each.do(connection)
        except BaseException as error:
            for each in errands:
                each.error = error
            return not begun
        return True

    @contextmanager
    def _transaction(self, connection: Connection) -> Iterator[None]:
        """One, if this desk begins any. Else SQLAlchemy may think that there is one, and is told that it is over."""
        if not self._begin:
            try:
                yield
            finally:
                connection.rollback()
            return
        with connection.begin():
            connection.exec_driver_sql(self._begin)
            yield


class _Errand(Generic[T]):
    """A unit, and what came of it."""

    def __init__(self, unit: Unit[T], outcome: asyncio.Future[T]) -> None:
        self.outcome = outcome
        self._unit = unit
        self._result: T
        self.error: BaseException | None = None

    def do(self, connection: Connection) -> None:
        self._result = self._unit(connection)
        self.error = None

    def settle(self, failed: BaseException | None) -> None:
        """Tell whoever waits, in the event loop. Nobody may, after a cancellation."""
        if self.outcome.done():
            return
        if error := failed or self.error:
            self.outcome.set_exception(error)
        else:
            self.outcome.set_result(self._result)


class _Thread(aiosqlite.Connection):
    """aiosqlite's thread, with a SQLAlchemy connection in it in place of the driver's.

    `_tx` is its queue of functions, and the only way to give it one without a task for it.
    """

    def __init__(self, connector: Callable[[], Connection]) -> None:
        anything: Any = connector
        super().__init__(anything, 0)
        self._thread.daemon = True  # a program that is torn down without closing still ends

    def do(self, work: Callable[[Connection], None]) -> asyncio.Future[None]:
        """Have `work` called in the thread. The future is never cancelled, but may fail."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        connection: Any = self._connection
        if self._running and connection is not None:
            self._tx.put_nowait((future, partial(work, connection)))
        else:
            future.set_exception(ValueError("the database is closed"))
        return future
