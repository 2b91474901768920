"""The one write of a turn: everything that it changes, in one transaction, step by step."""

import datetime as dt
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables as t
from core.moderation import Cleared
from core.rows import inserting, last_move, next_move, packed
from core.story import Change, House, Reply, Story, Turn


class Moved(Exception):
    """The place is no longer as the turn found it: another process wrote there meanwhile."""


class Commit:
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
        """Write everything; returns the reply with its post. Raises `Moved`."""
        self._place_id = await self._same_place() if self._house.id else await self._add_place()
        self._turn_id = await self._add_turn()
        await self._settle()
        await self._open_or_close()
        await self._write_story()
        await self._keep_tokens()
        return replace(reply, post=await self._add_post(reply))

    async def _insert(self, table: Any, **values: object) -> int:
        result: Any = await self._connection.execute(inserting(table), values)
        key: tuple[int, ...] = result.inserted_primary_key
        return key[0]

    async def _add_place(self) -> int:
        return await self._insert(t.place, **asdict(self._turn.place), version=1)

    async def _same_place(self) -> int:
        """The place's id, and its row locked until the commit. Raises `Moved` unless all is as the turn found it.

        A question changes nothing, so only the rating that its answer was judged by must still hold.
        """
        place = t.place.c
        mine = update(t.place).where(place.id == self._house.id)
        if self._change.changes:
            mine = mine.where(place.version == self._house.version).values(version=place.version + 1)
        else:
            mine = mine.where((place.rating == self._house.rating) | place.rating.is_(None)).values(
                version=place.version
            )
        if (await self._connection.execute(mine)).rowcount != 1:
            raise Moved
        return self._house.id

    async def _add_turn(self) -> int:
        return await self._insert(
            t.turn,
            request_id=self._turn.id,
            place_id=self._place_id,
            operation=self._operation,
            contributor_id=self._turn.contributor.id,
            created_at=now(),
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
            await self._update_story(self._story.id, ended=True, ended_at=now())
            await self._update_place({"story_id": None})

    async def _open(self, story_id: int) -> None:
        await self._update_place({"story_id": story_id})
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
            created_at=now(),
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
            created_at=now(),
        )
        await self._insert(t.token, passage_id=passage_id, tokenizer=new.tokenizer, ids=packed(new.ids))
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
        last = await self._connection.scalar(select(last_move(story.id)))
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
        await self._update_story(story.id, head=head)

    async def _step(self, story: Story, *, back: bool) -> None:
        """Take the last step back, or the last one taken back forward again. The caller saw that there is one."""
        row = (await self._connection.execute(next_move(story.id, back=back))).one()
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
                await self._insert(t.token, passage_id=passage_id, tokenizer=tokenizer, ids=packed(ids))


def now() -> dt.datetime:
    """The time that is written into rows."""
    return dt.datetime.now(dt.UTC)
