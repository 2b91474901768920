"""Quotas: who asks the storyteller too often is told when to try again; reading costs nothing; memory is bounded."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from core import tables as t
from core.database import Database
from core.errors import BadArgument, NotAllowed, StoryError, TooOften
from core.place import Contributor, Turn
from core.quotas import Allowance, Quotas
from core.storyteller import Storyteller
from tests.kit import ANA, BEN, ELSEWHERE, HERE, started, storyteller, turn
from tests.voices import ScriptedEngine

NONE = Allowance(0, 0, 0, 0)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def by(who: Contributor = ANA, **more: Any) -> Turn:
    return turn(who=who, **more)


async def test_the_seventh_turn_in_a_minute_is_refused_and_says_when_to_come_back(database: Database) -> None:
    clock = Clock()
    quotas = Quotas(replace(NONE, person_minute=6), database, clock=clock)
    for _ in range(6):
        await quotas.admit("continue", by())
        clock.now += 5
    with pytest.raises(TooOften, match="try again in 30 seconds"):
        await quotas.admit("continue", by())
    await quotas.admit("continue", by(BEN))
    clock.now += 30.1
    await quotas.admit("continue", by())
    with pytest.raises(TooOften, match="in 5 seconds"):
        await quotas.admit("continue", by())


@pytest.mark.parametrize(
    ("allowance", "said", "free"),
    [
        (replace(NONE, channel_minute=3), "asked often here", replace(HERE, channel="d")),
        (replace(NONE, server_minute=3), "on this server", replace(HERE, workspace="w2")),
    ],
)
async def test_a_channel_and_a_server_have_quotas_of_their_own(
    database: Database, allowance: Allowance, said: str, free: Any
) -> None:
    quotas = Quotas(allowance, database, clock=Clock())
    for number in range(3):
        await quotas.admit("explain", by(Contributor(f"u{number}", "Somebody")))
    with pytest.raises(TooOften, match=said):
        await quotas.admit("explain", by(BEN))
    await quotas.admit("explain", by(BEN, place=free))


async def test_what_one_quota_refuses_is_not_counted_against_the_others(database: Database) -> None:
    quotas = Quotas(replace(NONE, person_minute=1, server_minute=3), database, clock=Clock())
    await quotas.admit("continue", by())
    for _ in range(10):
        with pytest.raises(TooOften, match="You have"):
            await quotas.admit("continue", by())
    await quotas.admit("continue", by(BEN))
    await quotas.admit("continue", by(Contributor("u3", "Cy")))


async def test_a_turn_that_is_performed_again_is_counted_once(database: Database) -> None:
    quotas = Quotas(replace(NONE, person_minute=2), database, clock=Clock())
    same = by()
    for _ in range(5):
        await quotas.admit("continue", same)
    await quotas.admit("continue", by())
    with pytest.raises(TooOften):
        await quotas.admit("continue", by())


async def test_the_day_is_counted_in_the_database_so_over_all_processes(address: str) -> None:
    allowance = replace(NONE, person_day=3)
    first, second = await Database.open(address), await Database.open(address)
    try:
        tellers = [storyteller(each, ScriptedEngine(), allowance=allowance) for each in (first, second)]
        await started(tellers[0], "A lamp burned.")
        for number in range(3):
            await tellers[number % 2].perform("explain", by())
        for teller in tellers:
            with pytest.raises(TooOften, match=r"3 times in a day.*in 24 hours"):
                await teller.perform("continue", by())
            await teller.perform("show", by())
        await tellers[1].perform("continue", by(BEN))
        late = dt.datetime.now(dt.UTC) - dt.timedelta(hours=23, minutes=30)
        await first.write(lambda c: c.execute(update(t.turn).values(created_at=late)))
        with pytest.raises(TooOften, match="in 30 minutes"):
            await tellers[0].perform("continue", by())
        gone = dt.datetime.now(dt.UTC) - dt.timedelta(hours=25)
        await first.write(lambda c: c.execute(update(t.turn).values(created_at=gone)))
        await tellers[0].perform("continue", by())
    finally:
        await first.close()
        await second.close()


async def test_reading_and_writing_by_oneself_cost_nothing(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(), allowance=Allowance(1, 1, 1, 1))
    await started(teller, *[f"Passage {number}." for number in range(8)])
    for name in ("show", "list", "why", "help", "about", "undo", "redo"):
        await teller.perform(name, by())
    await teller.perform("continue", by())
    with pytest.raises(TooOften):
        await teller.perform("continue", by())


async def test_a_refusal_changes_nothing_and_who_may_not_anyway_is_not_counted(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(), allowance=replace(NONE, person_minute=1))
    await started(teller, "One.")
    await teller.perform("setup", turn(), {"blocked": BEN.id})
    for _ in range(3):
        with pytest.raises(NotAllowed):
            await teller.perform("continue", by(BEN, admin=False))
    await teller.perform("setup", turn(), {"blocked": "none"})
    await teller.perform("continue", by(BEN, admin=False))
    with pytest.raises(TooOften) as refused:
        await teller.perform("continue", by(BEN, admin=False))
    assert isinstance(refused.value, StoryError)


async def test_the_same_request_again_is_answered_and_not_counted(database: Database) -> None:
    teller: Storyteller = storyteller(database, ScriptedEngine(), allowance=replace(NONE, person_minute=1))
    await started(teller, "One.")
    once = await teller.perform("continue", by(request_id="r"))
    assert (await teller.perform("continue", by(request_id="r"))).post == once.post


async def test_whoever_was_quiet_for_a_minute_is_forgotten(database: Database) -> None:
    clock = Clock()
    quotas = Quotas(Allowance(6, 0, 20, 0), database, clock=clock)
    for number in range(1000):
        await quotas.admit(
            "continue", by(Contributor(f"u{number}", "Somebody"), place=replace(HERE, channel=f"c{number}"))
        )
        clock.now += 1
    assert len(quotas) <= 2 * 61


async def test_a_servers_own_quota_is_kept_and_holds_on_that_server_alone(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(), allowance=Allowance(person_minute=6))
    await started(teller, "One.")
    await started(teller, "One.", place=ELSEWHERE)
    reply = await teller.perform("setup", by(), {"quotas": "person 1, day 50"})
    assert "person 1, day 50, channel 20, server 200" in [str(each.text) for each in reply.blocks]
    await teller.perform("continue", by())
    with pytest.raises(TooOften, match="often in the last minute"):
        await teller.perform("continue", by())
    for _ in range(3):
        await teller.perform("continue", by(place=ELSEWHERE))


async def test_an_admin_lowers_raises_and_takes_back_quotas_within_the_operators(database: Database) -> None:
    clock = Clock()
    quotas = Quotas(replace(NONE, person_minute=6), database, clock=clock)
    await quotas.admit("continue", by(), {"person_minute": 1})
    with pytest.raises(TooOften):
        await quotas.admit("continue", by(), {"person_minute": 1})
    for own in ({"person_minute": 3}, {"person_minute": 3}):
        await quotas.admit("continue", by(), own)
    with pytest.raises(TooOften):
        await quotas.admit("continue", by(), {"person_minute": 3})
    for _ in range(3):
        await quotas.admit("continue", by())
    for own in ({}, {"person_minute": 100}):
        with pytest.raises(TooOften):
            await quotas.admit("continue", by(), own)


async def test_more_than_the_operator_allows_cannot_be_set_and_without_a_limit_anything_can(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(), allowance=Allowance(person_minute=6, server_minute=0))
    with pytest.raises(BadArgument, match="allows 6 at most for person"):
        await teller.perform("setup", by(), {"quotas": "person 7"})
    await teller.perform("setup", by(), {"quotas": "person=6, server: 5000"})
    assert (await teller.servers.settings("test", "w")).quotas == {"person_minute": 6, "server_minute": 5000}
    await teller.perform("setup", by(), {"quotas": "none"})
    assert (await teller.servers.settings("test", "w")).quotas == {}


@pytest.mark.parametrize("typed", ["person", "person 0", "person -1", "person x", "week 3", "3", "person 10000"])
async def test_what_is_no_quota_is_refused_with_how_it_is_written(database: Database, typed: str) -> None:
    teller = storyteller(database, ScriptedEngine())
    with pytest.raises(BadArgument, match="written like person 3, day 50"):
        await teller.perform("setup", by(), {"quotas": typed})


async def test_a_servers_quota_of_the_day_counts_what_was_asked_on_that_server(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(), allowance=replace(NONE, person_day=4))
    await started(teller, "One.")
    await started(teller, "One.", place=ELSEWHERE)
    await teller.perform("setup", by(), {"quotas": "day 2"})
    await teller.perform("continue", by(place=ELSEWHERE))
    for _ in range(2):
        await teller.perform("continue", by())
    with pytest.raises(TooOften, match="asked the storyteller 2 times in a day"):
        await teller.perform("continue", by())
    await teller.perform("continue", by(place=ELSEWHERE))
    with pytest.raises(TooOften, match="asked the storyteller 4 times in a day"):
        await teller.perform("continue", by(place=ELSEWHERE))


@pytest.mark.parametrize(
    ("allowance", "said", "free"),
    [
        (replace(NONE, person_minute=3), "You have asked", {"who": BEN}),
        (replace(NONE, channel_minute=3), "asked often here", {"place": replace(HERE, channel="d")}),
        (replace(NONE, server_minute=3), "on this server", {"place": replace(HERE, workspace="w2")}),
    ],
)
async def test_the_minute_is_counted_over_all_processes_that_share_a_database(
    postgres_address: str, allowance: Allowance, said: str, free: dict[str, Any]
) -> None:
    first, second = await Database.open(postgres_address), await Database.open(postgres_address)
    try:
        tellers = [storyteller(each, ScriptedEngine(), allowance=allowance) for each in (first, second)]
        for where in (HERE, free.get("place")):
            if where is not None:
                await started(tellers[0], "A lamp burned.", place=where)
        for number in range(3):
            await tellers[number % 2].perform("continue", by())
        for teller in tellers:
            with pytest.raises(TooOften, match=f"{said}.*try again in"):
                await teller.perform("continue", by())
        await tellers[1].perform("continue", by(**free))
        before = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=61)
        await first.write(lambda c: c.execute(update(t.turn).values(created_at=before)))
        third = storyteller(second, ScriptedEngine(), allowance=allowance)
        await third.perform("continue", by())
    finally:
        await first.close()
        await second.close()
