"""conversations.*, users.*, team.*, bots.*, reactions and pins: who and what there is."""

from typing import TypeVar

from tests.loopback.slack import payloads
from tests.loopback.slack.errors import ApiError
from tests.loopback.slack.message import Message
from tests.loopback.slack.methods import Call, Methods
from tests.loopback.slack.rules import Json

methods = Methods()
T = TypeVar("T")


@methods("conversations.info")
def _info(call: Call) -> Json:
    channel = call.channel()
    call.need_for(channel, "read")
    return {"channel": payloads.channel(channel, member=call.member(channel))}


@methods("conversations.open", "im:write", "mpim:write")
def _open(call: Call) -> Json:
    if call.body.get("channel"):
        return {"channel": {"id": call.channel().id}}
    given = call.body.get("users")
    names = given.split(",") if isinstance(given, str) else given or []
    if not names:
        raise ApiError("users_list_not_supplied")
    if len(names) > 1:
        raise ApiError("invalid_user_combination")
    channel = call.platform.world.im(call.user(names[0]), call.app.bot)
    return {"channel": {"id": channel.id}}


@methods("conversations.join", "channels:join")
def _join(call: Call) -> Json:
    channel = call.channel()
    if channel.kind != "channel":
        raise ApiError("method_not_supported_for_channel_type")
    if channel.archived:
        raise ApiError("is_archived")
    answer: Json = {"channel": payloads.channel(channel, member=True)}
    if call.member(channel):
        return answer | {"warning": "already_in_channel"}
    channel.members.append(call.app.bot)
    joined = {"type": "member_joined_channel", "user": call.app.bot.id, "channel": channel.id, "channel_type": "C"}
    joined |= {"team": channel.team.id, "event_ts": call.platform.world.ids.ts()}
    call.platform.event(call.app, joined, channel=channel)
    return answer


@methods("conversations.members")
def _members(call: Call) -> Json:
    channel = call.channel()
    call.need_for(channel, "read")
    page, cursor = _page(call, [each.id for each in channel.members], 100)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


@methods("conversations.replies")
def _replies(call: Call) -> Json:
    channel = call.channel()
    call.need_for(channel, "history")
    found = channel.by_ts.get(str(call.body["ts"]))
    parent = found.thread_ts or found.ts if found else ""
    messages = channel.thread(parent)
    if not found or not messages:
        raise ApiError("thread_not_found")
    return _messages(call, messages)


@methods("conversations.history")
def _history(call: Call) -> Json:
    channel = call.channel()
    call.need_for(channel, "history")
    if not call.member(channel):
        raise ApiError("not_in_channel")
    return _messages(call, channel.messages[::-1])


def _messages(call: Call, messages: list[Message]) -> Json:
    oldest, latest = str(call.body.get("oldest") or "0"), str(call.body.get("latest") or "9" * 12)
    page, cursor = _page(call, [each for each in messages if oldest <= each.ts <= latest], 100)
    found = [call.platform.message_json(each) for each in page]
    if not call.body.get("include_all_metadata"):
        found = [{key: value for key, value in each.items() if key != "metadata"} for each in found]
    return {"messages": found, "has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}


def _page(call: Call, items: list[T], usual: int) -> tuple[list[T], str]:
    start, most = str(call.body.get("cursor") or "0"), int(call.body.get("limit") or usual)
    if not start.isdigit():
        raise ApiError("invalid_cursor")
    end = int(start) + most
    return items[int(start) : end], str(end) if end < len(items) else ""


@methods("users.info", "users:read")
def _user(call: Call) -> Json:
    user = call.user(call.body["user"])
    return {"user": payloads.user(user, seen_from=call.app.team, locale=bool(call.body.get("include_locale")))}


@methods("team.info", "team:read")
def _team(call: Call) -> Json:
    team = call.platform.world.teams.get(str(call.body.get("team") or call.app.team.id))
    if team is None:
        raise ApiError("team_not_found")
    return {"team": payloads.team(team)}


@methods("bots.info", "users:read")
def _bot(call: Call) -> Json:
    app = call.app
    if call.body.get("bot") not in (None, app.bot_id):
        raise ApiError("bot_not_found")
    bot = {"id": app.bot_id, "deleted": False, "name": app.bot.name, "app_id": call.platform.world.app_id}
    return {"bot": bot | {"user_id": app.bot.id, "icons": {}, "updated": 0}}


@methods("reactions.add", "reactions:write")
def _react(call: Call) -> Json:
    channel = call.writable(public=False)
    message = call.message(channel, call.body.get("timestamp"))
    by = message.reactions.setdefault(str(call.body["name"]).strip(":"), [])
    if call.app.bot.id in by:
        raise ApiError("already_reacted")
    by.append(call.app.bot.id)
    call.platform.touched(message)
    return {}


@methods("pins.add", "pins:write")
def _pin(call: Call) -> Json:
    channel = call.channel()
    if not call.member(channel):
        raise ApiError("not_in_channel")
    message = call.message(channel, call.body.get("timestamp"))
    if message.pinned:
        raise ApiError("already_pinned")
    message.pinned = True
    return {}
