"""From a request body to a message: what is kept, what is numbered, what is refused."""

from collections.abc import Sequence
from typing import Any

from tests.loopback.discord.errors import invalid, refused
from tests.loopback.discord.exchange import Exchange
from tests.loopback.discord.message import COMPONENTS_V2, EPHEMERAL, LOADING, Attachment, Message, User
from tests.loopback.discord.platform import Platform, clean
from tests.loopback.discord.routes import Call
from tests.loopback.discord.rules import Json
from tests.loopback.discord.world import THREADS, Channel

_SUPPRESS_EMBEDS, _SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 12
_KEPT_FLAGS = COMPONENTS_V2 | _SUPPRESS_EMBEDS | _SUPPRESS_NOTIFICATIONS


def numbered(components: Sequence[Json]) -> list[Json]:
    """Components as Discord gives them back: each with an id, nulls gone, defaults filled in."""
    taken = 0

    def number(component: Json) -> Json:
        nonlocal taken
        taken += 1
        given = clean(component)
        done: Json = {**given, "id": given.get("id") or taken}
        if done["type"] in (3, 5, 6, 7, 8):
            done.setdefault("min_values", 1)
            done.setdefault("max_values", 1)
        if done["type"] == 17:
            done.setdefault("accent_color", None)
            done.setdefault("spoiler", False)
        if done["type"] == 14:
            done.setdefault("divider", True)
            done.setdefault("spacing", 1)
        if "components" in done:
            done["components"] = [number(each) for each in done["components"]]
        for key in ("accessory", "component"):
            if key in done:
                done[key] = number(done[key])
        return done

    return [number(each) for each in components]


def create(
    call: Call, channel: Channel, body: Json, *, exchange: Exchange | None = None, ephemeral: bool = False
) -> Message:
    """A new message of the application, not yet in its channel."""
    platform = call.platform
    flags = (body.get("flags") or 0) & _KEPT_FLAGS | (EPHEMERAL if ephemeral else 0)
    message = Message(platform.world.ids.new(), channel, platform.world.bot, flags=flags)
    if exchange:
        message.interaction = exchange.metadata
        message.only_for = exchange.user if ephemeral else None
        message.kind = 20 if exchange.kind == 2 else 0
    message.nonce = body.get("nonce")
    reference = body.get("message_reference")
    if reference:
        message.reply_to = _referenced(platform, channel, reference)
        message.kind = 19 if message.reply_to else 0
    if body.get("poll"):
        message.poll = _poll(body["poll"])
    fill(call, message, body)
    return message


def fill(call: Call, message: Message, body: Json) -> None:
    """Give a message what the body says; keys that are absent change nothing. Raises 50006 if nothing remains."""
    if (body.get("flags") or 0) & COMPONENTS_V2:
        message.flags |= COMPONENTS_V2
    attachments = _attachments(call, message, body)
    content = (body["content"] or "") if "content" in body else message.content
    embeds = [_embed(each) for each in body["embeds"] or []] if "embeds" in body else message.embeds
    components = numbered(body["components"] or []) if "components" in body else message.components
    if not (content.strip() or embeds or attachments or message.poll or components):
        raise refused(50006)
    message.content, message.embeds, message.components = content.strip(), embeds, components
    message.attachments = attachments
    message.mentions = _pinged(call.platform, message, body)
    message.flags &= ~LOADING


def thinking(call: Call, exchange: Exchange, *, ephemeral: bool) -> Message:
    """The message that says that the application is thinking."""
    message = Message(call.platform.world.ids.new(), exchange.channel, call.platform.world.bot)
    message.flags = LOADING | (EPHEMERAL if ephemeral else 0)
    message.kind = 20 if exchange.kind == 2 else 0
    message.interaction = exchange.metadata
    message.only_for = exchange.user if ephemeral else None
    return message


def open_for_writing(platform: Platform, channel: Channel, body: Json, files: dict[str, Any]) -> None:
    """Raise unless the bot may write this into the channel."""
    if channel.kind == 15:
        raise refused(50008)
    if channel.archived and channel.locked:
        raise refused(50083)
    platform.need(channel, "send_messages_in_threads" if channel.kind in THREADS else "send_messages")
    if files:
        platform.need(channel, "attach_files")
    if body.get("embeds"):
        platform.need(channel, "embed_links")
    if channel.archived:
        channel.archived = False
        platform.channel_changed(channel)


def _attachments(call: Call, message: Message, body: Json) -> list[Attachment]:
    listed = body.get("attachments")
    kept = list(message.attachments)
    if listed is not None:
        wanted = {str(each["id"]) for each in listed}
        kept = [each for each in kept if str(each.id) in wanted]
    described = {str(each["id"]): each for each in listed or []}
    for number, upload in call.uploads.items():
        about = described.get(number, {})
        name = about.get("filename") or upload.name
        kept.append(call.platform.keep(name, upload.data, upload.content_type, about.get("description")))
    if len(kept) > 10:
        raise invalid("attachments", "at most 10 files")
    return kept


def _embed(embed: Json) -> Json:
    given: Json = clean(embed)
    if "fields" in given:
        given["fields"] = [{"inline": False, **each} for each in given["fields"]]
    return given


def _pinged(platform: Platform, message: Message, body: Json) -> list[User]:
    allowed = body.get("allowed_mentions")
    named = platform.mentions(message.content)
    if allowed is None:
        return named
    parse, users = allowed.get("parse") or [], {str(each) for each in allowed.get("users") or []}
    return [each for each in named if "users" in parse or str(each.id) in users]


def _referenced(platform: Platform, channel: Channel, reference: Json) -> Message | None:
    try:
        return platform.message(channel, str(reference["message_id"]))
    except Exception:
        if reference.get("fail_if_not_exists", True):
            raise invalid("message_reference", "Unknown message") from None
        return None


def _poll(poll: Json) -> Json:
    answers = [each | {"answer_id": number} for number, each in enumerate(poll["answers"], 1)]
    fixed = {"allow_multiselect": poll.get("allow_multiselect") or False, "layout_type": 1, "expiry": None}
    counts = {"results": {"is_finalized": False, "answer_counts": []}}
    return {"question": poll["question"], "answers": [clean(each) for each in answers], **fixed, **counts}
