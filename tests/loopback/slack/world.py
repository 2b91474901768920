"""Where things are: workspaces, organisations, people, channels, installations. It knows nothing of sockets."""

import time
from dataclasses import dataclass, field
from typing import Literal

from tests.loopback.slack.ids import Ids
from tests.loopback.slack.message import File, Message, View

State = Literal["active", "revoked", "uninstalled"]


@dataclass(eq=False)
class Enterprise:
    """An Enterprise Grid organisation."""

    id: str
    name: str


@dataclass(eq=False)
class Team:
    """A workspace."""

    id: str
    name: str
    domain: str
    enterprise: Enterprise | None = None

    @property
    def url(self) -> str:
        """Where it lives; permalinks begin with it."""
        return f"https://{self.domain}.slack.com/"


@dataclass(eq=False)
class Installation:
    """The application in a workspace, or in a whole organisation."""

    team: Team
    bot: "User"
    bot_id: str
    token: str
    scopes: tuple[str, ...]
    org_wide: bool = False
    installer: "User | None" = None
    refresh_token: str | None = None
    expires: float | None = None
    """When the token ends (monotonic)."""
    state: State = "active"

    @property
    def enterprise(self) -> Enterprise | None:
        """The organisation of its workspace."""
        return self.team.enterprise

    @property
    def expired(self) -> bool:
        """Its token has rotated away."""
        return self.expires is not None and time.monotonic() > self.expires


@dataclass(eq=False)
class User:
    """Somebody in a workspace, or a bot."""

    id: str
    name: str
    team: Team
    display: str
    locale: str = "en-US"
    admin: bool = False
    owner: bool = False
    guest: bool = False
    """A multi-channel guest of the workspace (`is_restricted`)."""
    bot: bool = False
    email: str | None = None
    home: View | None = None
    """The home tab that the application published for this person."""
    modals: list[View] = field(default_factory=list)
    """The modals on the screen, the top one last."""

    @property
    def mention(self) -> str:
        """How a message names this user."""
        return f"<@{self.id}>"


@dataclass(eq=False)
class Channel:
    """A place to write in: public or private channel, direct message."""

    id: str
    name: str
    team: Team
    kind: Literal["channel", "group", "im", "mpim"] = "channel"
    members: list[User] = field(default_factory=list)
    shared_with: list[Team] = field(default_factory=list)
    """Other workspaces, through Slack Connect."""
    topic: str = ""
    archived: bool = False
    creator: User | None = None
    log: list[Message] = field(default_factory=list)
    by_ts: dict[str, Message] = field(default_factory=dict)
    parents: set[str] = field(default_factory=set)
    created: float = field(default_factory=time.time)

    @property
    def mention(self) -> str:
        """How a message names this channel."""
        return f"<#{self.id}>"

    @property
    def private(self) -> bool:
        """Only its members can see it."""
        return self.kind != "channel"

    @property
    def shared(self) -> bool:
        """People of other workspaces are in it (`is_ext_shared_channel`)."""
        return bool(self.shared_with)

    @property
    def messages(self) -> list[Message]:
        """What everybody in the channel sees now outside of threads, oldest first."""
        return [each for each in self._standing() if each.thread_ts is None or each.broadcast]

    @property
    def everything(self) -> list[Message]:
        """All messages that stand, in threads too; not the ephemeral ones."""
        return list(self._standing())

    def _standing(self) -> list[Message]:
        return [each for each in self.log if not each.deleted and not each.ephemeral]

    def thread(self, ts: str) -> list[Message]:
        """The thread with this parent, the parent first if it stands."""
        return [each for each in self._standing() if ts in (each.ts, each.thread_ts)]

    def threaded(self, ts: str) -> bool:
        """Whether anybody ever replied to this message."""
        return ts in self.parents

    def add(self, message: Message) -> Message:
        """Put a message into it."""
        self.log.append(message)
        if message.thread_ts and not message.ephemeral:
            self.parents.add(message.thread_ts)
        self.by_ts[message.ts] = message
        return message


@dataclass
class Upload:
    """A file between the asking for an address and the sharing."""

    file_id: str
    name: str
    length: int
    data: bytes | None = None


@dataclass(eq=False)
class AssistantThread:
    """A conversation with the application in the assistant's container."""

    user: User
    channel: Channel
    ts: str
    context: Channel | None = None
    status: str = ""
    statuses: list[str] = field(default_factory=list)
    title: str = ""
    prompts: list[dict[str, str]] = field(default_factory=list)


class World:
    """Everything there is."""

    def __init__(self) -> None:
        self.ids = Ids()
        self.app_id = self.ids.new("A")
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.installations: list[Installation] = []
        self.views: dict[str, View] = {}
        self.uploads: dict[str, Upload] = {}
        self.files: dict[str, File] = {}
        self.assistants: dict[tuple[str, str], AssistantThread] = {}
        self.prompts: dict[str, list[dict[str, str]]] = {}
        """Prompts that are suggested in direct messages, by their channel's id."""
        self.titles: dict[tuple[str, str], str] = {}
        """Titles of conversations with an agent, by channel and thread."""

    def team(self, name: str, enterprise: Enterprise | None) -> Team:
        """A new workspace."""
        domain = "".join(each if each.isalnum() else "-" for each in name.lower())
        team = Team(self.ids.new("T"), name, domain, enterprise)
        self.teams[team.id] = team
        return team

    def user(self, name: str, team: Team, **more: object) -> User:
        """A new person."""
        display = str(more.pop("display", None) or name.capitalize())
        user = User(self.ids.new("U"), name, team, display, **more)  # type: ignore[arg-type]
        self.users[user.id] = user
        return user

    def im(self, user: User, bot: User) -> Channel:
        """The direct message of a person with a bot."""
        for each in self.channels.values():
            if each.kind == "im" and set(each.members) == {user, bot}:
                return each
        channel = Channel(self.ids.new("D"), "directmessage", bot.team, "im", [user, bot])
        self.channels[channel.id] = channel
        return channel

    def installation_in(self, team: Team) -> Installation | None:
        """The installation that serves a workspace, its own before that of its organisation; also one that ended."""
        own = [each for each in self.installations if each.team is team and not each.org_wide]
        wide = [e for e in self.installations if e.org_wide and team.enterprise and e.enterprise is team.enterprise]
        both = wide + own
        active = [each for each in both if each.state == "active"]
        found = active or both
        return found[-1] if found else None

    def installation_for(self, channel: Channel) -> Installation | None:
        """The active installation that hears of a channel: that of its own workspace before those it is shared with."""
        for team in (channel.team, *channel.shared_with):
            found = self.installation_in(team)
            if found and found.state == "active":
                return found
        return None
