"""The two ways by which anything leaves for Discord, both with the last door in them.

The bot's own requests go through the library's `HTTPClient`, answers to interactions through its webhook adapter.
Neither has a hook for this, so each is replaced by a subclass that hands its texts over first. A test holds that no
text arrives at Discord without a stored verdict, so a change in the library cannot open a way around this.
"""

import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

import aiohttp
import discord
from discord.http import HTTPClient, Route
from discord.webhook.async_ import AsyncWebhookAdapter, async_context

from bots.discord.turns import PLATFORM
from bots.leaving import released
from core import observation
from core.release import Door

_UNSEEN = frozenset(
    {"allowed_mentions", "application_id", "channel_id", "contexts", "custom_id", "emoji", "flags"}
    | {"guild_id", "id", "integration_types", "message_reference", "nonce", "parent_id", "style", "type", "url"}
    | {"default_member_permissions", "locale"}
)


class Out(HTTPClient):
    """The library's client for the bot's own requests."""

    door: Door

    @observation.stage("post", told=lambda *_, **__: {"platform": PLATFORM})
    async def request(
        self,
        route: Route,
        *,
        files: Sequence[discord.File] | None = None,
        form: Iterable[dict[str, Any]] | None = None,
        **kwargs: Any,
    ) -> Any:
        """As the library's, once every text in it has its verdict."""
        if isinstance(kwargs.get("json"), dict | list):
            kwargs["json"] = await released(self.door, kwargs["json"], unseen=_UNSEEN)
        parts = await _parts(self.door, form)
        return await super().request(route, files=files, form=parts, **kwargs)


class Answers(AsyncWebhookAdapter):
    """The library's adapter for answers to interactions."""

    def __init__(self, door: Door) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._door = door

    @observation.stage("post", told=lambda *_, **__: {"platform": PLATFORM})
    async def request(
        self,
        route: Route,
        session: aiohttp.ClientSession,
        *,
        payload: dict[str, Any] | None = None,
        multipart: list[dict[str, Any]] | None = None,
        **kwargs: Any,
    ) -> Any:
        """As the library's, once every text in it has its verdict."""
        if payload is not None:
            payload = await released(self._door, payload, unseen=_UNSEEN)
        parts = await _parts(self._door, multipart)
        return await super().request(route, session, payload=payload, multipart=parts, **kwargs)


def guarded(client: discord.Client, door: Door) -> None:
    """Have everything that this client sends go through the door, also by tasks that are begun from here on."""
    assert isinstance(client.http, HTTPClient)  # noqa: S101 - changed in place: the library keeps it in many places
    client.http.__class__ = Out
    client.http.door = door  # type: ignore[attr-defined]
    async_context.set(Answers(door))


async def _parts(door: Door, form: Iterable[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    return None if form is None else [await _part(door, each) for each in form]


async def _part(door: Door, part: dict[str, Any]) -> dict[str, Any]:
    """One part of a multipart form: the message itself, or a file that goes with it."""
    if part.get("name") == "payload_json":
        payload = await released(door, json.loads(part["value"]), unseen=_UNSEEN)
        return part | {"value": json.dumps(payload)}
    if isinstance(part.get("value"), io.BufferedIOBase):
        text = part["value"].getvalue().decode()
        shown = (await door.released([text]))[text]
        return part if shown == text else part | {"value": io.BytesIO(shown.encode())}
    return part
