"""Rows of the tables as the nouns of `core.story`, and the statements that every turn needs.

Text is read back as cleared here and nowhere else: only cleared text is ever written.
"""

from array import array
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import (
    Connection,
    Insert,
    Integer,
    Row,
    ScalarSelect,
    Select,
    Table,
    bindparam,
    func,
    insert,
    null,
    select,
)
from sqlalchemy.orm import aliased

from core import tables as t
from core.engine import TokenIds
from core.moderation import Rating, phrase, stored
from core.story import (
    STORYTELLER,
    Block,
    Given,
    Kind,
    Lore,
    Passage,
    Place,
    Reply,
    Shape,
    Shown,
    Story,
    Turn,
    Turns,
    Workspace,
)

AnyRow: TypeAlias = Row[*tuple[Any, ...]]


def last_move(story_id: int) -> ScalarSelect[Any]:
    """The id of the last step that is in force."""
    return select(func.max(t.move.c.id)).where(t.move.c.story_id == story_id, t.move.c.done).scalar_subquery()


def next_move(story_id: int, *, back: bool) -> Select[Any]:
    """The last step done; or, of the steps ever taken from there and undone, the newest."""
    if back:
        return select(t.move).where(t.move.c.id == last_move(story_id))
    undone = select(t.move).where(
        t.move.c.story_id == story_id,
        ~t.move.c.done,
        t.move.c.previous.is_not_distinct_from(last_move(story_id)),
    )
    return undone.order_by(t.move.c.id.desc()).limit(1)


def key(turn: Turn) -> dict[str, str]:
    """The parameters of `arrival`."""
    return asdict(turn.place) | {"request_id": turn.id}


def _story_columns() -> tuple[Any, ...]:
    number = func.coalesce(t.passage.c.number, 0).label("passages")
    s = t.story.c
    return s.id, s.title, s.premise, s.author, s.author_id, s.ended, s.head, number


def _workspace_columns() -> list[Any]:
    return [column.label(f"workspace_{column.name}") for column in t.workspace.c]


@cache
def workspace() -> Select[Any]:
    """The settings of one server."""
    wanted = (t.workspace.c[name] == bindparam(name) for name in ("platform", "workspace"))
    return select(*_workspace_columns()).where(*wanted)


def stories() -> Select[Any]:
    """Stories with the count of their passages; to be narrowed by the caller."""
    return select(*_story_columns()).outerjoin(t.passage, t.passage.c.id == t.story.c.head)


def one_passage(connection: Connection, passage_id: int | None) -> Passage | None:
    """A passage by id, without its token ids."""
    none = null().label("ids")
    wanted = select(*_passage_columns(t.passage), none).where(t.passage.c.id == passage_id)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else passage_of(row)


def one_lore(connection: Connection, lore_id: int | None) -> Lore | None:
    """A fact by id, whether or not it holds."""
    row = connection.execute(select(t.lore).where(t.lore.c.id == lore_id)).one_or_none()
    return None if row is None else lore_of(row)


# Drawing up a statement costs more than running it, so those of every turn are drawn up once.


@cache
def inserting(table: Table) -> Insert:
    """The insert of one row."""
    return insert(table)


@cache
def arrival() -> Select[Any]:
    """One row with the place, its open story, and the post of this turn if it was performed before."""
    same = (t.turn.c.place_id == t.place.c.id) & (t.turn.c.request_id == bindparam("request_id"))
    server = (t.workspace.c.platform == t.place.c.platform) & (t.workspace.c.workspace == t.place.c.workspace)
    everything = t.place.outerjoin(t.workspace, server).outerjoin(t.story, t.story.c.id == t.place.c.story_id)
    everything = everything.outerjoin(t.passage, t.passage.c.id == t.story.c.head)
    everything = everything.outerjoin(t.turn, same).outerjoin(t.post, t.post.c.turn_id == t.turn.c.id)
    return (
        select(
            *(t.place.c.id.label("house"), t.place.c.rating, t.place.c.length, t.place.c.story_id, t.place.c.version),
            t.place.c.dedicated,
            *_workspace_columns(),
            *_story_columns(),
            *(t.post.c.id.label("post"), t.post.c.blocks, t.post.c.private, t.post.c.passage),
        )
        .select_from(everything)
        .where(*(t.place.c[name] == bindparam(name) for name in ("platform", "workspace", "channel", "thread")))
    )


def _passage_columns(passage: Any) -> list[Any]:
    """All but `given`, which few turns need and which is large."""
    return [column for column in passage.c if column.name != "given"]


@cache
def path() -> Select[Any]:
    """Passages with numbers in (floor, ceiling] on the path to head, with their ids for a tokenizer."""
    floor = bindparam("floor", type_=Integer)
    head = select(*_passage_columns(t.passage)).where(t.passage.c.id == bindparam("head"))
    start = head.cte("path", recursive=True)
    above = aliased(t.passage)
    next_up = select(*_passage_columns(above)).join(start, above.c.id == start.c.parent)
    whole = start.union_all(next_up.where(above.c.number > floor))
    ids = (t.token.c.passage_id == whole.c.id) & (t.token.c.tokenizer == bindparam("tokenizer"))
    found = select(whole, t.token.c.ids).outerjoin(t.token, ids)
    wanted = whole.c.number <= bindparam("ceiling"), whole.c.number > floor
    return found.where(*wanted).order_by(whole.c.number)


@cache
def later_version() -> Select[Any]:
    """The passage on the path to head that is a version of a given one: its columns, without token ids."""
    about = aliased(t.passage)
    root = select(func.coalesce(about.c.origin, about.c.id)).where(about.c.id == bindparam("about")).scalar_subquery()
    head = select(*_passage_columns(t.passage)).where(t.passage.c.id == bindparam("head"))
    start = head.cte("path", recursive=True)
    above = aliased(t.passage)
    whole = start.union_all(select(*_passage_columns(above)).join(start, above.c.id == start.c.parent))
    return select(whole, null().label("ids")).where(func.coalesce(whole.c.origin, whole.c.id) == root)


def reply_of(row: AnyRow) -> Reply:
    """From a row with `blocks`, `private`, `passage` and `post`."""
    shown = row.passage and Shown(row.passage["id"], row.passage["number"], Kind(row.passage["kind"]))
    return Reply(tuple(_block(data) for data in row.blocks), row.private, post=row.post, passage=shown, again=True)


def _block(data: dict[str, str]) -> Block:
    label = data["label"]
    return Block(Shape(data["shape"]), stored(data["text"]), None if label is None else stored(label))


def place_of(platform: str, row: AnyRow) -> Place:
    """From a row with a place's columns."""
    return Place(platform=platform, workspace=row.workspace, channel=row.channel, thread=row.thread)


def workspace_of(row: AnyRow) -> Workspace:
    """From a row with a workspace's columns, which are all null if nothing was ever set there."""
    if row.workspace_id is None:
        return Workspace()
    return Workspace(
        rating=row.workspace_rating and Rating(row.workspace_rating),
        language=row.workspace_language,
        channels=frozenset(row.workspace_channels),
        moderators=frozenset(row.workspace_moderators),
        alerts=row.workspace_alerts,
        messages=row.workspace_messages,
        turns=Turns(row.workspace_turns),
        version=row.workspace_version,
    )


def story_of(row: AnyRow) -> Story:
    """From a row of `stories` or `arrival`."""
    return Story(
        id=row.id,
        title=stored(row.title),
        premise=stored(row.premise),
        author=stored(row.author),
        ended=row.ended,
        head=row.head,
        passages=row.passages,
        author_id=row.author_id,
    )


def passage_of(row: AnyRow) -> Passage:
    """From a row of `path`."""
    return Passage(
        id=row.id,
        number=row.number,
        parent=row.parent,
        kind=Kind(row.kind),
        author_id=row.author_id,
        # Our own word, which each language has its own for.
        author=phrase("the storyteller") if row.author_id == STORYTELLER else stored(row.author),
        text=stored(row.text),
        before=row.before,
        ids=None if row.ids is None else _unpacked(row.ids),
        origin=row.origin,
    )


def lore_of(row: AnyRow) -> Lore:
    """From a row of lore."""
    return Lore(row.id, stored(row.name), stored(row.fact))


def given_of(data: Any) -> Given:
    """From the JSON of `given`."""
    names = {key: tuple(stored(name) for name in data[key]) for key in ("lore", "lore_left_out")}
    return Given(**data | names | {"words": stored(data["words"])})


def packed(ids: Sequence[int]) -> bytes:
    """Token ids as bytes: 32-bit, in the machine's order."""
    return array("I", ids).tobytes()


def _unpacked(data: bytes) -> TokenIds:
    return tuple(array("I", data))
