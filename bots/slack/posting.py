"""Posting on Slack: messages, edits, what one person alone sees, files. Waits its turn, and says what Slack answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bots.slack import trouble
from bots.slack.budget import Budget
from bots.slack.layout import Sheet, Sheets

QUIET: Mapping[str, Any] = {"unfurl_links": False, "unfurl_media": False}


@dataclass(frozen=True)
class Spot:
    """Where messages are posted: a channel, or a thread in it."""

    client: AsyncWebClient
    budget: Budget
    workspace: str
    channel: str
    thread: str = ""

    async def post(self, sheet: Sheet) -> str:
        """Post a message and return its ts. Raises what Slack answers."""
        await self.budget.post(self.channel)
        answer = await self.client.chat_postMessage(
            channel=self.channel, thread_ts=self.thread or None, blocks=list(sheet.blocks), text=sheet.text, **QUIET
        )
        return str(answer["ts"])

    async def update(self, ts: str, sheet: Sheet, *, taken: bool = False) -> None:
        """Write a message anew. `taken`: its call was taken from the budget before."""
        if not taken:
            await self.budget.wait(self.workspace, "chat.update")
        await self.client.chat_update(channel=self.channel, ts=ts, blocks=list(sheet.blocks), text=sheet.text)

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
        await self.client.files_upload_v2(
            channel=self.channel, thread_ts=self.thread or None, content=text, filename=name, title=name
        )

    async def rest(self, sheets: Sheets) -> list[str]:
        """Post everything but the first message; return what was posted."""
        found = [await self.post(sheet) for sheet in sheets.messages[1:]]
        if sheets.file:
            await self.file(sheets.file)
        return found

    async def all(self, sheets: Sheets) -> list[str]:
        """Post everything; return what was posted."""
        return [await self.post(sheets.messages[0]), *await self.rest(sheets)]


def unhurried(client: AsyncWebClient) -> AsyncWebClient:
    """The same client for what is only for show: it does not wait when Slack says that it is too much."""
    return AsyncWebClient(
        token=client.token,
        base_url=client.base_url,
        timeout=client.timeout,
        ssl=client.ssl,
        proxy=client.proxy,
        session=client.session,
        trust_env_in_session=client.trust_env_in_session,
        headers=client.headers,
        retry_handlers=[AsyncConnectionErrorRetryHandler()],
        logger=client._logger,
    )


async def respond(url: str, sheet: Sheet, **more: Any) -> None:
    """Use a response_url: five times and thirty minutes at most. Raises `Spent` if that is over."""
    body = {"text": sheet.text, "blocks": list(sheet.blocks), "response_type": "ephemeral"}
    await _sent(url, body | more)


async def unsay(url: str) -> None:
    """Take away what a response_url showed; if that does not work it stays."""
    try:
        await _sent(url, {"delete_original": True})
    except trouble.LOST as error:
        trouble.note(error)


class Spent(OSError):
    """A response_url did not take it."""


async def _sent(url: str, body: Mapping[str, Any]) -> None:
    answer = await AsyncWebhookClient(url, timeout=10).send_dict(dict(body))
    if answer.status_code != 200:
        raise Spent(answer.status_code)
