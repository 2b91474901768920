"""How people and things look on the wire: complete objects, in which discord.py misses no key."""

from datetime import UTC, datetime

from tests.loopback.discord import permissions
from tests.loopback.discord.message import Attachment, Message, User
from tests.loopback.discord.rules import Json
from tests.loopback.discord.world import FORUM, GROUP, PRIVATE_THREAD, Channel, Guild, Member, Role, World

# fmt: off
_NULLS = (
    "icon", "splash", "banner", "description", "discovery_splash", "afk_channel_id", "application_id",
    "rules_channel_id", "vanity_url_code", "public_updates_channel_id",
    "safety_alerts_channel_id", "hub_type", "incidents_data", "home_header", "widget_channel_id",
)
_ZEROS = (
    "verification_level", "default_message_notifications", "explicit_content_filter", "mfa_level",
    "system_channel_flags", "premium_tier", "premium_subscription_count", "nsfw_level",
)
# fmt: on
"""What a plain guild has nothing of."""


def stamp(moment: datetime) -> str:
    """ISO 8601 as Discord writes it."""
    return moment.isoformat(timespec="microseconds")


def user(who: User) -> Json:
    """A user."""
    return {
        "id": str(who.id),
        "username": who.name,
        "discriminator": "0",
        "global_name": None if who.bot else who.display,
        "avatar": None,
        "avatar_decoration_data": None,
        "banner": None,
        "accent_color": None,
        "collectibles": None,
        "primary_guild": None,
        "bot": who.bot,
        "system": False,
        "flags": 0,
        "public_flags": 0,
    }


def me(who: User) -> Json:
    """The application's own user."""
    return user(who) | {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None, "premium_type": 0}


def bare_member(of: Member) -> Json:
    """A member without the user in it, as beside a message."""
    return {
        "nick": of.nick,
        "avatar": None,
        "avatar_decoration_data": None,
        "banner": None,
        "collectibles": None,
        "roles": [str(role.id) for role in of.roles],
        "joined_at": stamp(of.joined),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "communication_disabled_until": None,
    }


def member(of: Member) -> Json:
    """A member."""
    return bare_member(of) | {"user": user(of.user)}


def role(of: Role) -> Json:
    """A role."""
    return {
        "id": str(of.id),
        "name": of.name,
        "permissions": str(of.permissions),
        "position": of.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def channel(of: Channel) -> Json:
    """A channel of any kind."""
    last = str(of.log[-1].id) if of.log else None
    base: Json = {"id": str(of.id), "type": of.kind, "flags": 0, "last_message_id": last, "last_pin_timestamp": None}
    if of.guild is None:
        people = [user(each) for each in of.recipients if not (each is of.world.bot and of.kind != GROUP)]
        group = {"name": of.name or None, "icon": None, "owner_id": str(of.recipients[0].id)}
        return base | {"recipients": people} | (group if of.kind == GROUP else {})
    base |= {"guild_id": str(of.guild.id), "name": of.name, "rate_limit_per_user": 0}
    base["parent_id"] = str(of.parent.id) if of.parent else None
    return base | (_thread(of) if of.is_thread else _guild_channel(of))


def _guild_channel(of: Channel) -> Json:
    guild = of.guild
    assert guild
    overwrites = [
        {"id": str(key), "type": 0 if key in {r.id for r in guild.roles} else 1, "allow": str(allow), "deny": str(deny)}
        for key, (allow, deny) in of.overwrites.items()
    ]
    base: Json = {
        "topic": of.topic,
        "nsfw": of.nsfw,
        "position": guild.channels.index(of) if of in guild.channels else 0,
        "permission_overwrites": overwrites,
        "default_auto_archive_duration": 1440,
        "default_thread_rate_limit_per_user": 0,
    }
    if of.kind != FORUM:
        return base
    tags = [
        {"id": str(key), "name": name, "moderated": False, "emoji_id": None, "emoji_name": None}
        for name, key in of.tags.items()
    ]
    return base | {
        "available_tags": tags,
        "default_reaction_emoji": None,
        "default_sort_order": None,
        "default_forum_layout": 0,
    }


def _thread(of: Channel) -> Json:
    stamped = stamp(of.created)
    metadata = {
        "archived": of.archived,
        "locked": of.locked,
        "auto_archive_duration": of.archive_minutes,
        "archive_timestamp": stamped,
        "create_timestamp": stamped,
    }
    count = len(of.messages)
    return {
        "owner_id": str((of.owner or of.world.bot).id),
        "thread_metadata": metadata | ({"invitable": True} if of.kind == PRIVATE_THREAD else {}),
        "message_count": count,
        "total_message_sent": count,
        "member_count": 1,
        "applied_tags": [str(each) for each in of.applied_tags],
    }


def guild(of: Guild) -> Json:
    """A guild as REST gives it."""
    return {
        **dict.fromkeys(_NULLS),
        **dict.fromkeys(_ZEROS, 0),
        "id": str(of.id),
        "name": of.name,
        "owner_id": str(of.owner.id),
        "system_channel_id": str(of.system_channel.id) if of.system_channel else None,
        "features": [],
        "region": "deprecated",
        "afk_timeout": 300,
        "widget_enabled": False,
        "roles": [role(each) for each in of.roles],
        "emojis": [],
        "stickers": [],
        "max_presences": None,
        "max_members": 500_000,
        "max_video_channel_users": 25,
        "max_stage_video_channel_users": 50,
        "preferred_locale": of.locale,
        "premium_progress_bar_enabled": False,
        "premium_progress_bar_enabled_user_updated_at": None,
        "nsfw": False,
    }


def guild_create(of: Guild) -> Json:
    """A guild as GUILD_CREATE brings it."""
    bot = of.members[of.world.bot.id]
    full = guild(of)
    for key in ("home_header", "premium_progress_bar_enabled_user_updated_at", "nsfw"):
        full.pop(key)
    return full | {
        "joined_at": stamp(bot.joined),
        "large": False,
        "unavailable": False,
        "member_count": len(of.members),
        "members": [member(bot)],
        "channels": [channel(each) for each in of.channels],
        "threads": [channel(each) for each in of.threads if not each.archived],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def attachment(of: Attachment, base: str) -> Json:
    """A file; its address is on the loopback server too."""
    url = f"{base}/attachments/{of.id}/{of.name}"
    return {
        "id": str(of.id),
        "filename": of.name,
        "size": len(of.data),
        "url": url,
        "proxy_url": url,
        "content_type": of.content_type,
    } | ({"description": of.description} if of.description else {})


def message(of: Message, *, base: str) -> Json:
    """A message with all that is in it."""
    body: Json = {
        "id": str(of.id),
        "channel_id": str(of.channel.id),
        "type": of.kind,
        "author": user(of.author),
        "content": of.content,
        "timestamp": stamp(of.created),
        "edited_timestamp": stamp(of.edited) if of.edited else None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [user(each) for each in of.mentions],
        "mention_roles": [],
        "attachments": [attachment(each, base) for each in of.attachments],
        "embeds": [{"type": "rich", **each} for each in of.embeds],
        "components": of.components,
        "pinned": of.pinned,
        "flags": of.flags,
    }
    if of.interaction:
        app = str(of.channel.world.application_id)
        body |= {"interaction_metadata": of.interaction, "application_id": app, "webhook_id": app}
    elif of.author is of.channel.world.bot:
        body["application_id"] = str(of.channel.world.application_id)
    if of.reply_to:
        known = of.reply_to
        body["message_reference"] = {"type": 0, "message_id": str(known.id), "channel_id": str(known.channel.id)}
        body["referenced_message"] = None if known.deleted else message(known, base=base)
    if of.reactions:
        body["reactions"] = [_reaction(of, emoji) for emoji in of.reactions]
    if of.thread:
        body["thread"] = channel(of.thread)
    if of.poll:
        body["poll"] = of.poll
    if of.nonce is not None:
        body["nonce"] = of.nonce
    return body


def _reaction(of: Message, emoji: str) -> Json:
    name, _, key = emoji.partition(":")
    people = of.reactions[emoji]
    return {
        "emoji": {"id": key or None, "name": name},
        "count": len(people),
        "count_details": {"burst": 0, "normal": len(people)},
        "burst_colors": [],
        "me_burst": False,
        "burst_me": False,
        "burst_count": 0,
        "me": of.channel.world.bot.id in people,
    }


def message_event(of: Message, *, base: str, content: bool) -> Json:
    """MESSAGE_CREATE or MESSAGE_UPDATE. Without `content` the words are blank, as without the privileged intent."""
    body = message(of, base=base)
    guild = of.channel.guild
    if guild:
        body["guild_id"] = str(guild.id)
        if of.author.id in guild.members and not of.interaction:
            body["member"] = bare_member(guild.members[of.author.id])
            body["mentions"] = [_mention(guild, each) for each in of.mentions]
    if not content:
        body |= {"content": "", "embeds": [], "components": [], "attachments": []}
        body.pop("poll", None)
    return body


def _mention(guild: Guild, who: User) -> Json:
    known = guild.members.get(who.id)
    return user(who) | ({"member": bare_member(known)} if known else {})


def application(world: World, *, guilds: int, message_content: bool) -> Json:
    """The application, as its owner sees it."""
    flags = (1 << 18 | 1 << 19) if message_content else 0
    installed = {"oauth2_install_params": {"scopes": ["applications.commands"], "permissions": "0"}}
    return {
        "id": str(world.application_id),
        "name": world.bot.name,
        "icon": None,
        "description": "",
        "type": None,
        "summary": "",
        "bot": user(world.bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": flags,
        "flags_new": str(flags),
        "hook": True,
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "event_webhooks_status": 1,
        "owner": user(world.developer),
        "approximate_guild_count": guilds,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
        "integration_types_config": {"0": installed, "1": installed},
        "install_params": {
            "scopes": ["applications.commands", "bot"],
            "permissions": str(permissions.BOT),
        },
        "tags": [],
    }


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)
