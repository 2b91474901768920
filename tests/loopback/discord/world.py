"""Where things are: guilds, channels, threads. It knows nothing of sockets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from tests.loopback.discord import permissions
from tests.loopback.discord.ids import Snowflakes
from tests.loopback.discord.message import Attachment, Message, User

TEXT, DM, GROUP, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 3, 11, 12, 15
THREADS = (10, PUBLIC_THREAD, PRIVATE_THREAD)


@dataclass(eq=False)
class Role:
    """A role in a guild."""

    id: int
    name: str
    permissions: int = 0
    position: int = 1


@dataclass(eq=False)
class Member:
    """A user in a guild. `permissions`, if set, stands for all that roles would give."""

    user: User
    roles: list[Role] = field(default_factory=list)
    permissions: int | None = None
    nick: str | None = None
    joined: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(eq=False, repr=False)
class Channel:
    """A place to write in: text channel, forum, thread, or private."""

    world: "World"
    id: int
    kind: int
    name: str = ""
    guild: "Guild | None" = None
    parent: "Channel | None" = None
    recipients: list[User] = field(default_factory=list)
    nsfw: bool = False
    topic: str | None = None
    tags: dict[str, int] = field(default_factory=dict)
    overwrites: dict[int, list[int]] = field(default_factory=dict)
    log: list[Message] = field(default_factory=list)
    owner: User | None = None
    applied_tags: list[int] = field(default_factory=list)
    archived: bool = False
    locked: bool = False
    archive_minutes: int = 1440
    deleted: bool = False
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __repr__(self) -> str:
        return f"<Channel {self.id} {self.name!r}>"

    @property
    def messages(self) -> list[Message]:
        """What everybody in the channel sees now, oldest first."""
        return [each for each in self.log if not each.deleted and not each.ephemeral]

    @property
    def threads(self) -> list["Channel"]:
        """Its threads (a forum's posts), oldest first."""
        return [c for c in self.world.channels.values() if c.parent is self and c.kind in THREADS and not c.deleted]

    @property
    def is_thread(self) -> bool:
        """It hangs below another channel."""
        return self.kind in THREADS

    @property
    def context(self) -> int:
        """The interaction context: 0 guild, 1 DM with the bot, 2 private channel."""
        if self.guild:
            return 0
        return 1 if self.kind == DM and self.world.bot in self.recipients else 2

    def permissions(self, user: User) -> int:
        """What this user may do here."""
        if not self.guild:
            return permissions.PEOPLE
        member = self.guild.members.get(user.id)
        held = self.guild.permissions(user)
        if held == permissions.ALL:
            return held
        overwrites = (self.parent or self).overwrites if self.is_thread else self.overwrites
        roles = [role.id for role in member.roles] if member else []
        for each in (self.guild.id, *roles, user.id):
            allow, deny = overwrites.get(each, (0, 0))
            held = held & ~deny | allow
        return held

    def deny(self, who: "User | Role", *names: str) -> None:
        """Take permissions away here, e.g. `channel.deny(discord.bot, "send_messages")`."""
        self._overwrite(who, 0, permissions.bits(*names))

    def allow(self, who: "User | Role", *names: str) -> None:
        """Give permissions here."""
        self._overwrite(who, permissions.bits(*names), 0)

    def _overwrite(self, who: "User | Role", allow: int, deny: int) -> None:
        held = self.overwrites.setdefault(who.id, [0, 0])
        held[:] = [held[0] & ~deny | allow, held[1] & ~allow | deny]
        self.world.audience.channel_changed(self)

    def archive(self, *, locked: bool = False) -> None:
        """Archive this thread, as a moderator would."""
        self.archived, self.locked = True, locked
        self.world.audience.channel_changed(self)


@dataclass(eq=False, repr=False)
class Guild:
    """A server. `installed` says that the application (and its bot) is in it."""

    world: "World"
    id: int
    name: str
    owner: User
    locale: str = "en-US"
    installed: bool = True
    system_channel: Channel | None = None
    roles: list[Role] = field(default_factory=list)
    members: dict[int, Member] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Guild {self.name!r}>"

    @property
    def channels(self) -> list[Channel]:
        """Its channels without threads."""
        return [c for c in self.world.channels.values() if c.guild is self and not c.is_thread and not c.deleted]

    @property
    def threads(self) -> list[Channel]:
        """Its threads, archived ones too."""
        return [c for c in self.world.channels.values() if c.guild is self and c.is_thread and not c.deleted]

    def text_channel(self, name: str, *, nsfw: bool = False, topic: str | None = None) -> Channel:
        """A new text channel."""
        return self.world.add(Channel(self.world, self.world.ids.new(), TEXT, name, self, nsfw=nsfw, topic=topic))

    def forum(self, name: str, *, tags: Sequence[str] = (), nsfw: bool = False) -> Channel:
        """A new forum; its posts are `forum.threads`."""
        labels = {tag: self.world.ids.new() for tag in tags}
        return self.world.add(Channel(self.world, self.world.ids.new(), FORUM, name, self, nsfw=nsfw, tags=labels))

    def role(self, name: str, *permission_names: str) -> Role:
        """A new role."""
        role = Role(self.world.ids.new(), name, permissions.bits(*permission_names), len(self.roles))
        self.roles.append(role)
        self.world.audience.role_made(self, role)
        return role

    def join(
        self, user: User, *, roles: Sequence[Role] = (), permissions: int | None = None, nick: str | None = None
    ) -> Member:
        """Let somebody in. Joining again changes roles and permissions."""
        member = Member(user, list(roles), permissions, nick)
        self.members[user.id] = member
        return member

    def permissions(self, user: User) -> int:
        """What this user may do in the guild, before channels have a say."""
        member = self.members.get(user.id)
        if user is self.owner:
            return permissions.ALL
        if member and member.permissions is not None:
            held = member.permissions
        else:
            held = self.roles[0].permissions
            for role in member.roles if member else []:
                held |= role.permissions
        return permissions.ALL if held & permissions.bits("administrator") else held


class Audience(Protocol):
    """Who hears of changes: the gateway."""

    def guild_made(self, guild: Guild) -> None:
        """The application came into a guild."""

    def role_made(self, guild: Guild, role: Role) -> None:
        """There is a new role."""

    def channel_made(self, channel: Channel) -> None:
        """There is a new channel or thread."""

    def channel_changed(self, channel: Channel) -> None:
        """A channel or thread was changed."""


class World:
    """All of it."""

    def __init__(self, bot_name: str) -> None:
        self.ids = Snowflakes()
        self.application_id = self.ids.new()
        self.bot = User(self.application_id, bot_name, bot=True)
        self.developer = User(self.ids.new(), "developer")
        self.users: dict[int, User] = {each.id: each for each in (self.bot, self.developer)}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.attachments: dict[int, Attachment] = {}
        self.audience: Audience

    def user(self, name: str, *, locale: str = "en-US", display: str | None = None, bot: bool = False) -> User:
        """A new person."""
        user = User(self.ids.new(), name, locale, display or name.capitalize(), bot)
        self.users[user.id] = user
        return user

    def guild(self, name: str, *, owner: User | None = None, locale: str = "en-US", installed: bool = True) -> Guild:
        """A new guild with @everyone, its owner and, if `installed`, the bot."""
        guild = Guild(self, self.ids.new(apart=True), name, owner or self.developer, locale, installed)
        guild.roles.append(Role(guild.id, "@everyone", permissions.PEOPLE, 0))
        guild.join(guild.owner)
        self.guilds[guild.id] = guild
        if installed:
            self.install(guild)
        return guild

    def install(self, guild: Guild) -> None:
        """Let the application in."""
        guild.installed = True
        guild.join(self.bot, permissions=permissions.BOT)
        self.audience.guild_made(guild)

    def add(self, channel: Channel) -> Channel:
        """Put a channel in its place."""
        self.channels[channel.id] = channel
        self.audience.channel_made(channel)
        return channel

    def private(self, *people: User) -> Channel:
        """The DM of two (one of them may be the bot), or a group; the same one each time."""
        for channel in self.channels.values():
            if channel.kind in (DM, GROUP) and {u.id for u in channel.recipients} == {u.id for u in people}:
                return channel
        kind = DM if len(people) == 2 else GROUP
        return self.add(Channel(self, self.ids.new(), kind, recipients=list(people), owner=people[0]))
