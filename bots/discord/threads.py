"""Threads that are opened for one story alone."""

from collections.abc import Mapping
from dataclasses import replace

import discord

from bots.discord import layout, trouble, wording
from bots.discord.controls import buttons
from bots.discord.exchange import Exchange
from bots.discord.page import Page
from bots.discord.posting import post
from bots.discord.turns import place, turn
from bots.sentences import speak
from core.errors import NotAllowed, NotPossible, StoryError
from core.place import Turn
from core.reply import Reply, Shape

Parent = discord.TextChannel | discord.ForumChannel


def opened_for(interaction: discord.Interaction, operation: str) -> Turn:
    """The turn of an interaction. A forum post in which its author begins a story is that story's own."""
    channel = interaction.channel
    asked = turn(interaction)
    own = (
        operation == "start"
        and isinstance(channel, discord.Thread)
        and isinstance(channel.parent, discord.ForumChannel)
        and channel.owner_id == interaction.user.id
    )
    return replace(asked, dedicated=own)


async def start(exchange: Exchange, page: Page, arguments: Mapping[str, str]) -> None:
    """Open a thread, begin the story in it, and say where it is. Raises `StoryError`; then no thread is left."""
    parent = _parent(exchange.interaction)
    if parent is None:
        raise NotPossible(speak(wording.THREADS_NEED_A_SERVER, exchange.locale))
    try:
        thread = await _open(parent, exchange)
    except discord.Forbidden as error:
        trouble.note(error)
        raise NotAllowed(speak(wording.NO_THREADS_HERE, exchange.locale)) from None
    asked = turn(exchange.interaction, place=place(parent.guild.id, thread.id, parent.id))
    try:
        reply = await exchange.reception.storyteller.perform("start", replace(asked, dedicated=True), arguments)
    except StoryError:
        await _close(thread)
        raise
    exchange.here = await exchange.reception.language(asked.place.workspace) or exchange.here
    await _tell(exchange, page, thread, reply)


async def _tell(exchange: Exchange, page: Page, thread: discord.Thread, reply: Reply) -> None:
    """Show the beginning in the thread, and in the channel where it is."""
    client, view = exchange.interaction.client, buttons("start", reply, exchange.here)
    nonce = f"post-{reply.post}" if reply.post else ""
    try:
        await page.draw(speak(wording.STARTED_THERE, exchange.here, place=thread.mention), None)
        ids = await post(client, thread.id, reply.blocks, locale=exchange.here, view=view, nonce=nonce)
        title = next((block.text for block in reply.blocks if block.shape is Shape.TITLE), None)
        if title:
            await thread.edit(name=layout.label(title, most=100))
    except trouble.LOST as error:
        await page.whisper(trouble.sentence(error, exchange.locale, thread.mention))
        return
    await exchange.delivered(reply, ids)


def _parent(interaction: discord.Interaction) -> Parent | None:
    channel = interaction.channel
    if isinstance(channel, discord.Thread):
        channel = channel.parent
    return channel if isinstance(channel, discord.TextChannel | discord.ForumChannel) else None


async def _open(parent: Parent, exchange: Exchange) -> discord.Thread:
    """A thread with a name of ours: the title has not passed moderation yet."""
    name = speak(wording.FORUM_OPENING, exchange.here)
    if isinstance(parent, discord.ForumChannel):
        return (await parent.create_thread(name=name, content=f"-# {name}")).thread
    kind = discord.ChannelType.news_thread if parent.is_news() else discord.ChannelType.public_thread
    return await parent.create_thread(name=name, type=kind)


async def _close(thread: discord.Thread) -> None:
    """Take the thread away again; archive it where we may not delete it."""
    try:
        await thread.delete()
    except discord.Forbidden:
        try:
            await thread.edit(archived=True)
        except trouble.LOST as error:
            trouble.note(error)
    except trouble.LOST as error:
        trouble.note(error)
