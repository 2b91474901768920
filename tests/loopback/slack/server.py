"""The HTTP side: every request is recorded, judged, limited, and answered."""

import asyncio
import math
import time
from collections.abc import Callable

from aiohttp import web

from tests.loopback.slack import api_auth, api_chat, api_files, api_places, api_stream, api_views, hooks
from tests.loopback.slack.arguments import decoded
from tests.loopback.slack.errors import ApiError
from tests.loopback.slack.faults import Fault
from tests.loopback.slack.ledger import Request
from tests.loopback.slack.methods import Call, Method
from tests.loopback.slack.platform import Platform
from tests.loopback.slack.rules import Json
from tests.loopback.slack.world import Installation

METHODS: dict[str, Method] = {
    name: method
    for module in (api_auth, api_chat, api_files, api_places, api_stream, api_views)
    for name, method in module.methods.known.items()
}


class Server:
    """An aiohttp server on 127.0.0.1 and a free port."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen. Returns the address."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/link", self._platform.link.serve)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/hooks/{number}", self._hook)
        app.router.add_post("/upload/{key}", self._upload)
        app.router.add_get("/files/{key}/{name}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=2048)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"{host}:{port}"

    async def stop(self) -> None:
        """Close everything."""
        await self._platform.link.stop()
        if self._runner:
            await self._runner.cleanup()

    async def _api(self, http: web.Request) -> web.StreamResponse:
        name = http.match_info["method"]
        body, token = decoded(self._platform.contracts, name, await _read(http), dict(http.query), http.content_type)
        authorization = http.headers.get("Authorization", "")
        if authorization.startswith("Bearer "):
            token = authorization[7:]
        installation = self._owner(token)
        team = installation.team.id if installation else ""
        request = self._record(Request(name, body, team, time.monotonic()))
        channel = str(body.get("channel") or body.get("channel_id") or "")

        def perform() -> web.Response:
            return self._perform(Call(self._platform, request, installation), token, authorization)

        self._platform.read(name, body, channel, request)
        return await self._answer(http, request, perform)

    async def _hook(self, http: web.Request) -> web.StreamResponse:
        body, _ = decoded(self._platform.contracts, "response_url", await _read(http), {}, http.content_type)
        request = self._record(Request("response_url", body, "", time.monotonic()))
        number = http.match_info["number"]
        hook = self._platform.hooks.get(int(number) if number.isdigit() else 0)
        channel = hook.exchange.channel.id if hook and hook.exchange.channel else ""
        self._platform.read("response_url", body, channel, request)

        def perform() -> web.Response:
            try:
                hooks.use(self._platform, hook.number if hook else 0, body, request)
            except ApiError as error:
                request.status, request.error = error.status, error.error
                return web.json_response(error.body(), status=error.status)
            request.status = 200
            return web.Response(text="ok")

        return await self._answer(http, request, perform)

    async def _upload(self, http: web.Request) -> web.StreamResponse:
        data = await http.read()
        request = self._record(Request("upload", {"length": len(data)}, "", time.monotonic()))

        def perform() -> web.Response:
            try:
                api_files.receive(self._platform, http.match_info["key"], data, request)
            except ApiError as error:
                request.status, request.error = error.status, error.error
                return web.Response(status=error.status, text=error.error)
            request.status = 200
            return web.Response(text=f"OK - {len(data)}")

        return await self._answer(http, request, perform)

    async def _file(self, http: web.Request) -> web.Response:
        kept = self._platform.world.files.get(http.match_info["key"])
        return web.Response(body=kept.data) if kept else web.Response(status=404)

    def _record(self, request: Request) -> Request:
        self._platform.ledger.requests.append(request)
        self._platform.ledger.pulse.beat()
        return request

    async def _answer(
        self, http: web.Request, request: Request, perform: Callable[[], web.Response]
    ) -> web.StreamResponse:
        fault = self._platform.faults.hit(request.method)
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault and not fault.after and (broken := _broken(http, request, fault)):
            self._platform.ledger.pulse.beat()
            return broken
        response = perform()
        if fault and fault.late:
            self._platform.ledger.pulse.beat()
            await asyncio.sleep(fault.late)
        if fault and fault.after and (broken := _broken(http, request, fault)):
            response = broken
        self._platform.ledger.pulse.beat()
        return response

    def _perform(self, call: Call, token: str, authorization: str) -> web.Response:
        request = call.request
        try:
            method = self._allowed(call, token, authorization)
            if (wait := self._limited(call)) is not None:
                request.status, request.error = 429, "ratelimited"
                return _ratelimited(wait)
            self._judge(request)
            answer: Json = {"ok": True, **method.handler(call)}
        except ApiError as error:
            self._note(call, error)
            answer = error.body()
            request.error = error.error
        except (KeyError, TypeError, ValueError) as error:
            answer = {"ok": False, "error": "invalid_arguments"}
            request.error = "invalid_arguments"
            self._platform.ledger.violate(f"spec: {request.method}: {type(error).__name__}: {error}")
        request.status = 200
        headers = {"x-oauth-scopes": ",".join(call.installation.scopes)} if call.installation else {}
        return web.json_response(answer, headers=headers)

    def _judge(self, request: Request) -> None:
        findings = self._platform.judge(request.method, request.body)
        if findings:
            messages = [f"[ERROR] {each.sentence}" for each in findings]
            raise ApiError(findings[0].error or "", response_metadata={"messages": messages})

    def _owner(self, token: str) -> Installation | None:
        return next((each for each in reversed(self._platform.world.installations) if each.token == token), None)

    def _allowed(self, call: Call, token: str, authorization: str) -> Method:
        method = METHODS.get(call.request.method)
        if method is None:
            self._platform.ledger.violate(f"the method {call.request.method} is not known to the loopback Slack")
            raise ApiError("unknown_method", req_method=call.request.method)
        if method.token == "app":
            if token != self._platform.rules.app_token:
                self._unauthorized("invalid_auth" if token else "not_authed")
        elif method.token == "bot":
            self._live(call, token)
            if method.scopes:
                call.need(*method.scopes)
        else:
            api_auth.client(self._platform, call.body, authorization)
        return method

    def _live(self, call: Call, token: str) -> None:
        app = call.installation
        if token == self._platform.rules.app_token:
            self._unauthorized("not_allowed_token_type")
        if app is None:
            self._unauthorized("invalid_auth" if token else "not_authed")
        elif app.state != "active":
            self._unauthorized("token_revoked" if app.state == "revoked" else "account_inactive")
        elif app.expired:
            self._unauthorized("token_expired")

    def _unauthorized(self, error: str) -> None:
        self._platform.ledger.unauthorized += 1
        raise ApiError(error)

    def _limited(self, call: Call) -> float | None:
        request = call.request
        wait = self._platform.tiers.take(request.method, request.team, str(request.body.get("channel") or ""))
        if wait is not None:
            self._platform.ledger.violate(f"429 that we caused: {request.method} in {request.team or 'the app'}")
        return wait

    def _note(self, call: Call, error: ApiError) -> None:
        key = call.body.get("channel") or call.body.get("channel_id")
        channel = self._platform.world.channels.get(str(key))
        for each in self._platform.attention.at_work_in(channel, call.body.get("thread_ts")) if channel else ():
            each.errors.append(error.error)
            each.touch()


def _ratelimited(seconds: float) -> web.Response:
    headers = {"Retry-After": str(max(1, math.ceil(seconds)))}
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)


def _broken(http: web.Request, request: Request, fault: Fault) -> web.Response | None:
    """The answer that a fault gives; None if it only delays."""
    if fault.drop:
        if http.transport:
            http.transport.abort()
        return web.Response(status=500)
    if fault.error is not None:
        request.status, request.error = 200, fault.error
        return web.json_response({"ok": False, "error": fault.error})
    if fault.status is None:
        return None
    request.status = fault.status
    if fault.status == 429:
        request.error = "ratelimited"
        return _ratelimited(fault.retry_after)
    return web.Response(status=fault.status, text="<html>upstream error</html>", content_type="text/html")


async def _read(http: web.Request) -> bytes | dict[str, str]:
    if http.content_type == "multipart/form-data":
        return {key: str(value) for key, value in (await http.post()).items()}
    return await http.read()
