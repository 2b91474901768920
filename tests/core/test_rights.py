"""The table of rights: every operation, every role, own and other passages, channels allowed and not."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from core import permission
from core import tables as t
from core.database import Database
from core.errors import NotAllowed
from core.moderation import phrase
from core.operation import OPERATIONS, Effect, Operation
from core.permission import RIGHTS
from core.place import Contributor, House, Length, Turn, Workspace
from core.policy import Rating
from core.reply import Reply
from core.story import NOBODY, STORYTELLER, Kind, Passage, Story
from core.storyteller import Storyteller
from tests.kit import ANA, HERE, started, storyteller, turn
from tests.voices import ScriptedEngine

EVERYBODY = {"blocked", "reader", "writer", "owner", "moderator", "admin"}
READERS = EVERYBODY - {"blocked"}
WRITERS = READERS - {"reader"}
TELLERS = {"owner", "moderator", "admin"}
REVIEWING = {"review list", "review approve", "review reword", "review reject", "review log"}
REVIEWING |= {"review block", "review unblock"}
MAY: dict[str, set[str]] = {
    **dict.fromkeys(("help", "about", "report", "mydata export", "mydata delete", "mydata tuning"), EVERYBODY),
    **dict.fromkeys(
        ("start", "add", "continue", "retry", "refine", "resume", "undo", "redo", "edit", "remove"), WRITERS
    ),
    **dict.fromkeys(
        ("explain", "recap", "show", "list", "why", "settings show", "lore list", "lore summary", "rate"), READERS
    ),
    "mydata story": READERS,
    **dict.fromkeys(("lore add", "lore forget", "lore correct"), WRITERS),
    **dict.fromkeys(("end", "settings length", "settings lines", "settings voice"), TELLERS),
    **dict.fromkeys(("review gentler", "review post"), WRITERS),
    "review ask": READERS,
    **dict.fromkeys(("review accept", "review keep"), WRITERS),
    "settings rating": {"moderator", "admin"},
    **{name: {"moderator", "admin"} for name in REVIEWING},
    **{name: {"admin"} for name in ("setup", "review records")},
}
"""Who may do what, written down a second time."""
EVERYWHERE = {"help", "about", "report", "setup", "mydata export", "mydata delete", *REVIEWING}
EVERYWHERE |= {"review ask", "review gentler", "review post", "review records", "mydata tuning"}
OWN_ONLY = {"edit", "remove"}
ASKED_FIRST = {"refine"}
"""Another person's passage is changed only once that person accepts."""
SPENDING = {"continue", "retry", "refine", "explain", "recap", "review gentler"}

PEOPLE: dict[str, dict[str, Any]] = {
    "blocked": {"who": Contributor("out", "Out")},
    "reader": {"who": Contributor("r", "Ria")},
    "writer": {"who": Contributor("w", "Wim"), "roles": frozenset({"55"})},
    "owner": {"who": ANA, "roles": frozenset({"55", "56"})},
    "moderator": {"who": Contributor("m", "Mo"), "roles": frozenset({"77"})},
    "admin": {"who": Contributor("a", "Ada"), "admin": True},
}
WORKSPACE = Workspace(
    moderators=frozenset({"77"}), blocked=frozenset({"out", "elsewhere"}), writers=frozenset({"55", "somebody"})
)
STORY = Story(1, phrase("The Lamp"), phrase(""), phrase("Ana"), ended=False, head=1, passages=1, author_id=ANA.id)
EVERY = list(itertools.product(sorted(OPERATIONS), PEOPLE, (True, False)))


def asked(role: str, **more: Any) -> Turn:
    return turn(**({"admin": False} | PEOPLE[role] | more))


def house(*, here: bool) -> House:
    channels = frozenset({HERE.channel if here else "another"})
    return House(1, Rating.TEEN, Length.MEDIUM, 1, workspace=replace(WORKSPACE, channels=channels))


def passage(author_id: str) -> Passage:
    return Passage(1, 1, None, Kind.ADDED, author_id, phrase("Ana"), phrase("One."), 0, None)


def test_every_operation_has_a_row_and_every_row_an_operation() -> None:
    assert set(RIGHTS) == set(OPERATIONS) == set(MAY)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_what_is_not_allowed_is_refused_and_what_is_allowed_is_not(name: str) -> None:
    for role, here in itertools.product(PEOPLE, (True, False)):
        if role in MAY[name] and (here or name in EVERYWHERE):
            permission.check(OPERATIONS[name], asked(role), house(here=here), STORY)
        else:
            with pytest.raises(NotAllowed):
                permission.check(OPERATIONS[name], asked(role), house(here=here), STORY)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_another_persons_passage_takes_a_moderator(name: str) -> None:
    for role in PEOPLE:
        asking = asked(role)
        for author in (asking.contributor.id, "somebody else", STORYTELLER, NOBODY):
            others = author in ("somebody else", NOBODY)
            never = others and (name in OWN_ONLY or (name in ASKED_FIRST and author == NOBODY))
            if never and role not in ("moderator", "admin"):
                with pytest.raises(NotAllowed, match="whoever wrote"):
                    permission.check_passage(name, asking, house(here=True), STORY, passage(author))
            else:
                permission.check_passage(name, asking, house(here=True), STORY, passage(author))


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_another_person_is_asked_before_their_words_change_unless_a_moderator_does_it(name: str) -> None:
    for role in PEOPLE:
        asking = asked(role)
        for author in (asking.contributor.id, "somebody else", STORYTELLER):
            asks = permission.needs_consent(name, asking, house(here=True), STORY, passage(author))
            expected = author == "somebody else" and name in ASKED_FIRST and role not in ("moderator", "admin")
            assert asks == expected


async def _nothing(_session: Any) -> Reply:
    raise AssertionError("it was performed")


def test_an_operation_without_a_row_is_refused_to_everybody() -> None:
    unknown = Operation("rewrite history", "", (), _nothing, Effect.CHANGES)
    for role in PEOPLE:
        with pytest.raises(NotAllowed, match="no row"):
            permission.check(unknown, asked(role), house(here=True), STORY)


@pytest.fixture
async def full(database: Database) -> AsyncIterator[Storyteller]:
    """A story of Ana's with a passage of hers, on a server with a moderator and somebody who was shut out."""
    teller = storyteller(database, ScriptedEngine())
    await started(teller, "One.")
    await teller.perform(
        "setup",
        turn(),
        {"moderators": "77", "blocked": "out", "writers": "55", "channels": f"{HERE.channel}, elsewhere"},
    )
    yield teller


async def rows(database: Database) -> dict[str, int]:
    def count(connection: Any) -> dict[str, int]:
        return {
            each.name: connection.scalar(select(func.count()).select_from(each)) for each in t.metadata.sorted_tables
        }

    return await database.read(count)


async def test_a_refused_turn_writes_nothing_whatever_it_is(full: Storyteller, database: Database) -> None:
    before = await rows(database)
    elsewhere = replace(HERE, channel="hidden")
    for name, role, here in EVERY:
        if role in MAY[name] and (here or name in EVERYWHERE):
            continue
        given = {p.name: (p.choices or ("1" if p.number else "x",))[0] for p in OPERATIONS[name].params if p.required}
        with pytest.raises(NotAllowed):
            await full.perform(name, asked(role, place=HERE if here else elsewhere), given)
    for name, role in itertools.product(OWN_ONLY, ("writer",)):
        with pytest.raises(NotAllowed):
            await full.perform(name, asked(role), {"number": "1"} | ({"text": "Two."} if name == "edit" else {}))
    assert await rows(database) == before


async def test_a_button_that_names_a_passage_of_another_place_does_nothing(
    full: Storyteller, database: Database
) -> None:
    other = replace(HERE, channel="elsewhere")
    await started(full, "Elsewhere.", place=other)
    theirs = await database.read(lambda c: c.scalar(select(t.passage.c.id).where(t.passage.c.text == "Elsewhere.")))
    before = await rows(database)
    for name in ("edit", "remove", "refine", "undo", "retry", "continue", "explain", "why", "report"):
        given = {"text": "Mine now."} if name == "edit" else {}
        with pytest.raises(Exception, match=r"does not stand in the story|gone on"):
            await full.perform(name, asked("admin", about=theirs), given)
    assert await rows(database) == before


def test_what_asks_the_storyteller_is_marked_so() -> None:
    assert {name for name, right in RIGHTS.items() if right.asks} == SPENDING


async def test_only_what_is_marked_so_asks_the_storyteller(database: Database) -> None:
    voice = ScriptedEngine()
    teller = storyteller(database, voice)
    await started(teller, "A lamp burned.")
    await teller.perform("continue", turn())
    for name in [each for each in OPERATIONS if each not in SPENDING and each not in ("start", "end", "undo")]:
        before = len(voice.requests)
        given = {p.name: (p.choices or ("1" if p.number else "x",))[0] for p in OPERATIONS[name].params if p.required}
        try:
            await teller.perform(name, turn(), given)
        except Exception as error:
            refusals = ("redo", "lore", "being told", "kept back", "one voice", "you may decide", "has not agreed")
            assert any(why in str(error) for why in refusals), name
        assert len(voice.requests) == before, name
