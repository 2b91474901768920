"""What was told before the last stop but, as far as we know, never shown."""

from collections.abc import Awaitable, Callable

from slack_sdk.web.async_client import AsyncWebClient

from bots import sentences
from bots.sentences import speak
from bots.slack import layout, trouble
from bots.slack.controls import buttons, opens
from bots.slack.layout import Sheet
from bots.slack.posting import Spot
from bots.slack.reception import Reception
from bots.slack.turns import PLATFORM
from core.errors import StoryError
from core.story import Place, Reply

Clients = Callable[[str], Awaitable[AsyncWebClient | None]]
"""The client that speaks for a workspace, by its key; None if the application is not installed there (any more)."""


async def catch_up(reception: Reception, clients: Clients) -> None:
    """Post what was never shown, where it belongs. Private replies are let go: nobody waits for them any more.

    What Slack does not take now stays for the next start; what it never will is let go.
    """
    for place, _, reply, *_ in await reception.storyteller.undelivered(PLATFORM):
        try:
            client = None if reply.private else await clients(place.workspace)
            ids = [] if client is None else await _post(reception, client, place, reply)
        except trouble.LOST as error:
            trouble.note(error)
            if trouble.code(error) not in trouble.NEVER:
                continue
            ids = []
        try:
            await reception.storyteller.delivered(reply, ids)
        except StoryError as error:
            trouble.note(error)


async def _post(reception: Reception, client: AsyncWebClient, place: Place, reply: Reply) -> list[str]:
    locale = await reception.language(place.workspace) or "en"
    head = "" if opens(reply) and not place.thread else await reception.heads.head(place)
    spot = Spot(client, reception.budget, place.workspace, place.channel, head)
    late = layout.notice(speak(sentences.TOLD_LATE, locale))
    first, *rest = layout.sheets(reply.blocks, locale).under(buttons(reply, locale)).messages
    ids = [await spot.post(each) for each in (Sheet((*late.blocks, *first.blocks), first.text), *rest)]
    if opens(reply) or not head:
        await reception.heads.begun(place, head or ids[0])
    return ids
