"""Objects of this Slack as JSON: people, channels, messages, views, and the events about them."""

import uuid
from typing import Any

from tests.loopback.slack.markup import rich_text
from tests.loopback.slack.message import File, Message, View
from tests.loopback.slack.rules import Json
from tests.loopback.slack.world import AssistantThread, Channel, Installation, Team, User

_CREATED = 1_700_000_000


def text(value: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": value, "emoji": True}


def team(of: Team) -> Json:
    """A workspace as team.info gives it."""
    body: Json = {"id": of.id, "name": of.name, "domain": of.domain, "url": of.url, "email_domain": "", "icon": {}}
    if of.enterprise:
        body |= {"enterprise_id": of.enterprise.id, "enterprise_name": of.enterprise.name}
    return body


def user(of: User, *, seen_from: Team, locale: bool) -> Json:
    """A person as users.info gives it to an application of a workspace."""
    same_grid = of.team.enterprise is not None and of.team.enterprise is seen_from.enterprise
    stranger = of.team is not seen_from and not same_grid
    profile: Json = {"real_name": of.display, "display_name": of.display, "team": of.team.id, "avatar_hash": "g0"}
    if of.email and not stranger:
        profile["email"] = of.email
    body: Json = {"id": of.id, "team_id": of.team.id, "name": of.name, "deleted": False, "real_name": of.display}
    body |= {"profile": profile, "is_bot": of.bot, "is_app_user": False, "updated": _CREATED, "tz": "Europe/Berlin"}
    body |= {"tz_label": "Central European Time", "tz_offset": 3600}
    if stranger:
        return body | {"is_stranger": True}
    body |= {"is_admin": of.admin or of.owner, "is_owner": of.owner, "is_primary_owner": of.owner}
    body |= {"is_restricted": of.guest, "is_ultra_restricted": False}
    if of.team.enterprise:
        enterprise = of.team.enterprise
        body["enterprise_user"] = {
            "id": of.id, "enterprise_id": enterprise.id, "enterprise_name": enterprise.name,
            "is_admin": False, "is_owner": False, "teams": [of.team.id],
        }  # fmt: skip
    return body | ({"locale": of.locale} if locale else {})


def channel(of: Channel, *, member: bool, locale: str = "en-US") -> Json:
    """A channel as conversations.info gives it."""
    body: Json = {"id": of.id, "created": int(of.created), "is_archived": of.archived, "is_org_shared": False}
    body |= {"is_channel": of.kind == "channel", "is_group": of.kind == "group", "is_im": of.kind == "im"}
    body |= {"is_mpim": of.kind == "mpim", "is_private": of.private, "is_shared": of.shared, "locale": locale}
    body |= {"is_ext_shared": of.shared, "context_team_id": of.team.id}
    body["shared_team_ids"] = [of.team.id, *(each.id for each in of.shared_with)]
    if of.kind == "im":
        return body | {"user": next(each.id for each in of.members if not each.bot)}
    body |= {"name": of.name, "name_normalized": of.name, "is_member": member, "is_general": False}
    body |= {"num_members": len(of.members), "creator": of.creator.id if of.creator else ""}
    return body | {"topic": {"value": of.topic, "creator": "", "last_set": 0}, "purpose": {"value": ""}}


def file(of: File, base: str) -> Json:
    """A file in a message."""
    address = f"{base}/files/{of.id}/{of.name}"
    return {
        "id": of.id, "name": of.name, "title": of.title or of.name, "size": len(of.data), "mode": "hosted",
        "created": _CREATED, "timestamp": _CREATED, "url_private": address, "url_private_download": address,
        "mimetype": "text/plain", "filetype": "text", "pretty_type": "Plain Text", "editable": False,
        "is_external": False, "external_type": "", "is_public": True, "public_url_shared": False,
        "display_as_bot": False, "username": "", "permalink": address, "channels": [], "groups": [], "ims": [],
    }  # fmt: skip


def message(of: Message, base: str, app: Installation | None, app_id: str) -> Json:
    """A message as the Web API and events give it."""
    body: Json = {"type": "message", "user": of.author.id, "ts": of.ts, "text": of.raw, "team": of.author.team.id}
    if of.subtype:
        body["subtype"] = of.subtype
    if of.by_app and app:
        body |= {"bot_id": app.bot_id, "app_id": app_id, "bot_profile": _bot_profile(app, app_id)}
        if of.stream:
            body |= {"streaming_state": "in_progress" if of.streaming else "completed"}
            body["text"] = of.stream.text
    elif not of.by_app:
        body["client_msg_id"] = str(uuid.uuid5(uuid.NAMESPACE_OID, of.ts))
    for key, value in (("blocks", of.blocks), ("attachments", of.attachments), ("metadata", of.metadata)):
        if value:
            body[key] = value
    if not of.by_app and of.raw:
        body["blocks"] = [rich_text(of.raw, f"b{of.ts[-6:]}")]
    if of.files:
        body["files"] = [file(each, base) for each in of.files]
    if of.edited:
        body["edited"] = {"user": of.author.id, "ts": of.edited}
    return body | _thread(of)


def _thread(of: Message) -> Json:
    if of.thread_ts:
        parent = of.channel.by_ts.get(of.thread_ts)
        return {"thread_ts": of.thread_ts} | ({"parent_user_id": parent.author.id} if parent else {})
    replies = of.replies if of.channel.by_ts.get(of.ts) is of and of.channel.threaded(of.ts) else []
    if not replies:
        return {}
    latest = {"thread_ts": of.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
    return latest | {"reply_users": sorted({each.author.id for each in replies})}


def _bot_profile(app: Installation, app_id: str) -> Json:
    icons = {"image_36": "", "image_48": "", "image_72": ""}
    profile = {"id": app.bot_id, "name": app.bot.name, "app_id": app_id, "team_id": app.team.id, "icons": icons}
    return profile | {"updated": _CREATED, "deleted": False}


def view(of: View, app: Installation, app_id: str) -> Json:
    """A view as the Web API and payloads give it."""
    given = of.body
    return {
        "id": of.id, "team_id": of.team_id, "type": given["type"], "blocks": given["blocks"], "hash": of.hash,
        "private_metadata": given.get("private_metadata") or "", "callback_id": given.get("callback_id") or "",
        "title": given.get("title") or text("View Title"), "close": given.get("close"), "submit": given.get("submit"),
        "clear_on_close": bool(given.get("clear_on_close")), "notify_on_close": bool(given.get("notify_on_close")),
        "external_id": given.get("external_id") or "", "root_view_id": of.root, "app_id": app_id,
        "previous_view_id": of.previous.id if of.previous else None, "bot_id": app.bot_id,
        "app_installed_team_id": app.team.id, "state": {"values": of.values},
    }  # fmt: skip


def place(of: Channel) -> Json:
    """A channel in a payload: hidden names are told by their kind."""
    hidden = {"im": "directmessage", "group": "privategroup", "mpim": "privategroup"}
    return {"id": of.id, "name": hidden.get(of.kind, of.name)}


CHANNEL_TYPES = {"channel": "channel", "group": "group", "im": "im", "mpim": "mpim"}


def message_event(of: Message, body: Json) -> Json:
    """A new message as an event."""
    event = body | {"channel": of.channel.id, "event_ts": of.ts, "channel_type": CHANNEL_TYPES[of.channel.kind]}
    return event | shared(of.author, of.channel)


def shared(author: User, where: Channel) -> Json:
    """What events of a Slack Connect channel say about the author."""
    return {"user_team": author.team.id, "source_team": author.team.id} if where.shared else {}


def changed_event(of: Message, kind: str, ts: str, **states: Any) -> Json:
    """A changed or deleted message as an event."""
    event: Json = {"type": "message", "subtype": kind, "hidden": True, "channel": of.channel.id, "ts": ts}
    return event | {"event_ts": ts, "channel_type": CHANNEL_TYPES[of.channel.kind], **states}


def assistant_event(thread: AssistantThread, kind: str, ts: str) -> Json:
    """The assistant's container was opened, or moved to another channel."""
    context: Json = {}
    if thread.context:
        team = thread.context.team
        context = {"channel_id": thread.context.id, "team_id": team.id, "force_search": False}
        context["enterprise_id"] = team.enterprise.id if team.enterprise else None
    about = {"user_id": thread.user.id, "context": context, "channel_id": thread.channel.id, "thread_ts": thread.ts}
    return {"type": kind, "assistant_thread": about, "event_ts": ts}
