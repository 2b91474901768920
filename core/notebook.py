"""What adapters want to know again after a restart, and which deliveries of a platform any process has taken.

Nothing that people wrote.
"""

import datetime as dt

from sqlalchemy import Connection, delete, insert, literal, select
from sqlalchemy.exc import IntegrityError

from core import tables as t
from core.database import Database
from core.moments import now

_REMEMBERED = dt.timedelta(hours=1)
"""How long a delivery is known again; Slack's last retry comes some six minutes after the first try."""


class Notebook:
    """One for all processes on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def noted(self, key: str) -> str | None:
        """What `note` kept under this key, also in another process."""
        wanted = select(t.note.c.value).where(t.note.c.key == key)
        return await self._database.read(lambda c: c.scalar(wanted))

    async def note(self, key: str, value: str) -> None:
        """Keep something for after a restart."""

        def unit(connection: Connection) -> None:
            connection.execute(delete(t.note).where(t.note.c.key == key))
            connection.execute(insert(t.note), {"key": key, "value": value})

        await self._database.write(unit)

    async def unnote(self, key: str) -> None:
        """Forget what `note` kept under this key."""
        await self._database.write(lambda c: c.execute(delete(t.note).where(t.note.c.key == key)).close())

    async def first_sight(self, key: str) -> bool:
        """Whether this delivery was never seen before, in any process; it is remembered for an hour from now."""
        old = t.sighting.c.seen_at < now() - _REMEMBERED
        known = select(t.sighting.c.key).where(t.sighting.c.key == key).exists()
        mine = select(literal(key), literal(now(), t.sighting.c.seen_at.type)).where(~known)

        def unit(connection: Connection) -> bool:
            connection.execute(delete(t.sighting).where(old))
            return connection.execute(insert(t.sighting).from_select(["key", "seen_at"], mine)).rowcount == 1

        try:
            return await self._database.write(unit)
        except IntegrityError:  # another process was faster
            return False

    async def unsee(self, key: str) -> None:
        """Forget a delivery that was not dealt with, so that it may come again."""
        await self._database.write(lambda c: c.execute(delete(t.sighting).where(t.sighting.c.key == key)))
