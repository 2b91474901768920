"""Runs the bot in Socket Mode: checks the tokens, connects, stays connected, and stops in order."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import aiohttp
from pydantic import SecretStr
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_sdk.web.async_client import AsyncWebClient

from bots.reception import Missed
from bots.sentences import announce
from bots.settings import Settings, SettingsError
from bots.slack import assistant, home, oauth, outbox, trouble, watched, withdrawing
from bots.slack.app import application, catch_all
from bots.slack.client import Client, client
from bots.slack.reception import Reception
from bots.slack.turns import PLATFORM
from bots.stopping import LATER, PATIENCE, stop_signal
from core.leases import Member
from core.storyteller import Storyteller

_SESSION_CHECK = 10.0
_HEAD_START = 30.0
"""Seconds that new turns wait for what was not shown before the last stop; then both go on side by side."""

_TOKENLESS = (
    "{name} is not set. Make an app at https://api.slack.com/apps from deploy/slack-manifest.json, and set "
    "SLACK_APP_TOKEN (Basic Information, App-Level Tokens, with connections:write) and SLACK_BOT_TOKEN (OAuth & "
    "Permissions)."
)
_REFUSED = (
    "Slack does not accept {name}. Copy it again at https://api.slack.com/apps ({where}); I will not try again with "
    "this one."
)
_WHERE = {
    "SLACK_APP_TOKEN": "Basic Information, App-Level Tokens, with connections:write",
    "SLACK_BOT_TOKEN": "OAuth & Permissions, Bot User OAuth Token",
}
_UNREACHABLE = "Slack cannot be reached just now. Please try again later."
_WRONG = trouble.REVOKED | {"not_allowed_token_type", "missing_scope", "no_permission", "access_denied"}


async def run(
    storyteller: Storyteller, settings: Settings, *, patience: float = PATIENCE, reception: Reception | None = None
) -> int:
    """Tell stories on Slack until SIGTERM or Ctrl-C. Returns the exit code.

    Passages being written have `patience` seconds then; what is stopped is marked as unfinished.

    Raises `SettingsError` if a token is missing or wrong; nothing is tried again then.
    """
    app_token = _token(settings.slack_app_token, "SLACK_APP_TOKEN", "xapp-")
    bot_token = _token(settings.slack_bot_token, "SLACK_BOT_TOKEN", "xox")
    quiet()
    storyteller.start()
    async with aiohttp.ClientSession() as session, stop_signal() as stop:
        web = client(settings, bot_token, door=storyteller.door, session=session)
        try:
            name = await _name(web)
            reception = reception or Reception(storyteller)
            reception.name = name
            async with (
                storyteller.leases.joined(PLATFORM) as member,
                _catching_up(reception, web, stop, member),
                _connected(reception, web, client(settings, session=session), app_token),
            ):
                announce(f"I am on Slack as @{name}. Invite me to a channel with /invite @{name}.")
                await asyncio.wait([stop])
                await reception.drain(patience=patience)
                return stop.result()
        except trouble.LOST as error:
            trouble.note(error)
            announce(_UNREACHABLE)
            return LATER


@contextlib.asynccontextmanager
async def _catching_up(
    reception: Reception, web: Client, stop: "asyncio.Future[int]", member: Member
) -> AsyncIterator[None]:
    """Show what was not shown, first of all; new turns wait for that a while, so that a story reads in its order.

    Whenever another process dies, show what that one did not.
    """

    async def only(_workspace: str) -> Client:
        return web

    task = asyncio.create_task(catch_up(reception, only, await reception.missed()))
    later = asyncio.create_task(reception.whenever_bereaved(member, partial(catch_up, reception, only)))
    tasks = [task, later, asyncio.create_task(withdraw(reception, only, after=task))]
    try:
        ends: list[asyncio.Future[Any]] = [task, stop]
        await asyncio.wait(ends, timeout=_HEAD_START, return_when=asyncio.FIRST_COMPLETED)
        yield
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.wait(tasks)


async def catch_up(reception: Reception, clients: outbox.Clients, missed: Missed) -> None:
    """Show what was not shown. A mistake of ours is logged, and the bot goes on without."""
    try:
        await outbox.catch_up(reception, clients, missed)
    except Exception as error:
        trouble.mistake(error, "en")


async def withdraw(reception: Reception, clients: outbox.Clients, *, after: "asyncio.Task[None]") -> None:
    """Once that is done, go on with writing over what was forgotten. A mistake of ours is logged."""
    await asyncio.wait([after])
    try:
        await withdrawing.carry_out(reception, clients)
    except Exception as error:
        trouble.mistake(error, "en")


@contextlib.asynccontextmanager
async def _connected(reception: Reception, web: Client, link: AsyncWebClient, app_token: str) -> AsyncIterator[None]:
    """Connected by Socket Mode while the block lasts."""
    app = application(reception, web, authorize=oauth.alone(web), logger=logging.getLogger("slack_bolt"))
    home.listen(app, reception)
    assistant.listen(app, reception)
    catch_all(app)
    handler = AsyncSocketModeHandler(app, app_token, web_client=link, ping_interval=_SESSION_CHECK)
    try:
        await _connect(handler)
        with watched.connected(handler):
            yield
    finally:
        await reception.close()
        await handler.close_async()  # type: ignore[no-untyped-call]


async def _connect(handler: AsyncSocketModeHandler) -> None:
    """Connect. The token is tried once by ourselves, since the library would try a wrong one for ever."""
    try:
        await handler.client.web_client.apps_connections_open(app_token=handler.app_token)
    except trouble.LOST as error:
        if trouble.code(error) in _WRONG:
            raise SettingsError(_refused("SLACK_APP_TOKEN")) from None
        raise
    await handler.connect_async()  # type: ignore[no-untyped-call]


async def _name(web: AsyncWebClient) -> str:
    """How the bot is called. Raises `SettingsError` if its token is wrong."""
    try:
        answer = await web.auth_test()
    except trouble.LOST as error:
        if trouble.code(error) in _WRONG:
            raise SettingsError(_refused("SLACK_BOT_TOKEN")) from None
        raise
    return str(answer.get("user") or "storycircle")


def _refused(name: str) -> str:
    return _REFUSED.format(name=name, where=_WHERE[name])


def _token(given: SecretStr | None, name: str, prefix: str) -> str:
    """The token. Raises `SettingsError` if there is none, or it cannot be one."""
    if given is None:
        raise SettingsError(_TOKENLESS.format(name=name))
    token = given.get_secret_value().strip()
    if not token.isascii() or not token.isprintable() or " " in token or not token.startswith(prefix):
        raise SettingsError(_refused(name))
    return token


def quiet() -> None:
    """The libraries' loggers: their lower levels write payloads, and their errors addresses with tokens."""
    for name in ("slack_sdk", "slack_bolt"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
