"""Writing over messages on Slack that show words of somebody who was forgotten."""

from bots import sentences, withdrawing
from bots.sentences import speak
from bots.slack import layout, trouble
from bots.slack.client import Client
from bots.slack.outbox import Clients
from bots.slack.posting import Spot
from bots.slack.reception import Reception
from bots.slack.turns import PLATFORM
from bots.withdrawing import Account, Fate
from core import release
from core.withdrawing import Withdrawal

_PAUSE = 2.5
"""Seconds between two messages: half of the updates that a workspace has in a minute are left for turns."""
_TURN = "forgotten"
"""What stands as the turn of a message that belongs to none any more."""
_NEVER = trouble.NOT_HERE | trouble.ARCHIVED | {"cant_update_message", "cant_delete_message"}


async def carry_out(reception: Reception, clients: Clients, mac: bytes | None = None) -> Account:
    """Write over what waits; with `mac`, one person's messages alone. Raises `StoreError`."""

    async def blank(message: Withdrawal) -> Fate:
        try:
            client = await clients(message.place.workspace)
            if client is None:
                return Fate.NEVER
            await _written_over(reception, client, message)
        except trouble.LOST as error:
            trouble.note(error)
            if trouble.code(error) == "message_not_found":
                return Fate.OVER
            return Fate.NEVER if trouble.code(error) in _NEVER else Fate.LATER
        return Fate.OVER

    return await withdrawing.carry_out(reception.storyteller.delivery, PLATFORM, blank, mac=mac, pause=_PAUSE)


def link(message: Withdrawal) -> str:
    """Where a message stands."""
    return f"https://slack.com/archives/{message.place.channel}/p{message.message_id.replace('.', '')}"


async def _written_over(reception: Reception, client: Client, message: Withdrawal) -> None:
    """Write it over, or take it away where the workspace lets nobody edit it any more. Raises what Slack answers."""
    place, ts = message.place, message.message_id
    locale = await reception.language(place.workspace) or "en"
    spot = Spot(client, reception.budget, place.workspace, place.channel, turn=_TURN)
    try:
        with release.to(place):
            await spot.update(ts, layout.notice(speak(sentences.FORGOTTEN, locale)))
    except trouble.LOST as error:
        if trouble.code(error) != "edit_window_closed":
            raise
        await reception.budget.wait(place.workspace, "chat.delete")
        await client.chat_delete(channel=place.channel, ts=ts)
