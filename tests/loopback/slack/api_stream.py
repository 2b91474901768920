"""chat.startStream, appendStream, stopStream: a message that grows, for five minutes at most."""

import time

from tests.loopback.slack import views
from tests.loopback.slack.errors import ApiError
from tests.loopback.slack.message import Edit, Message, Stream
from tests.loopback.slack.methods import Call, Methods
from tests.loopback.slack.rules import Json
from tests.loopback.slack.world import Channel

methods = Methods()


@methods("chat.startStream", "chat:write")
def _start(call: Call) -> Json:
    body = call.body
    channel = call.writable(public=False)
    if channel.kind != "im":
        for key in ("recipient_user_id", "recipient_team_id"):
            if not body.get(key):
                raise ApiError(f"missing_{key}")
        call.user(body["recipient_user_id"])
        if body["recipient_team_id"] not in call.platform.world.teams:
            raise ApiError("team_not_found")
    message = Message(call.platform.world.ids.ts(), channel, call.app.bot, by_app=True)
    message.thread_ts = call.parent(channel, body["thread_ts"])
    ends = time.monotonic() + call.platform.rules.stream_life
    message.stream = Stream(ends, body.get("recipient_user_id"))
    _grow(message, body)
    message.edits.clear()
    call.platform.written(message)
    return {"channel": channel.id, "ts": message.ts}


@methods("chat.appendStream", "chat:write")
def _append(call: Call) -> Json:
    channel, message, stream = _streaming(call)
    if not call.body.get("markdown_text") and not call.body.get("chunks"):
        raise ApiError("no_text")
    stream.appends += 1
    _grow(message, call.body)
    call.platform.touched(message)
    return {"channel": channel.id, "ts": message.ts}


@methods("chat.stopStream", "chat:write")
def _stop(call: Call) -> Json:
    channel, message, stream = _streaming(call)
    _grow(message, call.body)
    message.blocks += views.named(call.body.get("blocks") or [])
    message.metadata = call.body.get("metadata") or message.metadata
    stream.state = "stopped"
    message.edits.append(Edit(time.monotonic(), message.text))
    call.platform.touched(message)
    return {"channel": channel.id, "ts": message.ts, "message": call.platform.message_json(message)}


def _streaming(call: Call) -> tuple[Channel, Message, Stream]:
    channel = call.writable(public=False)
    message = call.own(channel, call.body["ts"], "message_not_owned_by_app")
    stream = message.stream
    if stream is None or not stream.open:
        by_user = stream is not None and stream.state == "stopped_by_user"
        raise ApiError("stopped_by_user" if by_user else "message_not_in_streaming_state")
    return channel, message, stream


def _grow(message: Message, body: Json) -> None:
    stream = message.stream
    assert stream
    stream.text += body.get("markdown_text") or ""
    for chunk in body.get("chunks") or []:
        if chunk["type"] == "markdown_text":
            stream.text += chunk["text"]
        elif chunk["type"] == "task_update":
            stream.tasks[chunk["id"]] = chunk
        elif chunk["type"] == "blocks":
            message.blocks += views.named(chunk["blocks"])
    message.edits.append(Edit(time.monotonic(), message.text))
