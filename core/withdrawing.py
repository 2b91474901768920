"""Messages of the bot's own that show words of somebody who is being forgotten: which they are, and how far it is.

They are noted before the words go, since nothing tells of them afterwards, and stay noted until a platform has written
over them. What people wrote in a channel by themselves is theirs to delete and is never touched.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from core import tables as t
from core.forgetting import MOST, Outcome, Step, Wish
from core.moments import now
from core.place import Place

MESSAGES = 500
"""Messages of ours that are written over in one go."""
_OWN = ("start", "lore add", "lore forget")
"""Operations that show what the contributor typed, and write no passage."""

_NEW = t.passage.c.created_at >= t.turn.c.created_at
"""Whether a passage is new in its turn. What is only moved along is written again with the time of its first one."""


@dataclass(frozen=True)
class Withdrawal:
    """A message that is to be written over."""

    place: Place
    message_id: str


def steps(wish: Wish) -> Iterator[Step]:
    """What is done before the person's words are removed, in order."""
    if wish.removes:
        yield Step("withdrawal", _of_passages)
        yield Step("withdrawal", _of_turns)
        yield Step("withdrawal", _of_posts)


def waiting(connection: Connection, platform: str, mac: bytes | None) -> list[Withdrawal]:
    """The oldest `MESSAGES` of a platform that still show such words; with `mac`, those of one person alone."""
    names = ("platform", "workspace", "channel", "thread")
    wanted = select(*(t.place.c[name] for name in names), t.withdrawal.c.message_id)
    wanted = wanted.join(t.place, t.place.c.id == t.withdrawal.c.place_id).where(t.place.c.platform == platform)
    if mac is not None:
        wanted = wanted.where(t.withdrawal.c.mac == mac)
    found = connection.execute(wanted.order_by(t.withdrawal.c.created_at, t.withdrawal.c.message_id).limit(MESSAGES))
    return [Withdrawal(Place(**{name: row._mapping[name] for name in names}), row.message_id) for row in found]


def over(connection: Connection, withdrawal: Withdrawal) -> None:
    """Nothing more is to be done about a message."""
    here = (t.place.c[name] == value for name, value in vars(withdrawal.place).items())
    place = select(t.place.c.id).where(*here).scalar_subquery()
    mine = t.withdrawal.c.place_id == place, t.withdrawal.c.message_id == withdrawal.message_id
    connection.execute(delete(t.withdrawal).where(*mine))


def _of_passages(connection: Connection, wish: Wish) -> Outcome:
    """Messages of turns that wrote a passage of the person's, whoever asked."""
    p = t.passage.c
    mine = p.author_id == wish.person.id, p.created_at <= wish.until, p.story_id.in_(wish.stories)
    wanted = select(p.id, p.turn_id).join(t.turn, t.turn.c.id == p.turn_id).where(p.id > wish.reached, *mine, _NEW)
    found = connection.execute(wanted.order_by(p.id).limit(MOST)).all()
    _note(connection, wish, [row.turn_id for row in found])
    return Outcome(len(found), found[-1].id if found else 0)


def _of_turns(connection: Connection, wish: Wish) -> Outcome:
    """Messages that showed something else of what the person typed."""
    turn = t.turn.c
    wanted = select(turn.id).where(wish.mine, turn.operation.in_(_OWN), turn.id > wish.reached)
    found = list(connection.scalars(wanted.order_by(turn.id).limit(MOST)))
    _note(connection, wish, found)
    return Outcome(len(found), found[-1] if found else 0)


def _of_posts(connection: Connection, wish: Wish) -> Outcome:
    """Messages in which others took steps through the person's words, as long as it is kept what they show."""
    p = t.post.c
    shown = select(t.message.c.turn_id).where(t.message.c.turn_id == p.turn_id, t.message.c.ours).exists()
    wrote = select(t.passage.c.id).where(t.passage.c.turn_id == t.turn.c.id, _NEW).exists()
    wanted = select(p.id, p.turn_id, p.blocks).join(t.turn, t.turn.c.id == p.turn_id)
    wanted = wanted.where(p.id > wish.reached, p.place_id.in_(wish.places), ~p.private, shown, ~wrote)
    found = connection.execute(wanted.order_by(p.id).limit(MOST)).all()
    hers = _hers(connection, wish, {text for row in found for text in _texts(row.blocks)})
    _note(connection, wish, [row.turn_id for row in found if not hers.isdisjoint(_texts(row.blocks))])
    return Outcome(len(found), found[-1].id if found else 0)


def _hers(connection: Connection, wish: Wish, texts: set[str]) -> set[str]:
    """Those of these texts that the person wrote: passages, titles and facts."""
    p, s, fact = t.passage.c, t.story.c, t.lore.c
    passages = select(p.text).where(p.author_id == wish.person.id, p.story_id.in_(wish.stories), p.text.in_(texts))
    titles = select(s.title).where(s.author_id == wish.person.id, s.place_id.in_(wish.places), s.title.in_(texts))
    facts = select(fact.fact).where(fact.story_id.in_(wish.stories), fact.fact.in_(texts), wish.took(fact.turn_id))
    return {text for each in (passages, titles, facts) for text in connection.scalars(each)}


def _texts(blocks: list[dict[str, str]]) -> set[str]:
    return {block["text"] for block in blocks}


def _note(connection: Connection, wish: Wish, turns: Sequence[int]) -> None:
    """Note the messages of these turns to be written over; from now on they show nothing of a story."""
    m, moment = t.message.c, now()
    until = select(t.turn.c.id).where(t.turn.c.id == m.turn_id, t.turn.c.created_at <= wish.until).exists()
    mine = select(m.place_id, m.message_id).where(m.turn_id.in_(turns), m.ours, until)
    for row in connection.execute(mine).all():
        key = dict(row._mapping)
        for table in (t.message, t.withdrawal):
            connection.execute(delete(table).where(*(table.c[name] == value for name, value in key.items())))
        connection.execute(insert(t.withdrawal), key | {"mac": wish.mac, "created_at": moment})
