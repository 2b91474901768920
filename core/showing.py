"""Who shows a post, and behind what, where several processes tell stories on one PostgreSQL.

A post is shown by the process that holds it, for as long as that is known to live; and behind what other processes
have told before it in its place and are about to show. Knows no platform.
"""

import asyncio
import datetime as dt
import time
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Interval, Select, bindparam, func, select

from core import tables as t
from core.database import Database
from core.leases import Leases, living

PATIENCE = 10.0
"""Seconds for which anybody waits for one post of another process."""
_LOOK = 0.1
"""Seconds between two looks: rows tell nobody."""


async def may_show(database: Database, leases: Leases, platform: str, post: int, *, patience: float = PATIENCE) -> bool:
    """Wait until it is a post's turn to be shown; whether it is this process that shows it. Raises `StoreError`.

    For one post of another process it waits `patience` seconds.

    A process that stood still for longer than its lease finds here that another has taken over.
    """
    holder = leases.holder(platform)
    if not holder:
        return True
    key = {"platform": platform, "holder": holder, "post": post, "patience": dt.timedelta(seconds=patience)}
    awaited, end = None, 0.0
    while True:
        found = await database.read(lambda c: c.execute(_standing(), key).one())
        if not found.ours:
            return False
        if found.first != awaited:
            awaited, end = found.first, time.monotonic() + patience
        if not found.lives:
            await leases.breathe(platform)  # from then on nobody takes it over, and whoever did is seen
        elif awaited is None or time.monotonic() > end:
            return True
        else:
            await asyncio.sleep(_LOOK)


@cache
def _standing() -> Select[Any]:
    """Whether `post` is held by `holder`, whether that lives, and the first of what others are to show before it."""
    holder: BindParameter[str] = bindparam("holder")
    own, asked, earlier, before = t.post.alias(), t.turn.alias(), t.post.alias(), t.turn.alias()
    members = living(bindparam("platform"))
    others = earlier.c.holder != holder, earlier.c.holder.in_(members)
    unseen = earlier.c.delivered_at.is_(None), ~earlier.c.private
    recent = before.c.created_at > asked.c.created_at - bindparam("patience", type_=Interval)
    first = (
        select(func.min(earlier.c.id))
        .join(before, before.c.id == earlier.c.turn_id)
        .where(earlier.c.place_id == own.c.place_id, earlier.c.id < own.c.id, *unseen, *others, recent)
        .correlate(own, asked)
        .scalar_subquery()
    )
    found: list[Any] = [
        (own.c.holder == holder).label("ours"),
        holder.in_(members).label("lives"),
        first.label("first"),
    ]
    return select(*found).join(asked, asked.c.id == own.c.turn_id).where(own.c.id == bindparam("post"))
