"""What `doctor` asks Slack: whether the tokens are good, and whether they allow what the manifest asks for."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bots.settings import Settings, SettingsError
from bots.slack import oauth, trouble
from bots.slack.client import Client, client
from bots.slack.manifest import INSTALL_PATH, SCOPES

Found = tuple[bool, str]
"""Whether it is fine, and a sentence that says so or what to do."""

_PORTAL = "https://api.slack.com/apps"
_NO_WAY_IN = (
    "neither SLACK_APP_TOKEN (Socket Mode; Basic Information, App-Level Tokens, with connections:write) nor "
    f"SLACK_SIGNING_SECRET (HTTP; Basic Information, App Credentials) is set. Copy one of them at {_PORTAL}."
)
_NO_BOT_TOKEN = (
    f"SLACK_BOT_TOKEN is not set. Copy it at {_PORTAL} (OAuth & Permissions, Bot User OAuth Token, after Install App)."
)
_REFUSED = {
    "SLACK_BOT_TOKEN": "OAuth & Permissions, Bot User OAuth Token",
    "SLACK_APP_TOKEN": "Basic Information, App-Level Tokens, with connections:write",
}
_NO_ADDRESS = "SLACK_PUBLIC_URL is not set: Slack must know where to send people who have added the bot."
_LACKING = (
    "the bot lacks {scopes}. Paste the manifest again (`python -m bots slack-manifest` prints it; App Manifest at "
    f"{_PORTAL}), then Install App, Reinstall to Workspace."
)
_UNREACHABLE = "Slack cannot be reached just now."


async def checkup(settings: Settings) -> Found:
    """Whether Slack would let the bot in, and a sentence that says so or what to do."""
    socket_mode = settings.slack_app_token is not None
    if not socket_mode and settings.slack_signing_secret is None:
        return False, _NO_WAY_IN
    try:
        if not socket_mode and oauth.wanted(settings):
            return _many(settings)
    except SettingsError as error:
        return False, str(error)
    if settings.slack_bot_token is None:
        return False, _NO_BOT_TOKEN
    fine, said = await _bot(client(settings, settings.slack_bot_token.get_secret_value().strip()))
    if fine and settings.slack_app_token is not None:
        refused = await _link(client(settings), settings.slack_app_token.get_secret_value().strip())
        return (False, refused) if refused else (True, f"{said} Socket Mode works.")
    return fine, f"{said} Slack sends its requests to SLACK_PORT; the signing secret is set." if fine else said


def _many(settings: Settings) -> Found:
    if not settings.slack_public_url:
        return False, _NO_ADDRESS
    address = settings.slack_public_url.rstrip("/") + INSTALL_PATH
    return True, f"set up for many workspaces (not asked now). They add the bot at {address}"


async def _bot(speaker: Client) -> Found:
    answer, refused = await _asked(speaker.auth_test, "SLACK_BOT_TOKEN")
    if answer is None:
        return False, refused
    held = {each.strip() for each in str(answer.headers.get("x-oauth-scopes", "")).split(",")}
    lacking = [f"{scope} ({why})" for scope, why in SCOPES.items() if scope not in held]
    if lacking:
        return False, _LACKING.format(scopes=", ".join(lacking))
    return True, f"I am @{answer['user']} in {answer['team']}, with all {len(SCOPES)} permissions."


async def _link(speaker: Client, app_token: str) -> str:
    async def opened() -> AsyncSlackResponse:
        return await speaker.apps_connections_open(app_token=app_token)

    _, refused = await _asked(opened, "SLACK_APP_TOKEN")
    return refused


async def _asked(ask: Callable[..., Awaitable[Any]], name: str) -> tuple[AsyncSlackResponse | None, str]:
    """What Slack answered; None, and a sentence, if it did not or would not."""
    try:
        return await ask(), ""
    except trouble.LOST as error:
        if trouble.unsure(error) or trouble.code(error) in ("", "ratelimited"):
            return None, _UNREACHABLE
        return None, f"Slack does not accept {name}. Copy it again at {_PORTAL} ({_REFUSED[name]})."
