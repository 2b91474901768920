"""What is to be shown for certain: replies that a stop came before, and alerts to moderators."""

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bots import sentences
from bots.reception import Missed
from bots.sentences import speak
from bots.slack import layout, marks, trouble
from bots.slack.client import Client
from bots.slack.controls import buttons, opens
from bots.slack.layout import Sheet, Sheets
from bots.slack.posting import Spot
from bots.slack.reception import Reception
from bots.slack.turns import PLATFORM
from core import faults, release
from core.errors import StoreError, StoryError
from core.reply import Alert, Posted, Reply, Undelivered

Clients = Callable[[str], Awaitable[Client | None]]
"""The client that speaks for a workspace, by its key; None if the application is not installed there (any more)."""

Where = tuple[str, str, str]
"""Workspace, channel, thread."""
_LINK = "link"


async def catch_up(reception: Reception, clients: Clients, missed: Missed) -> None:
    """Post what was never shown, where it belongs. Private replies are let go: nobody waits for them any more.

    Each channel or thread is read once, so that nothing is posted that stands there already. What Slack does not take
    now stays for the next start; what it never will is let go. What is told meanwhile in the same place comes after it.
    """
    read: dict[Where, list[Mapping[str, Any]]] = {}
    await missed.replay(lambda each: _caught_up(reception, clients, each, read))
    for told in missed.alerts:
        try:
            speaker = await clients(told.place.workspace)
        except trouble.LOST as error:
            trouble.note(error)
            continue
        if speaker is not None:
            await alert(reception, speaker, told, again=True)


async def _caught_up(
    reception: Reception, clients: Clients, missed: Undelivered, read: dict[Where, list[Mapping[str, Any]]]
) -> None:
    faults.hit("replaying")
    if not await reception.may_show(missed.reply):
        return
    try:
        client = None if missed.reply.private else await clients(missed.place.workspace)
        ids = [] if client is None else await _Late(reception, client, missed).posted(read)
    except (*trouble.LOST, StoreError) as error:
        trouble.note(error)
        if trouble.code(error) not in trouble.NEVER:
            return
        ids = []
    await _delivered(reception, missed.reply, ids)


async def told_before(reception: Reception, reply: Reply) -> str:
    """The lowest message in which something was told before a reply, below which it has to stand; empty if none is."""
    try:
        found = await reception.storyteller.delivery.shown_before(reply)
    except StoreError as error:
        trouble.note(error)
        return ""
    return max(found, default="")  # Slack's timestamps are of one length


async def post(reception: Reception, client: Client, posted: Posted) -> None:
    """Show what came of another turn, where it belongs. What Slack does not take stays for the next start."""
    now = dt.datetime.now(dt.UTC)
    told = Undelivered(posted.place, "", posted.reply, posted.turn_id, now)
    if not await reception.may_show(posted.reply):
        return
    try:
        ids = await _Late(reception, client, told, late=False).posted({})
    except (*trouble.LOST, StoreError) as error:
        trouble.note(error)
        return
    await _delivered(reception, posted.reply, ids)


async def alert(reception: Reception, client: Client, told: Alert, *, again: bool = False) -> None:
    """Tell the moderators, with a way to the message that it is about. `again`: they may have been told before.

    What Slack does not take stays for the next start.
    """
    faults.hit("before_alert")
    try:
        workspace = await reception.storyteller.servers.settings(PLATFORM, told.place.workspace)
        if workspace.alerts is not None:
            turn = f"{told.post} alert"
            spot = Spot(client, reception.budget, told.place.workspace, workspace.alerts, turn=turn)
            known = marks.standing(await spot.read(told.since.timestamp()), turn) if again else {}
            with release.to(told.place):
                await _tell(spot, told, workspace.language or "en", known)
        faults.hit("after_alert")
        await reception.storyteller.delivery.alerted(told.post)
    except (*trouble.LOST, StoryError) as error:
        trouble.note(error)


async def _tell(spot: Spot, told: Alert, locale: str, known: Mapping[str, marks.Standing]) -> None:
    await spot.all(layout.sheets(told.blocks, locale), known)
    if told.source and _LINK not in known:
        link = await spot.client.chat_getPermalink(channel=told.place.channel, message_ts=told.source)
        address = str(link["permalink"])
        section = {"type": "section", "text": {"type": "mrkdwn", "text": f"<{address}>"}}
        await spot.post(Sheet((section,), address), _LINK)


async def _delivered(reception: Reception, reply: Reply, ids: Sequence[str]) -> None:
    try:
        await reception.storyteller.delivery.delivered(reply, ids)
    except StoryError as error:
        trouble.note(error)


class _Late:
    """One reply that is shown apart from its turn; it is said if that is `late`."""

    def __init__(self, reception: Reception, client: Client, missed: Undelivered, *, late: bool = True) -> None:
        self._late = late
        self._reception = reception
        self._client = client
        self._place, self._reply, self._told_at = missed.place, missed.reply, missed.told_at
        self._turn = missed.turn_id

    async def posted(self, read: dict[Where, list[Mapping[str, Any]]]) -> list[str]:
        """Post what of it does not stand there; return the messages. `read` is what was read so far, by where."""
        place, heads = self._place, self._reception.heads
        threads = place.thread or (await self._reception.threads(place.workspace) and not opens(self._reply))
        head = (place.thread or await heads.known(place)) if threads else ""
        where = place.workspace, place.channel, head
        spot = Spot(self._client, self._reception.budget, *where, self._turn)
        if where not in read:
            read[where] = await spot.read(await self._since(head)) if self._late else []
        known = marks.standing(read[where], self._turn)
        begun = await self._left_behind(known)
        with release.to(place, vouched=self._reply.vouched):
            ids = await spot.all(await self._sheets(late=self._late and marks.FIRST not in known), known)
        if begun:
            await spot.delete(begun)
        if opens(self._reply) or not await heads.known(place):
            await heads.begun(place, head or ids[0])
        return ids

    async def _since(self, thread: str) -> float:
        """From when on it may stand there, in seconds of the epoch.

        It was told by our clock, which may have been wrong; in a thread, what was told before it says so by Slack's.
        """
        before = await told_before(self._reception, self._reply) if thread else ""
        return min(self._told_at.timestamp(), float(before or "inf"))

    async def _left_behind(self, known: dict[str, marks.Standing]) -> str:
        """What was begun of it, if it stands above something that was told before it: then it is known no longer."""
        first = known.get(marks.FIRST)
        if first is None or first.done or first.ts > await told_before(self._reception, self._reply):
            return ""
        del known[marks.FIRST]
        return first.ts

    async def _sheets(self, *, late: bool) -> Sheets:
        locale = await self._reception.language(self._place.workspace) or "en"
        sheets = layout.sheets(self._reply.blocks, locale).under(buttons(self._reply, locale))
        if not late:
            return sheets
        notice = layout.notice(speak(sentences.TOLD_LATE, locale))
        first, *rest = sheets.messages
        return Sheets((Sheet((*notice.blocks, *first.blocks), first.text), *rest), sheets.file)
