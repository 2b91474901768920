"""The steps in which a person is forgotten: which rows are touched, in which order, some at a time.

Each step is a unit of work that says how far it has come; it is done until nothing is left. What leads to the
person's rows, their turns, is changed last.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, func, select, true, update

from core import tables as t
from core.place import Turn
from core.story import A_PARTICIPANT, NOBODY
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
    places: tuple[int, ...]
    """The ids of the places in which the person has taken turns (`places`)."""
    mac: bytes
    """What stands for the person once nothing leads to them (`Erasure.mac`)."""
    reached: int = 0
    hidden: frozenset[str] = frozenset()
    """What the person was called, and what was removed, as far as is known yet."""

    def after(self, outcome: Outcome) -> "Wish":
        """What is left of it."""
        return replace(self, reached=outcome.reached, hidden=self.hidden | outcome.hidden)

    @property
    def turns(self) -> Select[Any]:
        """The ids of the person's turns."""
        return select(t.turn.c.id).where(self.mine)

    @property
    def mine(self) -> ColumnElement[bool]:
        """Whether a turn is the person's."""
        of = t.turn.c
        return and_(of.contributor_id == self.person.id, of.created_at <= self.until, of.place_id.in_(self.places))

    def took(self, turn_id: Any) -> ColumnElement[bool]:
        """Whether the turn of this id is the person's: looked up row by row, for tables that know a turn by its id."""
        return select(t.turn.c.id).where(t.turn.c.id == turn_id, self.mine).exists()

    @property
    def stories(self) -> Select[Any]:
        """The ids of the stories of these places."""
        return select(t.story.c.id).where(t.story.c.place_id.in_(self.places))


def places(connection: Connection, person: Person, until: dt.datetime) -> tuple[int, ...]:
    """The ids of the places in which somebody has taken turns until then."""
    mine = t.turn.c.contributor_id == person.id, t.turn.c.created_at <= until, *person.on(t.place)
    wanted = select(t.turn.c.place_id).join(t.place, t.place.c.id == t.turn.c.place_id).where(*mine).distinct()
    return tuple(connection.scalars(wanted))


@dataclass(frozen=True)
class Step:
    """Some rows of one kind. `again` says that it is done until it finds no more."""

    name: str
    work: Callable[[Connection, Wish], Outcome]
    again: bool = True


def steps(wish: Wish) -> Iterator[Step]:
    """The steps, in order."""
    yield Step("proposal", _proposals)
    yield Step("passage", _passages)
    yield Step("story", _stories)
    if wish.removes:
        yield Step("given", _given)
        yield Step("lore", _lore)
    yield Step("summary", _summaries)
    yield Step("post", _posts)
    yield Step("held", _held)
    yield Step("report", _reports)
    yield Step("opinion", _opinions)
    yield Step("explanation", _explanations)
    yield Step("consent", _consents, again=False)
    yield Step("override", _overrides, again=False)
    yield Step("message", _messages)
    yield Step("place", _places, again=False)
    yield Step("turn", _turns)


def _proposals(connection: Connection, wish: Wish) -> Outcome:
    """New wordings that the person asked for, or of what the person wrote: nobody can decide on those any more."""
    p = t.proposal.c
    theirs = select(t.passage.c.id).where(t.passage.c.id == p.passage_id, t.passage.c.author_id == wish.person.id)
    either = wish.took(p.turn_id) | theirs.exists()
    return _removed(connection, t.proposal, p.place_id.in_(wish.places), p.created_at <= wish.until, either)


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
    told = p.story_id.in_(wish.stories), p.given.is_not(None), wish.took(p.turn_id)
    words = set(connection.scalars(select(p.given["words"].as_string()).where(*told).distinct()))
    names = set(connection.scalars(select(of.name).where(of.story_id.in_(wish.stories), wish.took(of.turn_id))))
    for row in found:
        kept = {key: [name for name in row.given[key] if name not in names] for key in ("lore", "lore_left_out")}
        new = row.given | kept | ({"words": ""} if row.given["words"] in words else {})
        if new["words"] != row.given["words"]:
            connection.execute(update(t.token).where(t.token.c.passage_id == row.id).values(asked=None))
        if new != row.given:
            connection.execute(update(t.passage).where(p.id == row.id).values(given=new))
        last = row.id
    return Outcome(len(found), last)


def _lore(connection: Connection, wish: Wish) -> Outcome:
    """The facts that the person added."""
    of = t.lore.c
    return _removed(connection, t.lore, of.story_id.in_(wish.stories), wish.took(of.turn_id))


def _summaries(connection: Connection, wish: Wish) -> Outcome:
    """What was told in short of stories of these places: it is made anew, from what is left.

    None of the old texts comes in later: who keeps a summary makes sure that its passages read as they did.
    """
    s = t.summary.c
    if wish.removes:
        return _removed(connection, t.summary, s.story_id.in_(wish.stories))
    mine = s.story_id.in_(wish.stories), s.author_id == wish.person.id
    return Outcome(connection.execute(update(t.summary).where(*mine).values(author_id=NOBODY)).rowcount)


def _posts(connection: Connection, wish: Wish) -> Outcome:
    """What was said back: to the person, and to others where the person's words or name may stand in it."""
    p = t.post.c
    then = select(t.turn.c.id).where(t.turn.c.id == p.turn_id, t.turn.c.created_at <= wish.until).exists()
    wanted = select(p.id, p.blocks, p.delivered_at, wish.took(p.turn_id).label("mine"))
    wanted = wanted.where(p.id > wish.reached, p.place_id.in_(wish.places), then).order_by(p.id).limit(MOST)
    found = connection.execute(wanted).all()
    mine = [row.id for row in found if row.mine]
    # What nobody has seen yet and has nothing of the person's is still to be shown.
    seen = [row.id for row in found if row.delivered_at is not None or _tells(row.blocks, wish.hidden)]
    connection.execute(update(t.post).where(p.id.in_({*mine, *seen})).values(blocks=[_FORGOTTEN]))
    forgotten = update(t.alert).where(t.alert.c.post_id.in_({*mine, *seen}))
    connection.execute(forgotten.values(blocks=[_FORGOTTEN], source=""))
    over = func.coalesce(p.delivered_at, wish.until)
    connection.execute(update(t.post).where(p.id.in_(mine)).values(delivered_at=over))
    return Outcome(len(found), found[-1].id if found else 0)


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
    mine = r.place_id.in_(wish.places), r.reason != "", wish.took(r.turn_id)
    ids = list(connection.scalars(select(r.id).where(*mine).limit(MOST)))
    connection.execute(update(t.report).where(r.id.in_(ids)).values(reason=""))
    return Outcome(len(ids))


def _opinions(connection: Connection, wish: Wish) -> Outcome:
    """What the person thought of passages."""
    o = t.opinion.c
    here = select(t.passage.c.id).join(t.story).where(t.story.c.place_id.in_(wish.places))
    return _removed(connection, t.opinion, o.contributor_id == wish.person.id, o.passage_id.in_(here))


def _explanations(connection: Connection, wish: Wish) -> Outcome:
    """What the person asked about stories, and what they were told."""
    e = t.explanation.c
    return _removed(connection, t.explanation, e.story_id.in_(wish.stories), wish.took(e.turn_id))


def _consents(connection: Connection, wish: Wish) -> Outcome:
    """What the person agreed to."""
    c = t.consent.c
    mine = *wish.person.on(t.consent), c.contributor_id == wish.person.id, c.created_at <= wish.until
    return Outcome(connection.execute(delete(t.consent).where(*mine)).rowcount)


def _overrides(connection: Connection, wish: Wish) -> Outcome:
    """What the person let pass as a moderator stays let pass, by nobody."""
    mine = *wish.person.on(t.override), t.override.c.actor == wish.person.id, t.override.c.created_at <= wish.until
    return Outcome(connection.execute(update(t.override).where(*mine).values(actor=NOBODY, reason="")).rowcount)


def _messages(connection: Connection, wish: Wish) -> Outcome:
    """Which of the platform's messages belong to the person's turns."""
    m = t.message.c
    turns = list(
        connection.scalars(
            select(m.turn_id).where(m.place_id.in_(wish.places), wish.took(m.turn_id)).distinct().limit(MOST)
        )
    )
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
