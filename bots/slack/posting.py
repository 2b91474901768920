"""Posting on Slack: messages, edits, what one person alone sees, files. Waits its turn, and says what Slack answers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bots.slack import trouble
from bots.slack.budget import Budget
from bots.slack.client import Client, hook
from bots.slack.layout import Sheet, Sheets
from bots.slack.marks import FIRST, Standing, mark, standing
from core import faults
from core.release import Door

PAUSES = (0.5, 2.0)
"""Seconds after each try to post whose outcome Slack did not say, before it is looked for."""
_SKEW = 60.0
"""Seconds by which the time that we go by may be ahead of Slack's."""
_PAGE, _PAGES = 200, 3
"""Messages that are read at once, and how often. Slack gives some applications fifteen at most."""
Known = Mapping[str, Standing]
NOTHING: Known = MappingProxyType({})
QUIET: Mapping[str, Any] = {"unfurl_links": False, "unfurl_media": False}


@dataclass(frozen=True)
class Spot:
    """Where a turn's messages are posted: a channel, or a thread in it. Each part of a turn is posted there once."""

    client: Client
    budget: Budget
    workspace: str
    channel: str
    thread: str = ""
    turn: str = ""
    """The id of the turn, by which its messages are known again."""

    async def post(self, sheet: Sheet, part: str = FIRST, *, sketch: bool = False) -> str:
        """Post a message and return its ts. Raises what Slack answers.

        Where Slack does not say whether it took it, it is looked for, and posted again only if it is not there.
        """
        began, pauses = self.client.clock.time(), list(PAUSES)
        while True:
            try:
                return await self._posted(sheet, part, sketch=sketch)
            except trouble.LOST as error:
                if not trouble.unsure(error):
                    raise
                trouble.note(error)
                await asyncio.sleep(pauses.pop(0))
                if (ts := await self._arrived(part, began, sketch=sketch)) is not None:
                    return ts
                if not pauses:
                    raise

    async def _posted(self, sheet: Sheet, part: str, *, sketch: bool) -> str:
        await self.budget.post(self.channel)
        faults.hit("before_post")
        answer = await self.client.chat_postMessage(
            channel=self.channel,
            thread_ts=self.thread or None,
            blocks=list(sheet.blocks),
            text=sheet.text,
            metadata=mark(self.turn, part, sketch=sketch),
            **QUIET,
        )
        faults.hit("after_post")
        return str(answer["ts"])

    async def _arrived(self, part: str, since: float, *, sketch: bool) -> str | None:
        found = standing(await self.read(since), self.turn).get(part)
        return found.ts if found is not None and (found.done or sketch) else None

    async def read(self, since: float) -> list[Mapping[str, Any]]:
        """What was posted here after a time (in seconds of the epoch), by anybody.

        Raises what Slack answers, and `Unread` if that is too much.
        """
        given: dict[str, Any] = {"channel": await self._known_channel(), "include_all_metadata": True}
        given |= {"oldest": f"{since - _SKEW:.6f}", "limit": _PAGE}
        messages: list[Mapping[str, Any]] = []
        for _ in range(_PAGES):
            answer = await self._page(given)
            messages += answer["messages"]
            given["cursor"] = (answer.get("response_metadata") or {}).get("next_cursor")
            if not given["cursor"]:
                return messages
        raise Unread

    async def _page(self, given: dict[str, Any]) -> AsyncSlackResponse:
        if self.thread:
            await self.budget.wait(self.workspace, "conversations.replies")
            return await self.client.conversations_replies(ts=self.thread, **given)
        await self.budget.wait(self.workspace, "conversations.history")
        return await self.client.conversations_history(**given)

    async def _known_channel(self) -> str:
        """The channel's id, where a person's stands for the conversation with them."""
        if not self.channel.startswith(("U", "W")):
            return self.channel
        return str((await self.client.conversations_open(users=self.channel))["channel"]["id"])

    async def update(self, ts: str, sheet: Sheet, *, taken: bool = False, sketch: bool = False) -> None:
        """Write the first message of a turn anew. `taken`: its call was taken from the budget before."""
        if not taken:
            await self.budget.wait(self.workspace, "chat.update")
        try:
            await self._updated(ts, sheet, sketch=sketch)
        except trouble.LOST as error:
            if trouble.code(error) != "streaming_state_conflict":
                raise
            await self.end(ts)
            await self._updated(ts, sheet, sketch=sketch)

    async def end(self, ts: str) -> None:
        """End a stream, so that it can be written over; if that does not work, writing over it tells."""
        try:
            await self.client.chat_stopStream(channel=self.channel, ts=ts, metadata=mark(self.turn, FIRST, sketch=True))
        except trouble.LOST as error:
            trouble.note(error)

    async def _updated(self, ts: str, sheet: Sheet, *, sketch: bool) -> None:
        faults.hit("before_post")
        await self.client.chat_update(
            channel=self.channel,
            ts=ts,
            blocks=list(sheet.blocks),
            text=sheet.text,
            metadata=mark(self.turn, FIRST, sketch=sketch),
        )
        faults.hit("after_post")

    async def delete(self, ts: str) -> None:
        """Take a message away; if that does not work it stays."""
        try:
            await self.budget.wait(self.workspace, "chat.delete")
            await self.client.chat_delete(channel=self.channel, ts=ts)
        except trouble.LOST as error:
            trouble.note(error)

    async def whisper(self, user: str, sheet: Sheet) -> None:
        """Show a message to one person alone."""
        await self.budget.wait(self.workspace, "chat.postEphemeral")
        await self.client.chat_postEphemeral(
            channel=self.channel, user=user, thread_ts=self.thread or None, blocks=list(sheet.blocks), text=sheet.text
        )

    async def file(self, text: str, name: str = "story.md") -> None:
        """Share a text as a file."""
        if isinstance(self.client, Client) and self.client.door is not None:
            text = (await self.client.door.released([text]))[text]
        await self.client.files_upload_v2(
            channel=self.channel, thread_ts=self.thread or None, content=text, filename=name, title=name
        )

    async def rest(self, sheets: Sheets, known: Known = NOTHING) -> list[str]:
        """Post everything but the first message; return what stands. Parts that are `known` are there already."""
        found = [await self._part(sheet, str(part), known) for part, sheet in enumerate(sheets.messages) if part]
        if sheets.file:
            await self.file(sheets.file)
        return found

    async def all(self, sheets: Sheets, known: Known = NOTHING) -> list[str]:
        """Post everything; return what stands. Parts that are `known` are there already."""
        return [await self._part(sheets.messages[0], FIRST, known), *await self.rest(sheets, known)]

    async def _part(self, sheet: Sheet, part: str, known: Known) -> str:
        if part != FIRST:
            faults.hit("between_parts")
        there = known.get(part)
        if there is None:
            return await self.post(sheet, part)
        if not there.done:
            await self.update(there.ts, sheet)
        return there.ts


def unhurried(client: AsyncWebClient) -> AsyncWebClient:
    """The same client for what is only for show: it does not wait when Slack says that it is too much."""
    return Client.like(client, hasty=True)


async def respond(door: Door, url: str, sheet: Sheet, **more: Any) -> None:
    """Use a response_url: five times and thirty minutes at most. Raises `Spent` if that is over."""
    body = {"text": sheet.text, "blocks": list(sheet.blocks), "response_type": "ephemeral"}
    await _sent(door, url, body | more)


async def unsay(door: Door, url: str) -> None:
    """Take away what a response_url showed; if that does not work it stays."""
    try:
        await _sent(door, url, {"delete_original": True})
    except trouble.LOST as error:
        trouble.note(error)


class Unread(OSError):
    """So much was said since that it cannot be told whether a message arrived."""


class Spent(OSError):
    """A response_url did not take it."""


async def _sent(door: Door, url: str, body: Mapping[str, Any]) -> None:
    status = await hook(door, url, body)
    if status != 200:
        raise Spent(status)
