"""The state of one loopback Discord, shared by its REST handlers, its gateway and its driver."""

import re
import time
from collections.abc import Sequence
from typing import Any

from tests.loopback.discord import contracts, payloads
from tests.loopback.discord.buckets import Buckets
from tests.loopback.discord.errors import refused
from tests.loopback.discord.exchange import Exchange
from tests.loopback.discord.faults import Faults
from tests.loopback.discord.gateway import Gateway
from tests.loopback.discord.ledger import Ledger
from tests.loopback.discord.message import Attachment, Edit, Message, User
from tests.loopback.discord.permissions import bits
from tests.loopback.discord.rules import Json, Rules
from tests.loopback.discord.world import Channel, Guild, Role, World


class Platform:
    """World, ledger, gateway and open interactions; it is the audience of its world."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.ledger = Ledger()
        self.contracts = contracts.load()
        self.world = World(rules.name)
        self.world.audience = self
        self.faults = Faults()
        self.buckets = Buckets(rules.ratelimit_scale, rules.global_limit)
        self.gateway = Gateway(self.world, rules, self.ledger, self.contracts)
        self.exchanges: dict[str, Exchange] = {}
        self.commands: dict[int | None, dict[int, Json]] = {None: {}}
        self.web_base = ""

    def guild_made(self, guild: Guild) -> None:
        """Tell it."""
        self.gateway.publish("GUILD_CREATE", payloads.guild_create(guild), guild=guild)

    def role_made(self, guild: Guild, role: Role) -> None:
        """Tell it."""
        self.gateway.publish("GUILD_ROLE_CREATE", {"guild_id": str(guild.id), "role": payloads.role(role)}, guild=guild)

    def channel_made(self, channel: Channel) -> None:
        """Tell it, unless it is private."""
        if channel.guild:
            event = "THREAD_CREATE" if channel.is_thread else "CHANNEL_CREATE"
            extra = {"newly_created": True} if channel.is_thread else {}
            self.gateway.publish(event, payloads.channel(channel) | extra, guild=channel.guild)

    def channel_changed(self, channel: Channel) -> None:
        """Tell it."""
        event = "THREAD_UPDATE" if channel.is_thread else "CHANNEL_UPDATE"
        if channel.guild:
            self.gateway.publish(event, payloads.channel(channel), guild=channel.guild)

    def written(self, message: Message) -> Message:
        """Put a new message into its channel and tell it."""
        message.channel.log.append(message)
        self._announce("MESSAGE_CREATE", message)
        self.ledger.pulse.beat()
        return message

    def changed(self, message: Message) -> None:
        """A message was edited: keep the state and tell it."""
        message.edited = payloads.now()
        message.edits.append(Edit(time.monotonic(), message.text))
        self._announce("MESSAGE_UPDATE", message)
        self.ledger.pulse.beat()

    def erased(self, message: Message) -> None:
        """A message was deleted."""
        message.deleted = True
        channel = message.channel
        body = {"id": str(message.id), "channel_id": str(channel.id)}
        if channel.guild:
            body["guild_id"] = str(channel.guild.id)
        if not message.ephemeral:
            self.gateway.publish("MESSAGE_DELETE", body, guild=channel.guild, about="messages")
        self.ledger.pulse.beat()

    def erased_together(self, messages: Sequence[Message]) -> None:
        """Messages of one channel were deleted at once."""
        channel = messages[0].channel
        body: Json = {"ids": [str(each.id) for each in messages], "channel_id": str(channel.id)}
        if channel.guild:
            body["guild_id"] = str(channel.guild.id)
        for each in messages:
            each.deleted = True
        self.gateway.publish("MESSAGE_DELETE_BULK", body, guild=channel.guild, about="messages")
        self.ledger.pulse.beat()

    def reacted(self, message: Message, user: User, emoji: str) -> None:
        """Somebody reacted to a message."""
        message.reactions.setdefault(emoji, set()).add(user.id)
        name, _, key = emoji.partition(":")
        body: Json = {"user_id": str(user.id), "channel_id": str(message.channel.id), "message_id": str(message.id)}
        body |= {"emoji": {"name": name, "id": key or None}, "burst": False, "type": 0}
        guild = message.channel.guild
        if guild:
            body |= {"guild_id": str(guild.id), "member": payloads.member(guild.members[user.id])}
        self.gateway.publish("MESSAGE_REACTION_ADD", body, guild=guild, about="reactions")
        self.ledger.pulse.beat()

    def removed(self, channel: Channel) -> None:
        """A channel or thread was deleted."""
        channel.deleted = True
        event = "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE"
        self.gateway.publish(event, payloads.channel(channel), guild=channel.guild)
        self.ledger.pulse.beat()

    def _announce(self, event: str, message: Message) -> None:
        if message.ephemeral or (message.channel.guild is None and self.world.bot not in message.channel.recipients):
            return

        def body(content: bool) -> Json:
            return payloads.message_event(message, base=self.web_base, content=content or self._open_to_bot(message))

        self.gateway.publish(event, body, guild=message.channel.guild, about="messages")

    def _open_to_bot(self, message: Message) -> bool:
        """Content is shown without the intent: own messages, DMs, mentions of the bot, replies to it."""
        bot = self.world.bot
        own = message.author is bot or message.channel.guild is None or bot in message.mentions
        return own or bool(message.reply_to and message.reply_to.author is bot and not message.reply_to.interaction)

    def message_json(self, message: Message) -> Json:
        """A message as REST gives it."""
        return payloads.message(message, base=self.web_base)

    def mentions(self, text: str) -> list[User]:
        """Those whom a text names."""
        found = [self.world.users.get(int(each)) for each in re.findall(r"<@!?(\d+)>", text)]
        return list(dict.fromkeys(each for each in found if each))

    def keep(self, name: str, data: bytes, content_type: str, description: str | None = None) -> Attachment:
        """Keep a file."""
        kept = Attachment(self.world.ids.new(), name, data, content_type, description)
        self.world.attachments[kept.id] = kept
        return kept

    def channel(self, key: str) -> Channel:
        """A channel that the bot can see. Raises 10003 or 50001."""
        channel = self.world.channels.get(int(key)) if key.isdigit() else None
        if channel is None or channel.deleted:
            raise refused(10003)
        self.need(channel, "view_channel", code=50001)
        return channel

    def need(self, channel: Channel, *names: str, code: int = 50013) -> None:
        """Raise unless the bot may do these things in the channel."""
        guild = channel.guild
        if guild is None:
            if self.world.bot not in channel.recipients:
                raise refused(50001)
            return
        if not guild.installed or self.world.bot.id not in guild.members:
            raise refused(50001)
        if any(not channel.permissions(self.world.bot) & bits(name) for name in names):
            raise refused(code)

    def message(self, channel: Channel, key: str) -> Message:
        """A message that stands in the channel. Raises 10008."""
        for message in reversed(channel.log):
            if str(message.id) == key and not message.deleted:
                return message
        raise refused(10008)

    def exchange(self, token: str) -> Exchange:
        """The interaction with this token. Raises 50027."""
        if token not in self.exchanges:
            raise refused(50027)
        return self.exchanges[token]

    def command(self, guild: Guild | None, name: str, kind: int) -> Json | None:
        """A registered command; one of the guild goes before a global one."""
        for scope in (guild.id if guild else None, None):
            for each in self.commands.get(scope, {}).values():
                if each["name"] == name and each["type"] == kind:
                    return each
        return None


def clean(value: Any) -> Any:
    """Without keys whose value is null, as Discord gives things back."""
    if isinstance(value, dict):
        return {key: clean(inner) for key, inner in value.items() if inner is not None}
    return [clean(each) for each in value] if isinstance(value, list) else value
