"""Ordinary messages in a story's own thread, where an admin switched that on: new, edited and deleted ones.

What is said out of character (`((…))`, `//`, `ooc:`) never leaves this module.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

import discord

from bots.discord import outbox, trouble, wording
from bots.discord.controls import remove_or_keep
from bots.discord.layout import notice
from bots.discord.posting import say
from bots.discord.reception import Reception
from bots.discord.turns import message_turn, parent, place
from bots.sentences import speak
from core.errors import NotListening, StoryError, Withheld
from core.place import Place, Turn

_ASIDE = re.compile(r"\s*(\(\(|//|ooc\b\s*:)", re.IGNORECASE)
_COUNTED = "📖"
_REFUSED = "🚫"
_KINDS = (discord.MessageType.default, discord.MessageType.reply)


async def said(reception: Reception, client: discord.Client, message: discord.Message) -> None:
    """A message was written. If it counts it becomes a passage, and is marked so."""
    if _counts(message) and reception.taking:
        asked = message_turn(message, id=str(message.id), place=_place(message))
        await _perform(reception, client, message, "add", asked, _COUNTED)


async def edited(reception: Reception, client: discord.Client, message: discord.Message) -> None:
    """A message was edited. If a passage came from it, that is changed too; each edit counts once."""
    if not _counts(message) or message.edited_at is None or not reception.taking:
        return
    asked = message_turn(message, id=f"{message.id}-{message.edited_at.timestamp():.3f}", place=_place(message))
    passage = await reception.storyteller.delivery.passage_at(asked.place, asked.source)
    if passage is not None:
        await _perform(reception, client, message, "edit", replace(asked, about=passage), "")


async def deleted(
    reception: Reception, client: discord.Client, guild_id: int | None, channel_id: int, message_ids: Iterable[int]
) -> None:
    """Messages were deleted. Where a passage came from one or stood in it, people are asked what becomes of it."""
    thread = client.get_channel(channel_id)
    if guild_id is None or not isinstance(thread, discord.Thread):
        return
    here = place(guild_id, channel_id, parent(thread))
    passages = {await reception.storyteller.delivery.passage_at(here, str(each)) for each in message_ids} - {None}
    locale = await reception.language(here.workspace) or str(thread.guild.preferred_locale)
    for passage in passages:
        if passage is not None:
            await say(client, channel_id, speak(wording.MESSAGE_DELETED, locale), view=remove_or_keep(passage, locale))


def _counts(message: discord.Message) -> bool:
    """Whether it could be a passage: a person's words in a thread of a server, in character."""
    return (
        isinstance(message.channel, discord.Thread)
        and not message.author.bot
        and message.type in _KINDS
        and bool(message.content.strip())
        and not _ASIDE.match(message.content)
    )


def _place(message: discord.Message) -> Place:
    guild = message.guild
    return place(guild.id if guild else None, message.channel.id, parent(message.channel))


async def _perform(
    reception: Reception, client: discord.Client, message: discord.Message, name: str, asked: Turn, mark: str
) -> None:
    try:
        reply = await reception.storyteller.perform(name, asked, {"text": message.content})
    except NotListening:
        return
    except StoryError as error:
        await _refuse(message, error.notice)
        if isinstance(error, Withheld) and error.alert is not None:
            await outbox.alert(reception, client, error.alert)
        return
    if mark and not reply.private:
        await _mark(message, mark)


async def _refuse(message: discord.Message, sentence: str) -> None:
    """Tell the author alone; a mark without a word where their direct messages are closed."""
    try:
        await message.author.send(notice(sentence))
    except trouble.LOST as error:
        trouble.note(error)
        await _mark(message, _REFUSED)


async def _mark(message: discord.Message, mark: str) -> None:
    try:
        await message.add_reaction(mark)
    except trouble.LOST as error:
        trouble.note(error)
