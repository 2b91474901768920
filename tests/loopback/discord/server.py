"""The HTTP side: every request is recorded, judged, limited, and answered."""

import asyncio
import json
import logging
import re
import time
from typing import Any

from aiohttp import BodyPartReader, web

from tests.loopback.discord import checks, rest_application, rest_channels, rest_guilds, rest_interactions, texts
from tests.loopback.discord.errors import ApiError, refused
from tests.loopback.discord.faults import Fault
from tests.loopback.discord.ledger import Request
from tests.loopback.discord.platform import Platform
from tests.loopback.discord.routes import Answer, Call, Route, Routes, Upload

ROOT = "/api/v10"
ROUTES = Routes()
for _each in (rest_interactions, rest_channels, rest_application, rest_guilds):
    ROUTES.extend(_each.routes)
_log = logging.getLogger(__name__)
_FILE = re.compile(r"files?\[?(\d*)\]?")


class Server:
    """An aiohttp server on 127.0.0.1 and a free port."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._runner: web.AppRunner | None = None
        self._judged_later: list[tuple[Request, str]] = []

    async def start(self) -> str:
        """Listen. Returns the address."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/gateway-ws", self._platform.gateway.serve)
        app.router.add_get("/gateway-ws/", self._platform.gateway.serve)
        app.router.add_get("/attachments/{id}/{name}", self._attachment)
        app.router.add_route("*", ROOT + "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"{host}:{port}"

    async def stop(self) -> None:
        """Close everything."""
        for connection in list(self._platform.gateway.connections):
            await connection.drop(None, mid_stream=False)
        if self._runner:
            await self._runner.cleanup()

    def settle(self) -> None:
        """Validate what was put off."""
        for request, template in self._judged_later:
            self._judge(request, template)
        self._judged_later.clear()
        self._platform.gateway.settle()

    async def _attachment(self, request: web.Request) -> web.Response:
        kept = self._platform.world.attachments.get(int(request.match_info["id"]))
        if kept is None:
            return web.Response(status=404)
        return web.Response(body=kept.data, content_type=kept.content_type)

    async def _handle(self, http: web.Request) -> web.StreamResponse:
        at = time.monotonic()
        path = http.raw_path.split("?", 1)[0].removeprefix(ROOT)
        found = ROUTES.find(http.method, path)
        body, uploads = await _read(http)
        files = {each.name: each.data for each in uploads.values()}
        template = found[0].template if found else None
        request = Request(http.method, path, template, dict(http.query), body, files, at)
        self._platform.ledger.requests.append(request)
        for text, where in texts.of(template or path, body, files):
            self._platform.ledger.read(text, where, request)
        try:
            response = await self._answer(http, request, found, uploads)
        finally:
            self._platform.ledger.pulse.beat()
        return response

    async def _answer(
        self,
        http: web.Request,
        request: Request,
        found: tuple[Route, dict[str, str]] | None,
        uploads: dict[str, Upload],
    ) -> web.StreamResponse:
        fault = self._platform.faults.hit(request.method, request.path)
        if fault and fault.delay and not fault.after:
            await asyncio.sleep(fault.delay)
        if fault and not fault.after and (broken := _broken(http, request, fault)):
            return broken
        headers: dict[str, str] = {}
        try:
            answer, headers = await self._perform(http, request, found, uploads)
        except ApiError as error:
            self._note(request, found, error)
            answer = Answer(error.status, error.body())
            if error.status == 429:
                wait = max(0.01, self._platform.rules.ratelimit_scale)
                answer = Answer(429, error.body() | {"retry_after": wait, "global": False})
                headers = {"Via": "1.1 google", "Retry-After": f"{wait:.3f}"}
        except Exception as error:
            _log.exception("a handler of the loopback Discord crashed")
            self._platform.ledger.violate(f"the loopback Discord itself: {_name(request)} crashed: {error!r}")
            answer = Answer(500, {"message": "500: Internal Server Error", "code": 0})
        if fault and fault.delay and fault.after:
            await asyncio.sleep(fault.delay)
        if fault and fault.after and (broken := _broken(http, request, fault)):
            return broken
        request.status = answer.status
        return _json(answer, headers)

    async def _perform(
        self,
        http: web.Request,
        request: Request,
        found: tuple[Route, dict[str, str]] | None,
        uploads: dict[str, Upload],
    ) -> tuple[Answer, dict[str, str]]:
        platform = self._platform
        if found is None:
            platform.ledger.violate(f"{request.method} {request.path} is not known to the loopback Discord")
            raise ApiError(404, 0, "404: Not Found")
        route, arguments = found
        if route.authorized and http.headers.get("Authorization") != f"Bot {platform.rules.token}":
            platform.ledger.unauthorized += 1
            raise refused(0)
        limited, headers = self._limited(request, route, arguments)
        if limited:
            return limited, headers
        self._check_request(request, route, uploads)
        answer = await route.handler(Call(platform, request, arguments, uploads))
        if platform.rules.validate == "now":
            for sentence in platform.contracts.response(route.method, route.template, answer.status, answer.body):
                platform.ledger.violate(f"the loopback Discord itself: {_name(request)}: {sentence}")
        return answer, headers

    def _limited(
        self, request: Request, route: Route, arguments: dict[str, str]
    ) -> tuple[Answer | None, dict[str, str]]:
        passage = self._platform.buckets.take(route.method, route.template, arguments)
        wait, everywhere = passage.retry_after, False
        if wait is None and route.authorized:
            wait = self._platform.buckets.everywhere()
            everywhere = wait is not None
        if wait is None:
            return None, passage.headers
        self._platform.ledger.violate(f"429 that we caused: {_name(request)}")
        headers = passage.headers | {"Via": "1.1 google", "Retry-After": f"{wait:.3f}"}
        headers["X-RateLimit-Scope"] = "global" if everywhere else "user"
        if everywhere:
            headers["X-RateLimit-Global"] = "true"
        body = {"message": "You are being rate limited.", "retry_after": round(wait + 0.001, 3), "global": everywhere}
        return Answer(429, body), headers

    def _check_request(self, request: Request, route: Route, uploads: dict[str, Upload]) -> None:
        most = self._platform.rules.file_limit
        if any(len(each.data) > most for each in uploads.values()):
            self._platform.ledger.violate(f"limits: {_name(request)}: a file of more than {most} bytes")
            raise refused(40005)
        if self._platform.rules.validate == "deferred":
            self._judged_later.append((request, route.template))
        elif self._platform.rules.validate == "now":
            sentences = self._judge(request, route.template)
            if sentences:
                raise refused(50035, {"_errors": [{"code": "LOOPBACK", "message": each} for each in sentences]})

    def _judge(self, request: Request, template: str) -> list[str]:
        refusable = []
        contracts = self._platform.contracts
        for found in checks.request(contracts, request.method, template, request.query, request.body):
            self._platform.ledger.violate(f"{found.layer}: {_name(request)}: {found.sentence}")
            if found.refusable:
                refusable.append(found.sentence)
        return refusable

    def _note(self, request: Request, found: tuple[Route, dict[str, str]] | None, error: ApiError) -> None:
        request.code = error.code
        arguments = found[1] if found else {}
        token = arguments.get("interaction_token") or arguments.get("webhook_token") or ""
        exchange = self._platform.exchanges.get(token)
        if exchange:
            exchange.errors.append(error.code)
            exchange.touch()


def _name(request: Request) -> str:
    kind = request.body.get("type") if isinstance(request.body, dict) else None
    called = re.sub(r"loopback[0-9a-f]{64}", "{token}", request.path)
    return f"{request.method} {called}" + (f" (type {kind})" if called.endswith("/callback") else "")


def _json(answer: Answer, headers: dict[str, str]) -> web.Response:
    if answer.status == 204:
        return web.Response(status=204, headers=headers)
    body = json.dumps(answer.body, separators=(",", ":")).encode()
    return web.Response(status=answer.status, body=body, headers=headers | {"Content-Type": "application/json"})


def _broken(http: web.Request, request: Request, fault: Fault) -> web.Response | None:
    """The answer that a fault gives; None if it only delays."""
    if fault.drop:
        if http.transport:
            http.transport.abort()
        return web.Response(status=500)
    if fault.code is not None:
        error = refused(fault.code, status=fault.status)
        request.status, request.code = error.status, error.code
        return _json(Answer(error.status, error.body()), {"Via": "1.1 google"})
    if fault.status is None:
        return None
    request.status = fault.status
    via = {"Via": "1.1 google"} if fault.via else {}
    if fault.status == 429 and fault.via:
        body = {"message": "You are being rate limited.", "retry_after": fault.retry_after, "global": False}
        return _json(Answer(429, body), via | {"Retry-After": f"{fault.retry_after:.3f}"})
    return web.Response(status=fault.status, text="<html>upstream error</html>", content_type="text/html", headers=via)


async def _read(http: web.Request) -> tuple[Any, dict[str, Upload]]:
    """The JSON body and the files of a request."""
    if http.content_type == "multipart/form-data":
        return await _multipart(http)
    raw = await http.read()
    if not raw:
        return None, {}
    try:
        return json.loads(raw), {}
    except ValueError:
        return raw.decode(errors="replace"), {}


async def _multipart(http: web.Request) -> tuple[Any, dict[str, Upload]]:
    body: Any = None
    uploads: dict[str, Upload] = {}
    async for part in await http.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = await part.read(decode=False)
        if part.name == "payload_json":
            body = json.loads(bytes(data))
        elif part.name and (match := _FILE.fullmatch(part.name)):
            kind = part.headers.get("Content-Type", "application/octet-stream")
            uploads[match[1] or "0"] = Upload(part.filename or "file", bytes(data), kind)
    return body, uploads
