"""Runs the bot: logs in, prints the invite link, stays connected, and stops in order."""

import asyncio
import logging
from typing import Any

import aiohttp
import discord

from bots.discord.client import StoryClient, point_to
from bots.discord.permissions import invitation
from bots.discord.shards import IDENTIFY_SECONDS
from bots.discord.turns import PLATFORM
from bots.discord.watched import connected
from bots.sentences import announce
from bots.settings import Settings, SettingsError
from bots.stopping import LATER, PATIENCE, stop_signal
from core.storyteller import Storyteller

_TOKENLESS = (
    "DISCORD_TOKEN is not set. Make an application at https://discord.com/developers/applications, copy its bot's "
    "token, and set DISCORD_TOKEN to it."
)
_REFUSED = (
    "Discord does not accept DISCORD_TOKEN. Copy it again (Bot, Reset Token) at "
    "https://discord.com/developers/applications; I will not try again with this one."
)
_NO_INTENT = (
    "DISCORD_MESSAGES is on, but the Message Content intent is off. Switch it on (Bot, Message Content Intent) at "
    "https://discord.com/developers/applications, or leave DISCORD_MESSAGES out."
)
_UNREACHABLE = "Discord cannot be reached just now. Please try again later."


async def run(
    storyteller: Storyteller, settings: Settings, *, patience: float = PATIENCE, apart: float = IDENTIFY_SECONDS
) -> int:
    """Tell stories on Discord until SIGTERM or Ctrl-C. Returns the exit code.

    Passages being written have `patience` seconds then; what is stopped is marked as unfinished. Where several
    processes divide the connections, `apart` is in seconds, between two of them.

    Raises `SettingsError` if the token is missing or wrong, or an intent is not allowed; nothing is tried again then.
    """
    token = _token(settings)
    _quiet()
    point_to(settings)
    storyteller.start()
    try:
        async with (
            storyteller.leases.joined(PLATFORM) as member,
            StoryClient(storyteller, settings, member, apart=apart) as client,
            stop_signal() as stop,
        ):
            await client.login(token)
            announce(f"Add me to a server: {invitation(client.application_id or 0)}")
            with connected(client.connections):
                return await _until_stopped(client, stop, patience)
    except discord.LoginFailure:
        raise SettingsError(_REFUSED) from None
    except discord.PrivilegedIntentsRequired:
        raise SettingsError(_NO_INTENT) from None
    except discord.ConnectionClosed as error:
        if error.code == 4004:
            raise SettingsError(_REFUSED) from None
        raise SettingsError(f"Discord closed the connection for good (code {error.code}).") from None
    except (discord.HTTPException, discord.GatewayNotFound, aiohttp.ClientError, OSError):
        announce(_UNREACHABLE)
        return LATER


def _token(settings: Settings) -> str:
    """The token. Raises `SettingsError` if there is none, or it cannot be one."""
    if settings.discord_token is None:
        raise SettingsError(_TOKENLESS)
    token = settings.discord_token.get_secret_value().strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise SettingsError(_REFUSED)
    return token


async def _until_stopped(client: StoryClient, stop: "asyncio.Future[int]", patience: float) -> int:
    connection = asyncio.create_task(client.connect())
    try:
        ends: list[asyncio.Future[Any]] = [connection, stop]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if not stop.done():
            await connection  # raises why it ended
            return LATER
        await client.reception.drain(patience=patience)
        return stop.result()
    finally:
        await client.close()
        connection.cancel()
        await asyncio.wait([connection])


def _quiet() -> None:
    """The library's loggers: their lower levels write payloads and addresses with tokens."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody speaks here
    logging.getLogger("discord").setLevel(logging.WARNING)
    for name in ("discord.http", "discord.webhook", "discord.webhook.async_"):
        logging.getLogger(name).setLevel(logging.ERROR)
