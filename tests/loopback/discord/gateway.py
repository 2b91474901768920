"""The gateway: sessions that survive their connection, replay, and every way to lose one."""

import json
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import discord
from aiohttp import WSMsgType, web

from tests.loopback.discord import payloads
from tests.loopback.discord.connection import Connection
from tests.loopback.discord.contracts import Contracts
from tests.loopback.discord.ledger import Ledger
from tests.loopback.discord.rules import Json, Rules
from tests.loopback.discord.world import Guild, World

_PRIVILEGED = ("members", "presences", "message_content")
About = Literal["guilds", "messages", "reactions"]
"""Which intent an event needs."""

Body = Json | Callable[[bool], Json]
"""An event's data, or what makes it from whether message content may be shown."""


@dataclass(eq=False)
class Session:
    """What a shard is to Discord; `events` are kept for RESUME."""

    shard: int
    shards: int
    intents: int
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    events: deque[Json] = field(default_factory=lambda: deque(maxlen=2000))
    connection: Connection | None = None

    def wants(self, intent: str) -> bool:
        """It asked for this intent."""
        return bool(self.intents & discord.Intents(**{intent: True}).value)


class Gateway:
    """All sessions, and the switches of a test."""

    def __init__(self, world: World, rules: Rules, ledger: Ledger, contracts: Contracts) -> None:
        self._world = world
        self._rules = rules
        self._ledger = ledger
        self._contracts = contracts
        self._refusals: list[int] = []
        self.sessions: list[Session] = []
        self.connections: list[Connection] = []
        self.acking = True
        """Set to False: heartbeats stay unanswered, the connection is a zombie."""
        self.url = ""
        self.identifies: list[Json] = []
        """Every IDENTIFY, without its token."""
        self.identified: list[tuple[float, int]] = []
        """When which shard was let in, by the monotonic clock."""
        self.overlaps = 0
        """IDENTIFYs of a shard that was connected at that moment."""
        self.resumes = 0
        self.heartbeats = 0
        self.starts_left = rules.session_starts
        self.closes: list[int] = []
        """Close codes, of either side."""
        self.deferred_events: list[tuple[str, Json]] = []
        self._identified_at = 0.0

    @property
    def live(self) -> list[Session]:
        """Sessions with a connection."""
        return [each for each in self.sessions if each.connection and each.connection.open]

    async def ready(self, seconds: float = 10.0) -> None:
        """Wait until every shard that was announced is connected."""

        def connected() -> bool:
            live = self.live
            return bool(live) and len({each.shard for each in live}) == live[0].shards

        await self._ledger.pulse.until(connected, seconds, "all shards are connected")

    async def drop(self, code: int | None = 4000, *, mid_stream: bool = False) -> None:
        """Close all connections with a code; None cuts them off, `mid_stream` in the middle of a frame."""
        for session in self.live:
            assert session.connection
            await session.connection.drop(code, mid_stream=mid_stream)

    async def reconnect(self) -> None:
        """Ask every shard to reconnect (op 7)."""
        await self._everyone({"op": 7, "d": None})

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Tell every shard that its session is invalid (op 9)."""
        everyone = self.live
        if not resumable:
            self.sessions = [each for each in self.sessions if each not in everyone]
        for session in everyone:
            assert session.connection
            session.connection.send({"op": 9, "d": resumable})

    async def ask_heartbeat(self) -> None:
        """Ask every shard for a heartbeat (op 1)."""
        await self._everyone({"op": 1, "d": None})

    def refuse_next(self, code: int, *, times: int = 1) -> None:
        """Close on the next IDENTIFY or RESUME with this code, e.g. 4004 or 4014."""
        self._refusals += [code] * times

    async def _everyone(self, payload: Json) -> None:
        for session in self.live:
            assert session.connection
            session.connection.send(payload)

    def publish(self, event: str, body: Body, *, guild: Guild | None = None, about: About = "guilds") -> int:
        """Give an event to the sessions that should have it; how many these were."""
        if guild and not guild.installed and event != "INTERACTION_CREATE":
            return 0
        told = 0
        for session in self.sessions:
            if session.shard != (guild.id >> 22) % session.shards if guild else session.shard != 0:
                continue
            if event != "INTERACTION_CREATE":
                intent = about if about == "guilds" else f"{'guild' if guild else 'dm'}_{about}"
                if not session.wants(intent):
                    continue
            data = body(session.wants("message_content")) if callable(body) else body
            self._dispatch(session, event, data)
            told += 1
        return told

    def _dispatch(self, session: Session, event: str, data: Json) -> None:
        if self._rules.validate == "now":
            self._judge(event, data)
        elif self._rules.validate == "deferred":
            self.deferred_events.append((event, data))
        session.sequence += 1
        payload = {"op": 0, "t": event, "s": session.sequence, "d": data}
        session.events.append(payload)
        if session.connection:
            session.connection.send(payload)

    def _judge(self, event: str, data: Json) -> None:
        for sentence in self._contracts.event(event, data):
            self._ledger.violate(f"the loopback Discord itself: {event}: {sentence}")

    def settle(self) -> None:
        """Validate what was put off."""
        for event, data in self.deferred_events:
            self._judge(event, data)
        self.deferred_events.clear()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, from HELLO to its end."""
        socket = web.WebSocketResponse(compress=False, max_msg_size=1 << 20)
        await socket.prepare(request)
        connection = Connection(socket, request, request.query.get("compress"))
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            self.closes.append(4012)
            await connection.close(4012)
            return socket
        self.connections.append(connection)
        try:
            async with connection:
                interval = int(self._rules.heartbeat_interval * 1000)
                connection.send({"op": 10, "d": {"heartbeat_interval": interval, "_trace": ["loopback"]}})
                await self._listen(connection)
        finally:
            self.closes.append(connection.closed_by_us or socket.close_code or 1006)
            self._lost(connection)
        return socket

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.socket:
            if message.type is not WSMsgType.TEXT:
                await connection.close(4002)
                return
            code = self._too_much(connection, message.data) or self._heard(connection, message.data)
            if code:
                await connection.close(code)
                return

    def _too_much(self, connection: Connection, text: str) -> int | None:
        now = time.monotonic()
        connection.heard.append(now)
        while connection.heard[0] < now - 60:
            connection.heard.popleft()
        if len(text.encode()) > 4096:
            self._ledger.violate(f"a gateway payload of {len(text.encode())} bytes; 4096 are allowed")
            return 4002
        if len(connection.heard) > 120:
            self._ledger.violate("more than 120 gateway events in 60 s")
            return 4008
        return None

    def _heard(self, connection: Connection, text: str) -> int | None:
        try:
            payload = json.loads(text)
            op, data = payload["op"], payload["d"]
        except (ValueError, KeyError, TypeError):
            return 4002
        if op == 1:
            self._beat(connection)
            return None
        if op in (2, 6):
            begin = self._identify if op == 2 else self._resume
            return 4005 if connection.session else begin(connection, data)
        return self._asked(connection, op, data) if connection.session else 4003

    def _beat(self, connection: Connection) -> None:
        self.heartbeats += 1
        if self.acking:
            connection.send({"op": 11, "d": None})
        self._ledger.pulse.beat()

    def _asked(self, connection: Connection, op: int, data: Json) -> int | None:
        if op == 3:
            self._read(data)
        elif op == 8:
            self._members(connection, data)
        return None if op in (3, 4, 8) else 4001

    def _read(self, presence: Json) -> None:
        for activity in presence.get("activities") or []:
            for key in ("name", "state", "details"):
                self._ledger.read(activity.get(key), "presence", None)

    def _identify(self, connection: Connection, data: Json) -> int | None:
        presence = data.get("presence") or {}
        if "game" in presence:  # discord.py still writes it as before; the API knows both
            game = presence.pop("game")
            presence["activities"] = [game] if game else []
        self._read(presence)
        for sentence in self._contracts.event("IDENTIFY", data):
            self._ledger.violate(f"IDENTIFY: {sentence}")
        self.identifies.append({key: value for key, value in data.items() if key != "token"})
        shard, shards = data.get("shard", (0, 1))
        code = self._refusals.pop(0) if self._refusals else self._objection(data, shard, shards)
        if code:
            return code
        now = time.monotonic()
        if now - self._identified_at < self._rules.identify_interval:
            connection.send({"op": 9, "d": False})
            return None
        self._identified_at = now
        self.identified.append((now, shard))
        self.overlaps += any((each.shard, each.shards) == (shard, shards) for each in self.live)
        self.starts_left -= 1
        self.sessions = [each for each in self.sessions if (each.shard, each.shards) != (shard, shards)]
        session = Session(shard, shards, data["intents"])
        self._join(session, connection)
        self._greet(session)
        return None

    def _objection(self, data: Json, shard: int, shards: int) -> int | None:
        if data.get("token") != self._rules.token:
            self._ledger.unauthorized += 1
            return 4004
        if not 0 <= shard < shards:
            return 4010
        if "shard" not in data and self._rules.shards > 1:
            return 4011
        allowed = discord.Intents.all().value
        if data["intents"] & ~allowed:
            return 4013
        for name in _PRIVILEGED:
            if name not in self._rules.privileged and data["intents"] & discord.Intents(**{name: True}).value:
                return 4014
        return None

    def _greet(self, session: Session) -> None:
        mine = [
            each
            for each in self._world.guilds.values()
            if each.installed and (each.id >> 22) % session.shards == session.shard
        ]
        content = "message_content" in self._rules.privileged
        application = payloads.application(self._world, guilds=len(mine), message_content=content)
        ready = {
            "v": 10,
            "user": payloads.me(self._world.bot),
            "guilds": [{"id": str(each.id), "unavailable": True} for each in mine],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "shard": [session.shard, session.shards],
            "application": {key: application[key] for key in ("id", "flags", "flags_new")},
            "_trace": ["loopback"],
        }
        self._dispatch(session, "READY", ready)
        if session.wants("guilds"):
            for guild in mine:
                self._dispatch(session, "GUILD_CREATE", payloads.guild_create(guild))

    def _resume(self, connection: Connection, data: Json) -> int | None:
        self.resumes += 1
        if self._refusals:
            return self._refusals.pop(0)
        if data.get("token") != self._rules.token:
            self._ledger.unauthorized += 1
            return 4004
        session = next((each for each in self.sessions if each.id == data.get("session_id")), None)
        missed = [each for each in session.events if each["s"] > data["seq"]] if session else []
        if session is None or session.sequence - data["seq"] != len(missed):
            connection.send({"op": 9, "d": False})
            return None
        self._join(session, connection, but_send=missed)
        self._dispatch(session, "RESUMED", {"_trace": ["loopback"]})
        return None

    def _join(self, session: Session, connection: Connection, but_send: list[Json] | None = None) -> None:
        session.connection = connection
        connection.session = session.id
        if session not in self.sessions:
            self.sessions.append(session)
        for payload in but_send or []:
            connection.send(payload)
        self._ledger.pulse.beat()

    def _lost(self, connection: Connection) -> None:
        for session in [each for each in self.sessions if each.connection is connection]:
            session.connection = None
            if connection.closed_by_us is None and connection.socket.close_code in (1000, 1001):
                self.sessions.remove(session)
        self.connections.remove(connection)
        self._ledger.pulse.beat()

    def _members(self, connection: Connection, data: Json) -> None:
        guild = self._world.guilds.get(int(data["guild_id"]))
        session = next(each for each in self.sessions if each.id == connection.session)
        if guild is None:
            return
        wanted = {int(each) for each in data.get("user_ids") or []}
        query = data.get("query") or ""
        found = [
            payloads.member(each)
            for each in guild.members.values()
            if (not wanted or each.user.id in wanted) and each.user.name.startswith(query)
        ]
        chunk: Json = {"guild_id": str(guild.id), "members": found, "chunk_index": 0, "chunk_count": 1}
        if data.get("nonce"):
            chunk["nonce"] = data["nonce"]
        self._dispatch(session, "GUILD_MEMBERS_CHUNK", chunk)
