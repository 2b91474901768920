"""Posting in a channel by the bot itself, without an interaction: after a restart, for moderators, in threads."""

import io
from collections.abc import Sequence

import discord

from bots.discord.layout import Sheets, sheets
from bots.discord.trouble import Code, code
from core import faults
from core.reply import Block

MOST = 10
"""Messages that one reply may have in a channel; more come as a file."""


async def post(
    client: discord.Client,
    channel_id: int,
    blocks: Sequence[Block],
    *,
    locale: str,
    view: discord.ui.View | None = None,
    nonce: str = "",
) -> list[str]:
    """Post blocks and return the ids of their messages. An archived thread is opened again first.

    `nonce` names the post, so that Discord takes it once even if it is sent twice. Raises what Discord answers.
    """
    written, ids = sheets(blocks, locale, most=MOST), list[str]()
    for index, content in enumerate(written.contents):
        if index:
            faults.hit("between_parts")
        last = index == len(written.contents) - 1
        message = await say(
            client,
            channel_id,
            content,
            view=view if last else None,
            file=file_of(written) if last else None,
            nonce=f"{nonce}.{index}" if nonce else "",
        )
        ids.append(str(message.id))
    return ids


async def say(
    client: discord.Client,
    channel_id: int,
    content: str,
    *,
    view: discord.ui.View | None = None,
    file: discord.File | None = None,
    nonce: str = "",
) -> discord.Message:
    """Post one message. An archived thread is opened again first. Raises what Discord answers."""
    try:
        return await _send(client, channel_id, content, view, file, nonce)
    except discord.HTTPException as error:
        if code(error) != Code.ARCHIVED:
            raise
        await open_again(client, channel_id, error)
    return await _send(client, channel_id, content, view, file, nonce)


def file_of(written: Sheets) -> discord.File | None:
    """The file that goes with the messages, if there is one."""
    return discord.File(io.BytesIO(written.file.encode()), written.name) if written.file else None


async def open_again(client: discord.Client, channel_id: int, error: discord.HTTPException) -> None:
    """Open an archived thread again; raises `error`, which said that it is archived, if it is locked."""
    channel = await client.fetch_channel(channel_id)
    if not isinstance(channel, discord.Thread) or channel.locked:
        raise error
    await channel.edit(archived=False)


async def _send(
    client: discord.Client,
    channel_id: int,
    content: str,
    view: discord.ui.View | None,
    file: discord.File | None,
    nonce: str,
) -> discord.Message:
    channel = client.get_partial_messageable(channel_id)
    faults.hit("before_post")
    extras: dict[str, object] = {"view": view, "file": file, "nonce": nonce or None}
    given = {key: value for key, value in extras.items() if value is not None}
    message: discord.Message = await channel.send(content, suppress_embeds=True, **given)  # type: ignore[call-overload]
    faults.hit("after_post")
    return message
