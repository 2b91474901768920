"""Leases: nobody has what another has, what a dead process had goes to the others, and posts are inherited once."""

import asyncio
import contextlib
import itertools
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from core import tables as t
from core.database import CONNECTIONS, Database
from core.errors import EngineFailed
from core.leases import Leases, Member
from core.store import Store
from core.storyteller import Storyteller
from tests.kit import HERE, started, storyteller, told, turn
from tests.voices import ScriptedEngine

LONG = 60.0
"""Seconds that nobody dies in."""
SHORT = 0.6
"""Seconds after which one that says nothing is dead."""


@pytest.fixture
async def database(postgres_address: str) -> AsyncIterator[Database]:
    opened = await Database.open(postgres_address)
    yield opened
    await opened.close()


def process(database: Database, *, life: float = LONG) -> Member:
    """A process that says that it lives only when it is told to."""
    return Member(database, HERE.platform, life)


async def until(true: Callable[[], bool], breathing: Member) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.02)
            await breathing.breathe()


async def test_parts_are_divided_evenly_and_nobody_has_what_another_has(database: Database) -> None:
    one, two, three = (process(database) for _ in range(3))
    await one.divide(7)
    assert one.share.parts == frozenset(range(7))
    await two.divide(7)
    assert two.share.parts == frozenset()
    await one.breathe()
    assert one.share.excess == {4, 5, 6}
    await two.breathe()
    assert two.share.parts == frozenset(), "what was not given back was taken"
    await one.give_back(one.share.excess)
    await three.divide(7)
    for each in (two, one, two, three, one):
        await each.breathe()
        await each.give_back(each.share.excess)
    for each in (one, two, three):
        await each.breathe()
    parts = [each.share.parts for each in (one, two, three)]
    assert sorted(map(len, parts)) == [1, 3, 3]
    assert frozenset().union(*parts) == frozenset(range(7))


async def test_who_leaves_gives_everything_back_at_once(database: Database) -> None:
    one, two = process(database), process(database)
    await one.divide(4)
    await one.leave()
    await two.divide(4)
    assert two.share.parts == frozenset(range(4))
    assert not await asyncio.wait_for(two.changed(), 1), "it left in order, and nobody need look after it"


async def test_what_a_dead_process_had_goes_to_another_and_it_let_go_of_it_before(database: Database) -> None:
    dead, heir = process(database, life=SHORT), process(database)
    await dead.divide(4)
    await heir.divide(4)
    had_when_taken: list[frozenset[int]] = []

    def taken() -> bool:
        if heir.share.parts:
            had_when_taken.append(dead.share.parts)
        return bool(heir.share.parts)

    await until(taken, heir)
    assert had_when_taken == [frozenset()]
    assert heir.share.parts == frozenset(range(4))
    assert await asyncio.wait_for(heir.changed(), 1), "it is told that somebody died"


async def test_who_was_thought_dead_and_lives_finds_what_is_left(database: Database) -> None:
    stalled, other = process(database, life=SHORT), process(database)
    await stalled.divide(4)
    await other.divide(4)
    await until(lambda: other.share.parts == frozenset(range(4)), other)
    await stalled.breathe()
    assert stalled.share.parts == frozenset()
    await other.breathe()
    await other.give_back(other.share.excess)
    await stalled.breathe()
    assert stalled.share.parts | other.share.parts == frozenset(range(4))
    assert not stalled.share.parts & other.share.parts


async def test_all_go_by_the_number_of_those_that_hold_any_and_one_that_must_not_waits(database: Database) -> None:
    one, other, fixed = (process(database) for _ in range(3))
    await one.divide(4)
    await other.divide(6)
    await fixed.divide(6, fixed=True)
    assert (other.share.of, fixed.share.of, fixed.share.parts) == (4, 4, frozenset())
    await one.breathe()
    assert len(one.share.excess) == 2, "one that waits for another number counts for nothing"
    await one.leave()
    await other.leave()
    await fixed.breathe()
    assert fixed.share.parts == frozenset(range(6))


async def test_moments_lie_apart_over_all_processes(database: Database) -> None:
    members = [process(database) for _ in range(4)]
    waits = sorted(await asyncio.gather(*(each.moment("identify 0", 5.0) for each in members)))
    assert waits[0] == 0
    assert all(4.5 < later - sooner <= 5.01 for sooner, later in itertools.pairwise(waits))
    assert await members[0].moment("identify 1", 5.0) == 0
    await members[1].divide(2)
    await members[1].breathe()
    assert 19 < await members[2].moment("identify 0", 5.0) <= 20, "who lives changes no moment"


async def test_in_a_block_for_one_the_others_come_after_it_also_if_it_dies_there(database: Database) -> None:
    one, two, inside = process(database), process(database, life=SHORT), list[str]()

    async def enter(member: Member, name: str) -> None:
        async with member.only("commands"):
            inside.append(f"{name} in")
            await asyncio.sleep(0.05)
            inside.append(f"{name} out")

    await asyncio.gather(enter(one, "one"), enter(two, "two"))
    assert [each.split()[0] for each in inside] in (["one", "one", "two", "two"], ["two", "two", "one", "one"])
    dying = process(database, life=SHORT)
    await dying.only("commands").__aenter__()
    async with asyncio.timeout(10):
        await enter(two, "heir")
    assert inside[-1] == "heir out"


async def test_a_process_that_cannot_reach_the_database_lets_go_and_has_its_share_again_afterwards(
    database: Database, postgres: str, postgres_address: str
) -> None:
    server = create_async_engine(postgres, isolation_level="AUTOCOMMIT")
    name = make_url(postgres_address).database
    async with Leases(database, life=SHORT).joined("test") as member, server.connect() as admin, asyncio.timeout(30):
        await member.divide(3)
        await admin.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"))
        await admin.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"))
        while member.share.parts:
            await member.changed()
        await admin.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"))
        while not member.share.parts:
            await member.changed()
        assert member.share.parts == {0, 1, 2}
    await server.dispose()


async def test_a_sign_of_life_does_not_wait_behind_turns(database: Database, postgres_address: str) -> None:
    member = process(database)
    server = create_async_engine(postgres_address)
    async with server.connect() as admin:
        await admin.execute(text("SELECT pg_advisory_lock(1)"))
        turns = [
            asyncio.create_task(database.write(lambda c: c.execute(text("SELECT pg_advisory_xact_lock(1)")).close()))
            for _ in range(2 * CONNECTIONS)
        ]
        async with asyncio.timeout(20):
            await member.divide(3)
        assert member.share.parts == {0, 1, 2}
        assert not any(each.done() for each in turns)
        await admin.execute(text("SELECT pg_advisory_unlock(1)"))
        await asyncio.gather(*turns)
    await server.dispose()


@contextlib.asynccontextmanager
async def living(database: Database) -> AsyncIterator[Storyteller]:
    """A process with a storyteller, as long as the block lasts."""
    teller = storyteller(database, ScriptedEngine())
    async with teller.leases.joined(HERE.platform):
        yield teller


async def test_what_a_living_process_has_still_to_show_is_nobody_elses(database: Database) -> None:
    async with living(database) as one, living(database) as two:
        await one.perform("start", turn(), {"title": "The Lamp"})
        assert await two.delivery.inherited(HERE.platform) == ([], [])
        assert await one.delivery.inherited(HERE.platform) == ([], []), "it is about to show it"
        assert len(await two.delivery.undelivered(HERE.platform)) == 1


async def test_what_a_process_that_ended_left_to_show_is_inherited_by_one(database: Database) -> None:
    async with living(database) as one:
        reply = await one.perform("start", turn(), {"title": "The Lamp"})
    async with living(database) as two, living(database) as three:
        found = await asyncio.gather(*(each.delivery.inherited(HERE.platform) for each in (two, three, two)))
        assert [missed.reply.post for replies, _ in found for missed in replies] == [reply.post]
    async with living(database) as four:
        assert [missed.reply.post for missed in (await four.delivery.inherited(HERE.platform))[0]] == [reply.post]


async def test_an_alert_that_was_not_told_is_inherited_with_its_post(database: Database) -> None:
    async with living(database) as one:
        await started(one, "Mara found a lamp.")
        reply = await one.perform("report", turn(), {"reason": "rude"})
        await one.delivery.delivered(reply)
        async with living(database) as two:
            assert (await two.delivery.inherited(HERE.platform))[1] == []
    async with living(database) as three:
        assert [each.post for each in (await three.delivery.inherited(HERE.platform))[1]] == [reply.post]
        assert (await three.delivery.inherited("another"))[1] == []


async def test_on_sqlite_there_is_one_process_and_it_has_everything(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'stories.db'}")
    store = Store(database)
    async with store.leases.joined("test") as member, member.only("commands"):
        assert member.alone
        await member.divide(4)
        assert store.leases.holder("test") == ""
    await database.close()


async def test_a_turn_that_its_process_did_not_live_to_finish_is_told_to_have_stopped(database: Database) -> None:
    voice = ScriptedEngine()
    dying = storyteller(database, voice)
    asked = turn(language="zh-CN", here="en")
    async with dying.leases.joined(HERE.platform):
        await started(dying, "Mara found a lamp.")
        voice.gate.clear()
        writing = asyncio.create_task(dying.perform("continue", asked))
        async with asyncio.timeout(10):
            while not voice.writing:
                await asyncio.sleep(0.01)
        async with living(database) as other:
            assert await other.delivery.inherited(HERE.platform) == ([], []), "it is still being written"
            assert await other.leases.under_way(HERE.platform, asked.id)
            assert not await other.leases.under_way(HERE.platform, "another")
    assert not await dying.leases.under_way(HERE.platform, asked.id)
    async with living(database) as heir:
        await process(database).moment("identify 0", 5.0)  # which no process holds
        found = [missed for missed in (await heir.delivery.inherited(HERE.platform))[0] if missed.turn_id == asked.id]
        assert [str(block.text) for missed in found for block in missed.reply.blocks] == [
            "Stopped before it was finished; nothing was added."
        ]
        assert await heir.delivery.inherited(HERE.platform) == ([], [])
        voice.gate.set()
        assert (await writing).again, "it had been given up, and adds nothing now"
        assert await told(heir) == ["Mara found a lamp."]


async def test_a_turn_that_ends_in_any_way_leaves_no_note_of_its_beginning(database: Database) -> None:
    voice = ScriptedEngine(["One answer.", EngineFailed()])
    async with living(database) as teller:
        teller.engine = voice
        await started(teller, "Mara found a lamp.")
        await teller.perform("continue", turn())
        with pytest.raises(EngineFailed):
            await teller.perform("continue", turn())
        assert await database.read(lambda c: c.execute(select(t.begun)).all()) == []


PROCESS = """
import asyncio, sys
from core.database import Database
from core.errors import AlreadyServed
from core.leases import Leases

async def main(url, platform):
    leases = Leases(await Database.open(url))
    async with leases.joined(platform):
        print("served", flush=True)
        sys.stdin.read()

try:
    asyncio.run(main(*sys.argv[1:]))
except AlreadyServed as error:
    print(error.notice, flush=True)
"""


def serving(url: str, platform: str) -> "subprocess.Popen[str]":
    """A process of its own that serves a platform until its input ends, or until it is killed."""
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", PROCESS, url, platform], stdin=pipe, stdout=pipe, text=True)


def test_a_second_process_with_the_same_file_is_refused_until_the_first_has_ended_in_any_way(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'stories.db'}"
    with serving(url, "discord") as first, serving(url, "slack") as beside:
        assert first.stdout and beside.stdout
        assert (first.stdout.readline(), beside.stdout.readline()) == ("served\n", "served\n")
        refused, _ = serving(url, "discord").communicate(timeout=60)
        assert refused.startswith("Another process tells stories on this platform")
        first.kill()
        first.wait()
        served, _ = serving(url, "discord").communicate(timeout=60)
        assert served == "served\n"
        beside.kill()
