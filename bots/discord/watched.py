"""What whoever watches over the bot hears of Discord: how late acknowledgements are, its 429s, its gateway."""

import contextlib
import time

import aiohttp
import discord

from bots.discord.shards import Shards
from bots.discord.turns import PLATFORM
from bots.probes import connection
from core import observation


def age(interaction: discord.Interaction) -> float:
    """Seconds since Discord made it, by this machine's clock; Discord waits three for an acknowledgement."""
    return max(0.0, time.time() - interaction.created_at.timestamp())


def limits() -> aiohttp.TraceConfig:
    """For the library's web client: tells of every 429, with which it deals by itself."""
    config = aiohttp.TraceConfig()
    config.on_request_end.append(_ended)
    return config


def connected(shards: Shards) -> contextlib.AbstractContextManager[None]:
    """While the block lasts, Discord is connected if every shard of this process is."""

    async def probe() -> bool:
        return shards.well

    return connection(PLATFORM, probe)


async def _ended(_session: aiohttp.ClientSession, _context: object, ended: aiohttp.TraceRequestEndParams) -> None:
    if ended.response.status == 429:
        observation.note("limited", platform=PLATFORM)
