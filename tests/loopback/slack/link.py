"""Socket Mode: the websockets of the application, their envelopes and acks, and how they go wrong."""

import asyncio
import json
import secrets
import time
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from tests.loopback.slack.courier import Failed
from tests.loopback.slack.exchange import Attempt, Delivery
from tests.loopback.slack.ledger import Ledger
from tests.loopback.slack.rules import Json, Rules

_ANSWERED = ("slash_commands", "interactive")


@dataclass(eq=False)
class Connection:
    """One websocket."""

    socket: web.WebSocketResponse
    request: web.Request
    pongs: int = 0


class Link:
    """All connections. `deaf`, if set, leaves the application's pings without a pong."""

    def __init__(self, rules: Rules, ledger: Ledger, app_id: str) -> None:
        self.url = ""
        self.connections: list[Connection] = []
        self.opened = 0
        """How many connections there were in all."""
        self.deaf = False
        self._rules = rules
        self._ledger = ledger
        self._app_id = app_id
        self._tickets: set[str] = set()
        self._turn = 0
        self._refusals: list[str] = []
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._late: set[str] = set()

    def ticket(self) -> str:
        """An address for one connection."""
        ticket = secrets.token_hex(8)
        self._tickets.add(ticket)
        return f"{self.url}?ticket={ticket}&app_id={self._app_id}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A connection, from its hello to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=404)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        connection = Connection(socket, request)
        too_many = len(self.connections) >= self._rules.connections
        reason = self._refusals.pop(0) if self._refusals else "too_many_websockets" if too_many else ""
        if reason:
            await self._part(connection, reason)
            await socket.close()
            return socket
        await self._hello(connection)
        self.connections.append(connection)
        self.opened += 1
        self._ledger.pulse.beat()
        try:
            await self._listen(connection)
        finally:
            self._lose(connection)
        return socket

    async def _hello(self, connection: Connection) -> None:
        debug = {"host": "applink-loopback", "build_number": 1, "approximate_connection_time": 3600}
        info = {"app_id": self._app_id}
        hello = {"type": "hello", "num_connections": len(self.connections) + 1, "debug_info": debug}
        await _send(connection, hello | {"connection_info": info})

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.socket:
            if message.type == WSMsgType.PING and not self.deaf:
                await connection.socket.pong(message.data)
            elif message.type == WSMsgType.PONG:
                connection.pongs += 1
                self._ledger.pulse.beat()
            elif message.type == WSMsgType.TEXT:
                self._heard(message.data)

    def _heard(self, text: str) -> None:
        body = json.loads(text)
        envelope = body.get("envelope_id", "") if isinstance(body, dict) else ""
        future = self._waiting.pop(envelope, None)
        if future is None:
            if envelope not in self._late:
                self._ledger.violate(f"spec: an ack of an envelope that was not sent, or twice: {envelope!r}")
            self._late.discard(envelope)
            return
        extra = set(body) - {"envelope_id", "payload"}
        if extra:
            self._ledger.violate(f"strict: an ack has unknown keys {sorted(extra)}")
        payload = body.get("payload")
        if not future.done():
            future.set_result(payload if isinstance(payload, dict) else {})

    def _lose(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)
        self._ledger.pulse.beat()

    async def carry(self, delivery: Delivery, attempt: Attempt) -> Json:
        """Send an envelope over one of the connections, each in its turn, and wait for the ack, over any of them.

        Raises Failed: `no_connection`, `connection_lost` if the connection ended meanwhile, else `timeout`.
        """
        if not self.connections:
            raise Failed("no_connection")
        self._turn += 1
        connection = self.connections[self._turn % len(self.connections)]
        envelope = secrets.token_hex(16)
        body: Json = {"envelope_id": envelope, "type": delivery.kind, "payload": delivery.payload}
        body["accepts_response_payload"] = delivery.kind in _ANSWERED
        if delivery.kind == "events_api":
            body |= {"retry_attempt": attempt.number, "retry_reason": "timeout" if attempt.number else ""}
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope] = future
        attempt.at = time.monotonic()
        try:
            await _send(connection, body)
            async with asyncio.timeout(self._rules.ack_deadline):
                return await future
        except (TimeoutError, ConnectionError) as error:
            self._late.add(envelope)
            raise Failed("timeout" if connection in self.connections else "connection_lost") from error
        finally:
            self._waiting.pop(envelope, None)

    async def connected(self, count: int = 1, seconds: float = 10.0) -> None:
        """Wait until so many connections are open."""
        await self._ledger.pulse.until(
            lambda: len(self.connections) >= count, seconds, f"{count} Socket Mode connections"
        )

    async def disconnect(self, reason: str = "refresh_requested", *, close: bool = True) -> None:
        """Ask the application to reconnect: `warning`, `refresh_requested`, `link_disabled`, `too_many_websockets`.

        All connections of this moment are asked; with `close` they are then closed from here, unless it is a warning.
        """
        for connection in list(self.connections):
            await self._part(connection, reason)
            if close and reason != "warning":
                asyncio.get_running_loop().call_later(self._rules.ack_deadline, self._cut, connection)

    def refuse_next(self, reason: str = "too_many_websockets") -> None:
        """Let the next connection be told to go instead of hello."""
        self._refusals.append(reason)

    async def drop(self, *, abruptly: bool = True) -> None:
        """Lose all connections: by cutting the lines, or with a close frame."""
        for connection in list(self.connections):
            if abruptly:
                self._cut(connection)
                self._lose(connection)
            else:
                await connection.socket.close(code=1000)

    async def ping(self, seconds: float = 5.0) -> None:
        """Ping every connection and wait for the pongs."""
        before = [(each, each.pongs) for each in self.connections]
        for each, _ in before:
            await each.socket.ping(b"Ping from applink")
        await self._ledger.pulse.until(lambda: all(each.pongs > n for each, n in before), seconds, "pongs")

    async def stop(self) -> None:
        """Close everything."""
        for connection in list(self.connections):
            self._cut(connection)

    def _cut(self, connection: Connection) -> None:
        if connection.request.transport:
            connection.request.transport.abort()

    async def _part(self, connection: Connection, reason: str) -> None:
        await _send(connection, {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-loopback"}})


async def _send(connection: Connection, body: Json) -> None:
    try:
        await connection.socket.send_str(json.dumps(body, separators=(",", ":")))
    except RuntimeError as error:
        raise ConnectionError(str(error)) from error
