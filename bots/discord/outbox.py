"""What was told before the last stop but, as far as we know, never shown."""

import discord

from bots import sentences
from bots.discord import trouble
from bots.discord.controls import buttons
from bots.discord.posting import post, say
from bots.discord.reception import Reception
from bots.discord.turns import PLATFORM, channel_id
from bots.sentences import speak
from core.errors import StoryError
from core.story import Place, Reply


async def catch_up(reception: Reception, client: discord.Client) -> None:
    """Post what was never shown, where it belongs. Private replies are let go: nobody waits for them any more.

    What Discord does not take now stays for the next start; what it never will is let go.
    """
    for place, _, reply, *_ in await reception.storyteller.undelivered(PLATFORM):
        try:
            ids = [] if reply.private else await _post(reception, client, place, reply)
        except trouble.LOST as error:
            trouble.note(error)
            if trouble.code(error) not in trouble.NEVER:
                continue
            ids = []
        try:
            await reception.storyteller.delivered(reply, ids)
        except StoryError as error:
            trouble.note(error)


async def _post(reception: Reception, client: discord.Client, place: Place, reply: Reply) -> list[str]:
    channel, nonce = channel_id(place), f"post-{reply.post}"
    locale = await reception.language(place.workspace) or "en"
    await say(client, channel, f"-# {speak(sentences.TOLD_LATE, locale)}", nonce=f"{nonce}.late")
    return await post(client, channel, reply.blocks, locale=locale, view=buttons("", reply, locale), nonce=nonce)
