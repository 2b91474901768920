"""The steps in which a person is forgotten: which rows are touched, in which order, some at a time.

Each step is a unit of work that says how far it has come; it is done until nothing is left. What leads to the
person's rows, their turns, is changed last.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, func, select, true, update

from core import tables as t
from core.story import A_PARTICIPANT, NOBODY, Turn
from core.wording import said

MOST = 200
"""Rows that one transaction changes."""
GONE = "[…]"
"""What stands where a text was; the same in every language."""
_FORGOTTEN = {"shape": "note", "text": str(said("This was forgotten.")), "label": None}


@dataclass(frozen=True)
class Person:
    """Somebody, by the platform's id. With a workspace, on this server alone; without one, on all of the platform."""

    platform: str
    id: str
    workspace: str = ""

    @classmethod
    def of(cls, turn: Turn) -> "Person":
        """Whoever asked for a turn."""
        here = turn.place
        return cls(here.platform, turn.contributor.id, here.workspace if turn.local else "")

    def on(self, table: Any) -> tuple[ColumnElement[bool], ...]:
        """Rows of `table`, which has a platform and a workspace, that lie where the person is this person."""
        here = (table.c.platform == self.platform,)
        return (*here, table.c.workspace == self.workspace) if self.workspace else here


class Outcome(NamedTuple):
    """What a step did: rows, the id up to which it looked if it goes by ids, and what nobody may be shown any more."""

    rows: int
    reached: int = 0
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Wish:
    """Whom to forget, until when, and whether the texts go too; and how far that has come."""

    person: Person
    until: dt.datetime
    removes: bool
    reached: int = 0
    hidden: frozenset[str] = frozenset()
    """What the person was called, and what was removed, as far as is known yet."""

    def after(self, outcome: Outcome) -> "Wish":
        """What is left of it."""
        return replace(self, reached=outcome.reached, hidden=self.hidden | outcome.hidden)

    @property
    def turns(self) -> Select[Any]:
        """The ids of the person's turns."""
        where = select(t.place.c.id).where(*self.person.on(t.place))
        mine = t.turn.c.contributor_id == self.person.id, t.turn.c.created_at <= self.until
        return select(t.turn.c.id).where(*mine, t.turn.c.place_id.in_(where))

    @property
    def places(self) -> Select[Any]:
        """The ids of the places in which the person has taken turns."""
        return select(t.turn.c.place_id).where(t.turn.c.id.in_(self.turns)).distinct()

    @property
    def stories(self) -> Select[Any]:
        """The ids of the stories of these places."""
        return select(t.story.c.id).where(t.story.c.place_id.in_(self.places))


@dataclass(frozen=True)
class Step:
    """Some rows of one kind. `again` says that it is done until it finds no more."""

    name: str
    work: Callable[[Connection, Wish], Outcome]
    again: bool = True


def steps(wish: Wish) -> Iterator[Step]:
    """The steps, in order."""
    yield Step("passage", _passages)
    yield Step("story", _stories)
    if wish.removes:
        yield Step("given", _given)
        yield Step("lore", _lore)
    yield Step("post", _posts)
    yield Step("held", _held)
    yield Step("report", _reports)
    yield Step("override", _overrides, again=False)
    yield Step("message", _messages)
    yield Step("place", _places, again=False)
    yield Step("turn", _turns)


def _passages(connection: Connection, wish: Wish) -> Outcome:
    """Every version of what the person wrote."""
    p = t.passage.c
    mine = p.author_id == wish.person.id, p.created_at <= wish.until, p.story_id.in_(wish.stories)
    found = connection.execute(select(p.id, p.author, p.text).where(*mine).limit(MOST)).all()
    ids = [row.id for row in found]
    hidden = {row.author for row in found} | ({row.text for row in found} if wish.removes else set())
    values = {"author_id": NOBODY, "author": A_PARTICIPANT} | ({"text": GONE} if wish.removes else {})
    connection.execute(update(t.passage).where(p.id.in_(ids)).values(**values))
    if wish.removes:
        connection.execute(delete(t.token).where(t.token.c.passage_id.in_(ids)))
    return Outcome(len(ids), hidden=frozenset(hidden))


def _stories(connection: Connection, wish: Wish) -> Outcome:
    """What the person began."""
    s = t.story.c
    mine = s.author_id == wish.person.id, s.created_at <= wish.until, s.place_id.in_(wish.places)
    found = connection.execute(select(s.id, s.author, s.title).where(*mine).limit(MOST)).all()
    hidden = {row.author for row in found} | ({row.title for row in found} if wish.removes else set())
    values = {"author_id": None, "author": A_PARTICIPANT} | ({"title": GONE, "premise": ""} if wish.removes else {})
    connection.execute(update(t.story).where(s.id.in_([row.id for row in found])).values(**values))
    return Outcome(len(found), hidden=frozenset(hidden))


def _given(connection: Connection, wish: Wish) -> Outcome:
    """What the storyteller was told by the person, for whichever passage.

    The newest first: copies that others made of a passage are newer than it, and are known by its words.
    """
    p, of, last = t.passage.c, t.lore.c, wish.reached
    here = p.story_id.in_(wish.stories), p.given.is_not(None), (p.id < last) if last else true()
    found = connection.execute(select(p.id, p.given).where(*here).order_by(p.id.desc()).limit(MOST)).all()
    told = select(p.given["words"].as_string()).where(p.turn_id.in_(wish.turns), p.story_id.in_(wish.stories))
    words = set(connection.scalars(told.where(p.given.is_not(None)).distinct()))
    names = set(connection.scalars(select(of.name).where(of.turn_id.in_(wish.turns), of.story_id.in_(wish.stories))))
    for row in found:
        kept = {key: [name for name in row.given[key] if name not in names] for key in ("lore", "lore_left_out")}
        new = row.given | kept | ({"words": ""} if row.given["words"] in words else {})
        if new != row.given:
            connection.execute(update(t.passage).where(p.id == row.id).values(given=new))
        last = row.id
    return Outcome(len(found), last)


def _lore(connection: Connection, wish: Wish) -> Outcome:
    """The facts that the person added."""
    of = t.lore.c
    return _removed(connection, t.lore, of.turn_id.in_(wish.turns), of.story_id.in_(wish.stories))


def _posts(connection: Connection, wish: Wish) -> Outcome:
    """What was said back: to the person, and to others where the person's words or name may stand in it."""
    p, last = t.post.c, wish.reached
    mine = p.turn_id.in_(wish.turns).label("mine")
    here = t.turn.c.place_id.in_(wish.places), t.turn.c.created_at <= wish.until, p.id > last
    wanted = select(p.id, p.blocks, p.delivered_at, mine).join(t.turn, t.turn.c.id == p.turn_id).where(*here)
    found = connection.execute(wanted.order_by(p.id).limit(MOST)).all()
    for row in found:
        last = row.id
        if not row.mine and row.delivered_at is None and not _tells(row.blocks, wish.hidden):
            continue  # nobody has seen it yet, and it has nothing of the person's
        over = {"delivered_at": func.coalesce(p.delivered_at, wish.until)} if row.mine else {}
        connection.execute(update(t.post).where(p.id == row.id).values(blocks=[_FORGOTTEN], **over))
        connection.execute(update(t.alert).where(t.alert.c.post_id == row.id).values(blocks=[_FORGOTTEN], source=""))
    return Outcome(len(found), last)


def _tells(blocks: list[dict[str, Any]], names: frozenset[str]) -> bool:
    said_so = [str(block[key]) for block in blocks for key in ("text", "label") if block[key]]
    return any(name in text for text in said_so for name in names if name)


def _held(connection: Connection, wish: Wish) -> Outcome:
    """What moderation kept back, and what the person decided as a moderator."""
    h = t.held.c
    where = h.place_id.in_(select(t.place.c.id).where(*wish.person.on(t.place)))
    decided = h.decided_by == wish.person.id, h.decided_at <= wish.until, where
    connection.execute(update(t.held).where(*decided).values(decided_by=None, note=""))
    return _removed(connection, t.held, h.contributor_id == wish.person.id, h.created_at <= wish.until, where)


def _reports(connection: Connection, wish: Wish) -> Outcome:
    """Reports stay, without the words."""
    r = t.report.c
    mine = r.turn_id.in_(wish.turns), r.reason != ""
    ids = list(connection.scalars(select(r.id).where(*mine).limit(MOST)))
    connection.execute(update(t.report).where(r.id.in_(ids)).values(reason=""))
    return Outcome(len(ids))


def _overrides(connection: Connection, wish: Wish) -> Outcome:
    """What the person let pass as a moderator stays let pass, by nobody."""
    mine = *wish.person.on(t.override), t.override.c.actor == wish.person.id, t.override.c.created_at <= wish.until
    return Outcome(connection.execute(update(t.override).where(*mine).values(actor=NOBODY, reason="")).rowcount)


def _messages(connection: Connection, wish: Wish) -> Outcome:
    """Which of the platform's messages belong to the person's turns."""
    m = t.message.c
    turns = list(connection.scalars(select(m.turn_id).where(m.turn_id.in_(wish.turns)).distinct().limit(MOST)))
    connection.execute(delete(t.message).where(m.turn_id.in_(turns)))
    return Outcome(len(turns))


def _places(connection: Connection, wish: Wish) -> Outcome:
    """Turns of others that have read the old texts begin again."""
    changed = update(t.place).where(t.place.c.id.in_(wish.places)).values(version=t.place.c.version + 1)
    return Outcome(connection.execute(changed).rowcount)


def _turns(connection: Connection, wish: Wish) -> Outcome:
    ids = list(connection.scalars(wish.turns.limit(MOST)))
    connection.execute(update(t.turn).where(t.turn.c.id.in_(ids)).values(contributor_id=NOBODY))
    return Outcome(len(ids))


def _removed(connection: Connection, table: Table, *which: ColumnElement[bool]) -> Outcome:
    """Delete some of the rows."""
    ids = list(connection.scalars(select(table.c.id).where(*which).limit(MOST)))
    connection.execute(delete(table).where(table.c.id.in_(ids)))
    return Outcome(len(ids))
