"""Where stories are kept. Rows are the truth: no state of a story lives in memory between two turns.

Every statement is bounded: a turn reads the end of a story, never the whole of it. A turn writes once.
"""

import contextlib
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, literal, select, true
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from core import faults, observation, prepared, rows
from core import tables as t
from core.commit import Commit, Moved, keep_summaries, now
from core.database import Database
from core.erasing import erase
from core.errors import StoreError
from core.leases import LIFE, Leases, inherit, under_way
from core.policy import Policy, Rating
from core.records import Records
from core.showing import may_show
from core.story import (
    Alert,
    Change,
    Contributor,
    Given,
    House,
    Length,
    Lore,
    Passage,
    Place,
    Proposal,
    Reply,
    Step,
    Story,
    Summary,
    Telling,
    Turn,
    Undelivered,
    Workspace,
)

__all__ = ["Arrival", "Moved", "Store"]

_AT_LEAST = 30
"""Passages of a window that are read however long they are: a new one must not repeat their words."""
_SHORTEST = 16
"""Tokens that a passage is thought to have at least, when a window's worth of them is looked up."""
_REMEMBERED = dt.timedelta(hours=1)
"""How long a delivery is known again; Slack's last retry comes some six minutes after the first try."""
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
        self._database = database
        self._rating = rating

    @observation.stage("read")
    async def arrive(self, turn: Turn, *, tokenizer: str = "") -> Arrival:
        """What a turn finds in its place. Defaults for a place never seen (the id of its house is 0)."""
        key = rows.key(turn, tokenizer)
        row = await self._database.read(lambda c: c.execute(rows.arrival(), key).one_or_none())
        if row is None:
            workspace = await self.workspace(turn.place.platform, turn.place.workspace)
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

    async def workspace(self, platform: str, workspace: str) -> Workspace:
        """What is set for a server; nothing if nothing ever was."""
        key = {"platform": platform, "workspace": workspace}
        row = await self._database.read(lambda c: c.execute(rows.workspace(), key).one_or_none())
        return Workspace() if row is None else rows.workspace_of(row)

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
        wanted = rows.stories().where(t.story.c.place_id == place_id).order_by(*order).limit(limit)
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
            return keep_summaries(connection, story_id, made, passages=passages, folded=folded, policy=policy)

        try:
            return await self._database.write(unit)
        except IntegrityError:  # another process was faster, or the story is gone
            return False

    async def version_of(self, story: Story, passage_id: int) -> Passage | None:
        """What a passage reads now, on the path to the story's head; None if it does not stand there."""
        wanted = {"head": story.head, "about": passage_id}
        row = await self._database.read(lambda c: c.execute(rows.later_version(), wanted).one_or_none())
        return None if row is None else rows.passage_of(row)

    async def passage_at(self, place: Place, message_id: str) -> int | None:
        """The id of the passage that a message shows, or that came from it; None if there is none."""
        here = [t.place.c[name] == value for name, value in asdict(place).items()]
        wanted = (
            select(t.passage.c.id)
            .join(t.message, t.message.c.turn_id == t.passage.c.turn_id)
            .join(t.place, t.place.c.id == t.message.c.place_id)
            .where(t.message.c.message_id == message_id, *here)
            .order_by(t.passage.c.id)
            .limit(1)
        )
        return await self._database.read(lambda c: c.scalar(wanted))

    async def noted(self, key: str) -> str | None:
        """What an adapter wanted to know again."""
        wanted = select(t.note.c.value).where(t.note.c.key == key)
        return await self._database.read(lambda c: c.scalar(wanted))

    async def note(self, key: str, value: str) -> None:
        """Keep something for after a restart."""

        def unit(connection: Connection) -> None:
            connection.execute(delete(t.note).where(t.note.c.key == key))
            connection.execute(insert(t.note), {"key": key, "value": value})

        await self._database.write(unit)

    async def unnote(self, key: str) -> None:
        """Forget what an adapter wanted to know again."""
        await self._database.write(lambda c: c.execute(delete(t.note).where(t.note.c.key == key)).close())

    async def workspaces(self, platform: str) -> list[str]:
        """The servers of a platform of which anything is kept."""
        wanted = select(t.place.c.workspace).where(t.place.c.platform == platform).distinct()
        return await self._database.read(lambda c: list(c.scalars(wanted)))

    async def erase(self, platform: str, workspace: str) -> None:
        """Delete everything that is kept of a server, for ever."""
        await self._database.write(lambda c: erase(c, platform, workspace))

    async def first_sight(self, key: str) -> bool:
        """Whether this delivery was never seen before, in any process; it is remembered for an hour from now."""
        old = t.sighting.c.seen_at < now() - _REMEMBERED
        known = select(t.sighting.c.key).where(t.sighting.c.key == key).exists()
        mine = select(literal(key), literal(now(), t.sighting.c.seen_at.type)).where(~known)

        def unit(connection: Connection) -> bool:
            connection.execute(delete(t.sighting).where(old))
            return connection.execute(insert(t.sighting).from_select(["key", "seen_at"], mine)).rowcount == 1

        try:
            return await self._database.write(unit)
        except IntegrityError:  # another process was faster
            return False

    async def unsee(self, key: str) -> None:
        """Forget a delivery: it was not dealt with, and may come again."""
        await self._database.write(lambda c: c.execute(delete(t.sighting).where(t.sighting.c.key == key)))

    async def tellings(self, platform: str, workspace: str, contributor_id: str, *, limit: int = 15) -> list[Telling]:
        """Stories on a server that a person began or wrote in: the open ones first, then the newest."""
        there = select(t.turn.c.place_id).where(t.turn.c.contributor_id == contributor_id)
        wrote = aliased(t.passage)
        written = wrote.c.story_id == t.story.c.id, wrote.c.author_id == contributor_id
        mine = (t.story.c.author_id == contributor_id) | select(wrote.c.id).where(*written).exists()
        place = t.place.c.workspace, t.place.c.channel, t.place.c.thread
        wanted = (
            rows.stories()
            .add_columns(*place, t.passage.c.author_id.label("last_author"))
            .join(t.place, t.place.c.id == t.story.c.place_id)
            .where(t.place.c.platform == platform, t.place.c.workspace == workspace)
            .where(t.place.c.id.in_(there), mine)
            .order_by(t.story.c.ended, t.story.c.id.desc())
            .limit(limit)
        )

        def unit(connection: Connection) -> list[Telling]:
            found = connection.execute(wanted)
            return [Telling(rows.place_of(platform, row), rows.story_of(row), row.last_author) for row in found]

        return await self._database.read(unit)

    async def proposals(self, place_id: int) -> list[Proposal]:
        """Wordings that wait for an author's consent in a place, the newest first, at most a hundred."""
        wanted = {"place": place_id}
        return await self._database.read(lambda c: [rows.proposal_of(r) for r in c.execute(rows.proposals(), wanted)])

    async def consents(self, platform: str, workspace: str, author_id: str) -> list[tuple[Place, Proposal]]:
        """Wordings on a server that wait for somebody's consent, and where; the newest first, at most ten."""
        wanted = {"platform": platform, "workspace": workspace, "author": author_id}

        def unit(connection: Connection) -> list[tuple[Place, Proposal]]:
            found = connection.execute(rows.consents(), wanted)
            return [(rows.place_of(platform, row), rows.proposal_of(row)) for row in found]

        return await self._database.read(unit)

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
            move = connection.execute(rows.next_move(story_id, back=back)).one_or_none()
            if move is None:
                return None
            gone, come = ("after", "before") if back else ("before", "after")
            same = move.head_before == move.head_after
            return Step(
                None if same else rows.one_passage(connection, getattr(move, f"head_{gone}")),
                None if same else rows.one_passage(connection, getattr(move, f"head_{come}")),
                rows.one_lore(connection, getattr(move, f"lore_{gone}")),
                rows.one_lore(connection, getattr(move, f"lore_{come}")),
            )

        return await self._database.read(unit)

    async def inherited(self, platform: str, own: Collection[int] = ()) -> tuple[list[Undelivered], list[Alert]]:
        """What was left to show, and to tell moderators, by processes that have ended; both oldest first.

        What another process that lives has still to show is not among it; nor is what this one has, but for the posts
        `own`.
        """
        if not self._database.shared:
            return await self._all_undelivered(platform), await self.alerts(platform)
        heir = self.leases.holder(platform)
        ids = [*own, *await self._database.write(lambda c: inherit(c, platform, heir))]
        return await self.undelivered(platform, among=ids), await self.alerts(platform, among=ids)

    async def _all_undelivered(self, platform: str) -> list[Undelivered]:
        found, last = list[Undelivered](), 0
        while page := await self.undelivered(platform, after=last):
            found, last = [*found, *page], page[-1].reply.post or 0
        return found

    async def undelivered(
        self, platform: str, *, after: int = 0, limit: int = 100, among: Collection[int] | None = None
    ) -> list[Undelivered]:
        """Posts `after` another that were committed but never marked as delivered, oldest first, `limit` at most.

        With `among` all that have one of these ids.
        """
        which = t.post.c.id.in_(among) if among is not None else t.post.c.id > after
        wanted = (
            select(
                *(t.post.c.id.label("post"), t.post.c.blocks, t.post.c.private, t.post.c.passage),
                *(t.turn.c.contributor_id, t.turn.c.request_id, t.turn.c.created_at),
                *(t.place.c.workspace, t.place.c.channel, t.place.c.thread),
            )
            .join(t.place, t.place.c.id == t.post.c.place_id)
            .join(t.turn, t.turn.c.id == t.post.c.turn_id)
            .where(t.post.c.delivered_at.is_(None), t.place.c.platform == platform, which)
            .order_by(t.post.c.id)
            .limit(limit if among is None else None)
        )

        def unit(connection: Connection) -> list[Undelivered]:
            found = connection.execute(wanted)
            return [_undelivered(platform, row) for row in found]

        return await self._database.read(unit)

    async def delivered(self, post: int, messages: Sequence[str] = ()) -> None:
        """Mark a post as seen by people, in these messages of the platform."""

        def unit(connection: Connection) -> None:
            prepared.execute(connection, rows.changing(t.post), {"row": post, "delivered_at": now()})
            for message_id in messages:
                prepared.execute(connection, rows.showing(), {"shown": post, "in": message_id})

        faults.hit("before_delivered")
        await self._database.write(unit)
        faults.hit("after_delivered")

    async def may_show(self, platform: str, post: int) -> bool:
        """Wait until it is a post's turn to be shown; whether it is this process that shows it."""
        return await may_show(self._database, self.leases, platform, post)

    async def shown(self, place: Place, message_ids: Sequence[str]) -> set[str]:
        """Those of these messages of the platform of which it is known what they show."""
        here = [t.place.c[name] == value for name, value in asdict(place).items()]
        known = select(t.message.c.message_id).join(t.place, t.place.c.id == t.message.c.place_id)
        wanted = known.where(t.message.c.message_id.in_(message_ids), *here)
        return await self._database.read(lambda c: set(c.scalars(wanted)))

    async def shown_before(self, post: int, *, limit: int = 30) -> list[str]:
        """The platform's messages in which the last things were shown that were told before a post in its place."""
        own = select(t.post.c.place_id).where(t.post.c.id == post).scalar_subquery()
        wanted = (
            select(t.message.c.message_id)
            .join(t.post, t.post.c.turn_id == t.message.c.turn_id)
            .where(t.post.c.place_id == own, t.message.c.place_id == own, t.post.c.id < post)
            .order_by(t.post.c.id.desc())
            .limit(limit)
        )
        return await self._database.read(lambda c: list(c.scalars(wanted)))

    async def alerts(self, platform: str, *, limit: int = 100, among: Collection[int] | None = None) -> list[Alert]:
        """What moderators were to be told and, as far as we know, were not. Oldest first; all of posts `among`."""
        which = t.post.c.id.in_(among) if among is not None else true()
        wanted = (
            select(
                *(t.alert.c.post_id, t.alert.c.blocks, t.alert.c.source, t.turn.c.created_at),
                *(t.place.c.workspace, t.place.c.channel, t.place.c.thread),
            )
            .join(t.post, t.post.c.id == t.alert.c.post_id)
            .join(t.turn, t.turn.c.id == t.post.c.turn_id)
            .join(t.place, t.place.c.id == t.post.c.place_id)
            .where(t.place.c.platform == platform, which)
            .order_by(t.alert.c.post_id)
            .limit(limit if among is None else None)
        )

        def unit(connection: Connection) -> list[Alert]:
            return [rows.alert_of(platform, row) for row in connection.execute(wanted)]

        return await self._database.read(unit)

    async def alerted(self, post: int) -> None:
        """Moderators were told: it is kept no longer."""
        await self._database.write(lambda c: c.execute(delete(t.alert).where(t.alert.c.post_id == post)))

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

    async def under_way(self, platform: str, request_id: str) -> bool:
        """Whether a process that lives has begun this turn and not ended it. False where there is one process."""
        if not self._database.shared:
            return False
        return await self._database.read(lambda c: under_way(c, platform, request_id))

    async def end(self, turn: Turn, house: House) -> None:
        """A turn that was begun came to nothing."""
        with contextlib.suppress(StoreError):  # then it ends when this process does
            await self._database.write(lambda c: c.execute(rows.ending(), rows.ended(turn, house.id)).close())

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


def _undelivered(platform: str, row: rows.AnyRow) -> Undelivered:
    place, reply = rows.place_of(platform, row), rows.reply_of(row)
    told_at: dt.datetime = row.created_at
    told_at = told_at if told_at.tzinfo else told_at.replace(tzinfo=dt.UTC)  # SQLite has no time zones
    return Undelivered(place, row.contributor_id, reply, row.request_id, told_at)


def _passages(connection: Connection, wanted: Mapping[str, Any]) -> list[Passage]:
    return [rows.passage_of(row) for row in connection.execute(rows.path(), wanted)]


def _summaries(connection: Connection, story_id: int, policy: str) -> list[Summary]:
    wanted = {"of": story_id, "policy": policy}
    return [rows.summary_of(row) for row in connection.execute(rows.summaries(), wanted)][::-1]


def _lore(connection: Connection, story_id: int) -> list[Lore]:
    return [rows.lore_of(row) for row in connection.execute(rows.facts(), {"of": story_id})][::-1]
