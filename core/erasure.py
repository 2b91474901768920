"""Forgetting a person: names and ids go from everything that is kept, and the texts too if that is wished.

It is done in small transactions, each of which may be done twice, so that nobody's turn waits long and a kill loses
nothing. A tombstone, a keyed hash of who it was, is kept in the database and in a file beside it: a backup that is
restored knows nothing of it, and is made to forget again at the next start.

What people wrote about each other, what the storyteller made of a text, and the audit log are left as they are.
"""

import asyncio
import datetime as dt
import hashlib
import hmac
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, func, insert, select, union, update
from sqlalchemy.exc import IntegrityError

from core import dossier, rows, withdrawing
from core import tables as t
from core.database import Database
from core.errors import NotPossible, StoreFull, StoreUnusable
from core.forgetting import Outcome, Person, Step, Wish, places, steps
from core.moderation import Cleared
from core.moments import now, utc
from core.place import Turn
from core.tombstones import Book, Stone
from core.wording import said

_PAUSE = 0.01
"""Seconds between two transactions, in which turns come to their right."""

_UNREADABLE = said(
    "The file in which it is noted who asked to be forgotten cannot be read. Check FORGOTTEN_FILE and who may read it."
)
_UNWRITABLE = said(
    "It could not be noted who asked to be forgotten (disk full or read-only), so nobody is forgotten yet. "
    "It is tried again at the next start; please tell the operator."
)


@dataclass(frozen=True)
class Done:
    """How much was touched: rows by table, and how many messages of ours are to be written over."""

    rows: dict[str, int]
    messages: int


class Erasure:
    """Forgets people, for good. One for each process."""

    def __init__(self, database: Database, *, secret: str = "", book: Book | None = None) -> None:
        self._database = database
        self._secret = secret.encode("utf-8", "surrogatepass")
        self._book = book or Book(None)
        self._asked: dict[Person, int] = {}
        self._count = 0
        self._arrived: WeakKeyDictionary[Turn, int] = WeakKeyDictionary()

    async def forget(self, person: Person, *, remove: bool) -> Done:
        """Forget everything until now; with `remove`, the person's texts too. Afterwards nothing leads back to them.

        If this is interrupted, the next start goes on with it.
        """
        self._count += 1
        self._asked[person] = self._count
        mac = self.mac(person)

        def begin(connection: Connection) -> dt.datetime:
            moment = max([now(), *_newest(connection, person)])  # behind everything that was written before
            connection.execute(insert(t.tombstone), {"mac": mac, "created_at": moment, "removes": remove})
            return moment

        stone = Stone(mac, await self._database.write(begin), remove)
        await self._note(stone)
        return await self._carry_out(person, stone)

    async def kept(self, person: Person) -> Cleared:
        """Everything that is kept about a person, as JSON."""
        return rows.as_json(await self._database.read(lambda c: dossier.read(c, person)))

    async def repeat(self) -> int:
        """Do again what this database does not know was done, as after a restored backup. Returns how often."""
        known = await self._database.read(_known)
        try:
            book = await self._book.read()
        except OSError as error:
            raise StoreUnusable(_UNREADABLE) from error
        await self._note(*(stone for stone in known if stone not in book))
        pending = {stone for stone in book if stone not in known} | {each for each, over in known.items() if not over}
        if not pending:
            return 0
        with suppress(IntegrityError):  # another process starts too, and was faster
            await self._database.write(lambda c: _inscribe(c, pending - known.keys()))
        people = {mac: who for who in await self._database.read(_everybody) for mac in [self.mac(who)]}
        for stone in sorted(pending, key=lambda each: each.created_at):
            if (who := people.get(stone.mac)) is not None:
                await self._carry_out(who, stone)
            else:
                await self._database.write(_finishing(stone))
        return len(pending)

    def arrived(self, turn: Turn) -> None:
        """A turn has come in; it is remembered as long as it lasts."""
        self._arrived.setdefault(turn, self._count)

    def check(self, turn: Turn) -> None:
        """Raises `NotPossible` if its contributor asked to be forgotten while the turn lasted."""
        if self._asked.get(Person.of(turn), 0) > self._arrived.get(turn, self._count):
            raise NotPossible(said("You asked to be forgotten while this was being written, so it was not kept."))

    def mac(self, person: Person) -> bytes:
        """The keyed hash that stands for a person."""
        named = "\0".join((person.platform, person.workspace, person.id))
        return hmac.digest(self._secret, named.encode("utf-8", "surrogatepass"), hashlib.sha256)

    async def _note(self, *stones: Stone) -> None:
        try:
            await self._book.add(*stones)
        except OSError as error:
            raise StoreFull(_UNWRITABLE) from error

    async def _carry_out(self, person: Person, stone: Stone) -> Done:
        there = await self._database.read(lambda c: places(c, person, stone.created_at))
        wish = Wish(person, stone.created_at, stone.removes, there, stone.mac)
        touched: dict[str, int] = {}
        for step in (*withdrawing.steps(wish), *steps(wish)):
            while (outcome := await self._some(step, wish)).rows:
                wish = wish.after(outcome)
                touched[step.name] = touched.get(step.name, 0) + outcome.rows
                if not step.again:
                    break
                await asyncio.sleep(_PAUSE)
            wish = replace(wish, reached=0)
        await self._database.write(_finishing(stone))
        waiting = await self._database.read(lambda c: withdrawing.waiting(c, person.platform, stone.mac))
        return Done(touched, len(waiting))

    async def _some(self, step: Step, wish: Wish) -> Outcome:
        """Carry out a part of a step, while no other process that forgets the same person is in the middle of one.

        What one of them reads another may have changed by the time it is written back.
        """
        mine = t.tombstone.c.mac == wish.mac, t.tombstone.c.created_at == wish.until
        alone = select(t.tombstone.c.mac).where(*mine).with_for_update()

        def work(connection: Connection) -> Outcome:
            connection.execute(alone)
            return step.work(connection, wish)

        return await self._database.write(work)


def _newest(connection: Connection, person: Person) -> list[dt.datetime]:
    """When a person's last traces were written: later than now, if the clock was set back since."""
    columns = (
        (t.turn.c.created_at, t.turn.c.contributor_id),
        (t.passage.c.created_at, t.passage.c.author_id),
        (t.held.c.created_at, t.held.c.contributor_id),
        (t.override.c.created_at, t.override.c.actor),
    )
    found = (connection.scalar(select(func.max(when)).where(who == person.id)) for when, who in columns)
    return [utc(each) for each in found if each is not None]


def _known(connection: Connection) -> dict[Stone, bool]:
    """The tombstones of this database, and whether what they stand for is over."""
    found = connection.execute(select(t.tombstone))
    return {Stone(row.mac, utc(row.created_at), row.removes): row.finished_at is not None for row in found}


def _inscribe(connection: Connection, stones: set[Stone]) -> None:
    if stones:
        connection.execute(insert(t.tombstone), [vars(each) for each in stones])


def _finishing(stone: Stone) -> Callable[[Connection], object]:
    mine = t.tombstone.c.mac == stone.mac, t.tombstone.c.created_at == stone.created_at
    return lambda c: c.execute(update(t.tombstone).where(*mine).values(finished_at=now()))


def _everybody(connection: Connection) -> list[Person]:
    """Everybody of whom anything is kept, as on one server and as on all of a platform."""
    on = t.place.c.platform, t.place.c.workspace
    of_turns = select(*on, t.turn.c.contributor_id).join(t.place, t.place.c.id == t.turn.c.place_id)
    of_held = select(*on, t.held.c.contributor_id).join(t.place, t.place.c.id == t.held.c.place_id)
    of_overrides = select(t.override.c.platform, t.override.c.workspace, t.override.c.actor)
    found = {tuple(row) for row in connection.execute(union(of_turns, of_held, of_overrides))}
    local = [Person(platform, who, workspace) for platform, workspace, who in found]
    return [*local, *{Person(platform, who) for platform, _, who in found}]
