"""The table of REST operations, by the same path templates as in Discord's description."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.loopback.discord.errors import refused
from tests.loopback.discord.ledger import Request
from tests.loopback.discord.message import Message
from tests.loopback.discord.platform import Platform
from tests.loopback.discord.rules import Json
from tests.loopback.discord.world import Channel, Guild


@dataclass(frozen=True)
class Upload:
    """A file in a multipart request."""

    name: str
    data: bytes
    content_type: str


@dataclass(eq=False)
class Call:
    """A request that has passed auth, limits and contracts."""

    platform: Platform
    request: Request
    arguments: dict[str, str]
    uploads: dict[str, Upload] = field(default_factory=dict)
    """By the number in `files[n]`."""

    @property
    def body(self) -> Json:
        """The JSON object that came."""
        return self.request.body if isinstance(self.request.body, dict) else {}

    @property
    def items(self) -> list[Json]:
        """The JSON array that came."""
        return self.request.body if isinstance(self.request.body, list) else []

    @property
    def channel(self) -> Channel:
        """The channel in the path."""
        return self.platform.channel(self.arguments["channel_id"])

    @property
    def message(self) -> Message:
        """The message in the path."""
        return self.platform.message(self.channel, self.arguments["message_id"])

    @property
    def guild(self) -> Guild:
        """The guild in the path, in which the bot is."""
        key = self.arguments["guild_id"]
        guild = self.platform.world.guilds.get(int(key)) if key.isdigit() else None
        if guild is None:
            raise refused(10004)
        if not guild.installed:
            raise refused(50001)
        return guild


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    body: Any = None


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True)
class Route:
    """One operation. A path without authorization carries its right in the path itself (a token)."""

    method: str
    template: str
    pattern: re.Pattern[str]
    handler: Handler
    authorized: bool


class Routes:
    """All operations that this Discord has."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def __call__(self, method: str, template: str) -> Callable[[Handler], Handler]:
        """Register a handler."""
        pattern = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template)))
        authorized = not template.startswith(("/interactions/", "/webhooks/{webhook_id}/{webhook_token}"))

        def register(handler: Handler) -> Handler:
            self._routes.append(Route(method, template, pattern, handler, authorized))
            return handler

        return register

    def extend(self, other: "Routes") -> None:
        """Take over the operations of another table. Fixed paths (`@me`) are tried before those with a parameter."""
        self._routes += other._routes
        self._routes.sort(key=lambda route: route.template.count("{"))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The operation and its path parameters."""
        for route in self._routes:
            if route.method == method and (match := route.pattern.fullmatch(path)):
                return route, match.groupdict()
        return None
