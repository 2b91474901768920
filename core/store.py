"""Where stories are kept. Rows are the truth: no state of a story lives in memory between two turns.

Every statement is bounded: a turn reads the end of a story, never the whole of it. A turn writes once.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError

from core import faults, observation, prepared, rows, statements
from core import tables as t
from core.change import Change
from core.commit import Commit, Moved
from core.database import Database
from core.delivery import Delivery
from core.errors import StoreError
from core.leases import LIFE, Leases
from core.moments import now
from core.notebook import Notebook
from core.place import Contributor, House, Length, Place, Turn
from core.policy import Policy, Rating
from core.records import Records
from core.reply import Reply
from core.servers import Servers
from core.story import Given, Lore, Passage, Proposal, Step, Story, Summary

_AT_LEAST = 30
"""Passages of a window that are read however long they are: a new one must not repeat their words."""
_SHORTEST = 16
"""Tokens that a passage is thought to have at least, when a window's worth of them is looked up."""
_ALL = 1 << 30
"""More tokens than any story has."""


class Arrival(NamedTuple):
    """What a turn finds: the reply if it was performed before, the house, the open story, and its last passage."""

    reply: Reply | None
    house: House
    story: Story | None
    last: Passage | None = None


class Store:
    """Reads by place and story; writes by `commit`, once a turn."""

    def __init__(self, database: Database, *, rating: Rating = Rating.TEEN, life: float = LIFE) -> None:
        self.leases = Leases(database, life=life)
        """What this process may do alone, among others on the same database; `life` is in seconds."""
        self.records = Records(database, self.leases)
        self.delivery = Delivery(database, self.leases)
        self.servers = Servers(database)
        self.notebook = Notebook(database)
        self._database = database
        self._rating = rating

    @observation.stage("read")
    async def arrive(self, turn: Turn, *, tokenizer: str = "") -> Arrival:
        """What a turn finds in its place. Defaults for a place never seen (the id of its house is 0)."""
        key = statements.key(turn, tokenizer)
        row = await self._database.read(lambda c: c.execute(statements.arrival(), key).one_or_none())
        if row is None:
            workspace = await self.servers.settings(turn.place.platform, turn.place.workspace)
            house = House(0, self._rating_for(turn, workspace.rating), Length.MEDIUM, None, workspace=workspace)
            return Arrival(None, house, None)
        house = self._house(turn, row)
        earlier = rows.reply_of(row) if row.post is not None else None
        story = rows.story_of(row) if row.story_id is not None else None
        return Arrival(earlier, house, story, rows.last_passage_of(row))

    def _house(self, turn: Turn, row: rows.AnyRow) -> House:
        workspace = rows.workspace_of(row)
        own = row.rating and Rating(row.rating)
        return House(
            id=row.house,
            rating=self._rating_for(turn, own or workspace.rating),
            length=Length(row.length or Length.MEDIUM),
            story_id=row.story_id,
            version=row.version,
            workspace=workspace,
            dedicated=row.dedicated,
            own_rating=own,
        )

    def _rating_for(self, turn: Turn, chosen: Rating | None) -> Rating:
        """What holds for a turn: mature only where the platform lets none but adults in."""
        rating = chosen or self._rating
        return Rating.TEEN if rating is Rating.MATURE and not turn.adult else rating

    async def policy(self, place: Place, *, adult: bool = False, vouched: bool = False) -> Policy:
        """What holds for texts in a place at this moment."""
        found = await self.arrive(Turn(id="", place=place, contributor=Contributor("", ""), adult=adult))
        return replace(found.house.policy(found.story), vouched=vouched)

    async def replied(self, turn: Turn) -> Reply | None:
        """The stored reply to this request id, if this turn was performed before."""
        return (await self.arrive(turn)).reply

    async def stories(self, place_id: int, *, limit: int = 25) -> list[Story]:
        """The stories of a place, at most `limit`: the open one, then those ended last, then those begun last."""
        order = t.story.c.ended, func.coalesce(t.story.c.ended_at, t.story.c.created_at).desc(), t.story.c.id.desc()
        wanted = statements.stories().where(t.story.c.place_id == place_id).order_by(*order).limit(limit)
        return await self._database.read(lambda c: [rows.story_of(row) for row in c.execute(wanted)])

    async def passages(self, story: Story, *, tokenizer: str, limit: int, last: int | None = None) -> list[Passage]:
        """The last `limit` passages of a story, oldest first; with `last`, up to that number.

        They are looked up from the head upwards, so the cost is that of the part that is read.
        """
        top = story.passages if last is None else last
        part = {"floor": top - limit, "ceiling": top, "enough": top, "tokens": _ALL}
        wanted = part | {"head": story.head, "tokenizer": tokenizer}
        return await self._database.read(lambda c: _passages(c, wanted))

    @observation.stage("read")
    async def window(
        self, story: Story, *, tokenizer: str, tokens: int, policy: str = ""
    ) -> tuple[list[Passage], list[Lore], list[Summary]]:
        """The passages in so many last tokens of a story by its own scale, its facts, and its newest summaries.

        All oldest first; of the summaries those that were cleared under this policy.

        Not fewer passages than `_AT_LEAST`, so that a new one can be compared with them, however long they are.
        """
        top = story.passages
        limit = max(_AT_LEAST, tokens // _SHORTEST)
        part = {"floor": top - limit, "ceiling": top, "enough": top - _AT_LEAST, "tokens": tokens}
        wanted = part | {"head": story.head, "tokenizer": tokenizer}
        return await self._database.read(
            lambda c: (_passages(c, wanted), _lore(c, story.id), _summaries(c, story.id, policy))
        )

    async def summaries(self, story_id: int, *, policy: str) -> list[Summary]:
        """The newest summaries of a story that were cleared under a policy, oldest first."""
        return await self._database.read(lambda c: _summaries(c, story_id, policy))

    async def keep_summaries(
        self,
        story_id: int,
        made: Sequence[Summary],
        *,
        passages: Mapping[int, str],
        folded: Mapping[int, str],
        policy: str,
    ) -> bool:
        """Keep summaries; not if what they were made from is no longer as it was, as when its author was forgotten.

        That is the texts of passages, and of summaries that were folded, by their ids. Returns whether they are kept.
        """

        def unit(connection: Connection) -> bool:
            return _keep_summaries(connection, story_id, made, passages=passages, folded=folded, policy=policy)

        try:
            return await self._database.write(unit)
        except IntegrityError:  # another process was faster, or the story is gone
            return False

    async def version_of(self, story: Story, passage_id: int) -> Passage | None:
        """What a passage reads now, on the path to the story's head; None if it does not stand there."""
        wanted = {"head": story.head, "about": passage_id}
        row = await self._database.read(lambda c: c.execute(statements.later_version(), wanted).one_or_none())
        return None if row is None else rows.passage_of(row)

    async def proposals(self, place_id: int) -> list[Proposal]:
        """Wordings that wait for an author's consent in a place, the newest first, at most a hundred."""
        wanted = {"place": place_id}
        return await self._database.read(
            lambda c: [rows.proposal_of(r) for r in c.execute(statements.proposals(), wanted)]
        )

    async def given(self, passage: Passage) -> Given | None:
        """What the model was given for a passage; None if a person wrote it."""
        wanted = select(t.passage.c.given).where(t.passage.c.id == passage.id)
        data = await self._database.read(lambda c: c.scalar(wanted))
        return None if data is None else rows.given_of(data)

    async def lore(self, story_id: int) -> list[Lore]:
        """The facts that hold in a story, oldest first; the newest two hundred of them."""
        return await self._database.read(lambda c: _lore(c, story_id))

    async def step(self, story_id: int, *, back: bool) -> Step | None:
        """What undo (`back`) or redo would do next, None if there is nothing to do."""

        def unit(connection: Connection) -> Step | None:
            move = connection.execute(statements.next_move(story_id, back=back)).one_or_none()
            if move is None:
                return None
            gone, come = ("after", "before") if back else ("before", "after")
            same = move.head_before == move.head_after
            return Step(
                None if same else _one_passage(connection, getattr(move, f"head_{gone}")),
                None if same else _one_passage(connection, getattr(move, f"head_{come}")),
                _one_lore(connection, getattr(move, f"lore_{gone}")),
                _one_lore(connection, getattr(move, f"lore_{come}")),
            )

        return await self._database.read(unit)

    async def begin(self, turn: Turn, operation: str, house: House, otherwise: Reply) -> bool:
        """Note that a turn is under way, so that if this process dies in it, another says `otherwise` as its reply.

        Whether it is noted: not where this process is the only one, or serves nobody. `commit` or `end` is to follow.
        """
        holder = self.leases.holder(turn.place.platform)
        if holder:
            made = postgresql.insert(t.begun).values(
                place_id=house.id,
                request_id=turn.id,
                operation=operation,
                created_at=now(),
                blocks=[vars(block) for block in otherwise.blocks],
                holder=holder,
            )
            made = made.on_conflict_do_nothing()  # it is performed again, or by another process too
            await self._database.write(lambda c: c.execute(made).close())
        return bool(holder)

    async def end(self, turn: Turn, house: House) -> None:
        """A turn that was begun came to nothing."""
        with contextlib.suppress(StoreError):  # then it ends when this process does
            await self._database.write(
                lambda c: c.execute(statements.ending(), statements.ended(turn, house.id)).close()
            )

    @observation.stage("commit")
    async def commit(
        self, turn: Turn, operation: str, house: House, story: Story | None, change: Change, reply: Reply
    ) -> Reply:
        """Write all of a turn in one transaction: the turn, what it changed, and its post.

        Returns the reply with its post; the stored one if the turn was already performed.
        Raises `Moved` when the story is no longer as the turn found it.
        """

        def unit(connection: Connection) -> Reply:
            return Commit(connection, turn, operation, house, story, change, holder=holder).run(reply)

        holder = self.leases.holder(turn.place.platform)
        faults.hit("before_commit")
        try:
            written = await self._database.write(unit)
        except IntegrityError:
            if earlier := await self.replied(turn):
                return earlier
            raise Moved from None
        faults.hit("after_commit")
        return written


def _keep_summaries(
    connection: Connection,
    story_id: int,
    made: Sequence[Summary],
    *,
    passages: Mapping[int, str],
    folded: Mapping[int, str],
    policy: str,
) -> bool:
    """Write summaries, unless one of the texts that they were made from, by id, is no longer as it was.

    Returns whether they are written.
    """
    for table, texts in ((t.passage, passages), (t.summary, folded)):
        found = select(table.c.id, table.c.text).where(table.c.id.in_(texts)).with_for_update()
        if {row.id: row.text for row in connection.execute(found)} != dict(texts):
            return False
    for each in made:
        row = {name: getattr(each, name) for name in ("layer", "first", "last", "after", "through", "text")}
        more = {"story_id": story_id, "policy": policy, "author_id": each.by, "created_at": now()}
        prepared.add(connection, t.summary, row | more)
    return True


def _one_passage(connection: Connection, passage_id: int | None) -> Passage | None:
    """A passage by id, without its token ids."""
    row = connection.execute(statements.passage(passage_id)).one_or_none()
    return None if row is None else rows.passage_of(row)


def _one_lore(connection: Connection, lore_id: int | None) -> Lore | None:
    """A fact by id, whether or not it holds."""
    row = connection.execute(select(t.lore).where(t.lore.c.id == lore_id)).one_or_none()
    return None if row is None else rows.lore_of(row)


def _passages(connection: Connection, wanted: Mapping[str, Any]) -> list[Passage]:
    return [rows.passage_of(row) for row in connection.execute(statements.path(), wanted)]


def _summaries(connection: Connection, story_id: int, policy: str) -> list[Summary]:
    wanted = {"of": story_id, "policy": policy}
    return [rows.summary_of(row) for row in connection.execute(statements.summaries(), wanted)][::-1]


def _lore(connection: Connection, story_id: int) -> list[Lore]:
    return [rows.lore_of(row) for row in connection.execute(statements.facts(), {"of": story_id})][::-1]
