"""What people do on Discord: the side of it that a scenario test holds."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from tests.loopback.discord import forms, interactions, options
from tests.loopback.discord.errors import DriverError
from tests.loopback.discord.exchange import AUTOCOMPLETE, COMMAND, COMPONENT, SUBMISSION, Exchange, Modal
from tests.loopback.discord.faults import Faults
from tests.loopback.discord.gateway import Gateway
from tests.loopback.discord.interactions import Resolved, Value
from tests.loopback.discord.ledger import OnText, Request, Seen
from tests.loopback.discord.message import File, Message, User
from tests.loopback.discord.platform import Platform
from tests.loopback.discord.rules import Json, Rules
from tests.loopback.discord.server import ROOT, Server
from tests.loopback.discord.world import Channel, Guild


class LoopbackDiscord:
    """A Discord of one's own on 127.0.0.1. The package's docstring tells how to use it."""

    def __init__(self, **rules: Any) -> None:
        self.rules = Rules(**rules)
        self._platform = Platform(self.rules)
        self._server = Server(self._platform)
        self._sent: list[Exchange] = []
        self._timers: list[asyncio.TimerHandle] = []
        self.api_base = ""
        self.gateway_url = ""
        self.token = self.rules.token
        self.bot = self._platform.world.bot

    async def __aenter__(self) -> Self:
        address = await self._server.start()
        self._platform.web_base = f"http://{address}"
        self.api_base = f"http://{address}{ROOT}"
        self.gateway_url = self._platform.gateway.url = f"ws://{address}/gateway-ws"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.stop()
        for timer in self._timers:
            timer.cancel()
        self.settle()
        if self.rules.check and kind is None:
            assert not self.violations, "\n".join(["violations:", *self.violations])

    def settle(self) -> None:
        """Validate what was put off, and write down deferred interactions that were never completed."""
        self._server.settle()
        for each in self._sent:
            if each.orphaned:
                each.completed = True
                self._platform.ledger.violate(f"policy: {each.name} says that it is thinking for ever")

    @property
    def gateway(self) -> Gateway:
        """Drops, reconnects, invalidations, zombies; and what the application did there."""
        return self._platform.gateway

    @property
    def faults(self) -> Faults:
        """Faults to come, see `Faults.add`."""
        return self._platform.faults

    @property
    def requests(self) -> list[Request]:
        """Every REST request, in order."""
        return self._platform.ledger.requests

    @property
    def violations(self) -> list[str]:
        """Everything that breaks a contract, a limit or our own policy, as sentences."""
        return self._platform.ledger.violations

    @property
    def unauthorized(self) -> int:
        """Requests and IDENTIFYs with a wrong token."""
        return self._platform.ledger.unauthorized

    @property
    def exchanges(self) -> list[Exchange]:
        """Every interaction that was sent, in order."""
        return self._sent

    @property
    def acks(self) -> list[float]:
        """Seconds to the callback of every interaction that got one."""
        return [each.acked_after for each in self._sent if each.acked_after is not None]

    @property
    def channels(self) -> list[Channel]:
        """Every channel and thread that stands."""
        return [each for each in self._platform.world.channels.values() if not each.deleted]

    @property
    def threads(self) -> list[Channel]:
        """Every thread, oldest first."""
        return [each for each in self.channels if each.is_thread]

    @property
    def commands(self) -> dict[str, Json]:
        """The global commands by name, as they are registered now."""
        return {each["name"]: each for each in self._platform.commands[None].values()}

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

    def hasty_edits(self, seconds: float = 1.0) -> list[str]:
        """Edits (the final one excepted) that came sooner than so after the state before, as sentences."""
        return [
            f"message {message.id}: an edit after {gap:.2f} s"
            for channel in self._platform.world.channels.values()
            for message in channel.log
            for gap in message.spacings
            if gap < seconds
        ]

    def called(self, method: str, path: str) -> list[Request]:
        """The requests with this method whose path matches the regular expression."""
        return [each for each in self.requests if each.method == method and re.search(path, each.path)]

    def user(self, name: str, *, locale: str = "en-US", display: str | None = None, bot: bool = False) -> User:
        """A new person (or another bot)."""
        return self._platform.world.user(name, locale=locale, display=display, bot=bot)

    def guild(self, name: str, *, owner: User | None = None, locale: str = "en-US", installed: bool = True) -> Guild:
        """A new guild. In one that is not `installed` only users have the application."""
        return self._platform.world.guild(name, owner=owner, locale=locale, installed=installed)

    def dm(self, user: User) -> Channel:
        """The DM of somebody with the bot."""
        return self._platform.world.private(user, self.bot)

    def private(self, *people: User) -> Channel:
        """A DM or group of people, without the bot."""
        return self._platform.world.private(*people)

    def thread(self, channel: Channel, name: str, *, by: User) -> Channel:
        """A public thread that somebody starts (in a forum: an empty post)."""
        world = self._platform.world
        return world.add(Channel(world, world.ids.new(), 11, name, channel.guild, channel, nsfw=channel.nsfw, owner=by))

    async def ready(self, seconds: float = 10.0) -> None:
        """Wait until all shards of the application are connected."""
        await self.gateway.ready(seconds)

    async def registered(self, *names: str, seconds: float = 10.0) -> None:
        """Wait until these commands are registered, globally or in a guild."""

        def there() -> bool:
            known = {each["name"] for scope in self._platform.commands.values() for each in scope.values()}
            return set(names) <= known

        await self.until(there, seconds, f"{names} are registered")

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0, what: str = "the condition") -> None:
        """Wait until the condition holds, looking again at every request and every change on the gateway."""
        await self._platform.ledger.pulse.until(condition, seconds, what)

    async def slash(self, user: User, channel: Channel, command: str, /, **given: Value) -> Exchange:
        """Use a slash command, e.g. `"story lore add"`. Returns once it is acknowledged, or was not in time."""
        chosen = options.choose(self._platform, user, channel, command)
        resolved = Resolved(self._platform, channel, user)
        data = chosen.data(options.fill(chosen, given, resolved))
        return await self._command(user, channel, f"/{command}", data, resolved)

    async def autocomplete(
        self, user: User, channel: Channel, command: str, /, *, focused: str, value: str, **given: Value
    ) -> list[Json]:
        """Type into an option. Returns the choices (`name`, `value`) that are offered."""
        chosen = options.choose(self._platform, user, channel, command)
        resolved = Resolved(self._platform, channel, user)
        data = chosen.data(options.fill_focused(chosen, given, focused, value, resolved))
        name = f"autocomplete of /{command}"
        exchange = await self._send(kind=AUTOCOMPLETE, name=name, user=user, channel=channel, data=data)
        return exchange.choices or []

    async def context_menu(self, user: User, channel: Channel, name: str, target: Message | User) -> Exchange:
        """Use an entry of the context menu of a message or a person."""
        kind = 3 if isinstance(target, Message) else 2
        command = self._platform.command(channel.guild, name, kind)
        if command is None:
            raise DriverError(f"the context menu {name!r} is not registered")
        options.offered(self._platform, user, channel, command)
        if isinstance(target, Message):
            forms.visible(user, target)
        resolved = Resolved(self._platform, channel, user)
        data = {"id": command["id"], "name": name, "type": kind, "target_id": resolved.refer(target)}
        return await self._command(user, channel, name, data, resolved)

    async def _command(self, user: User, channel: Channel, name: str, data: Json, resolved: Resolved) -> Exchange:
        if resolved.found:
            data["resolved"] = resolved.found
        return await self._send(kind=COMMAND, name=name, user=user, channel=channel, data=data)

    async def click(self, user: User, message: Message, button: str) -> Exchange:
        """Press the button with this label or custom_id."""
        forms.visible(user, message)
        found = forms.button(message, button)
        data = {"component_type": forms.BUTTON, "custom_id": found["custom_id"], "id": found["id"]}
        return await self._component(user, message, f"button {button}", data)

    async def select(self, user: User, message: Message, which: str | None, values: Any) -> Exchange:
        """Pick values (or labels, people, roles, channels) in the select with this custom_id or placeholder."""
        forms.visible(user, message)
        found = forms.select(message, which)
        resolved = Resolved(self._platform, message.channel, user)
        picked = forms.picked(found, values, resolved)
        data: Json = {"component_type": found["type"], "custom_id": found["custom_id"], "id": found["id"]}
        data["values"] = picked
        if found["type"] != forms.SELECT:
            data["resolved"] = resolved.found
        return await self._component(user, message, f"select {found['custom_id']}", data)

    async def _component(self, user: User, message: Message, name: str, data: Json) -> Exchange:
        return await self._send(
            kind=COMPONENT, name=name, user=user, channel=message.channel, data=data, source=message
        )

    async def submit(self, user: User, modal: Modal | None, values: Mapping[str, forms.Answer]) -> Exchange:
        """Fill in a form by label or custom_id and send it. What is not given keeps its default."""
        if modal is None:
            raise DriverError("there is no modal to submit")
        begun = modal.exchange
        if begun.user is not user:
            raise DriverError(f"{user.name} does not see this modal")
        resolved = Resolved(self._platform, begun.channel, user)
        data: Json = {"custom_id": modal.custom_id, "components": forms.submission(modal, values, resolved)}
        if resolved.found:
            data["resolved"] = resolved.found
        return await self._send(
            kind=SUBMISSION,
            name=f"modal {modal.title}",
            user=user,
            channel=begun.channel,
            data=data,
            source=begun.source,
            begun=begun,
        )

    async def _send(self, *, kind: int, name: str, user: User, channel: Channel, data: Json, **more: Any) -> Exchange:
        exchange = interactions.send(
            self._platform, kind=kind, name=name, user=user, channel=channel, data=data, **more
        )
        self._sent.append(exchange)
        self._platform.ledger.pulse.beat()
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self.rules.ack_deadline, self._deadline, exchange)
        self._timers.append(timer)
        await exchange.acked()
        timer.cancel()
        return exchange

    def _deadline(self, exchange: Exchange) -> None:
        if exchange.acked_at is None:
            exchange.silent = True
            deadline = self.rules.ack_deadline
            self._platform.ledger.violate(f"policy: {exchange.name} was not acknowledged within {deadline:g} s")
            exchange.touch()

    async def deliver_again(self, exchange: Exchange) -> None:
        """Send an interaction once more, as a gateway may. The application must not do its deed twice."""
        self.gateway.publish("INTERACTION_CREATE", exchange.payload, guild=exchange.channel.guild)

    async def say(
        self,
        user: User,
        channel: Channel,
        text: str,
        *,
        reply_to: Message | None = None,
        files: Sequence[File] = (),
    ) -> Message:
        """Write a message as a person."""
        message = Message(self._platform.world.ids.new(), channel, user, text, reply_to=reply_to)
        message.kind = 19 if reply_to else 0
        message.attachments = [self._platform.keep(each.name, each.data, each.content_type) for each in files]
        message.mentions = self._platform.mentions(text)
        if reply_to and reply_to.author not in message.mentions:
            message.mentions.append(reply_to.author)
        return self._platform.written(message)

    async def edit(self, message: Message, text: str) -> None:
        """Edit a message as its author."""
        message.content = text
        message.mentions = self._platform.mentions(text)
        self._platform.changed(message)

    async def delete_bulk(self, messages: Sequence[Message]) -> None:
        """Delete messages of one channel at once, as a moderator's tool would."""
        self._platform.erased_together(messages)

    async def react(self, user: User, message: Message, emoji: str) -> None:
        """React to a message, e.g. with `"👍"`."""
        forms.visible(user, message)
        self._platform.reacted(message, user, emoji)

    async def remove_channel(self, channel: Channel) -> None:
        """Delete a channel or thread, as a moderator would."""
        self._platform.removed(channel)

    async def kick(self, guild: Guild) -> None:
        """Throw the application out of a guild."""
        self.gateway.publish("GUILD_DELETE", {"id": str(guild.id)}, guild=guild)
        guild.installed = False
        del guild.members[self.bot.id]

    async def invite(self, guild: Guild) -> None:
        """Let the application into a guild that was made with `installed=False`, or that it was thrown out of."""
        self._platform.world.install(guild)

    async def delete(self, message: Message, *, by: User | None = None) -> None:
        """Delete a message, as a moderator or its author would."""
        self._platform.erased(message)
