"""Everything that is kept about one person, read for them alone. Of what moderation kept back, all but the text."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, select

from core import tables as t
from core.forgetting import Person

_MOST = 5000
"""The newest of each kind that fit into a file; how many were left out is said."""


def read(connection: Connection, person: Person) -> dict[str, Any]:
    """By kind, the newest first. Each entry says where it belongs."""
    kinds = {
        "stories begun": _stories(person),
        "passages": _passages(person),
        "directions": _directions(person),
        "facts": _facts(person),
        "requests": _turns(person),
        "messages": _messages(person),
        "wordings that wait for consent": _proposals(person),
        "reports": _reports(person),
        "kept back": _held(person),
        "let pass as a moderator": _overrides(person),
        "shut out": _shut_out(person),
    }
    found: dict[str, Any] = {"person": {"platform": person.platform, "id": person.id}}
    for kind, wanted in kinds.items():
        some = [dict(row._mapping) for row in connection.execute(wanted.limit(_MOST + 1))]
        found[kind] = some[:_MOST]
        if len(some) > _MOST:
            found["left out"] = f"Only the newest {_MOST} of each kind are in this file."
    return found


def _place(*, of: Any) -> Iterable[Any]:
    return t.place.c.workspace.label("server"), t.place.c.channel, t.place.c.thread, of.c.created_at.label("time")


def _stories(person: Person) -> Select[Any]:
    s = t.story
    wanted = select(s.c.title, s.c.premise, s.c.author.label("as"), *_place(of=s)).join(
        t.place, t.place.c.id == s.c.place_id
    )
    return wanted.where(*person.on(t.place), s.c.author_id == person.id).order_by(s.c.id.desc())


def _passages(person: Person) -> Select[Any]:
    """Every version, whether or not it stands in the story now."""
    p = t.passage
    what = p.c.number, p.c.kind, p.c.text, p.c.author.label("as"), t.story.c.title.label("story")
    where = t.story.c.place_id.in_(_places(person))
    joined = select(*what, *_place(of=p)).join(t.story, t.story.c.id == p.c.story_id)
    joined = joined.join(t.place, t.place.c.id == t.story.c.place_id)
    return joined.where(where, p.c.author_id == person.id).order_by(p.c.id.desc())


def _directions(person: Person) -> Select[Any]:
    """What the storyteller was told to write."""
    p = t.passage.c
    words = p.given["words"].as_string()
    wanted = select(words.label("words"), *_place(of=t.turn)).join(t.turn, t.turn.c.id == p.turn_id)
    return _of_turns(wanted, person).where(p.given.is_not(None), words != "").order_by(p.id.desc())


def _facts(person: Person) -> Select[Any]:
    what = t.lore.c.name, t.lore.c.fact, t.lore.c.holds
    wanted = select(*what, *_place(of=t.turn)).join(t.turn, t.turn.c.id == t.lore.c.turn_id)
    return _of_turns(wanted, person).order_by(t.lore.c.id.desc())


def _turns(person: Person) -> Select[Any]:
    return _of_turns(select(t.turn.c.operation, *_place(of=t.turn)), person).order_by(t.turn.c.id.desc())


def _messages(person: Person) -> Select[Any]:
    """Messages of the platform that these turns wrote or read, so that they can be found there."""
    wanted = select(t.message.c.message_id, *_place(of=t.turn)).join(t.turn, t.turn.c.id == t.message.c.turn_id)
    return _of_turns(wanted, person).order_by(t.turn.c.id.desc())


def _proposals(person: Person) -> Select[Any]:
    """Those that the person asked for, and those of the person's passages."""
    p, passage = t.proposal, t.passage.c
    wanted = select(passage.number, p.c.text, *_place(of=p)).join(t.passage, passage.id == p.c.passage_id)
    wanted = wanted.join(t.turn, t.turn.c.id == p.c.turn_id).join(t.place, t.place.c.id == p.c.place_id)
    mine = (t.turn.c.contributor_id == person.id) | (passage.author_id == person.id)
    return wanted.where(*person.on(t.place), mine).order_by(p.c.id.desc())


def _reports(person: Person) -> Select[Any]:
    wanted = select(t.report.c.reason, *_place(of=t.turn)).join(t.turn, t.turn.c.id == t.report.c.turn_id)
    return _of_turns(wanted, person).order_by(t.report.c.id.desc())


def _held(person: Person) -> Select[Any]:
    h = t.held
    wanted = select(h.c.operation, h.c.reasons, h.c.state, *_place(of=h)).join(t.place, t.place.c.id == h.c.place_id)
    return wanted.where(*person.on(t.place), h.c.contributor_id == person.id).order_by(h.c.id.desc())


def _overrides(person: Person) -> Select[Any]:
    o = t.override.c
    mine = *person.on(t.override), o.actor == person.id
    return select(o.reason, o.created_at.label("time")).where(*mine).order_by(o.created_at.desc())


def _shut_out(person: Person) -> Select[Any]:
    """Where a moderator shut the person out, and why."""
    w = t.workspace.c
    reason = w.reasons[person.id].as_string()
    return select(w.workspace.label("server"), reason.label("reason")).where(
        *person.on(t.workspace), reason.is_not(None)
    )


def _of_turns(wanted: Select[Any], person: Person) -> Select[Any]:
    joined = wanted.join(t.place, t.place.c.id == t.turn.c.place_id)
    return joined.where(*person.on(t.place), t.turn.c.contributor_id == person.id)


def _places(person: Person) -> Select[Any]:
    of = select(t.turn.c.place_id).join(t.place, t.place.c.id == t.turn.c.place_id)
    return of.where(*person.on(t.place), t.turn.c.contributor_id == person.id).distinct()
