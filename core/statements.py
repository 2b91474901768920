"""The statements that every turn needs, drawn up once. `core.rows` makes nouns of what they find."""

from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Delete,
    Insert,
    Integer,
    ScalarSelect,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    func,
    insert,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from core import tables as t
from core.place import Turn


def last_move(story_id: int | BindParameter[int]) -> ScalarSelect[Any]:
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


def key(turn: Turn, tokenizer: str) -> dict[str, str]:
    """The parameters of `arrival`."""
    return vars(turn.place) | {"request_id": turn.id, "tokenizer": tokenizer}


def _story_columns() -> tuple[Any, ...]:
    number = func.coalesce(t.passage.c.number, 0).label("passages")
    s = t.story.c
    return s.id, s.title, s.premise, s.author, s.author_id, s.voice, s.ended, s.head, s.lines, s.veils, number


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


def passage(passage_id: int | None) -> Select[Any]:
    """A passage by id, without its token ids."""
    return select(*_passage_columns(t.passage), *_no_tokens()).where(t.passage.c.id == passage_id)


# Drawing up a statement costs more than running it, so those of every turn are drawn up once.


@cache
def inserting(table: Table) -> Insert:
    """The insert of one row."""
    return insert(table)


@cache
def changing(table: Table) -> Update:
    """The update of one row, whose id is the parameter `row`."""
    return update(table).where(table.c.id == bindparam("row"))


@cache
def moving() -> Insert:
    """The insert of a step, behind the last one in force of the story that is the parameter `of`."""
    return insert(t.move).values(previous=last_move(bindparam("of", type_=Integer)))


@cache
def showing() -> Insert:
    """The insert that the message `in` shows the post `shown`, unless it is known what that message shows."""
    inside = bindparam("in", type_=t.message.c.message_id.type)
    same = (t.message.c.message_id == inside) & (t.message.c.place_id == t.post.c.place_id)
    new = select(t.post.c.place_id, inside, t.post.c.turn_id).where(t.post.c.id == bindparam("shown"))
    new = new.where(~select(t.message.c.turn_id).where(same).exists())
    return insert(t.message).from_select(["place_id", "message_id", "turn_id"], new)


@cache
def allowing(*, postgres: bool) -> Insert:
    """The insert of a verdict, unless there is one."""
    if postgres:
        return postgresql.insert(t.verdict).on_conflict_do_nothing()
    return sqlite.insert(t.verdict).on_conflict_do_nothing()


@cache
def workspace_version() -> ColumnElement[int]:
    """How often the settings of the server `on`, `server` have changed; 0 if they were never set."""
    here = t.workspace.c.platform == bindparam("on"), t.workspace.c.workspace == bindparam("server")
    return func.coalesce(select(t.workspace.c.version).where(*here).scalar_subquery(), 0)


@cache
def same_place(*, changes: bool) -> Update:
    """The update of place `row`, locked until the commit, if it and its server are as the turn found them.

    A question changes nothing, so only the rating that its answer was judged by must still hold.
    """
    place, version = t.place.c, t.place.c.version
    mine = changing(t.place).where(workspace_version() == bindparam("settings"))
    if changes:
        return mine.where(version == bindparam("found")).values(version=version + 1)
    return mine.where(place.rating.is_not_distinct_from(bindparam("judged"))).values(version=version)


@cache
def ending() -> Delete:
    """A turn is no longer under way: that of the parameters that `ended` gives."""
    begun = t.begun.c
    return delete(t.begun).where(begun.place_id == bindparam("where"), begun.request_id == bindparam("which"))


def ended(turn: Turn, place_id: int) -> dict[str, int | str]:
    """The parameters of `ending`."""
    return {"where": place_id, "which": turn.id}


@cache
def facts() -> Select[Any]:
    """The newest two hundred facts that hold in the story `of`, the newest first."""
    holding = t.lore.c.story_id == bindparam("of"), t.lore.c.holds
    wanted = select(t.lore.c.id, t.lore.c.name, t.lore.c.fact, t.lore.c.since)
    return wanted.where(*holding).order_by(t.lore.c.id.desc()).limit(200)


@cache
def summaries() -> Select[Any]:
    """The newest 32 summaries of the story `of` that were cleared under `policy`, the newest first."""
    mine = t.summary.c.story_id == bindparam("of"), t.summary.c.policy == bindparam("policy")
    return select(t.summary).where(*mine).order_by(t.summary.c.id.desc()).limit(32)


@cache
def arrival() -> Select[Any]:
    """One row: the place, its open story, the post of this turn if it was performed before, the story's last passage.

    The passage comes last, as in a row of `path`.
    """
    same = (t.turn.c.place_id == t.place.c.id) & (t.turn.c.request_id == bindparam("request_id"))
    server = (t.workspace.c.platform == t.place.c.platform) & (t.workspace.c.workspace == t.place.c.workspace)
    everything = t.place.outerjoin(t.workspace, server).outerjoin(t.story, t.story.c.id == t.place.c.story_id)
    everything = everything.outerjoin(t.passage, t.passage.c.id == t.story.c.head).outerjoin(*_ids_of(t.passage))
    everything = everything.outerjoin(t.turn, same).outerjoin(t.post, t.post.c.turn_id == t.turn.c.id)
    return (
        select(
            *(t.place.c.id.label("house"), t.place.c.rating, t.place.c.length, t.place.c.story_id, t.place.c.version),
            t.place.c.dedicated,
            *_workspace_columns(),
            *_story_columns(),
            *(t.post.c.id.label("post"), t.post.c.blocks, t.post.c.private, t.post.c.passage),
            *(*_passage_columns(t.passage), t.token.c.ids, t.token.c.asked),
        )
        .select_from(everything)
        .where(*(t.place.c[name] == bindparam(name) for name in ("platform", "workspace", "channel", "thread")))
    )


def _passage_columns(passage: Any) -> list[Any]:
    """What `passage_of` needs but for the tokens. Each further column would cost for every passage of the window."""
    p = passage.c
    return [p.id, p.number, p.parent, p.kind, p.author_id, p.author, p.text, p.before, p.origin, p.policy]


def _no_tokens() -> tuple[Any, Any]:
    """In the place of a passage's tokens, where nobody needs them."""
    return null().label("ids"), null().label("asked")


def _ids_of(passage: Any) -> tuple[Table, ColumnElement[bool]]:
    """The join with the token ids of a passage in the vocabulary `tokenizer`."""
    return t.token, (t.token.c.passage_id == passage.c.id) & (t.token.c.tokenizer == bindparam("tokenizer"))


@cache
def path() -> Select[Any]:
    """Passages with numbers in (floor, ceiling] on the path to head, with their ids for a tokenizer.

    Those with numbers up to `enough` only as long as they lie in the last `tokens` of the story's own scale.
    """
    floor = bindparam("floor", type_=Integer)
    since = (t.passage.c.before - bindparam("tokens", type_=Integer)).label("since")
    head = select(*_passage_columns(t.passage), since).where(t.passage.c.id == bindparam("head"))
    start = head.cte("path", recursive=True)
    above = aliased(t.passage)
    next_up = select(*_passage_columns(above), start.c.since).join(start, above.c.id == start.c.parent)
    near = (above.c.before >= start.c.since) | (above.c.number > bindparam("enough", type_=Integer))
    whole = start.union_all(next_up.where(above.c.number > floor, near))
    found = select(*_passage_columns(whole), t.token.c.ids, t.token.c.asked).outerjoin(*_ids_of(whole))
    wanted = whole.c.number <= bindparam("ceiling"), whole.c.number > floor
    return found.where(*wanted).order_by(whole.c.number)


@cache
def proposals() -> Select[Any]:
    """The newest hundred wordings that wait for consent in the place `place`, the newest first."""
    return _proposals().where(t.proposal.c.place_id == bindparam("place")).limit(100)


@cache
def consents() -> Select[Any]:
    """The newest ten that wait for the consent of `author` on the server `platform`, `workspace`, and their places."""
    here = (t.place.c[name] == bindparam(name) for name in ("platform", "workspace"))
    where = t.place.c.workspace, t.place.c.channel, t.place.c.thread
    of = _proposals(*where).join(t.place, t.place.c.id == t.proposal.c.place_id)
    return of.where(t.passage.c.author_id == bindparam("author"), *here).limit(10)


def _proposals(*more: Any) -> Select[Any]:
    """Wordings that wait, the newest first; the passage comes last, as in a row of `path`."""
    p = t.proposal.c
    own = p.id.label("proposal"), p.text.label("wording"), p.given.label("told"), t.turn.c.contributor_id
    wanted = select(*own, *more, *_passage_columns(t.passage), *_no_tokens())
    joined = wanted.join(t.turn, t.turn.c.id == p.turn_id).join(t.passage, t.passage.c.id == p.passage_id)
    return joined.order_by(p.id.desc())


@cache
def later_version() -> Select[Any]:
    """The passage on the path to head that is a version of a given one: its columns, without token ids."""
    about = aliased(t.passage)
    root = select(func.coalesce(about.c.origin, about.c.id)).where(about.c.id == bindparam("about")).scalar_subquery()
    head = select(*_passage_columns(t.passage)).where(t.passage.c.id == bindparam("head"))
    start = head.cte("path", recursive=True)
    above = aliased(t.passage)
    whole = start.union_all(select(*_passage_columns(above)).join(start, above.c.id == start.c.parent))
    return select(whole, *_no_tokens()).where(func.coalesce(whole.c.origin, whole.c.id) == root)
