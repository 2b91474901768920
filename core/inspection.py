"""A large SQLite file is looked through while it is in use: that takes a second for some hundreds of megabytes."""

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

from sqlalchemy import Engine

SOUND = ("ok",)
LOOK = "PRAGMA quick_check(1)"
"""Answers `SOUND`, or says what is wrong first; or fails with `sqlite3.DatabaseError` where no page can be read."""

_PATIENCE = 0.05
"""Seconds between two attempts to break a look off."""


class Inspection:
    """One look through a file, in a thread, by a connection of its own. Begins when it is made."""

    def __init__(self, engine: Engine) -> None:
        self.damaged = False
        """Whether it was found to be; False while nothing was found."""
        self._engine = engine
        self._connection: Any = None
        self._unwanted = False
        self._task = asyncio.create_task(asyncio.to_thread(self._look))

    async def end(self) -> None:
        """Wait until it is through."""
        await self._task

    async def close(self) -> None:
        """Break it off. Safe to call twice."""
        self._unwanted = True
        while not self._task.done():  # an interruption that comes before the look has begun does nothing
            if self._connection is not None:
                self._connection.interrupt()
            await asyncio.wait([self._task], timeout=_PATIENCE)

    def _look(self) -> None:
        with closing(self._engine.raw_connection()) as connection:
            self._connection = connection.driver_connection
            try:
                if not self._unwanted:
                    self.damaged = connection.cursor().execute(LOOK).fetchone() != SOUND
            except sqlite3.DatabaseError:  # an interruption is one too
                self.damaged = not self._unwanted
            finally:
                self._connection = None
