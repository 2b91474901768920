"""The table of Web API methods, and what every handler of them asks: who calls, which channel, may it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.loopback.slack.errors import ApiError
from tests.loopback.slack.ledger import Request
from tests.loopback.slack.message import Message
from tests.loopback.slack.platform import Platform
from tests.loopback.slack.rules import Json
from tests.loopback.slack.world import Channel, Installation, User

_BY_KIND = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


@dataclass(eq=False)
class Call:
    """A request that has passed auth, scopes, limits and contracts."""

    platform: Platform
    request: Request
    installation: Installation | None
    """Whose token came; None for an app-level token and for methods without one."""

    @property
    def body(self) -> Json:
        """The arguments."""
        return self.request.body

    @property
    def app(self) -> Installation:
        """Whose token came."""
        if self.installation is None:
            raise ApiError("not_allowed_token_type")
        return self.installation

    def need(self, *scopes: str) -> None:
        """Raise missing_scope unless the token has one of them."""
        if not set(scopes) & set(self.app.scopes):
            raise ApiError("missing_scope", needed=",".join(scopes), provided=",".join(self.app.scopes))

    def need_for(self, channel: Channel, right: str) -> None:
        """The same for scopes that go by the kind of channel, e.g. `history`."""
        self.need(f"{_BY_KIND[channel.kind]}:{right}")

    def channel(self, key: Any = None) -> Channel:
        """A channel that the bot can see, by id; a person's id stands for the direct message. channel_not_found."""
        key = str(key if key is not None else self.body.get("channel", ""))
        world = self.platform.world
        if key in world.users and key.startswith("U"):
            found: Channel | None = world.im(world.users[key], self.app.bot)
        else:
            found = world.channels.get(key)
        if found is None or not self._sees(found):
            raise ApiError("channel_not_found")
        return found

    def _sees(self, channel: Channel) -> bool:
        app = self.app
        teams = (channel.team, *channel.shared_with)
        inside = app.team in teams or (app.org_wide and any(each.enterprise is app.enterprise for each in teams))
        return inside and (not channel.private or app.bot in channel.members)

    def member(self, channel: Channel) -> bool:
        """Whether the bot is in it."""
        return self.app.bot in channel.members

    def writable(self, *, public: bool = True) -> Channel:
        """The channel, if the bot may write into it. is_archived, not_in_channel."""
        channel = self.channel()
        if channel.archived:
            raise ApiError("is_archived")
        if not self.member(channel) and not (public and "chat:write.public" in self.app.scopes):
            raise ApiError("not_in_channel")
        return channel

    def user(self, key: Any) -> User:
        """A person by id. user_not_found."""
        found = self.platform.world.users.get(str(key))
        if found is None:
            raise ApiError("user_not_found")
        return found

    def message(self, channel: Channel, ts: Any) -> Message:
        """A message that stands, not an ephemeral one. message_not_found."""
        found = self.platform.find(channel, ts)
        if found is None or found.ephemeral:
            raise ApiError("message_not_found")
        return found

    def own(self, channel: Channel, ts: Any, error: str) -> Message:
        """A message of the bot's own."""
        found = self.message(channel, ts)
        if found.author is not self.app.bot:
            raise ApiError(error)
        return found

    def parent(self, channel: Channel, ts: Any) -> str | None:
        """The thread to write into. cannot_reply_to_message if there is none.

        A parent that was deleted still holds its thread if anybody had replied. The ts of a reply works as its
        parent's, and is a violation: Slack says not to.
        """
        if ts is None:
            return None
        found = channel.by_ts.get(str(ts))
        if found is None or found.ephemeral or (found.deleted and not found.tombstone):
            if (channel.id, str(ts)) in self.platform.world.assistants:
                return str(ts)
            raise ApiError("cannot_reply_to_message")
        if found.thread_ts and found.thread_ts != found.ts:
            self.platform.ledger.violate(f"policy: {self.request.method}: thread_ts is that of a reply")
            return found.thread_ts
        return found.ts


Handler = Callable[[Call], Json]


@dataclass(frozen=True)
class Method:
    """One method. `token` is the kind that it wants: `bot`, `app`, or none."""

    name: str
    handler: Handler
    scopes: tuple[str, ...]
    token: str


@dataclass
class Methods:
    """All methods that this Slack has."""

    known: dict[str, Method] = field(default_factory=dict)

    def __call__(self, name: str, *scopes: str, token: str = "bot") -> Callable[[Handler], Handler]:
        """Register a handler. One of the scopes is needed."""

        def register(handler: Handler) -> Handler:
            self.known[name] = Method(name, handler, scopes, token)
            return handler

        return register
