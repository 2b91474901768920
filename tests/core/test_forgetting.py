"""Being forgotten: names, ids and texts go from everything that is kept; neither undo nor a backup brings them back."""

import asyncio
import datetime as dt
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.util import await_only

from core import forgetting
from core import tables as t
from core.database import Database
from core.erasure import Erasure
from core.errors import NotPossible, StoreFull
from core.forgetting import GONE, Person
from core.place import Contributor
from core.reply import Reply
from core.storyteller import Storyteller
from core.tombstones import Book, Stone
from tests.kit import BEN, ELSEWHERE, HERE, started, storyteller, texts, told, turn
from tests.voices import ScriptedEngine

EVE = Contributor("eve-id-4711", "Evelyn")
OTHER_CHANNEL = replace(HERE, channel="c2")
MARK = "zanzibar"
"""A word that stands in everything that Evelyn writes."""


def by_eve(**more: Any) -> Any:
    return turn(who=EVE, **more)


async def lived(teller: Storyteller) -> None:
    """Evelyn has been everywhere: begun, added, edited, directed, refined, reported, been kept back, moderated."""
    await teller.perform("start", by_eve(), {"title": f"The {MARK} lamp", "premise": f"A {MARK} girl."})
    await teller.perform("add", by_eve(source="m1"), {"text": f"First {MARK} words."})
    await teller.perform("edit", by_eve(), {"number": "1", "text": f"Better {MARK} words."})
    await teller.perform("add", turn(who=BEN), {"text": "Ben was here."})
    await teller.perform("lore add", by_eve(), {"name": f"{MARK} Mara", "fact": f"keeps the {MARK} light"})
    await teller.perform("lore add", turn(who=BEN), {"name": "Otto", "fact": "is a cat"})
    await teller.perform("continue", by_eve(), {"direction": f"a {MARK} ship"})
    await teller.perform("add", by_eve(), {"text": f"Last {MARK} words."})
    await teller.perform("refine", turn(who=BEN))
    await teller.perform("undo", turn(who=BEN))
    await teller.perform("remove", by_eve(), {"number": "1"})
    await teller.perform("undo", turn(who=BEN))
    await teller.perform("edit", turn(who=BEN), {"number": "2", "text": "Ben was here before."})
    await teller.perform("explain", turn(who=BEN), {"question": "What came first?"})
    await teller.perform("report", by_eve(), {"reason": f"It is {MARK}."})
    await started(teller, "Ben begins.", place=OTHER_CHANNEL)
    await teller.perform("add", by_eve(place=OTHER_CHANNEL), {"text": f"Elsewhere {MARK} too."})


def moderated(connection: Connection) -> None:
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    house = connection.scalar(select(t.place.c.id).where(t.place.c.channel == HERE.channel).limit(1))
    held = {
        **{"place_id": house, "operation": "add", "arguments": {"text": MARK}, "digest": b"x" * 32, "reasons": []},
        **{"state": "refused", "note": "", "created_at": moment},
    }
    mine = held | {"request_id": "h1", "contributor_id": EVE.id, "author": EVE.name, "decided_by": None}
    decided = {
        "request_id": "h2",
        "contributor_id": BEN.id,
        "author": "Ben",
        "decided_by": EVE.id,
        "decided_at": moment,
    }
    connection.execute(insert(t.held), mine)
    connection.execute(insert(t.held), held | decided | {"arguments": {}, "note": f"{MARK} no"})
    server = {"platform": HERE.platform, "workspace": HERE.workspace}
    over = {"digest": b"y" * 32, "actor": EVE.id, "reason": f"{MARK} ok", "created_at": moment}
    connection.execute(insert(t.override), server | over)
    connection.execute(update(t.post).values(delivered_at=moment))


def everything(connection: Connection) -> str:
    """Every byte that is kept, as text; token ids are those of a voice whose tokens are bytes."""
    found = []
    for table in t.metadata.sorted_tables:
        for row in connection.execute(select(table)):
            for value in row:
                if isinstance(value, bytes) and table is t.token:
                    found.append(bytes(n for n in memoryview(value).cast("I") if n < 256).decode("utf-8", "replace"))
                else:
                    found.append(json.dumps(value, default=str, ensure_ascii=False))
    return "\n".join(found)


@pytest.fixture
async def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "erasures.forgotten")


@pytest.fixture
async def teller(database: Database, book: Book) -> AsyncIterator[Storyteller]:
    voice = ScriptedEngine(["A bell rang in the fog. Somebody answered."] * 3)
    teller = storyteller(database, voice, book=book)
    await lived(teller)
    await database.write(moderated)
    before = await database.read(everything)
    assert EVE.id in before
    assert EVE.name in before
    assert MARK in before
    yield teller


async def forget(teller: Storyteller, passages: str) -> Reply:
    return await teller.perform("mydata delete", by_eve(), {"passages": passages, "confirm": "confirm"})


async def test_nothing_happens_without_confirmation_and_what_would_happen_is_told(
    teller: Storyteller, database: Database
) -> None:
    before = await database.read(everything)
    for given in ({}, {"passages": "remove"}, {"confirm": "confirm"}):
        reply = await teller.perform("mydata delete", by_eve(), given)
        assert reply.private
        assert "cannot be undone" in reply.blocks[0].text
    assert await database.read(everything) == before


async def test_with_remove_no_byte_of_hers_is_left_anywhere(teller: Storyteller, database: Database) -> None:
    reply = await forget(teller, "remove")
    assert reply.private
    left = await database.read(everything)
    assert EVE.id not in left
    assert EVE.name not in left
    assert MARK not in left
    shown = await told(teller)
    assert shown[0] == GONE
    assert "Ben was here before." in shown
    assert texts(await teller.perform("show", turn(OTHER_CHANNEL))) == ["Ben begins.", GONE]


async def test_a_clock_that_was_set_back_by_an_hour_leaves_nothing_of_hers(
    teller: Storyteller, database: Database
) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)

    def set_back(connection: Connection) -> None:
        for table in (t.turn, t.passage, t.held, t.story, t.override):
            connection.execute(update(table).values(created_at=later))

    await database.write(set_back)
    await forget(teller, "remove")
    left = await database.read(everything)
    assert EVE.id not in left
    assert MARK not in left


async def test_with_keep_the_words_stay_and_lead_to_nobody(teller: Storyteller, database: Database) -> None:
    await forget(teller, "keep")
    left = await database.read(everything)
    assert EVE.id not in left
    assert EVE.name not in left
    shown = await teller.perform("show", turn())
    first = next(block for block in shown.blocks if block.text.startswith("Better"))
    assert first.label is not None
    assert "a participant" in first.label
    in_chinese = await teller.perform("show", turn(language="zh"))
    assert not any("a participant" in (block.label or "") for block in in_chinese.blocks)


async def test_undo_and_redo_bring_no_removed_word_back(teller: Storyteller) -> None:
    await forget(teller, "remove")
    seen = []
    for name in ("undo", "redo"):
        for _ in range(20):
            try:
                reply = await teller.perform(name, turn(who=BEN))
            except NotPossible:
                break
            seen += [f"{block.text} {block.label}" for block in reply.blocks]
            seen += await told(teller)
    assert len(seen) > 20
    assert not [each for each in seen if MARK in each or EVE.name in each]


async def test_the_storyteller_is_not_given_what_was_removed(database: Database) -> None:
    voice = ScriptedEngine()
    teller = storyteller(database, voice)
    await lived(teller)
    await forget(teller, "remove")
    voice.requests.clear()
    await teller.perform("continue", turn(who=BEN))
    await teller.perform("why", turn(who=BEN))
    given = bytes(each for request in voice.requests for each in request.prompt if each < 256).decode()
    assert "Ben was here before." in given
    assert MARK not in given


async def test_the_story_goes_on_and_whoever_was_forgotten_may_come_back(teller: Storyteller) -> None:
    await forget(teller, "remove")
    await teller.perform("add", by_eve(), {"text": "A new day."})
    await teller.perform("continue", turn(who=BEN))
    assert "A new day." in await told(teller)
    await forget(teller, "keep")
    assert "A new day." in await told(teller)


async def test_what_others_have_not_seen_yet_is_still_shown_if_it_has_nothing_of_hers(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine())
    await started(teller, "Ben's own.")
    await teller.perform("add", by_eve(), {"text": f"A {MARK} lamp."})
    await teller.perform("remove", turn(who=BEN), {"number": "2"})
    await teller.perform("undo", turn(who=BEN))
    await forget(teller, "remove")
    left = [str(block.text) for each in await teller.delivery.undelivered(HERE.platform) for block in each.reply.blocks]
    assert "Ben's own." in left
    assert "This was forgotten." in left
    assert not [each for each in left if MARK in each or EVE.name in each]


async def test_on_another_platform_or_server_the_same_id_may_be_another_person(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine())
    far = replace(HERE, platform="far")
    for place in (HERE, ELSEWHERE, far):
        await started(teller, place=place)
        await teller.perform("add", by_eve(place=place), {"text": f"Hello {MARK}."})
    gone = {"passages": "remove", "confirm": "confirm"}
    await teller.perform("mydata delete", by_eve(local=True), gone)
    assert [await told(teller, place) for place in (HERE, ELSEWHERE, far)] == [
        [GONE],
        [f"Hello {MARK}."],
        [f"Hello {MARK}."],
    ]
    await teller.perform("mydata delete", by_eve(), gone)
    assert [await told(teller, place) for place in (ELSEWHERE, far)] == [[GONE], [f"Hello {MARK}."]]


async def test_what_she_was_writing_meanwhile_is_not_kept(database: Database) -> None:
    voice = ScriptedEngine(["A bell rang in the fog."])
    teller = storyteller(database, voice)
    await started(teller, "One.")
    await started(teller, "Two.", place=OTHER_CHANNEL)
    await teller.perform("add", by_eve(place=OTHER_CHANNEL), {"text": "Three."})
    voice.gate.clear()
    writing = asyncio.create_task(teller.perform("continue", by_eve(), {"direction": MARK}))
    while not voice.requests:
        await asyncio.sleep(0)
    await teller.perform("mydata delete", by_eve(place=OTHER_CHANNEL), {"passages": "remove", "confirm": "confirm"})
    voice.gate.set()
    with pytest.raises(NotPossible, match="asked to be forgotten"):
        await writing
    assert MARK not in await database.read(everything)


async def test_what_others_were_writing_meanwhile_is_written_from_what_is_left(database: Database) -> None:
    voice = ScriptedEngine()
    teller = storyteller(database, voice)
    await started(teller)
    await teller.perform("add", by_eve(), {"text": f"A {MARK} lamp."})
    voice.gate.clear()
    writing = asyncio.create_task(teller.perform("continue", turn(who=BEN)))
    while not voice.requests:
        await asyncio.sleep(0)
    await teller.perform("mydata delete", by_eve(place=OTHER_CHANNEL), {"passages": "remove", "confirm": "confirm"})
    voice.gate.set()
    await writing
    assert len(voice.requests) == 2
    assert MARK in bytes(each for each in voice.requests[0].prompt if each < 256).decode()
    assert MARK not in bytes(each for each in voice.requests[1].prompt if each < 256).decode()


async def test_a_restored_backup_forgets_again_at_the_start(tmp_path: Path) -> None:
    address, book = f"sqlite+aiosqlite:///{tmp_path / 'stories.db'}", Book(tmp_path / "stories.forgotten")
    database = await Database.open(address)
    teller = storyteller(database, ScriptedEngine(), book=book)
    await lived(teller)
    await database.close()
    shutil.copy(tmp_path / "stories.db", tmp_path / "backup.db")

    database = await Database.open(address)
    await forget(storyteller(database, ScriptedEngine(), book=book), "remove")
    assert await Erasure(database, secret="s", book=book).repeat() == 0
    await database.close()
    for each in tmp_path.glob("stories.db*"):
        each.unlink()
    shutil.copy(tmp_path / "backup.db", tmp_path / "stories.db")

    database = await Database.open(address)
    assert MARK in await database.read(everything)
    assert await Erasure(database, secret="s", book=book).repeat() == 1
    left = await database.read(everything)
    assert MARK not in left
    assert EVE.id not in left
    assert await Erasure(database, secret="s", book=book).repeat() == 0
    await database.close()


def _taken(step: forgetting.Step, wish: forgetting.Wish, connection: Connection) -> forgetting.Outcome:
    return step.work(connection, wish)


@pytest.mark.parametrize("kind", [forgetting._passages, forgetting._posts, forgetting._turns])
async def test_one_that_was_interrupted_is_ended_at_the_next_start(
    teller: Storyteller, database: Database, book: Book, kind: Any
) -> None:
    stone = Stone(Erasure(database, secret="s").mac(Person(HERE.platform, EVE.id)), dt.datetime.now(dt.UTC), True)
    await database.write(lambda c: c.execute(insert(t.tombstone), vars(stone)))
    eve = Person(HERE.platform, EVE.id)
    there = await database.read(lambda c: forgetting.places(c, eve, stone.created_at))
    wish = forgetting.Wish(eve, stone.created_at, True, there, b"mac")
    for step in forgetting.steps(wish):  # as far as it came
        await database.write(partial(_taken, step, wish))
        if step.work is kind:
            break
    again = Erasure(database, secret="s", book=book)
    assert await again.repeat() == 1
    if kind is not forgetting._turns:
        assert MARK not in await database.read(everything)
    assert await again.repeat() == 0
    assert stone in await book.read()


async def test_two_processes_may_start_at_once_on_a_restored_backup(address: str, tmp_path: Path) -> None:
    first, second = await Database.open(address), await Database.open(address)
    book = Book(tmp_path / "x.forgotten")
    teller = storyteller(first, ScriptedEngine(), book=book)
    await lived(teller)
    her = Erasure(first, secret="s").mac(Person(HERE.platform, EVE.id))
    await book.add(Stone(her, dt.datetime.now(dt.UTC), True))
    await asyncio.gather(*(Erasure(each, secret="s", book=book).repeat() for each in (first, second)))
    assert MARK not in await first.read(everything)
    await first.close()
    await second.close()


async def test_two_processes_that_forget_the_same_person_never_write_over_each_other(
    postgres_address: str, tmp_path: Path
) -> None:
    first, second = await Database.open(postgres_address), await Database.open(postgres_address)
    teller = storyteller(first, ScriptedEngine(), book=Book(tmp_path / "x.forgotten"))
    await lived(teller)
    go_on = asyncio.Event()

    def in_the_middle(connection: Connection) -> None:
        connection.execute(select(t.tombstone).with_for_update())
        await_only(go_on.wait())

    def waiting(connection: Connection) -> int:
        return int(connection.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar_one())

    erasure = Erasure(first, secret="s", book=Book(tmp_path / "x.forgotten"))
    stone = Stone(erasure.mac(Person(HERE.platform, EVE.id)), dt.datetime.now(dt.UTC), True)
    await first.write(lambda c: c.execute(insert(t.tombstone), vars(stone)))
    other = asyncio.create_task(second.write(in_the_middle))
    repeating = asyncio.create_task(erasure.repeat())
    while not await second.read(waiting):
        await asyncio.sleep(0)
    assert MARK in await second.read(everything)
    go_on.set()
    await asyncio.gather(other, repeating)
    assert MARK not in await second.read(everything)
    await first.close()
    await second.close()


async def test_many_rows_go_a_few_at_a_time_and_others_write_between(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine())
    await started(teller)
    await started(teller, place=OTHER_CHANNEL)
    await teller.perform("add", by_eve(), {"text": f"{MARK}."})

    def copied(connection: Connection) -> None:
        row = dict(connection.execute(select(t.passage)).one()._mapping)
        del row["id"]
        connection.execute(insert(t.passage), [row | {"number": n + 2} for n in range(forgetting.MOST * 2 + 7)])

    await database.write(copied)
    forgetting_her, written = asyncio.create_task(forget(teller, "remove")), 0
    while not forgetting_her.done():
        await teller.perform("add", turn(OTHER_CHANNEL, BEN), {"text": f"Ben's {written}."})
        written += 1
    await forgetting_her
    assert written > 3
    assert MARK not in await database.read(everything)


async def test_a_file_that_cannot_be_written_is_said_and_it_is_done_at_the_next_start(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "nowhere"
    teller = storyteller(database, ScriptedEngine(), book=Book(folder / "x.forgotten"))
    await lived(teller)
    with pytest.raises(StoreFull, match="could not be noted"):
        await forget(teller, "remove")
    folder.mkdir()
    assert await Erasure(database, secret="s", book=Book(folder / "x.forgotten")).repeat() == 1
    assert MARK not in await database.read(everything)
    assert (folder / "x.forgotten").stat().st_mode & 0o077 == 0


async def test_a_line_that_was_cut_short_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "x.forgotten"
    book, stone = Book(path), Stone(b"m" * 32, dt.datetime.now(dt.UTC), False)
    path.write_text("abcd 2026-01")
    await book.add(stone)
    assert await book.read() == {stone}


async def test_no_name_or_id_is_in_the_tombstones(teller: Storyteller, database: Database, tmp_path: Path) -> None:
    await forget(teller, "remove")
    written = (tmp_path / "erasures.forgotten").read_text()
    assert EVE.id not in written
    assert Erasure(database, secret="s").mac(Person(HERE.platform, EVE.id)).hex() in written
    assert Erasure(database, secret="other").mac(Person(HERE.platform, EVE.id)).hex() not in written


async def test_she_gets_everything_that_is_kept_about_her_and_nothing_of_others(teller: Storyteller) -> None:
    reply = await teller.perform("mydata export", by_eve())
    assert reply.private
    assert reply.post is None
    assert reply.file is not None
    kept = json.loads(reply.file.text)
    assert {each["text"] for each in kept["passages"]} >= {
        *(f"{word} {MARK} words." for word in ("First", "Better", "Last")),
        f"Elsewhere {MARK} too.",
    }
    assert [each["title"] for each in kept["stories begun"]] == [f"The {MARK} lamp"]
    assert {each["words"] for each in kept["directions"]} == {f"a {MARK} ship"}
    assert [each["fact"] for each in kept["facts"]] == [f"keeps the {MARK} light"]
    assert [each["message_id"] for each in kept["messages"]] == ["m1"]
    assert len(kept["kept back"]) == len(kept["reports"]) == len(kept["let pass as a moderator"]) == 1
    assert len(kept["requests"]) >= 8
    assert "Ben" not in reply.file.text
    await forget(teller, "remove")
    empty = json.loads(file.text if (file := (await teller.perform("mydata export", by_eve())).file) else "{}")
    assert not any(empty[kind] for kind in empty if kind != "person")


async def test_what_was_kept_back_is_listed_without_its_text(teller: Storyteller) -> None:
    reply = await teller.perform("mydata export", by_eve())
    assert reply.file is not None
    [held] = json.loads(reply.file.text)["kept back"]
    assert set(held) == {"operation", "reasons", "state", "server", "channel", "thread", "time"}
