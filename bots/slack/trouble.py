"""What Slack answers when something cannot be done, and what we make of it."""

import asyncio
import logging

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bots import sentences
from bots.sentences import speak
from bots.slack import wording

log = logging.getLogger(__name__)

LOST = (SlackClientError, aiohttp.ClientError, OSError, asyncio.TimeoutError)
"""What a request to Slack may raise."""

NOT_HERE = frozenset({"not_in_channel", "channel_not_found", "user_not_in_channel", "no_permission"})
"""The bot is no member, or the person is not."""
ARCHIVED = frozenset({"is_archived", "is_inactive"})
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
"""The message can no longer be edited; a new one can be posted."""
NO_THREAD = frozenset({"cannot_reply_to_message", "thread_not_found", "invalid_thread_ts"})
"""What began the thread was deleted."""
REVOKED = frozenset(
    {"token_revoked", "account_inactive", "invalid_auth", "not_authed", "token_expired", "org_login_required"}
)
TOO_LONG = frozenset({"msg_too_long", "msg_blocks_too_long", "msg_blocks_too_many", "invalid_blocks"})
NO_STREAM = frozenset({"message_not_in_streaming_state", "stopped_by_user"})
UNSURE = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
"""Slack's words for "perhaps": what was asked for may have been done."""
LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "trigger_expired"})
NEVER = NOT_HERE | ARCHIVED | REVOKED | TOO_LONG
"""Trying again later would not help."""


def code(error: BaseException) -> str:
    """Slack's word for it; empty if it has none."""
    if not isinstance(error, SlackApiError):
        return ""
    found = _data(error).get("error")
    return found if isinstance(found, str) else ""


def unsure(error: BaseException) -> bool:
    """Whether Slack may have done what was asked for all the same: its answer was lost, or it does not know itself."""
    if isinstance(error, SlackApiError):
        return not code(error) or code(error) in UNSURE
    sent = isinstance(error, (aiohttp.ClientError, OSError)) and not isinstance(error, aiohttp.ClientConnectorError)
    return sent or isinstance(error, asyncio.TimeoutError)


def needed(error: BaseException) -> str:
    """The scope that was missing."""
    return str(_data(error).get("needed") or "") if isinstance(error, SlackApiError) else ""


def sentence(error: BaseException, locale: str, bot: str) -> str:
    """What to tell the person whose reply could not be posted. `bot` is how it is invited."""
    said = code(error)
    if said in NOT_HERE:
        return speak(wording.NOT_HERE, locale, name=bot)
    if said in ARCHIVED:
        return speak(wording.ARCHIVED, locale)
    if said == "missing_scope":
        return speak(wording.NO_SCOPE, locale, scope=needed(error) or "chat:write")
    if said in REVOKED:
        return speak(wording.REMOVED, locale)
    if said in TOO_LONG:
        return mistake(error, locale)
    note(error)
    return speak(wording.NO_REPLY_SHOWN, locale)


def mistake(error: BaseException, locale: str) -> str:
    """Log a mistake of ours and return the sentence with its number. Nothing that anybody wrote is logged."""
    return sentences.mistake(error, locale, code(error) or "")


def note(error: BaseException) -> None:
    """Log that Slack did not do something, by its word alone."""
    log.warning("Slack refused: %s, %s", type(error).__name__, code(error) or _status(error))


def _data(error: SlackApiError) -> dict[str, object]:
    data = getattr(error.response, "data", error.response)
    return data if isinstance(data, dict) else {}


def _status(error: BaseException) -> str:
    return f"status {getattr(getattr(error, 'response', None), 'status_code', 0)}"
