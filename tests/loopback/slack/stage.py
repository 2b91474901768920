"""The loopback Slack as a place: what there is in it, what happened, what goes wrong; without what people do."""

import asyncio
import re
import secrets
from collections.abc import Callable
from types import TracebackType
from typing import Any, Literal, Self

from tests.loopback.slack.courier import Courier
from tests.loopback.slack.exchange import Delivery, Exchange
from tests.loopback.slack.faults import Faults
from tests.loopback.slack.ledger import OnText, Reference, Request, Seen
from tests.loopback.slack.link import Link
from tests.loopback.slack.message import Message
from tests.loopback.slack.platform import Platform
from tests.loopback.slack.rules import Rules
from tests.loopback.slack.sender import Sender
from tests.loopback.slack.server import Server
from tests.loopback.slack.world import Channel, Enterprise, Installation, Team, User


class Stage:
    """A Slack of one's own on 127.0.0.1, with one workspace (`home`) in which the application is installed."""

    def __init__(self, **rules: Any) -> None:
        self.rules = Rules(**rules)
        self._platform = Platform(self.rules)
        self._server = Server(self._platform)
        self.api_base = ""
        self.authorize_url = ""
        self.app_token = self.rules.app_token
        self.signing_secret = self.rules.signing_secret
        self.client_id, self.client_secret = self.rules.client_id, self.rules.client_secret
        self.app_id = self._platform.world.app_id
        self.home = self.team("Writing club")
        self.installation = self.install(self.home)
        self.bot_token = self.installation.token
        self.bot = self.installation.bot
        if self.rules.manifest is not None:
            for sentence in self._platform.contracts.manifest(self.rules.manifest):
                self._platform.ledger.violate(f"manifest: {sentence}")

    async def __aenter__(self) -> Self:
        address = await self._server.start()
        self._platform.base = f"http://{address}"
        self._platform.link.url = f"ws://{address}/link"
        self.api_base = f"http://{address}/api/"
        self.authorize_url = f"http://{address}/oauth/v2/authorize"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._platform.courier.stop()
        await self._server.stop()
        await self._platform.sender.stop()
        self.settle()
        if self.rules.check and kind is None:
            assert not self.violations, "\n".join(["violations:", *self.violations])

    def settle(self) -> None:
        """Validate what was put off, and write down streams that were never stopped."""
        self._platform.settle()

    @property
    def link(self) -> Link:
        """Socket Mode: disconnects, drops, refusals, zombies."""
        return self._platform.link

    @property
    def sender(self) -> Sender:
        """HTTP mode: forgeries, challenges."""
        return self._platform.sender

    @property
    def courier(self) -> Courier:
        """Everything that the application was told, and what of it is still under way."""
        return self._platform.courier

    @property
    def deliveries(self) -> list[Delivery]:
        """Everything that the application was told, in order."""
        return self._platform.courier.deliveries

    @property
    def faults(self) -> Faults:
        """Faults to come, see `Faults.add`."""
        return self._platform.faults

    @property
    def requests(self) -> list[Request]:
        """Every request of the Web API, every use of a response_url, every upload, in order."""
        return self._platform.ledger.requests

    @property
    def violations(self) -> list[str]:
        """Everything that breaks a contract, a limit or our own policy, as sentences."""
        return self._platform.ledger.violations

    @property
    def unauthorized(self) -> int:
        """Requests with a token that is wrong, revoked, expired or missing."""
        return self._platform.ledger.unauthorized

    @property
    def exchanges(self) -> list[Exchange]:
        """Everything that people did, in order."""
        return self._platform.attention.exchanges

    @property
    def acks(self) -> list[float]:
        """Seconds to the acknowledgement of every exchange that was acknowledged."""
        return [each.acked_after for each in self.exchanges if each.acked_after is not None]

    @property
    def references(self) -> list[Reference]:
        """Everything in the application's texts that resolved: pings, mentions, links."""
        return self._platform.ledger.references

    @property
    def on_text(self) -> OnText | None:
        """Called with every text that reaches the platform, and where it stands."""
        return self._platform.ledger.on_text

    @on_text.setter
    def on_text(self, call: OnText | None) -> None:
        self._platform.ledger.on_text = call

    def forgive(self, pattern: str) -> list[str]:
        """Take back the violations that match, because the test wanted them; at least one must be there."""
        return self._platform.ledger.forgive(pattern)

    def seen_by_people(self) -> list[str]:
        """Every text of the application that reached the platform in any form, in order; also of refused requests."""
        return [each.text for each in self.texts]

    @property
    def texts(self) -> list[Seen]:
        """The same, each with where it stood and in which request."""
        return self._platform.ledger.seen

    def called(self, method: str) -> list[Request]:
        """The requests whose method matches the regular expression entirely."""
        return [each for each in self.requests if re.fullmatch(method, each.method)]

    def hasty_edits(self, seconds: float = 1.0) -> list[str]:
        """Edits and appends (the final one excepted) that came sooner than so after the state before, as sentences."""
        return [
            f"message {message.ts}: an edit after {gap:.2f} s"
            for channel in self._platform.world.channels.values()
            for message in channel.log
            for gap in message.spacings
            if gap < seconds
        ]

    async def until(
        self, condition: Callable[[], bool], seconds: float = 10.0, what: str | Callable[[], str] = "the condition"
    ) -> None:
        """Wait until the condition holds, looking again at every request, delivery and connection."""
        await self._platform.ledger.pulse.until(condition, seconds, what)

    async def connected(self, count: int = 1, seconds: float = 10.0) -> None:
        """Wait until the application has opened so many Socket Mode connections."""
        await self.link.connected(count, seconds)

    async def idle(self, seconds: float = 10.0) -> None:
        """Wait until everything that the application was told is acknowledged or given up."""
        await self.until(lambda: not self.courier.under_way, seconds, lambda: f"acks of {self.courier.under_way[:20]}")

    def http_to(self, *urls: str) -> None:
        """Deliver by HTTP to these request URLs in turn, instead of over the socket."""
        self.sender.urls[:] = urls

    def manifest_errors(self, manifest: Any) -> list[str]:
        """What the official schema says is wrong with an application's manifest."""
        return self._platform.contracts.manifest(manifest)

    def enterprise(self, name: str) -> Enterprise:
        """A new Enterprise Grid organisation."""
        return Enterprise(self._platform.world.ids.new("E"), name)

    def team(self, name: str, *, enterprise: Enterprise | None = None) -> Team:
        """A new workspace. The application is not installed there until `install` or OAuth."""
        return self._platform.world.team(name, enterprise)

    def install(self, team: Team, *, org_wide: bool = False, by: User | None = None) -> Installation:
        """Install the application in a workspace, or in the whole organisation of that workspace."""
        installation = self.prepare(team, org_wide=org_wide, by=by)
        self._platform.world.installations.append(installation)
        return installation

    def prepare(self, team: Team, *, org_wide: bool = False, by: User | None = None) -> Installation:
        """An installation as OAuth will make it; it is nowhere yet."""
        world = self._platform.world
        bots = [each.bot for each in world.installations if each.team is team and each.org_wide == org_wide]
        bot = bots[0] if bots else world.user("storycircle", team, display=self.rules.app_name, bot=True)
        token = f"xoxb-{secrets.token_hex(12)}"
        return Installation(team, bot, world.ids.new("B"), token, self._platform.scopes, org_wide, by)

    def user(
        self,
        name: str,
        team: Team | None = None,
        *,
        display: str | None = None,
        locale: str = "en-US",
        admin: bool = False,
        owner: bool = False,
        guest: bool = False,
        email: str | None = None,
    ) -> User:
        """A new person, in the home workspace unless told otherwise."""
        more = {"display": display, "locale": locale, "admin": admin, "owner": owner, "guest": guest, "email": email}
        return self._platform.world.user(name, team or self.home, **more)

    def channel(
        self,
        name: str,
        *people: User,
        team: Team | None = None,
        private: bool = False,
        bot: bool = True,
        shared_with: Team | None = None,
        topic: str = "",
    ) -> Channel:
        """A new channel with these people in it, or with everybody of the workspace. `bot`: the bot is a member.

        `shared_with` another workspace makes it a Slack Connect channel.
        """
        world = self._platform.world
        home = team or self.home
        kind: Literal["channel", "group"] = "group" if private else "channel"
        channel = Channel(world.ids.new("C"), name, home, kind, topic=topic)
        channel.shared_with = [shared_with] if shared_with else []
        everybody = [each for each in world.users.values() if each.team in (home, shared_with) and not each.bot]
        channel.members = list(people) or everybody
        channel.creator = channel.members[0] if channel.members else None
        world.channels[channel.id] = channel
        app = world.installation_in(home)
        if bot and app:
            channel.members.append(app.bot)
        return channel

    def dm(self, user: User) -> Channel:
        """The direct message of somebody with the bot."""
        app = self._platform.world.installation_in(user.team)
        return self._platform.world.im(user, app.bot if app else self.bot)

    def thread_of(self, message: Message) -> list[Message]:
        """The thread that a message is in, its parent first."""
        return message.channel.thread(message.thread_ts or message.ts)

    def expire(self, thing: Exchange | Message | Installation) -> None:
        """Let time pass for one thing: an exchange's trigger_id and response_url, a stream, a token."""
        if isinstance(thing, Exchange):
            if thing.trigger_id:
                self._platform.triggers[thing.trigger_id].ends = 0.0
            if thing.hook:
                thing.hook.ends = 0.0
        elif isinstance(thing, Installation):
            thing.expires = 0.0
        elif thing.stream:
            thing.stream.ends = 0.0

    async def _sent(self, exchange: Exchange) -> Exchange:
        """Wait for the first attempt of all its deliveries, unless they are held back."""
        if not self.courier.holding and exchange.deliveries:
            await exchange.acked()
        await asyncio.sleep(0)
        return exchange
