"""Many workspaces: who added the bot, with which token, kept in the storyteller's database by Slack's own stores.

Tokens are renewed before they expire, once, however many requests and processes see it at the same time. When the bot
is removed, its tokens are deleted; stories stay, so that nothing is lost when it is added again.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary

from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncInstallationStoreAuthorize
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bots.settings import Settings, SettingsError
from bots.slack import trouble
from bots.slack.client import Client
from bots.slack.client import client as web_client
from bots.slack.manifest import INSTALL_PATH, REDIRECT_PATH, SCOPES
from core.database import guest

log = logging.getLogger("slack_bolt")
"""Kept quiet by `run.quiet`: what the library logs has codes and states in it."""

Json = dict[str, Any]
REMOVED = ("app_uninstalled", "tokens_revoked")
STATE_SECONDS = 600
"""How long somebody may take to say yes."""
_EARLY_MINUTES = 120
"""Tokens live twelve hours and are renewed so long before they expire."""
_KNOWN = 5000
_ELSEWHERE_TRIES = 20
"""Tenths of a second in which another process writes down the token that it got in our place."""

_HALF = "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET belong together; one of them is not set."


def wanted(settings: Settings) -> bool:
    """Whether workspaces add the bot by themselves. Raises `SettingsError` if that is half configured."""
    given = settings.slack_client_id, settings.slack_client_secret
    if any(given) and not all(given):
        raise SettingsError(_HALF)
    return all(given)


@asynccontextmanager
async def installations(settings: Settings) -> AsyncIterator[AsyncOAuthFlow]:
    """The pages by which workspaces add the bot, and what is known of those that did, while the block lasts.

    Give it to the application as its `oauth_flow`. The database must have been opened, and so migrated, before.
    """
    engine = guest(settings.database_url.get_secret_value())
    client_id, secret = settings.slack_client_id or "", settings.slack_client_secret
    store = AsyncSQLAlchemyInstallationStore(client_id, engine, logger=log)
    states = AsyncSQLAlchemyOAuthStateStore(STATE_SECONDS, engine, logger=log)
    try:
        yield _flow(settings, secret.get_secret_value() if secret else "", store, states)
    finally:
        await engine.dispose()


def alone(client: AsyncWebClient) -> Callable[[], Awaitable[AuthorizeResult]]:
    """How requests are authorised where there is one workspace, whose token `client` has. Slack is asked once.

    Give it to the application as `authorize`: left to itself, bolt would keep installations in files of its own where
    SLACK_CLIENT_ID stands in the environment, and ignore the token.
    """
    known: list[AuthorizeResult] = []

    async def authorize() -> AuthorizeResult:
        if not known:
            answer = await client.auth_test()
            known.append(AuthorizeResult.from_auth_test_response(bot_token=client.token, auth_test_response=answer))
        return known[0]

    return authorize


def heed(app: AsyncApp, flow: AsyncOAuthFlow) -> None:
    """Forget a workspace's tokens when the bot is removed, whoever else listens to that."""
    store = flow.settings.installation_store

    async def removed(context: AsyncBoltContext, body: Json, next: Any) -> None:  # noqa: A002 - bolt's name
        event = body.get("event") or {}
        if event.get("type") in REMOVED:
            await forget(store, context, event)
        await next()

    app.middleware(removed)
    for each in REMOVED:
        app.event(each)(_heard)


async def forget(store: AsyncInstallationStore, context: AsyncBoltContext, event: Json) -> None:
    """Delete what an event says is over: everything of a workspace, its bot, or what some people granted.

    An installation in a whole organisation has no workspace.
    """
    of: Json = {
        "enterprise_id": context.enterprise_id,
        "team_id": None if context.is_enterprise_install else context.team_id,
    }
    if event["type"] == "app_uninstalled":
        await store.async_delete_all(**of)
        return
    tokens = event.get("tokens") or {}
    for user_id in tokens.get("oauth") or ():
        await store.async_delete_installation(**of, user_id=user_id)
    if tokens.get("bot"):
        await store.async_delete_bot(**of)


async def _heard() -> None:
    """It was dealt with on its way here."""


def _flow(
    settings: Settings, secret: str, store: AsyncInstallationStore, states: AsyncSQLAlchemyOAuthStateStore
) -> AsyncOAuthFlow:
    client = web_client(settings)
    address = settings.slack_public_url.rstrip("/") if settings.slack_public_url else None
    oauth = AsyncOAuthSettings(
        client_id=settings.slack_client_id,
        client_secret=secret,
        scopes=list(SCOPES),
        user_scopes=[],
        redirect_uri=address + REDIRECT_PATH if address else None,
        install_path=INSTALL_PATH,
        redirect_uri_path=REDIRECT_PATH,
        authorization_url=settings.slack_authorize_url,
        installation_store=store,
        installation_store_bot_only=True,
        state_store=states,
        state_expiration_seconds=STATE_SECONDS,
        logger=log,
    )
    oauth.authorize = _authorize(settings, secret, store, client)
    return AsyncOAuthFlow(client=client, logger=log, settings=oauth)


def _authorize(
    settings: Settings, secret: str, store: AsyncInstallationStore, client: AsyncWebClient
) -> AsyncInstallationStoreAuthorize:
    """Which token a request is answered with: looked up for each, so that a removal holds at once everywhere.

    Whose a token is is asked of Slack once, not with every request.
    """
    authorize = AsyncInstallationStoreAuthorize(
        logger=log,
        installation_store=store,
        client_id=settings.slack_client_id,
        client_secret=secret,
        token_rotation_expiration_minutes=_EARLY_MINUTES,
        bot_only=True,
        cache_enabled=True,
        client=client,
    )
    authorize.authorize_result_cache = _Recent()
    authorize.token_rotator = _Rotator(
        store, client_id=settings.slack_client_id or "", client_secret=secret, client=client
    )
    return authorize


class _Recent(OrderedDict[str, AuthorizeResult]):
    """The latest of them."""

    def __setitem__(self, key: str, value: AuthorizeResult) -> None:
        super().__setitem__(key, value)
        if len(self) > _KNOWN:
            self.popitem(last=False)


class _Rotator(AsyncTokenRotator):
    """Renews a token once: a refresh token works a single time, whoever uses it first."""

    def __init__(self, store: AsyncInstallationStore, **given: Any) -> None:
        super().__init__(**given)
        self._store = store
        self._locks: WeakValueDictionary[tuple[str | None, str | None], asyncio.Lock] = WeakValueDictionary()

    async def perform_bot_token_rotation(
        self, *, bot: Bot, minutes_before_expiration: int = _EARLY_MINUTES
    ) -> Bot | None:
        """The bot with its new token, kept already; None if the old one is good for a while."""
        lock = self._locks.setdefault((bot.enterprise_id, bot.team_id), asyncio.Lock())
        async with lock:
            if (found := await self._renewed(bot)) is not None:
                return found
            try:
                new = await super().perform_bot_token_rotation(
                    bot=bot, minutes_before_expiration=minutes_before_expiration
                )
            except SlackTokenRotationError as error:
                if (found := await self._renewed_elsewhere(bot)) is None:
                    trouble.note(error)
                    raise
                return found
            if new is not None:
                await self._store.async_save_bot(new)
            return new

    async def _renewed(self, bot: Bot) -> Bot | None:
        """What is kept now, if somebody renewed it since `bot` was read."""
        now = await self._store.async_find_bot(
            enterprise_id=bot.enterprise_id, team_id=bot.team_id, is_enterprise_install=bot.is_enterprise_install
        )
        return now if now is not None and now.bot_token != bot.bot_token else None

    async def _renewed_elsewhere(self, bot: Bot) -> Bot | None:
        """The same, once another process has written it down."""
        for _ in range(_ELSEWHERE_TRIES):
            await asyncio.sleep(0.1)
            if (found := await self._renewed(bot)) is not None:
                return found
        return None


async def speaker(flow: AsyncOAuthFlow, client: Client, workspace: str) -> Client | None:
    """The client that speaks for a workspace (as `turns.workspace` names it); None if the bot is not there any more.

    A workspace without a bot of its own may have that of its organisation.
    """
    enterprise, _, team = workspace.rpartition(":")
    store = flow.settings.installation_store
    bot = None
    if team:
        bot = await store.async_find_bot(enterprise_id=enterprise or None, team_id=team, is_enterprise_install=False)
    if bot is None and enterprise:
        bot = await store.async_find_bot(enterprise_id=enterprise, team_id=None, is_enterprise_install=True)
    return None if bot is None else Client.like(client, token=bot.bot_token)
