"""Where stories are kept. Rows are the truth: no state of a story lives in memory between two turns.

Every statement is bounded: a turn reads the end of a story, never the whole of it. A turn writes once.
"""

import datetime as dt
from array import array
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Insert, Integer, Row, ScalarSelect, Select, Table, bindparam, func, insert, null, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from core import tables as t
from core.database import Database
from core.engine import TokenIds
from core.moderation import Cleared, Rating, stored
from core.story import (
    Block,
    Change,
    Given,
    House,
    Kind,
    Length,
    Lore,
    Passage,
    Place,
    Reply,
    Shape,
    Step,
    Story,
    Turn,
)

AnyRow: TypeAlias = Row[*tuple[Any, ...]]


class Moved(Exception):
    """The story's head is no longer where the turn found it: another process wrote meanwhile."""


class Arrival(NamedTuple):
    """What a turn finds: the reply if it was performed before, the house, and the open story."""

    reply: Reply | None
    house: House
    story: Story | None


class Store:
    """Reads by place and story; writes by `commit`, once a turn."""

    def __init__(self, database: Database, *, rating: Rating = Rating.TEEN) -> None:
        self._database = database
        self._rating = rating

    async def arrive(self, turn: Turn) -> Arrival:
        """What a turn finds in its place. Defaults for a place never seen (the id of its house is 0)."""
        async with self._database.reading() as connection:
            row = (await connection.execute(_arrival(), _key(turn))).one_or_none()
        if row is None:
            return Arrival(None, House(0, self._rating, Length.MEDIUM, None), None)
        house = House(row.house, Rating(row.rating), Length(row.length), row.story_id)
        earlier = _reply(row) if row.post is not None else None
        return Arrival(earlier, house, _story(row) if row.story_id is not None else None)

    async def replied(self, turn: Turn) -> Reply | None:
        """The stored reply to this request id, if this turn was performed before."""
        return (await self.arrive(turn)).reply

    async def stories(self, place_id: int, *, limit: int = 25) -> list[Story]:
        """The stories of a place, newest first, at most `limit`."""
        wanted = _stories().where(t.story.c.place_id == place_id).order_by(t.story.c.id.desc()).limit(limit)
        async with self._database.reading() as connection:
            return [_story(row) for row in await connection.execute(wanted)]

    async def passages(self, story: Story, *, tokenizer: str, limit: int, last: int | None = None) -> list[Passage]:
        """The last `limit` passages of a story, oldest first; with `last`, up to that number.

        They are looked up from the head upwards, so the cost is that of the part that is read.
        """
        if story.head is None:
            return []
        top = story.passages if last is None else last
        async with self._database.reading() as connection:
            wanted = {"head": story.head, "tokenizer": tokenizer, "floor": top - limit, "ceiling": top}
            rows = await connection.execute(_path(), wanted)
            return [_passage(row) for row in rows]

    async def given(self, passage: Passage) -> Given | None:
        """What the model was given for a passage; None if a person wrote it."""
        async with self._database.reading() as connection:
            data = await connection.scalar(select(t.passage.c.given).where(t.passage.c.id == passage.id))
        return None if data is None else _given(data)

    async def lore(self, story_id: int) -> list[Lore]:
        """The facts that hold in a story, oldest first."""
        wanted = select(t.lore).where(t.lore.c.story_id == story_id, t.lore.c.holds).order_by(t.lore.c.id)
        async with self._database.reading() as connection:
            return [_lore(row) for row in await connection.execute(wanted)]

    async def step(self, story_id: int, *, back: bool) -> Step | None:
        """What undo (`back`) or redo would do next, None if there is nothing to do."""
        async with self._database.reading() as connection:
            move = (await connection.execute(_next_move(story_id, back=back))).one_or_none()
            if move is None:
                return None
            gone, come = ("after", "before") if back else ("before", "after")
            same = move.head_before == move.head_after
            return Step(
                None if same else await _one_passage(connection, getattr(move, f"head_{gone}")),
                None if same else await _one_passage(connection, getattr(move, f"head_{come}")),
                await _one_lore(connection, getattr(move, f"lore_{gone}")),
                await _one_lore(connection, getattr(move, f"lore_{come}")),
            )

    async def undelivered(self, platform: str, *, limit: int = 100) -> list[tuple[Place, Reply]]:
        """Posts that were committed but never marked as delivered, oldest first."""
        wanted = (
            select(t.post, t.post.c.id.label("post"), t.place.c.workspace, t.place.c.channel, t.place.c.thread)
            .join(t.place)
            .where(t.post.c.delivered_at.is_(None), t.place.c.platform == platform)
            .order_by(t.post.c.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [(_place(platform, row), _reply(row)) for row in await connection.execute(wanted)]

    async def delivered(self, post: int) -> None:
        """Mark a post as seen by people."""

        async def unit(connection: AsyncConnection) -> None:
            await connection.execute(update(t.post).where(t.post.c.id == post).values(delivered_at=_now()))

        await self._database.write(unit)

    async def commit(
        self, turn: Turn, operation: str, house: House, story: Story | None, change: Change, reply: Reply
    ) -> Reply:
        """Write all of a turn in one transaction: the turn, what it changed, and its post.

        Returns the reply with its post; the stored one if the turn was already performed.
        Raises `Moved` when the story is no longer as the turn found it.
        """

        async def unit(connection: AsyncConnection) -> Reply:
            return await _Writing(connection, turn, operation, house, story, change).run(reply)

        try:
            return await self._database.write(unit)
        except IntegrityError:
            if earlier := await self.replied(turn):
                return earlier
            raise Moved from None


class _Writing:
    """One turn's transaction, step by step."""

    def __init__(
        self,
        connection: AsyncConnection,
        turn: Turn,
        operation: str,
        house: House,
        story: Story | None,
        change: Change,
    ) -> None:
        self._connection = connection
        self._turn = turn
        self._operation = operation
        self._house = house
        self._story = story
        self._change = change
        self._place_id = 0
        self._turn_id = 0

    async def run(self, reply: Reply) -> Reply:
        self._place_id = self._house.id or await self._add_place()
        self._turn_id = await self._add_turn()
        await self._settle()
        await self._open_or_close()
        await self._write_story()
        await self._keep_tokens()
        return replace(reply, post=await self._add_post(reply))

    async def _insert(self, table: Any, **values: object) -> int:
        result: Any = await self._connection.execute(_inserting(table), values)
        key: tuple[int, ...] = result.inserted_primary_key
        return key[0]

    async def _add_place(self) -> int:
        place, house = self._turn.place, self._house
        return await self._insert(t.place, **asdict(place), rating=house.rating, length=house.length)

    async def _add_turn(self) -> int:
        return await self._insert(
            t.turn,
            platform=self._turn.place.platform,
            request_id=self._turn.id,
            place_id=self._place_id,
            operation=self._operation,
            contributor_id=self._turn.contributor.id,
            created_at=_now(),
        )

    async def _add_post(self, reply: Reply) -> int:
        return await self._insert(
            t.post,
            turn_id=self._turn_id,
            place_id=self._place_id,
            blocks=[asdict(block) for block in reply.blocks],
            private=reply.private,
        )

    async def _settle(self) -> None:
        settings = {"rating": self._change.rating, "length": self._change.length}
        await self._update_place({k: v for k, v in settings.items() if v is not None})

    async def _update_place(self, values: dict[str, Any]) -> None:
        if values:
            await self._connection.execute(update(t.place).where(t.place.c.id == self._place_id).values(**values))

    async def _open_or_close(self) -> None:
        if self._change.start is not None:
            await self._open(await self._add_story(*self._change.start))
        if self._change.resume is not None:
            await self._open(self._change.resume)
        if self._change.end and self._story is not None:
            await self._update_story(self._story.id, ended=True)
            await self._update_place({"story_id": None})

    async def _open(self, story_id: int) -> None:
        """Open a story in the place, unless another process opened one meanwhile."""
        opened = await self._connection.execute(
            update(t.place)
            .where(t.place.c.id == self._place_id, t.place.c.story_id.is_not_distinct_from(self._house.story_id))
            .values(story_id=story_id)
        )
        if opened.rowcount != 1:
            raise Moved
        await self._update_story(story_id, ended=False)

    async def _add_story(self, title: Cleared, premise: Cleared, author: Cleared) -> int:
        return await self._insert(
            t.story,
            place_id=self._place_id,
            turn_id=self._turn_id,
            title=title,
            premise=premise,
            author=author,
            ended=False,
            created_at=_now(),
        )

    async def _update_story(self, story_id: int, **values: object) -> None:
        await self._connection.execute(update(t.story).where(t.story.c.id == story_id).values(**values))

    async def _write_story(self) -> None:
        if self._story is None:
            return
        if self._change.passage is not None:
            await self._move(head_after=await self._add_passage(self._story))
        if self._change.lore is not None or self._change.forget is not None:
            await self._change_lore(self._story)
        if self._change.undo:
            await self._step(self._story, back=True)
        if self._change.redo:
            await self._step(self._story, back=False)

    async def _add_passage(self, story: Story) -> int:
        new = self._change.passage
        assert new is not None  # noqa: S101 - for the type checker
        passage_id = await self._insert(
            t.passage,
            story_id=story.id,
            turn_id=self._turn_id,
            parent=new.parent,
            number=new.number,
            kind=new.kind,
            author_id=new.author_id,
            author=new.author,
            text=new.text,
            before=new.before,
            given=asdict(new.given) if new.given else None,
            created_at=_now(),
        )
        await self._insert(t.token, passage_id=passage_id, tokenizer=new.tokenizer, ids=_packed(new.ids))
        return passage_id

    async def _change_lore(self, story: Story) -> None:
        new, old, after = self._change.lore, self._change.forget, None
        if new is not None:
            old = new.replaces
            values = {"story_id": story.id, "turn_id": self._turn_id, "holds": True}
            after = await self._insert(t.lore, name=new.name, fact=new.fact, **values)
        await self._set_lore(old, holds=False)
        await self._move(head_after=story.head, lore_before=old, lore_after=after)

    async def _set_lore(self, lore_id: int | None, *, holds: bool) -> None:
        if lore_id is not None:
            await self._connection.execute(update(t.lore).where(t.lore.c.id == lore_id).values(holds=holds))

    async def _move(
        self, *, head_after: int | None, lore_before: int | None = None, lore_after: int | None = None
    ) -> None:
        """Record a step that undo can take back, and take it."""
        story = self._story
        assert story is not None  # noqa: S101 - for the type checker
        last = await self._connection.scalar(select(_last_move(story.id)))
        await self._insert(
            t.move,
            story_id=story.id,
            turn_id=self._turn_id,
            previous=last,
            head_before=story.head,
            head_after=head_after,
            lore_before=lore_before,
            lore_after=lore_after,
            done=True,
        )
        await self._set_head(story, head_after)

    async def _set_head(self, story: Story, head: int | None) -> None:
        moved = await self._connection.execute(
            update(t.story)
            .where(t.story.c.id == story.id, t.story.c.head.is_not_distinct_from(story.head))
            .values(head=head)
        )
        if moved.rowcount != 1:
            raise Moved

    async def _step(self, story: Story, *, back: bool) -> None:
        """Take the last step back, or the last one taken back forward again. The caller saw that there is one."""
        row = (await self._connection.execute(_next_move(story.id, back=back))).one_or_none()
        if row is None:
            raise Moved
        await self._set_lore(row.lore_after, holds=not back)
        await self._set_lore(row.lore_before, holds=back)
        await self._connection.execute(update(t.move).where(t.move.c.id == row.id).values(done=not back))
        await self._set_head(story, row.head_before if back else row.head_after)

    async def _keep_tokens(self) -> None:
        for passage_id, (tokenizer, ids) in self._change.encoded.items():
            known = select(t.token.c.passage_id).where(
                t.token.c.passage_id == passage_id, t.token.c.tokenizer == tokenizer
            )
            if (await self._connection.execute(known)).first() is None:
                await self._insert(t.token, passage_id=passage_id, tokenizer=tokenizer, ids=_packed(ids))


def _last_move(story_id: int) -> ScalarSelect[Any]:
    return select(func.max(t.move.c.id)).where(t.move.c.story_id == story_id, t.move.c.done).scalar_subquery()


def _next_move(story_id: int, *, back: bool) -> Select[Any]:
    """The last step done; or, of the steps ever taken from there and undone, the newest."""
    if back:
        return select(t.move).where(t.move.c.id == _last_move(story_id))
    undone = select(t.move).where(
        t.move.c.story_id == story_id,
        ~t.move.c.done,
        t.move.c.previous.is_not_distinct_from(_last_move(story_id)),
    )
    return undone.order_by(t.move.c.id.desc()).limit(1)


def _key(turn: Turn) -> dict[str, str]:
    return asdict(turn.place) | {"request_id": turn.id}


def _story_columns() -> tuple[Any, ...]:
    number = func.coalesce(t.passage.c.number, 0).label("passages")
    s = t.story.c
    return s.id, s.title, s.premise, s.author, s.ended, s.head, number


def _stories() -> Select[Any]:
    return select(*_story_columns()).outerjoin(t.passage, t.passage.c.id == t.story.c.head)


async def _one_passage(connection: AsyncConnection, passage_id: int | None) -> Passage | None:
    none = null().label("ids")
    row = (
        await connection.execute(select(*_passage_columns(t.passage), none).where(t.passage.c.id == passage_id))
    ).one_or_none()
    return None if row is None else _passage(row)


async def _one_lore(connection: AsyncConnection, lore_id: int | None) -> Lore | None:
    row = (await connection.execute(select(t.lore).where(t.lore.c.id == lore_id))).one_or_none()
    return None if row is None else _lore(row)


# Drawing up a statement costs more than running it, so those of every turn are drawn up once.


@cache
def _inserting(table: Table) -> Insert:
    return insert(table)


@cache
def _arrival() -> Select[Any]:
    """One row with the place, its open story, and the post of this turn if it was performed before."""
    same = (t.turn.c.platform == t.place.c.platform) & (t.turn.c.request_id == bindparam("request_id"))
    everything = t.place.outerjoin(t.story, t.story.c.id == t.place.c.story_id)
    everything = everything.outerjoin(t.passage, t.passage.c.id == t.story.c.head)
    everything = everything.outerjoin(t.turn, same).outerjoin(t.post, t.post.c.turn_id == t.turn.c.id)
    return (
        select(
            *(t.place.c.id.label("house"), t.place.c.rating, t.place.c.length, t.place.c.story_id),
            *_story_columns(),
            *(t.post.c.id.label("post"), t.post.c.blocks, t.post.c.private),
        )
        .select_from(everything)
        .where(*(t.place.c[name] == bindparam(name) for name in ("platform", "workspace", "channel", "thread")))
    )


def _passage_columns(passage: Any) -> list[Any]:
    """All but `given`, which few turns need and which is large."""
    return [column for column in passage.c if column.name != "given"]


@cache
def _path() -> Select[Any]:
    """Passages with numbers in (floor, ceiling] on the path to head, with their ids for a tokenizer."""
    floor = bindparam("floor", type_=Integer)
    head = select(*_passage_columns(t.passage)).where(t.passage.c.id == bindparam("head"))
    start = head.cte("path", recursive=True)
    above = aliased(t.passage)
    next_up = select(*_passage_columns(above)).join(start, above.c.id == start.c.parent)
    path = start.union_all(next_up.where(above.c.number > floor))
    ids = (t.token.c.passage_id == path.c.id) & (t.token.c.tokenizer == bindparam("tokenizer"))
    found = select(path, t.token.c.ids).outerjoin(t.token, ids)
    wanted = path.c.number <= bindparam("ceiling"), path.c.number > floor
    return found.where(*wanted).order_by(path.c.number)


def _reply(row: AnyRow) -> Reply:
    return Reply(tuple(_block(data) for data in row.blocks), row.private, post=row.post)


def _block(data: dict[str, str]) -> Block:
    label = data["label"]
    return Block(Shape(data["shape"]), stored(data["text"]), None if label is None else stored(label))


def _place(platform: str, row: AnyRow) -> Place:
    return Place(platform=platform, workspace=row.workspace, channel=row.channel, thread=row.thread)


def _story(row: AnyRow) -> Story:
    return Story(
        id=row.id,
        title=stored(row.title),
        premise=stored(row.premise),
        author=stored(row.author),
        ended=row.ended,
        head=row.head,
        passages=row.passages,
    )


def _passage(row: AnyRow) -> Passage:
    return Passage(
        id=row.id,
        number=row.number,
        parent=row.parent,
        kind=Kind(row.kind),
        author_id=row.author_id,
        author=stored(row.author),
        text=stored(row.text),
        before=row.before,
        ids=None if row.ids is None else _unpacked(row.ids),
    )


def _lore(row: AnyRow) -> Lore:
    return Lore(row.id, stored(row.name), stored(row.fact))


def _given(data: Any) -> Given:
    names = {key: tuple(stored(name) for name in data[key]) for key in ("lore", "lore_left_out")}
    return Given(**data | names | {"words": stored(data["words"])})


def _packed(ids: Sequence[int]) -> bytes:
    return array("I", ids).tobytes()


def _unpacked(data: bytes) -> TokenIds:
    return tuple(array("I", data))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
