"""What people are still to be shown and moderators to be told, in which messages they see it, and what is taken back.

Adapters say here what they have shown, and ask here for the rest after a restart. Changes no story.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import ColumnElement, Connection, delete, select, true

from core import faults, prepared, rows, statements, withdrawing
from core import tables as t
from core.database import Database
from core.leases import Leases, inherit
from core.moments import now, utc
from core.place import Place
from core.reply import Alert, Reply, Undelivered
from core.showing import PATIENCE, may_show
from core.withdrawing import Withdrawal


class Delivery:
    """Between what was committed and what people have seen of it."""

    def __init__(self, database: Database, leases: Leases) -> None:
        self._database = database
        self._leases = leases

    async def inherited(self, platform: str, own: Collection[int] = ()) -> tuple[list[Undelivered], list[Alert]]:
        """What processes that have ended, this one before its start among them, left to show and to tell moderators.

        And the posts `own`, which nobody shows yet. Both oldest first. What another process that lives has still to
        show is not among it; nor is what this one has, but for `own`.
        """
        if not self._database.shared:
            return await self._all_undelivered(platform), await self.alerts(platform)
        heir = self._leases.holder(platform)
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
        """Replies that were committed but, as far as we know, never shown, oldest first.

        Of those behind the post `after` at most `limit`; with `among` all that have one of these posts.
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
            return [_undelivered(platform, row) for row in connection.execute(wanted)]

        return await self._database.read(unit)

    async def delivered(self, reply: Reply, messages: Sequence[str] = ()) -> None:
        """Say that people have seen this reply, in these messages of the platform."""
        if (post := reply.post) is None:
            return

        def unit(connection: Connection) -> None:
            prepared.change(connection, t.post, post, {"delivered_at": now()})
            for message_id in messages:
                prepared.execute(connection, statements.showing(), {"shown": post, "in": message_id})

        faults.hit("before_delivered")
        await self._database.write(unit)
        faults.hit("after_delivered")

    async def may_show(self, platform: str, reply: Reply, *, patience: float = PATIENCE) -> bool:
        """Wait until it is a public reply's turn to be shown; whether it is this process that shows it.

        It waits `patience` seconds for each that others are to show before it. Where this process was taken for dead
        meanwhile, another shows it.
        """
        post = reply.post
        return post is None or await may_show(self._database, self._leases, platform, post, patience=patience)

    async def shown(self, place: Place, message_ids: Sequence[str]) -> set[str]:
        """Those of these messages of the platform of which it is known what they show."""
        known = select(t.message.c.message_id).join(t.place, t.place.c.id == t.message.c.place_id)
        wanted = known.where(t.message.c.message_id.in_(message_ids), *_here(place))
        return await self._database.read(lambda c: set(c.scalars(wanted)))

    async def shown_before(self, reply: Reply, *, limit: int = 30) -> list[str]:
        """The platform's messages in which the last things were shown that were told before a reply in its place."""
        if reply.post is None:
            return []
        own = select(t.post.c.place_id).where(t.post.c.id == reply.post).scalar_subquery()
        wanted = (
            select(t.message.c.message_id)
            .join(t.post, t.post.c.turn_id == t.message.c.turn_id)
            .where(t.post.c.place_id == own, t.message.c.place_id == own, t.post.c.id < reply.post)
            .order_by(t.post.c.id.desc())
            .limit(limit)
        )
        return await self._database.read(lambda c: list(c.scalars(wanted)))

    async def passage_at(self, place: Place, message_id: str) -> int | None:
        """The id of the passage that a message shows, or that came from it; None if it is of no passage."""
        wanted = (
            select(t.passage.c.id)
            .join(t.message, t.message.c.turn_id == t.passage.c.turn_id)
            .join(t.place, t.place.c.id == t.message.c.place_id)
            .where(t.message.c.message_id == message_id, *_here(place))
            .order_by(t.passage.c.id)
            .limit(1)
        )
        return await self._database.read(lambda c: c.scalar(wanted))

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
        """Say that moderators were told what belongs to this post: it is kept no longer."""
        await self._database.write(lambda c: c.execute(delete(t.alert).where(t.alert.c.post_id == post)))

    async def withdrawals(self, platform: str, mac: bytes | None = None) -> list[Withdrawal]:
        """Messages of ours on a platform that still show what was forgotten, the oldest first; of one person, by `mac`.

        At most `withdrawing.MESSAGES`; more come when these are written over.
        """
        return await self._database.read(lambda c: withdrawing.waiting(c, platform, mac))

    async def withdrawn(self, withdrawal: Withdrawal) -> None:
        """Say that a message was written over, or never can be."""
        await self._database.write(lambda c: withdrawing.over(c, withdrawal))


def _here(place: Place) -> list[ColumnElement[bool]]:
    return [t.place.c[name] == value for name, value in asdict(place).items()]


def _undelivered(platform: str, row: rows.AnyRow) -> Undelivered:
    place, reply = rows.place_of(platform, row), rows.reply_of(row)
    return Undelivered(place, row.contributor_id, reply, row.request_id, utc(row.created_at))
