"""How long what is no story is kept, and the sweeping that sees to it. Stories are kept until somebody deletes them.

Rows go some at a time, with pauses between, so that no turn waits for more than one small transaction.
"""

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, Table, delete, select, update

from core import tables as t
from core.database import Database
from core.errors import StoreError
from core.moments import now
from core.place import Approval

log = logging.getLogger(__name__)
Sweep: TypeAlias = Callable[[Connection], int]

MOST = 500
"""Rows that one transaction takes away."""
_PAUSE = 0.05
"""Seconds between two transactions."""
_EVERY = 24 * 3600.0
_SIGHTINGS = dt.timedelta(days=1)


@dataclass(frozen=True)
class Retention:
    """Days for which things are kept."""

    verdicts: int = 90
    held: int = 30
    held_in_class: int = 7
    """Where a moderator sees passages before they are posted."""
    posts: int = 7
    """What was said back, for after a crash."""
    audit: int = 365
    """Decisions, and reports with the moderators."""


async def tidy(database: Database, retention: Retention, *, pause: float = _PAUSE) -> dict[str, int]:
    """Take away everything that is over its time. Returns how many rows of each kind."""
    gone: dict[str, int] = {}
    for name, sweep in _sweeps(retention, now()):
        while some := await database.write(sweep):
            gone[name] = gone.get(name, 0) + some
            await asyncio.sleep(pause)
    return gone


@contextlib.asynccontextmanager
async def tidying(database: Database, retention: Retention, *, every: float = _EVERY) -> AsyncIterator[None]:
    """Tidy now and every day, in the background, as long as this lasts. What goes wrong is tried again the next day."""
    task = asyncio.create_task(_for_ever(database, retention, every))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _for_ever(database: Database, retention: Retention, every: float) -> None:
    while True:
        try:
            gone = await tidy(database, retention)
        except StoreError as error:
            log.warning("tidying failed: %s", type(error).__name__)
        else:
            if gone:
                log.info("tidied: %s", ", ".join(f"{rows} of {name}" for name, rows in gone.items()))
        await asyncio.sleep(every)


def _sweeps(keep: Retention, moment: dt.datetime) -> Iterator[tuple[str, Sweep]]:
    def before(days: int) -> dt.datetime:
        return moment - dt.timedelta(days=days)

    a = t.audit.c
    yield "verdict", lambda c: _delete(c, t.verdict, t.verdict.c.decided_at < before(keep.verdicts))
    yield "sighting", lambda c: _delete(c, t.sighting, t.sighting.c.seen_at < moment - _SIGHTINGS)
    yield "post", lambda c: _posts(c, before(keep.posts))
    yield "held", lambda c: _held(c, before(keep.held), before(keep.held_in_class))
    yield "proposal", lambda c: _delete(c, t.proposal, t.proposal.c.created_at < before(keep.held))
    yield "withdrawal", lambda c: _delete(c, t.withdrawal, t.withdrawal.c.created_at < before(keep.held))
    yield "held for good", lambda c: _delete(c, t.held, t.held.c.created_at < before(max(keep.audit, keep.held)))
    yield "report", lambda c: _delete(c, t.report, t.report.c.created_at < before(keep.audit))
    # The oldest first: what is left of a server's chain still begins with a row that says what came before it.
    yield "audit", lambda c: _delete(c, t.audit, a.created_at < before(keep.audit), first=a.id)


def _delete(
    connection: Connection, table: Table, which: ColumnElement[bool], first: ColumnElement[int] | None = None
) -> int:
    key = table.primary_key.columns[0]  # of several, the first says enough: what shares it is asked for `which` again
    wanted = select(key).where(which).limit(MOST)
    found = list(connection.scalars(wanted if first is None else wanted.order_by(first)))
    return connection.execute(delete(table).where(key.in_(found), which)).rowcount if found else 0


def _posts(connection: Connection, before: dt.datetime) -> int:
    """The oldest ones; turns and their posts are written in the order of time, so the first young one ends it."""
    p, turn = t.post.c, t.turn.c
    oldest = select(p.id, p.turn_id).order_by(p.id).limit(MOST).subquery()
    when = select(oldest.c.id).join(t.turn, turn.id == oldest.c.turn_id).where(turn.created_at < before)
    ids = list(connection.scalars(when))
    connection.execute(delete(t.post).where(p.id.in_(ids)))
    return len(ids)


def _held(connection: Connection, before: dt.datetime, in_class: dt.datetime) -> int:
    """Texts that were kept back are emptied; their hashes, reasons and decisions stay as long as the audit log."""
    h, w = t.held.c, t.workspace.c
    server = (w.platform == t.place.c.platform) & (w.workspace == t.place.c.workspace)
    strict = (
        select(t.place.c.id)
        .join(t.workspace, server)
        .where(w.approval != Approval.FLAGGED.value, t.place.c.id == h.place_id)
        .exists()
    )
    old = (h.created_at < before) | ((h.created_at < in_class) & strict)
    ids = list(connection.scalars(select(h.id).where(old, h.author != "").limit(MOST)))
    waiting = h.id.in_(ids), h.state.in_(["refused", "waiting"])
    connection.execute(update(t.held).where(*waiting).values(state="expired"))
    connection.execute(update(t.held).where(h.id.in_(ids)).values(arguments={}, author="", note=""))
    return len(ids)
