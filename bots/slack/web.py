"""Slack over HTTP: its signed requests, the pages by which workspaces add the bot, and the health pages, on one port.

Bolt checks the signature and that it is at most five minutes old. What is good but was delivered before, to whichever
process on the same database, is acknowledged once more and nothing else.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bots.sentences import announce
from bots.settings import Settings, SettingsError
from bots.slack import assistant, home, leaving, oauth, outbox, trouble
from bots.slack.app import application, catch_all
from bots.slack.client import Client, client
from bots.slack.manifest import EVENTS_PATH
from bots.slack.reception import Reception
from bots.slack.run import catch_up, quiet, withdraw
from bots.slack.turns import PLATFORM
from bots.stopping import LATER, PATIENCE, stop_signal
from core.engine import EngineState
from core.errors import StoreError
from core.storyteller import Storyteller

_SECRETLESS = (
    "SLACK_SIGNING_SECRET is not set. Copy it from https://api.slack.com/apps (Basic Information, App Credentials), or "
    "set SLACK_APP_TOKEN for Socket Mode, which needs no public address."
)
_TOKENLESS = (
    "Slack over HTTP needs SLACK_BOT_TOKEN for one workspace, or SLACK_CLIENT_ID and SLACK_CLIENT_SECRET (Basic "
    "Information, App Credentials) so that workspaces can add the bot by themselves."
)
_REFUSED = (
    "Slack does not accept SLACK_BOT_TOKEN. Copy it again at https://api.slack.com/apps (OAuth & Permissions, Bot User "
    "OAuth Token); I will not try again with this one."
)
_TAKEN = (
    "SLACK_PORT is {port}, which cannot be used: another program listens there, or it is reserved ({why}). Set it to a "
    "free port."
)
_UNREACHABLE = "Slack cannot be reached just now. Please try again later."
_BACKLOG = 1024
READING = 10.0
"""Seconds in which a request has to be there as a whole, from the end of its headers on."""
IDLE = 75.0
"""Seconds for which a connection may stand without a whole request's headers; longer than proxies keep one (60)."""
_LARGEST = 1 << 20
"""Bytes of a request. Slack's own have some ten thousand."""
_LINGERING = 1.0
"""Seconds for which the rest of a refused request is still taken, so that its sender reads the answer."""
_LONGEST_KEY = 120


async def run(
    storyteller: Storyteller, settings: Settings, *, patience: float = PATIENCE, reception: Reception | None = None
) -> int:
    """Tell stories on Slack over HTTP until SIGTERM or Ctrl-C. Returns the exit code.

    Passages being written have `patience` seconds then; what is stopped is marked as unfinished.

    Raises `SettingsError` if something is missing or wrong; nothing is tried again then.
    """
    secret = settings.slack_signing_secret
    if secret is None:
        raise SettingsError(_SECRETLESS)
    many = oauth.wanted(settings)
    if not many and settings.slack_bot_token is None:
        raise SettingsError(_TOKENLESS)
    quiet()
    storyteller.start()
    async with contextlib.AsyncExitStack() as parts:
        flow = await parts.enter_async_context(oauth.installations(settings)) if many else None
        token = None if flow or not settings.slack_bot_token else settings.slack_bot_token.get_secret_value().strip()
        speaker = client(settings, token, door=storyteller.door)
        try:
            name = "storycircle" if flow else await _name(speaker)
        except trouble.LOST as error:
            trouble.note(error)
            announce(_UNREACHABLE)
            return LATER
        reception = reception or Reception(storyteller)
        reception.name = name
        app = _application(reception, speaker, secret.get_secret_value(), flow)
        member = await parts.enter_async_context(storyteller.leases.joined(PLATFORM))
        stop = await parts.enter_async_context(stop_signal())
        missed = await reception.missed()
        await parts.enter_async_context(_listening(app, reception, settings))
        announce(_where(settings, flow))
        clients = _clients(speaker, flow)
        first = asyncio.create_task(catch_up(reception, clients, missed))
        tasks = [first, asyncio.create_task(withdraw(reception, clients, after=first))]
        tasks.append(asyncio.create_task(reception.whenever_bereaved(member, partial(catch_up, reception, clients))))
        if flow:
            tasks.append(asyncio.create_task(leaving.watch(storyteller, clients, settings.slack_keep_days)))
        await _until(stop, tasks)
        await reception.drain(patience=patience)
        return stop.result()


def pages(app: AsyncApp, reception: Reception, signing_secret: str) -> web.Application:
    """Everything that is answered on the port."""
    deliveries = Deliveries(app, reception, signing_secret)

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        state = reception.storyteller.engine.state
        ready = reception.taking and state is EngineState.READY
        shown = state if reception.taking else "stopping"
        return web.json_response({"storyteller": shown}, status=200 if ready else 503)

    site = web.Application(middlewares=[_whole], client_max_size=_LARGEST)
    site.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz)])
    site.add_routes([web.post(EVENTS_PATH, deliveries.taken)])
    if (flow := app.oauth_flow) is not None:
        site.add_routes([web.get(flow.install_path, _page(flow.handle_installation))])
        site.add_routes([web.get(flow.redirect_uri_path, _page(flow.handle_callback))])
    return site


@web.middleware
async def _whole(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Any:
    """Read a request before anybody deals with it, as far as and for as long as can be expected; unpack nothing."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise web.HTTPUnsupportedMediaType(text="Send it as it is, without Content-Encoding.")
    try:
        async with asyncio.timeout(READING):
            await request.text()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text=f"The request was not complete after {READING:g} seconds.") from None
    except (UnicodeDecodeError, LookupError):
        raise web.HTTPBadRequest(text="The request is no text in the encoding that it names.") from None
    return await handler(request)


class Deliveries:
    """Slack's requests, each dealt with by one process once."""

    def __init__(self, app: AsyncApp, reception: Reception, signing_secret: str) -> None:
        self._app = app
        self._storyteller = reception.storyteller
        self._verifier = SignatureVerifier(signing_secret)

    async def taken(self, request: web.Request) -> web.Response:
        """Deal with a request, unless it was dealt with before: then it is acknowledged, since a balancer may repeat
        one in good faith. What is not dealt with in the end, by a fault of ours, may come again.
        """
        asked = await to_bolt_request(request)
        body = await request.text()
        # A forged request must not use up an id; bolt is left to refuse it.
        key = delivery(body, request.headers) if self._verifier.is_valid_request(body, dict(request.headers)) else ""
        try:
            if key and not await self._storyteller.notebook.first_sight(key):
                return web.Response(status=200, headers={"X-Slack-No-Retry": "1"})
            return await self._answered(asked, key)
        except StoreError as error:
            trouble.note(error)
            return web.Response(status=503)

    async def _answered(self, asked: AsyncBoltRequest, key: str) -> web.Response:
        status = 500
        try:
            answer: BoltResponse = await self._app.async_dispatch(asked)
            status = answer.status
            if key and status == 200 and "event_id" in asked.body:
                return web.Response(status=200)  # bolt would tell an event what is meant for people
            return await to_aiohttp_response(answer)
        finally:
            if key and status >= 500:
                await self._storyteller.notebook.unsee(key)


def delivery(body: str, headers: Mapping[str, str]) -> str:
    """Under which name a request is remembered: the same for Slack's retries and for a replay. Empty if need not be.

    An event has an id, and most of what people press, type and send has a trigger; anything else is told by its
    signature, which no two requests share.
    """
    given = _read(body)
    if given.get("type") == "url_verification" or "ssl_check" in given:
        return ""
    found = str(given.get("event_id") or given.get("trigger_id") or headers.get("X-Slack-Signature") or "")
    if len(found) > _LONGEST_KEY:
        found = hashlib.sha256(found.encode()).hexdigest()
    return f"{PLATFORM} {found}" if found else ""


def _read(body: str) -> dict[str, Any]:
    """What a body says: JSON, a form, or JSON in a form. Nothing if it cannot be read."""
    try:
        if body.startswith("{"):
            found = json.loads(body)
        else:
            fields = {name: values[0] for name, values in parse_qs(body).items()}
            found = json.loads(fields["payload"]) if "payload" in fields else fields
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _page(answer: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]) -> Callable[..., Awaitable[web.Response]]:
    async def page(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await answer(await to_bolt_request(request)))

    return page


def _application(reception: Reception, speaker: Client, signing_secret: str, flow: AsyncOAuthFlow | None) -> AsyncApp:
    more: dict[str, Any] = {"oauth_flow": flow} if flow else {"authorize": oauth.alone(speaker)}
    # Without a logger of ours, bolt's own write what people sent, whatever `quiet` says.
    app = application(reception, speaker, signing_secret=signing_secret, logger=logging.getLogger("slack_bolt"), **more)
    if flow:
        oauth.heed(app, flow)
    assistant.listen(app, reception)
    home.listen(app, reception)
    catch_all(app)
    return app


@contextlib.asynccontextmanager
async def _listening(app: AsyncApp, reception: Reception, settings: Settings) -> AsyncIterator[None]:
    secret = settings.slack_signing_secret
    site = pages(app, reception, secret.get_secret_value() if secret else "")
    runner = web.AppRunner(
        site,
        access_log=None,
        shutdown_timeout=2.0,
        keepalive_timeout=IDLE,
        lingering_time=_LINGERING,
        auto_decompress=False,
    )
    await runner.setup()
    try:
        await _listen(runner, settings)
        yield
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, settings: Settings) -> None:
    try:
        await web.TCPSite(runner, settings.slack_host, settings.slack_port, backlog=_BACKLOG).start()
    except OSError as error:
        raise SettingsError(_TAKEN.format(port=settings.slack_port, why=error.strerror)) from None


async def _until(stop: "asyncio.Future[int]", tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Wait for the signal; then these tasks are ended."""
    try:
        await asyncio.wait([stop])
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.wait(tasks)


def _clients(speaker: Client, flow: AsyncOAuthFlow | None) -> outbox.Clients:
    """Who speaks for a workspace."""

    async def found(workspace: str) -> Client | None:
        return speaker if flow is None else await oauth.speaker(flow, speaker, workspace)

    return found


async def _name(speaker: AsyncWebClient) -> str:
    """How the bot is called. Raises `SettingsError` if its token is wrong."""
    try:
        answer = await speaker.auth_test()
    except trouble.LOST as error:
        if trouble.code(error) in trouble.REVOKED:
            raise SettingsError(_REFUSED) from None
        raise
    return str(answer.get("user") or "storycircle")


def _where(settings: Settings, flow: AsyncOAuthFlow | None) -> str:
    address = (settings.slack_public_url or f"http://{settings.slack_host}:{settings.slack_port}").rstrip("/")
    add = f" Add me to a workspace: {address}{flow.install_path}" if flow else ""
    return f"I listen for Slack at {address}{EVENTS_PATH}.{add}"
