"""Writing over messages on Discord that show words of somebody who was forgotten."""

import discord

from bots import sentences, withdrawing
from bots.discord import posting, trouble
from bots.discord.reception import Reception
from bots.discord.trouble import Code
from bots.discord.turns import PLATFORM, channel_id
from bots.sentences import speak
from bots.withdrawing import Account, Fate
from core import release
from core.withdrawing import Withdrawal

_PAUSE = 1.0
"""Seconds between two messages. Discord takes five edits in five seconds in a channel, and turns want some of them."""
_GONE = (Code.NO_MESSAGE, Code.NO_CHANNEL)
_NEVER = (Code.NO_ACCESS, Code.NO_PERMISSION, Code.NOT_OURS, Code.ARCHIVED)


async def carry_out(reception: Reception, client: discord.Client, mac: bytes | None = None) -> Account:
    """Write over what waits; with `mac`, one person's messages alone. Raises `StoreError`."""

    async def blank(message: Withdrawal) -> Fate:
        return await _blank(reception, client, message)

    return await withdrawing.carry_out(reception.storyteller.delivery, PLATFORM, blank, mac=mac, pause=_PAUSE)


def link(message: Withdrawal) -> str:
    """Where a message stands."""
    server = message.place.workspace.partition(":")[0]
    return f"<https://discord.com/channels/{server}/{channel_id(message.place)}/{message.message_id}>"


async def _blank(reception: Reception, client: discord.Client, message: Withdrawal) -> Fate:
    locale = await reception.language(message.place.workspace) or "en"
    try:
        with release.to(message.place):
            await _written_over(client, message, f"-# {speak(sentences.FORGOTTEN, locale)}")
    except trouble.LOST as error:
        trouble.note(error)
        if trouble.code(error) in _GONE:
            return Fate.OVER
        return Fate.NEVER if trouble.code(error) in _NEVER else Fate.LATER
    return Fate.OVER


async def _written_over(client: discord.Client, message: Withdrawal, content: str) -> None:
    """Write it over, or take it away where Discord does not have it edited any more. Raises what Discord answers."""
    channel = channel_id(message.place)
    where = client.get_partial_messageable(channel).get_partial_message(int(message.message_id))
    try:
        await where.edit(content=content, view=None, attachments=[])
    except discord.HTTPException as error:
        match trouble.code(error):
            case Code.OLD_MESSAGE:
                await where.delete()
            case Code.ARCHIVED:
                await posting.open_again(client, channel, error)
                await where.edit(content=content, view=None, attachments=[])
            case _:
                raise
