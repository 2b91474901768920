"""What `doctor` asks Discord: whether the token is good, and whether it allows what the settings ask for."""

import aiohttp
import discord

from bots.discord.client import point_to
from bots.discord.permissions import invitation
from bots.settings import Settings


async def checkup(settings: Settings) -> tuple[bool, str]:
    """Whether Discord would let the bot in, and a sentence that says so or what to do. Needs a token."""
    assert settings.discord_token is not None  # noqa: S101 - the caller saw to it
    point_to(settings)
    async with discord.Client(intents=discord.Intents.none()) as client:
        try:
            await client.login(settings.discord_token.get_secret_value().strip())
        except discord.LoginFailure:
            return False, "Discord does not accept DISCORD_TOKEN. Copy it again (Bot, Reset Token) in the portal."
        except (discord.HTTPException, aiohttp.ClientError, OSError):
            return False, "Discord cannot be reached just now."
        flags = client.application_flags
        listens = flags.gateway_message_content or flags.gateway_message_content_limited
        if settings.discord_messages and not listens:
            return False, "DISCORD_MESSAGES is on, but the Message Content intent is off. Switch it on in the portal."
        return True, f"the token is good. To invite the bot: {invitation(client.application_id or 0)}"
