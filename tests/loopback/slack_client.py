"""A small application of our own, with which the loopback Slack is tested. It is not the product."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import (
    AsyncAck,
    AsyncApp,
    AsyncAssistant,
    AsyncRespond,
    AsyncSetStatus,
    AsyncSetSuggestedPrompts,
)
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.loopback.slack import LoopbackSlack

Json = dict[str, Any]
PLAIN: Json = {"unfurl_links": False, "unfurl_media": False}
BUTTONS: list[Json] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*The Lamp* &amp; more"}},
    {
        "type": "actions",
        "elements": [
            {"type": "button", "text": {"type": "plain_text", "text": "Again"}, "action_id": "again", "value": "1"},
            {"type": "button", "text": {"type": "plain_text", "text": "Title"}, "action_id": "title"},
            {
                "type": "static_select",
                "action_id": "tone",
                "placeholder": {"type": "plain_text", "text": "Tone"},
                "options": [
                    {"text": {"type": "plain_text", "text": each}, "value": each.lower()} for each in ("Warm", "Cold")
                ],
            },
        ],
    },
]


def form(title: str = "A new title") -> Json:
    """A modal."""
    return {
        "type": "modal",
        "callback_id": "titled",
        "notify_on_close": True,
        "title": {"type": "plain_text", "text": title},
        "submit": {"type": "plain_text", "text": "Go"},
        "blocks": [
            {
                "type": "input",
                "block_id": "words",
                "label": {"type": "plain_text", "text": "Title"},
                "element": {"type": "plain_text_input", "action_id": "words", "max_length": 20},
            },
            {
                "type": "input",
                "optional": True,
                "block_id": "mood",
                "label": {"type": "plain_text", "text": "Mood"},
                "element": {
                    "type": "external_select",
                    "action_id": "mood",
                    "placeholder": {"type": "plain_text", "text": "Mood"},
                    "min_query_length": 0,
                },
            },
        ],
    }


HOME: Json = {"type": "home", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Your stories"}}]}


class Teller:
    """Answers in every way that there is."""

    def __init__(self, slack: LoopbackSlack, **more: Any) -> None:
        client = AsyncWebClient(base_url=slack.api_base, token=None if more else slack.bot_token)
        self.app = AsyncApp(client=client, signing_secret=slack.signing_secret, **more)
        self.heard: list[Json] = []
        self.refused: list[str] = []
        self.closed: list[str] = []
        self.gone: list[str] = []
        self.address = ""
        self._listen()

    def _listen(self) -> None:
        app, assistant = self.app, AsyncAssistant()
        app.command("/story")(self.story)
        app.action("again")(self.again)
        app.action("title")(self.title)
        app.action("tone")(self.tone)
        app.options("mood")(self.moods)
        app.view("titled")(self.titled)
        app.view_closed("titled")(self.untitled)
        app.shortcut("explain")(self.explain)
        app.shortcut("new")(self.title)
        assistant.thread_started(self.greeted)
        assistant.user_message(self.rehearsed)
        app.assistant(assistant)
        app.event("app_home_opened")(self.home)
        app.event("app_mention")(self.mentioned)
        app.event("message")(self.hear)
        app.event("member_joined_channel")(self.hear)
        app.event("channel_archive")(self.hear)
        app.event("app_uninstalled")(self.ended)
        app.event("tokens_revoked")(self.ended)

    async def story(self, ack: AsyncAck, command: Json, respond: AsyncRespond, client: AsyncWebClient) -> None:
        """/story"""
        what, _, rest = command["text"].partition(" ")
        if what == "sleep":
            return
        if what == "whisper":
            await ack(f"you said {rest}")
            return
        await ack()
        try:
            await self._tell(what, rest, command, respond, client)
        except SlackApiError as error:
            self.refused.append(error.response["error"])

    async def _tell(  # noqa: PLR0912
        self, what: str, rest: str, command: Json, respond: AsyncRespond, client: AsyncWebClient
    ) -> None:
        channel, user = command["channel_id"], command["user_id"]
        if what == "start":
            await client.chat_postMessage(channel=channel, text=f"*{rest}*", blocks=BUTTONS, **PLAIN)
        elif what == "post":
            await client.chat_postMessage(channel=channel, text=rest, **PLAIN)
        elif what == "quiet":
            await client.chat_postEphemeral(channel=channel, user=user, text=rest)
        elif what == "respond":
            for number in range(int(rest)):
                await respond(f"part {number + 1}")
        elif what == "form":
            await client.views_open(trigger_id=command["trigger_id"], view=form())
            await client.views_open(trigger_id=command["trigger_id"], view=form())
        elif what == "export":
            file: Json = {"content": "Once upon a time.", "filename": "story.md", "title": "Story"}
            await client.files_upload_v2(channel=channel, **file)
        elif what == "stream":
            await self._stream(command, client, int(rest))
        elif what == "join":
            await client.conversations_join(channel=channel)
            await client.chat_postMessage(channel=channel, text="here", **PLAIN)
        elif what == "loud":
            await client.chat_postMessage(channel=channel, text="<!here> <@" + user + "> <https://evil.example|x>")
        elif what == "look":
            found = await client.conversations_info(channel=channel)
            who = await client.users_info(user=user, include_locale=True)
            team = await client.team_info()
            members = await client.conversations_members(channel=channel)
            names = (found["channel"]["name"], who["user"]["locale"], team["team"]["name"])
            await respond(f"{' '.join(names)} {len(members['members'])}")
        elif what == "wrong":
            await client.api_call("chat.postMessage", json={"channel": channel, "txt": "x", "text": 3, **PLAIN})
        elif what == "unknown":
            await client.api_call("stories.tell", json={})

    async def _stream(self, command: Json, client: AsyncWebClient, appends: int) -> None:
        head = await client.chat_postMessage(channel=command["channel_id"], text="head", **PLAIN)
        stream = await client.chat_stream(
            channel=command["channel_id"],
            thread_ts=head["ts"],
            recipient_user_id=command["user_id"],
            recipient_team_id=command["team_id"],
            buffer_size=1,
        )
        try:
            for number in range(appends):
                await stream.append(markdown_text=f"sentence {number + 1}. ")
            await stream.stop(markdown_text="End.")
        except SlackApiError as error:
            self.refused.append(error.response["error"])
            await client.chat_update(channel=command["channel_id"], ts=stream.ts or "", text="The rest.")

    async def again(self, ack: AsyncAck, respond: AsyncRespond) -> None:
        """A button."""
        await ack()
        await respond(text="Again it began.", replace_original=True)

    async def title(self, ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        """A button or shortcut that opens a form."""
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=form())

    async def tone(self, ack: AsyncAck, action: Json, respond: AsyncRespond) -> None:
        """A select."""
        await ack()
        await respond(f"It turns {action['selected_option']['value']}.")

    async def moods(self, ack: AsyncAck) -> None:
        """Options."""
        await ack(options=[{"text": {"type": "plain_text", "text": "Sad"}, "value": "sad"}])

    async def titled(self, ack: AsyncAck, view: Json, body: Json, client: AsyncWebClient) -> None:
        """A form came."""
        words = view["state"]["values"]["words"]["words"]["value"]
        if words == "bad":
            await ack(response_action="errors", errors={"words": "Not that."})
        elif words == "more":
            await ack(response_action="update", view=form("Once more"))
        else:
            await ack()
            dm = await client.conversations_open(users=body["user"]["id"])
            await client.chat_postMessage(channel=dm["channel"]["id"], text=f"Now called {words}", **PLAIN)

    async def untitled(self, ack: AsyncAck, view: Json) -> None:
        """A form was closed."""
        await ack()
        self.closed.append(view["id"])

    async def explain(self, ack: AsyncAck, shortcut: Json, respond: AsyncRespond) -> None:
        """A shortcut of a message."""
        await ack()
        await respond(f"It says {shortcut['message']['text']}.")

    async def home(self, client: AsyncWebClient, event: Json) -> None:
        """The home tab."""
        await client.views_publish(user_id=event["user"], view=HOME)

    async def greeted(self, set_suggested_prompts: AsyncSetSuggestedPrompts) -> None:
        """The container was opened."""
        await set_suggested_prompts(prompts=[{"title": "Start", "message": "start a story"}])

    async def rehearsed(self, payload: Json, set_status: AsyncSetStatus, client: AsyncWebClient) -> None:
        """A message in the container."""
        await set_status("is thinking...")
        ts = payload["thread_ts"]
        await client.chat_postMessage(channel=payload["channel"], thread_ts=ts, text="I listen.", **PLAIN)

    async def mentioned(self, event: Json, client: AsyncWebClient) -> None:
        """A mention: an answer in its thread."""
        self.heard.append(event)
        ts = event.get("thread_ts") or event["ts"]
        await client.chat_postMessage(channel=event["channel"], thread_ts=ts, text="I hear.", **PLAIN)

    async def hear(self, event: Json) -> None:
        """Any message."""
        self.heard.append(event)

    async def ended(self, event: Json) -> None:
        """The installation is gone."""
        self.gone.append(event["type"])


@asynccontextmanager
async def by_socket(slack: LoopbackSlack, **more: Any) -> AsyncIterator[Teller]:
    """The application, connected by Socket Mode; it ends with the block."""
    teller = Teller(slack, **more)
    web_client = AsyncWebClient(token=slack.app_token, base_url=slack.api_base)
    handler = AsyncSocketModeHandler(teller.app, slack.app_token, web_client=web_client, ping_interval=0.3)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        await slack.connected()
        yield teller
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
        await asyncio.sleep(0)


@asynccontextmanager
async def by_http(slack: LoopbackSlack, **more: Any) -> AsyncIterator[Teller]:
    """The application behind a URL; it ends with the block."""
    teller = Teller(slack, **more)
    runner = web.AppRunner(teller.app.web_app(), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=2048)
    await site.start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    slack.http_to(f"{address}/slack/events")
    teller.address = address
    try:
        yield teller
    finally:
        await runner.cleanup()
