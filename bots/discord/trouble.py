"""What Discord answers when something cannot be done, and what we make of it."""

import asyncio
import logging
from enum import IntEnum

import aiohttp
import discord

from bots import sentences
from bots.discord import wording
from bots.sentences import speak

log = logging.getLogger(__name__)

LOST = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError, asyncio.TimeoutError)
"""What a request to Discord may raise."""


class Code(IntEnum):
    """Discord's error codes that mean something to us."""

    NO_CHANNEL = 10003
    NO_MESSAGE = 10008
    NO_WEBHOOK = 10015
    NO_INTERACTION = 10062
    OLD_MESSAGE = 30046
    ANSWERED = 40060
    FOLLOW_UPS_SPENT = 40094
    NO_ACCESS = 50001
    NOT_OURS = 50005
    CLOSED_TO_US = 50007
    NO_PERMISSION = 50013
    TOKEN_SPENT = 50027
    WRONG_BODY = 50035
    ARCHIVED = 50083


SPENT = (Code.TOKEN_SPENT, Code.NO_WEBHOOK, Code.NO_INTERACTION)
"""The interaction can no longer be answered."""
REPLACE = (Code.NO_MESSAGE, Code.OLD_MESSAGE)
"""The message can no longer be edited; a new one can be posted."""
NEVER = (Code.NO_CHANNEL, Code.NO_ACCESS, Code.NO_PERMISSION, Code.ARCHIVED)
"""Trying again later would not help."""


def code(error: BaseException) -> int:
    """Discord's error code; 0 if it has none."""
    return error.code if isinstance(error, discord.HTTPException) else 0


def sentence(error: BaseException, locale: str, channel: str) -> str:
    """What to tell the person whose reply could not be posted. `channel` is how it is shown."""
    match code(error):
        case Code.NO_ACCESS:
            return speak(wording.NO_ACCESS, locale, channel=channel, permission="View Channel")
        case Code.NO_PERMISSION:
            return speak(wording.NO_ACCESS, locale, channel=channel, permission=speak(wording.SOME_PERMISSION, locale))
        case Code.ARCHIVED:
            return speak(wording.ARCHIVED, locale)
        case Code.WRONG_BODY:
            return mistake(error, locale)
        case _:
            note(error)
            return speak(wording.NO_REPLY_SHOWN, locale)


def mistake(error: BaseException, locale: str) -> str:
    """Log a mistake of ours and return the sentence with its number. Nothing that anybody wrote is logged."""
    return sentences.mistake(error, locale, code(error) or "")


def note(error: BaseException) -> None:
    """Log that Discord did not do something, by its code alone."""
    status = error.status if isinstance(error, discord.HTTPException) else 0
    log.warning("Discord refused: %s, status %s, code %s", type(error).__name__, status, code(error))
