"""Looks every text up in the table of verdicts at the moment at which it arrives at a platform."""

import sqlite3
from contextlib import closing

from core.database import Database
from core.release import digest, fixed


class Verdicts:
    """To be called with each text that arrives; `missing` are those for which no verdict was stored before."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.missing: list[tuple[str, str]] = []

    @classmethod
    async def of(cls, database: Database) -> "Verdicts":
        """The verdicts in a database, which must be a file of SQLite."""
        found = await database.read(lambda c: c.exec_driver_sql("PRAGMA database_list").fetchone())
        assert found is not None
        return cls(str(found[2]))

    def __call__(self, text: str, where: str) -> None:
        """Look one text up."""
        if digest(text) in fixed():
            return
        with closing(sqlite3.connect(self._path)) as connection:
            row = connection.execute("SELECT 1 FROM verdict WHERE digest = ?", (digest(text),)).fetchone()
        if row is None:
            self.missing.append((text, where))
