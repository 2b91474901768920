"""What was told before the last stop but, as far as we know, never shown."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bots import sentences
from bots.sentences import speak
from bots.slack import layout, marks, trouble
from bots.slack.controls import buttons, opens
from bots.slack.layout import Sheet, Sheets
from bots.slack.posting import Spot
from bots.slack.reception import Reception
from bots.slack.turns import PLATFORM
from core.errors import StoryError
from core.story import Undelivered

Clients = Callable[[str], Awaitable[AsyncWebClient | None]]
"""The client that speaks for a workspace, by its key; None if the application is not installed there (any more)."""

Where = tuple[str, str, str]
"""Workspace, channel, thread."""


async def catch_up(reception: Reception, clients: Clients) -> None:
    """Post what was never shown, where it belongs. Private replies are let go: nobody waits for them any more.

    Each channel or thread is read once, so that nothing is posted that stands there already. What Slack does not take
    now stays for the next start; what it never will is let go.
    """
    read: dict[Where, list[Mapping[str, Any]]] = {}
    for missed in await reception.storyteller.undelivered(PLATFORM):
        try:
            client = None if missed.reply.private else await clients(missed.place.workspace)
            ids = [] if client is None else await _Late(reception, client, missed).posted(read)
        except trouble.LOST as error:
            trouble.note(error)
            if trouble.code(error) not in trouble.NEVER:
                continue
            ids = []
        try:
            await reception.storyteller.delivered(missed.reply, ids)
        except StoryError as error:
            trouble.note(error)


class _Late:
    """One reply that is shown late."""

    def __init__(self, reception: Reception, client: AsyncWebClient, missed: Undelivered) -> None:
        self._reception = reception
        self._client = client
        self._place, self._reply, self._told_at = missed.place, missed.reply, missed.told_at
        self._turn = missed.turn_id

    async def posted(self, read: dict[Where, list[Mapping[str, Any]]]) -> list[str]:
        """Post what of it does not stand there; return the messages. `read` is what was read so far, by where."""
        place, heads = self._place, self._reception.heads
        threads = place.thread or (await self._reception.threads(place.workspace) and not opens(self._reply))
        head = await heads.head(place) if threads else ""
        where = place.workspace, place.channel, head
        spot = Spot(self._client, self._reception.budget, *where, self._turn)
        if where not in read:
            read[where] = await spot.read(self._told_at.timestamp())
        known = marks.standing(read[where], self._turn)
        ids = await spot.all(await self._sheets(late=marks.FIRST not in known), known)
        if opens(self._reply) or not await heads.head(place):
            await heads.begun(place, head or ids[0])
        return ids

    async def _sheets(self, *, late: bool) -> Sheets:
        locale = await self._reception.language(self._place.workspace) or "en"
        sheets = layout.sheets(self._reply.blocks, locale).under(buttons(self._reply, locale))
        if not late:
            return sheets
        notice = layout.notice(speak(sentences.TOLD_LATE, locale))
        first, *rest = sheets.messages
        return Sheets((Sheet((*notice.blocks, *first.blocks), first.text), *rest), sheets.file)
