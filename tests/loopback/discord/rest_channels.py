"""REST: channels, messages, threads, reactions, pins."""

import time
from urllib.parse import unquote

from tests.loopback.discord import payloads
from tests.loopback.discord.errors import ApiError, invalid, refused
from tests.loopback.discord.message import Message
from tests.loopback.discord.platform import Platform
from tests.loopback.discord.posting import create, fill, open_for_writing
from tests.loopback.discord.routes import Answer, Call, Routes
from tests.loopback.discord.rules import Json
from tests.loopback.discord.world import FORUM, PUBLIC_THREAD, THREADS, Channel

routes = Routes()
_CHANNEL = "/channels/{channel_id}"
_MESSAGE = _CHANNEL + "/messages/{message_id}"


@routes("GET", _CHANNEL)
async def get_channel(call: Call) -> Answer:
    """A channel."""
    return Answer(200, payloads.channel(call.channel))


@routes("PATCH", _CHANNEL)
async def edit_channel(call: Call) -> Answer:
    """Change a thread (name, archive, lock), or a channel's name and topic."""
    channel, body = call.channel, call.body
    call.platform.need(channel, "manage_threads" if channel.is_thread else "manage_channels")
    channel.name = body.get("name") or channel.name
    channel.topic = body.get("topic", channel.topic)
    channel.nsfw = body.get("nsfw", channel.nsfw)
    channel.archived = body.get("archived", channel.archived)
    channel.locked = body.get("locked", channel.locked)
    channel.archive_minutes = body.get("auto_archive_duration") or channel.archive_minutes
    if body.get("applied_tags") is not None:
        channel.applied_tags = _tags(channel.parent, body["applied_tags"])
    call.platform.channel_changed(channel)
    return Answer(200, payloads.channel(channel))


@routes("DELETE", _CHANNEL)
async def delete_channel(call: Call) -> Answer:
    """Delete a channel or thread."""
    channel = call.channel
    call.platform.need(channel, "manage_threads" if channel.is_thread else "manage_channels")
    call.platform.removed(channel)
    return Answer(200, payloads.channel(channel))


@routes("POST", _CHANNEL + "/typing")
async def typing(call: Call) -> Answer:
    """Show that the bot is typing."""
    call.platform.need(call.channel, "send_messages")
    return Answer(204)


@routes("GET", _CHANNEL + "/messages")
async def list_messages(call: Call) -> Answer:
    """Messages, newest first."""
    channel = call.channel
    call.platform.need(channel, "read_message_history")
    query = call.request.query
    found = list(reversed(channel.messages))
    if "before" in query:
        found = [each for each in found if each.id < int(query["before"])]
    if "after" in query:
        found = [each for each in found if each.id > int(query["after"])]
    limit = int(query.get("limit", 50))
    found = found[-limit:] if "after" in query else found[:limit]
    return Answer(200, [call.platform.message_json(each) for each in found])


@routes("POST", _CHANNEL + "/messages")
async def post_message(call: Call) -> Answer:
    """Write a message; with `enforce_nonce` the same nonce gives the message back that is already there."""
    channel = call.channel
    if call.body.get("enforce_nonce") and call.body.get("nonce"):
        for message in channel.log:
            if message.nonce == call.body["nonce"] and _still_known(call.platform, message):
                if message.deleted:
                    raise refused(10008)
                return Answer(200, call.platform.message_json(message))
    open_for_writing(call.platform, channel, call.body, dict(call.uploads))
    if call.body.get("message_reference"):
        call.platform.need(channel, "read_message_history")
    return Answer(200, call.platform.message_json(call.platform.written(create(call, channel, call.body))))


def _still_known(platform: Platform, message: Message) -> bool:
    return message.author is platform.world.bot and time.monotonic() - message.at < platform.rules.nonce_life


@routes("GET", _MESSAGE)
async def get_message(call: Call) -> Answer:
    """One message."""
    call.platform.need(call.channel, "read_message_history")
    return Answer(200, call.platform.message_json(call.message))


@routes("PATCH", _MESSAGE)
async def edit_message(call: Call) -> Answer:
    """Edit an own message."""
    message, platform = call.message, call.platform
    if message.ephemeral:
        raise refused(10008)
    if message.author is not platform.world.bot:
        raise refused(50005)
    if message.channel.archived:
        raise refused(50083)
    _not_too_old(platform, message)
    fill(call, message, call.body)
    platform.changed(message)
    _tell_exchange(platform, message)
    return Answer(200, platform.message_json(message))


def _not_too_old(platform: Platform, message: Message) -> None:
    rules = platform.rules
    age = (payloads.now() - message.created).total_seconds()
    if age > rules.old_after and len(message.edits) >= rules.old_edits:
        text = "Maximum number of edits to messages older than 1 hour reached. Try again later"
        raise ApiError(429, 30046, text)


def _tell_exchange(platform: Platform, message: Message) -> None:
    for exchange in platform.exchanges.values():
        if message is exchange.message or message in exchange.followups:
            exchange.completed = exchange.completed or exchange.acked_at is not None
            exchange.touch()


@routes("DELETE", _MESSAGE)
async def delete_message(call: Call) -> Answer:
    """Delete a message."""
    message = call.message
    if message.author is not call.platform.world.bot:
        call.platform.need(message.channel, "manage_messages")
    call.platform.erased(message)
    return Answer(204)


_REACTIONS = _MESSAGE + "/reactions"


@routes("PUT", _REACTIONS + "/{emoji_name}/@me")
async def react(call: Call) -> Answer:
    """React to a message."""
    message = call.message
    call.platform.need(message.channel, "add_reactions")
    call.platform.reacted(message, call.platform.world.bot, unquote(call.arguments["emoji_name"]))
    return Answer(204)


@routes("DELETE", _REACTIONS + "/{emoji_name}/@me")
async def unreact(call: Call) -> Answer:
    """Take the own reaction back."""
    _without(call.message, unquote(call.arguments["emoji_name"]), call.platform.world.bot.id)
    return Answer(204)


@routes("DELETE", _REACTIONS + "/{emoji_name}/{user_id}")
async def remove_reaction(call: Call) -> Answer:
    """Take somebody's reaction away."""
    call.platform.need(call.channel, "manage_messages")
    _without(call.message, unquote(call.arguments["emoji_name"]), int(call.arguments["user_id"]))
    return Answer(204)


@routes("DELETE", _REACTIONS)
async def clear_reactions(call: Call) -> Answer:
    """Take all reactions away."""
    call.platform.need(call.channel, "manage_messages")
    call.message.reactions.clear()
    return Answer(204)


@routes("GET", _REACTIONS + "/{emoji_name}")
async def list_reactions(call: Call) -> Answer:
    """Who reacted."""
    people = call.message.reactions.get(unquote(call.arguments["emoji_name"]), set())
    return Answer(200, [payloads.user(call.platform.world.users[each]) for each in sorted(people)])


def _without(message: Message, emoji: str, user: int) -> None:
    people = message.reactions.get(emoji, set())
    people.discard(user)
    if not people:
        message.reactions.pop(emoji, None)


@routes("PUT", _CHANNEL + "/messages/pins/{message_id}")
@routes("PUT", _CHANNEL + "/pins/{message_id}")
async def pin(call: Call) -> Answer:
    """Pin a message."""
    call.platform.need(call.channel, "pin_messages")
    call.message.pinned = True
    return Answer(204)


@routes("DELETE", _CHANNEL + "/messages/pins/{message_id}")
@routes("DELETE", _CHANNEL + "/pins/{message_id}")
async def unpin(call: Call) -> Answer:
    """Unpin a message."""
    call.platform.need(call.channel, "pin_messages")
    call.message.pinned = False
    return Answer(204)


def _tags(forum: Channel | None, tags: list[str]) -> list[int]:
    known = set(forum.tags.values()) if forum else set()
    wanted = [int(each) for each in tags]
    if set(wanted) - known:
        raise invalid("applied_tags", "Unknown tag")
    return wanted


def _thread(call: Call, parent: Channel, key: int, kind: int) -> Channel:
    body: Json = call.body
    world = call.platform.world
    thread = Channel(world, key, kind, body["name"], parent.guild, parent, nsfw=parent.nsfw, owner=world.bot)
    thread.archive_minutes = body.get("auto_archive_duration") or 1440
    return thread


@routes("POST", _CHANNEL + "/threads")
async def start_thread(call: Call) -> Answer:
    """A thread without a message, or a forum's post."""
    platform, parent = call.platform, call.channel
    if parent.guild is None or parent.is_thread:
        raise refused(50008)
    if parent.kind != FORUM:
        kind = call.body.get("type") or 12
        platform.need(parent, "create_public_threads" if kind == PUBLIC_THREAD else "create_private_threads")
        return Answer(201, payloads.channel(platform.world.add(_thread(call, parent, platform.world.ids.new(), kind))))
    platform.need(parent, "send_messages")
    if "message" not in call.body:
        raise invalid("message", "This field is required")
    thread = _thread(call, parent, platform.world.ids.new(), PUBLIC_THREAD)
    thread.applied_tags = _tags(parent, call.body.get("applied_tags") or [])
    message = create(call, thread, call.body["message"])
    message.id = thread.id
    platform.world.add(thread)
    platform.written(message)
    return Answer(201, payloads.channel(thread) | {"message": platform.message_json(message)})


@routes("POST", _MESSAGE + "/threads")
async def start_thread_on_message(call: Call) -> Answer:
    """A thread that hangs below a message and has its id."""
    platform, message = call.platform, call.message
    parent = message.channel
    if message.thread:
        raise refused(160004)
    if parent.guild is None or parent.is_thread or message.ephemeral:
        raise refused(50008)
    platform.need(parent, "create_public_threads")
    message.thread = platform.world.add(_thread(call, parent, message.id, PUBLIC_THREAD))
    return Answer(201, payloads.channel(message.thread))


@routes("PUT", _CHANNEL + "/thread-members/@me")
@routes("DELETE", _CHANNEL + "/thread-members/@me")
@routes("PUT", _CHANNEL + "/thread-members/{user_id}")
@routes("DELETE", _CHANNEL + "/thread-members/{user_id}")
async def thread_member(call: Call) -> Answer:
    """Join or leave a thread, or let others do so."""
    if call.channel.kind not in THREADS:
        raise refused(50008)
    if call.channel.archived:
        raise refused(50083)
    return Answer(204)


@routes("GET", _CHANNEL + "/threads/archived/public")
async def archived_threads(call: Call) -> Answer:
    """Archived threads."""
    found = [payloads.channel(each) for each in call.channel.threads if each.archived]
    return Answer(200, {"threads": found, "members": [], "has_more": False})
