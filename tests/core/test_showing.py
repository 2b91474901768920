"""Several processes on one PostgreSQL: a reply is shown by one of them, and behind what another told before it."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update

from core import tables as t
from core.database import Database
from core.reply import Reply
from core.storyteller import Storyteller
from tests.kit import ELSEWHERE, HERE, storyteller, turn
from tests.voices import ScriptedEngine

LONG = 600.0
"""Seconds that nobody dies in."""


@pytest.fixture
async def databases(postgres_address: str) -> AsyncIterator[tuple[Database, Database]]:
    """One for each of two processes."""
    one = await Database.open(postgres_address)
    two = await Database.open(postgres_address)
    yield one, two
    await one.close()
    await two.close()


@contextlib.asynccontextmanager
async def living(database: Database) -> AsyncIterator[Storyteller]:
    teller = storyteller(database, ScriptedEngine(), life=LONG)
    async with teller.leases.joined(HERE.platform):
        yield teller


@pytest.fixture
async def tellers(databases: tuple[Database, Database]) -> AsyncIterator[tuple[Storyteller, Storyteller]]:
    """Two processes that live."""
    async with living(databases[0]) as one, living(databases[1]) as two:
        yield one, two


async def stand_still(teller: Storyteller, database: Database) -> None:
    """Let a process be thought dead, as if it had stood still for longer than its lease."""
    own = t.lease.c.holder == teller.leases.holder(HERE.platform)
    ended = update(t.lease).where(own).values(until=dt.datetime.fromtimestamp(0, dt.UTC))
    await database.write(lambda c: c.execute(ended).close())


async def shows(teller: Storyteller, reply: Reply, patience: float = LONG) -> bool:
    """Who waits, waits for as long as it takes."""
    return await teller.delivery.may_show(HERE.platform, reply, patience=patience)


async def test_who_stood_still_shows_nothing_that_another_has_taken_over(
    tellers: tuple[Storyteller, Storyteller], databases: tuple[Database, Database]
) -> None:
    stalled, heir = tellers
    reply = await stalled.perform("start", turn(), {"title": "The Lamp"})
    await stand_still(stalled, databases[0])
    (missed,) = (await heir.delivery.inherited(HERE.platform))[0]
    assert missed.reply.post == reply.post
    assert not await shows(stalled, reply)
    assert await shows(heir, missed.reply)


async def test_who_stood_still_and_comes_first_shows_what_is_its_own(
    tellers: tuple[Storyteller, Storyteller], databases: tuple[Database, Database]
) -> None:
    stalled, heir = tellers
    reply = await stalled.perform("start", turn(), {"title": "The Lamp"})
    await stand_still(stalled, databases[0])
    assert await shows(stalled, reply)
    assert await heir.delivery.inherited(HERE.platform) == ([], [])


async def test_of_one_that_wakes_and_one_that_takes_over_exactly_one_shows_it(
    tellers: tuple[Storyteller, Storyteller], databases: tuple[Database, Database]
) -> None:
    stalled, heir = tellers
    await stalled.delivery.delivered(await stalled.perform("start", turn(), {"title": "The Lamp"}))
    for _ in range(40):
        reply = await stalled.perform("add", turn(), {"text": "A bell rang."})
        await stand_still(stalled, databases[0])
        own, (taken, _) = await asyncio.gather(shows(stalled, reply), heir.delivery.inherited(HERE.platform))
        assert own != bool(taken)
        await stalled.delivery.delivered(reply)


async def test_a_reply_waits_for_what_another_process_told_before_it_in_its_place(
    tellers: tuple[Storyteller, Storyteller],
) -> None:
    one, two = tellers
    first = await one.perform("start", turn(), {"title": "The Lamp"})
    second = await two.perform("add", turn(), {"text": "Mara found a lamp."})
    beside = await two.perform("start", turn(ELSEWHERE), {"title": "The Bell"})
    waits = asyncio.create_task(shows(two, second))
    assert await shows(two, beside), "in another place nothing comes before it"
    assert await shows(one, first)
    assert not waits.done()
    await one.delivery.delivered(first, ["m1"])
    assert await waits


async def test_a_reply_waits_for_nobody_for_ever(tellers: tuple[Storyteller, Storyteller]) -> None:
    one, two = tellers
    await one.perform("start", turn(), {"title": "The Lamp"})
    second = await two.perform("add", turn(), {"text": "Mara found a lamp."})
    assert await shows(two, second, patience=0.3)


async def test_nobody_waits_for_what_a_process_that_has_ended_left_or_for_what_one_person_alone_sees(
    databases: tuple[Database, Database],
) -> None:
    async with living(databases[0]) as one:
        await one.perform("start", turn(), {"title": "The Lamp"})
    async with living(databases[0]) as one, living(databases[1]) as two:
        await one.delivery.delivered(await one.perform("add", turn(), {"text": "A bell rang."}))
        await one.perform("report", turn(), {"reason": "rude"})
        reply = await two.perform("add", turn(), {"text": "Mara found a lamp."})
        assert await shows(two, reply)
