"""Who agreed that what they wrote on a server may train a model, and the answers that are kept because they did.

Rows alone: what may be made of them is decided in `core.learning`. Everything here is part of somebody's transaction.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from core import tables as t
from core.change import AnswerMark, Explained
from core.moments import now
from core.place import Turn


def agreed(connection: Connection, platform: str, workspace: str) -> frozenset[str]:
    """The ids of those on a server who agreed."""
    here = t.consent.c.platform == platform, t.consent.c.workspace == workspace
    return frozenset(connection.scalars(select(t.consent.c.contributor_id).where(*here)))


def agrees(connection: Connection, turn: Turn) -> bool:
    """Whether whoever asks for a turn agreed on this server."""
    return connection.execute(select(t.consent.c.created_at).where(*_mine(turn))).first() is not None


def settle(connection: Connection, turn: Turn, *, yes: bool) -> None:
    """Note what somebody says from now on. With a no, what was kept of their questions goes too."""
    connection.execute(delete(t.consent).where(*_mine(turn)))
    if yes:
        connection.execute(insert(t.consent), _key(turn) | {"created_at": now()})
        return
    here = t.place.c.platform == turn.place.platform, t.place.c.workspace == turn.place.workspace
    places = select(t.place.c.id).where(*here)
    turns = select(t.turn.c.id).where(t.turn.c.contributor_id == turn.contributor.id, t.turn.c.place_id.in_(places))
    connection.execute(delete(t.explanation).where(t.explanation.c.turn_id.in_(turns)))


def keep(connection: Connection, story_id: int, turn_id: int, new: Explained) -> None:
    """Keep an answer."""
    values = {"story_id": story_id, "turn_id": turn_id, "head": new.head, "answer": new.answer}
    connection.execute(insert(t.explanation), values | {"given": vars(new.given)})


def last_answer(connection: Connection, story_id: int, contributor_id: str) -> int | None:
    """The id of the last answer that somebody got about a story, if it was kept."""
    e = t.explanation.c
    wanted = select(e.id).join(t.turn, t.turn.c.id == e.turn_id).where(t.turn.c.contributor_id == contributor_id)
    return connection.scalar(wanted.where(e.story_id == story_id).order_by(e.id.desc()).limit(1))


def mark(connection: Connection, new: AnswerMark) -> None:
    """Note what somebody thinks of an answer."""
    mine = t.explanation.c.id == new.explanation
    connection.execute(update(t.explanation).where(mine).values(good=new.good, reason=new.reason))


def _key(turn: Turn) -> dict[str, Any]:
    here = turn.place
    return {"platform": here.platform, "workspace": here.workspace, "contributor_id": turn.contributor.id}


def _mine(turn: Turn) -> tuple[ColumnElement[bool], ...]:
    return tuple(t.consent.c[name] == value for name, value in _key(turn).items())
