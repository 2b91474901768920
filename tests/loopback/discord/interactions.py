"""The interaction as Discord sends it: complete, with everything that the data refers to."""

from dataclasses import dataclass, field

from tests.loopback.discord import payloads
from tests.loopback.discord.errors import DriverError
from tests.loopback.discord.exchange import COMMAND, COMPONENT, SUBMISSION, Exchange
from tests.loopback.discord.message import File, Message, User
from tests.loopback.discord.permissions import PEOPLE
from tests.loopback.discord.platform import Platform
from tests.loopback.discord.rules import Json
from tests.loopback.discord.world import Channel, Role

Value = str | int | float | bool | User | Role | Channel | File
"""What an option of a command or a field of a form may be given."""

GUILD_INSTALL, USER_INSTALL = "0", "1"


@dataclass
class Resolved:
    """Collects what ids in the data stand for."""

    platform: Platform
    channel: Channel
    user: User
    found: dict[str, dict[str, Json]] = field(default_factory=dict)

    def refer(self, value: User | Role | Channel | File | Message) -> str:
        """Take something in; its id."""
        match value:
            case User():
                return self._user(value)
            case Role():
                return self._put("roles", value.id, payloads.role(value))
            case Channel():
                return self._channel(value)
            case File():
                kept = self.platform.keep(value.name, value.data, value.content_type)
                body = payloads.attachment(kept, self.platform.web_base) | {"ephemeral": True}
                return self._put("attachments", kept.id, body)
            case Message():
                return self._put("messages", value.id, self.platform.message_json(value))

    def _put(self, kind: str, key: int, body: Json) -> str:
        self.found.setdefault(kind, {})[str(key)] = body
        return str(key)

    def _user(self, user: User) -> str:
        guild = self.channel.guild
        if guild and user.id in guild.members:
            body = payloads.bare_member(guild.members[user.id])
            for key in ("deaf", "mute"):
                body.pop(key)
            self._put("members", user.id, body | {"permissions": str(self.channel.permissions(user))})
        return self._put("users", user.id, payloads.user(user))

    def _channel(self, channel: Channel) -> str:
        body = payloads.channel(channel)
        kept = ("id", "type", "name", "parent_id", "thread_metadata", "flags", "last_message_id", "topic", "nsfw")
        part = {key: body[key] for key in kept if key in body and body[key] is not None}
        return self._put("channels", channel.id, part | {"permissions": str(channel.permissions(self.user))})


def owners(platform: Platform, channel: Channel, user: User) -> dict[str, str]:
    """Who has installed the application here: the guild (or the bot's DM), else the user."""
    guild = channel.guild
    if guild and guild.installed:
        return {GUILD_INSTALL: str(guild.id)}
    if channel.context == 1:
        return {GUILD_INSTALL: "0"}
    return {USER_INSTALL: str(user.id)}


def send(
    platform: Platform,
    *,
    kind: int,
    name: str,
    user: User,
    channel: Channel,
    data: Json,
    source: Message | None = None,
    begun: Exchange | None = None,
) -> Exchange:
    """Send an interaction to the application. Raises `DriverError` when no shard is there to hear it."""
    installed = owners(platform, channel, user)
    exchange = Exchange(
        platform.world.ids.new(), name, kind, user, channel, platform.rules, set(installed) == {USER_INSTALL}, source
    )
    exchange.metadata = _metadata(exchange, installed, begun)
    payload = _place(platform, channel, user) | {
        "id": str(exchange.id),
        "application_id": str(platform.world.application_id),
        "type": kind,
        "data": data,
        "channel_id": str(channel.id),
        "channel": payloads.channel(channel) | {"permissions": str(channel.permissions(user))},
        "token": exchange.token,
        "version": 1,
        "locale": user.locale,
        "entitlements": [],
        "authorizing_integration_owners": installed,
        "context": channel.context,
        "attachment_size_limit": platform.rules.file_limit,
    }
    if source:
        payload["message"] = platform.message_json(source)
    exchange.payload = payload
    platform.exchanges[exchange.token] = exchange
    if not platform.gateway.publish("INTERACTION_CREATE", payload, guild=channel.guild):
        raise DriverError(f"no session of the gateway hears {name}; wait with `await discord.ready()`")
    return exchange


def _place(platform: Platform, channel: Channel, user: User) -> Json:
    guild = channel.guild
    if guild is None:
        return {"user": payloads.user(user), "app_permissions": str(channel.permissions(platform.world.bot))}
    if user.id not in guild.members:
        raise DriverError(f"{user.name} is not in {guild.name}; let them join with `guild.join`")
    app = channel.permissions(platform.world.bot) if guild.installed else PEOPLE
    return {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
        "guild_locale": guild.locale,
        "member": payloads.member(guild.members[user.id]) | {"permissions": str(channel.permissions(user))},
        "app_permissions": str(app),
    }


def _metadata(exchange: Exchange, installed: dict[str, str], begun: Exchange | None) -> Json:
    body: Json = {
        "id": str(exchange.id),
        "type": exchange.kind,
        "user": payloads.user(exchange.user),
        "authorizing_integration_owners": installed,
    }
    if exchange.kind == COMPONENT and exchange.source:
        body["interacted_message_id"] = str(exchange.source.id)
    if exchange.kind == SUBMISSION:
        body["triggering_interaction_metadata"] = begun.metadata if begun else body | {"type": COMMAND}
    return body
