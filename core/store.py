"""Where stories are kept. Rows are the truth: no state of a story lives in memory between two turns.

Every statement is bounded: a turn reads the end of a story, never the whole of it. A turn writes once.
"""

from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from core import rows
from core import tables as t
from core.commit import Commit, Moved, now
from core.database import Database
from core.moderation import Rating
from core.story import Change, Given, House, Length, Lore, Passage, Place, Reply, Step, Story, Turn

__all__ = ["Arrival", "Moved", "Store", "Undelivered"]


class Arrival(NamedTuple):
    """What a turn finds: the reply if it was performed before, the house, and the open story."""

    reply: Reply | None
    house: House
    story: Story | None


class Undelivered(NamedTuple):
    """A reply that nobody may have seen: where it belongs, and whose it is if it is private."""

    place: Place
    contributor_id: str
    reply: Reply


class Store:
    """Reads by place and story; writes by `commit`, once a turn."""

    def __init__(self, database: Database, *, rating: Rating = Rating.TEEN) -> None:
        self._database = database
        self._rating = rating

    async def arrive(self, turn: Turn) -> Arrival:
        """What a turn finds in its place. Defaults for a place never seen (the id of its house is 0)."""
        async with self._database.reading() as connection:
            row = (await connection.execute(rows.arrival(), rows.key(turn))).one_or_none()
        if row is None:
            return Arrival(None, House(0, self._rating, Length.MEDIUM, None), None)
        rating = Rating(row.rating) if row.rating else self._rating
        house = House(row.house, rating, Length(row.length or Length.MEDIUM), row.story_id, row.version)
        earlier = rows.reply_of(row) if row.post is not None else None
        return Arrival(earlier, house, rows.story_of(row) if row.story_id is not None else None)

    async def replied(self, turn: Turn) -> Reply | None:
        """The stored reply to this request id, if this turn was performed before."""
        return (await self.arrive(turn)).reply

    async def stories(self, place_id: int, *, limit: int = 25) -> list[Story]:
        """The stories of a place, at most `limit`: the open one, then those ended last, then those begun last."""
        order = t.story.c.ended, func.coalesce(t.story.c.ended_at, t.story.c.created_at).desc(), t.story.c.id.desc()
        wanted = rows.stories().where(t.story.c.place_id == place_id).order_by(*order).limit(limit)
        async with self._database.reading() as connection:
            return [rows.story_of(row) for row in await connection.execute(wanted)]

    async def passages(self, story: Story, *, tokenizer: str, limit: int, last: int | None = None) -> list[Passage]:
        """The last `limit` passages of a story, oldest first; with `last`, up to that number.

        They are looked up from the head upwards, so the cost is that of the part that is read.
        """
        if story.head is None:
            return []
        top = story.passages if last is None else last
        async with self._database.reading() as connection:
            wanted = {"head": story.head, "tokenizer": tokenizer, "floor": top - limit, "ceiling": top}
            found = await connection.execute(rows.path(), wanted)
            return [rows.passage_of(row) for row in found]

    async def given(self, passage: Passage) -> Given | None:
        """What the model was given for a passage; None if a person wrote it."""
        async with self._database.reading() as connection:
            data = await connection.scalar(select(t.passage.c.given).where(t.passage.c.id == passage.id))
        return None if data is None else rows.given_of(data)

    async def lore(self, story_id: int) -> list[Lore]:
        """The facts that hold in a story, oldest first; the newest two hundred of them."""
        holding = t.lore.c.story_id == story_id, t.lore.c.holds
        wanted = select(t.lore).where(*holding).order_by(t.lore.c.id.desc()).limit(200)
        async with self._database.reading() as connection:
            return [rows.lore_of(row) for row in await connection.execute(wanted)][::-1]

    async def step(self, story_id: int, *, back: bool) -> Step | None:
        """What undo (`back`) or redo would do next, None if there is nothing to do."""
        async with self._database.reading() as connection:
            move = (await connection.execute(rows.next_move(story_id, back=back))).one_or_none()
            if move is None:
                return None
            gone, come = ("after", "before") if back else ("before", "after")
            same = move.head_before == move.head_after
            return Step(
                None if same else await rows.one_passage(connection, getattr(move, f"head_{gone}")),
                None if same else await rows.one_passage(connection, getattr(move, f"head_{come}")),
                await rows.one_lore(connection, getattr(move, f"lore_{gone}")),
                await rows.one_lore(connection, getattr(move, f"lore_{come}")),
            )

    async def undelivered(self, platform: str, *, limit: int = 100) -> list[Undelivered]:
        """Posts that were committed but never marked as delivered, oldest first."""
        wanted = (
            select(
                *(t.post.c.id.label("post"), t.post.c.blocks, t.post.c.private, t.turn.c.contributor_id),
                *(t.place.c.workspace, t.place.c.channel, t.place.c.thread),
            )
            .join(t.place, t.place.c.id == t.post.c.place_id)
            .join(t.turn, t.turn.c.id == t.post.c.turn_id)
            .where(t.post.c.delivered_at.is_(None), t.place.c.platform == platform)
            .order_by(t.post.c.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            found = await connection.execute(wanted)
            return [Undelivered(rows.place_of(platform, row), row.contributor_id, rows.reply_of(row)) for row in found]

    async def delivered(self, post: int) -> None:
        """Mark a post as seen by people."""

        async def unit(connection: AsyncConnection) -> None:
            await connection.execute(update(t.post).where(t.post.c.id == post).values(delivered_at=now()))

        await self._database.write(unit)

    async def commit(
        self, turn: Turn, operation: str, house: House, story: Story | None, change: Change, reply: Reply
    ) -> Reply:
        """Write all of a turn in one transaction: the turn, what it changed, and its post.

        Returns the reply with its post; the stored one if the turn was already performed.
        Raises `Moved` when the story is no longer as the turn found it.
        """

        async def unit(connection: AsyncConnection) -> Reply:
            return await Commit(connection, turn, operation, house, story, change).run(reply)

        try:
            return await self._database.write(unit)
        except IntegrityError:
            if earlier := await self.replied(turn):
                return earlier
            raise Moved from None
