"""chat.*: posting, changing, deleting."""

from typing import Any

from tests.loopback.slack import views
from tests.loopback.slack.errors import ApiError
from tests.loopback.slack.message import Message
from tests.loopback.slack.methods import Call, Methods
from tests.loopback.slack.rules import Json
from tests.loopback.slack.world import Channel

methods = Methods()


def message_of(call: Call, channel: Channel) -> Message:
    """A new message of the bot with what the arguments say. no_text if they say nothing."""
    body = call.body
    if not any(body.get(key) for key in ("text", "blocks", "attachments", "markdown_text")):
        raise ApiError("no_text")
    made = Message(call.platform.world.ids.ts(), channel, call.app.bot, by_app=True)
    made.thread_ts = call.parent(channel, body.get("thread_ts"))
    _put(made, body)
    made.metadata = body.get("metadata")
    made.name = body.get("username")
    made.broadcast = bool(body.get("reply_broadcast"))
    return made


def _put(message: Message, body: Json) -> None:
    message.raw = (body.get("text") or "")[:40_000]
    message.markdown = body.get("markdown_text") or ""
    message.blocks = views.named(body.get("blocks") or [])
    message.attachments = body.get("attachments") or []


@methods("chat.postMessage", "chat:write")
def _post(call: Call) -> Json:
    channel = call.writable()
    message = call.platform.written(message_of(call, channel))
    return {"channel": channel.id, "ts": message.ts, "message": call.platform.message_json(message)}


@methods("chat.postEphemeral", "chat:write")
def _ephemeral(call: Call) -> Json:
    channel = call.writable(public=False)
    user = call.platform.world.users.get(str(call.body["user"]))
    if user is None or user not in channel.members:
        raise ApiError("user_not_in_channel")
    message = message_of(call, channel)
    message.only_for = user
    call.platform.written(message)
    return {"message_ts": message.ts}


@methods("chat.update", "chat:write")
def _update(call: Call) -> Json:
    body = call.body
    channel = call.channel()
    if channel.archived:
        raise ApiError("is_inactive")
    message = call.own(channel, body["ts"], "cant_update_message")
    if message.streaming:
        raise ApiError("streaming_state_conflict")
    if not any(key in body for key in ("text", "blocks", "attachments", "markdown_text")):
        raise ApiError("no_text")
    before = call.platform.message_json(message)
    changed: dict[str, Any] = {"text": message.raw, "attachments": message.attachments} | body
    if "blocks" not in body and "text" not in body and "markdown_text" not in body:
        changed["blocks"] = message.blocks
    message.stream = None
    _put(message, changed)
    if "text" in body and "blocks" not in body:
        message.edited = call.platform.world.ids.ts()
    call.platform.changed(message, before)
    shown = call.platform.message_json(message)
    return {"channel": channel.id, "ts": message.ts, "text": message.raw, "message": shown}


@methods("chat.delete", "chat:write")
def _delete(call: Call) -> Json:
    channel = call.channel()
    message = call.own(channel, call.body["ts"], "cant_delete_message")
    call.platform.erased(message)
    return {"channel": channel.id, "ts": message.ts}


@methods("chat.getPermalink")
def _permalink(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel, call.body["message_ts"])
    address = f"{channel.team.url}archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts:
        address += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": address}
