"""What people do on Slack: the side of it that a scenario test holds."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.loopback.slack import forms, interactions, payloads, views
from tests.loopback.slack.consent import Consent
from tests.loopback.slack.errors import DriverError
from tests.loopback.slack.exchange import Delivery, Exchange
from tests.loopback.slack.markup import typed
from tests.loopback.slack.message import Message, View
from tests.loopback.slack.rules import Json
from tests.loopback.slack.stage import Stage
from tests.loopback.slack.world import AssistantThread, Channel, Team, User

Thread = Message | AssistantThread
"""Any message of a thread (or the one that starts it), or a conversation in the assistant's container."""


class LoopbackSlack(Stage):
    """A Slack of one's own on 127.0.0.1. The package's docstring tells how to use it."""

    def _begin(self, name: str, user: User, channel: Channel | None, **more: Any) -> Exchange:
        if channel and user not in channel.members:
            raise DriverError(f"{user.name} is not in {channel.name}")
        exchange = Exchange(name, user, channel, more.pop("thread_ts", None), self.rules, **more)
        return self._platform.attention.begin(exchange)

    async def command(
        self, user: User, channel: Channel, text: str = "", *, name: str | None = None, thread: Thread | None = None
    ) -> Exchange:
        """Use the slash command. Returns once it is acknowledged, or was not in time.

        Slack offers no slash commands in threads and in the assistant's container: a `thread` is a DriverError.
        """
        name = name or self.rules.command
        if thread is not None:
            raise DriverError(f"{name}: Slack has no slash commands in threads")
        if any(each.channel is channel for each in self._platform.world.assistants.values()):
            raise DriverError(f"{name}: Slack has no slash commands in the assistant's container")
        declared = self._declared("slash_commands", "command", name)
        interactions.installed(self._platform, user, channel)
        exchange = self._begin(f"{name} {text}".strip(), user, channel)
        escape = declared.get("should_escape", False) if self.rules.manifest else True
        interactions.command(self._platform, exchange, name, self._command_text(text, escape=escape))
        return await self._sent(exchange)

    def _declared(self, kind: str, key: str, name: str) -> Json:
        if self.rules.manifest is None:
            return {}
        for each in self.rules.manifest.get("features", {}).get(kind, ()):
            if each.get(key) == name:
                found: Json = each
                return found
        raise DriverError(f"the manifest has no {name!r} in {kind}")

    def _command_text(self, text: str, *, escape: bool) -> str:
        world = self._platform.world
        people = {each.mention: (f"<@{each.id}|{each.name}>", f"@{each.name}") for each in world.users.values()}
        places = {each.mention: (f"<#{each.id}|{each.name}>", f"#{each.name}") for each in world.channels.values()}
        known = people | places
        line = typed(text, frozenset(known)) if escape else text
        for mention, (full, plain) in known.items():
            if mention in line:
                line = line.replace(mention, full if escape else plain)
        return line

    async def say(self, user: User, channel: Channel, text: str, *, thread: Thread | None = None) -> Exchange:
        """Write a message. The application hears of it if it is in the channel; `said` is the message itself.

        A message that mentions the bot is delivered twice, as `app_mention` and as `message`, as on Slack.
        """
        world = self._platform.world
        known = frozenset([e.mention for e in world.users.values()] + [e.mention for e in world.channels.values()])
        message = Message(world.ids.ts(), channel, user, typed(text, known))
        message.thread_ts = _parent(thread)
        exchange = self._begin(f"message {text[:40]!r}", user, channel, source=message, thread_ts=message.thread_ts)
        self._platform.written(message)
        app = self._platform.hearing(channel)
        body = payloads.message_event(message, self._platform.message_json(message))
        if app and app.bot.mention in message.raw and channel.kind != "im":
            mention = {key: value for key, value in body.items() if key != "channel_type"} | {"type": "app_mention"}
            self._platform.event(app, mention, channel=channel, exchange=exchange)
        self._platform.event(app, body, channel=channel, exchange=exchange)
        return await self._sent(exchange)

    async def mention(self, user: User, channel: Channel, text: str, *, thread: Thread | None = None) -> Exchange:
        """Write a message that begins with a mention of the bot."""
        app = self._platform.world.installation_for(channel)
        bot = app.bot if app else self.bot
        return await self.say(user, channel, f"{bot.mention} {text}", thread=thread)

    async def edit(self, message: Message, text: str) -> Exchange:
        """Edit a person's own message."""
        before = self._platform.message_json(message)
        exchange = self._begin("edit", message.author, message.channel, thread_ts=message.thread_ts)
        known = frozenset(each.mention for each in self._platform.world.users.values())
        message.raw, message.edited = typed(text, known), self._platform.world.ids.ts()
        now = self._platform.message_json(message)
        event = payloads.changed_event(message, "message_changed", message.edited, message=now, previous_message=before)
        app = self._platform.hearing(message.channel)
        self._platform.event(app, event, channel=message.channel, exchange=exchange)
        return await self._sent(exchange)

    async def delete(self, message: Message) -> None:
        """Delete a message: a person's own, or as an administrator that of somebody else."""
        self._platform.erased(message)

    async def click(self, user: User, holder: Message | View | None, which: str) -> Exchange:
        """Press the button with this label or action_id, in a message, a modal or a home tab."""
        holder = self._visible(user, holder)
        block, element = forms.element_of(holder.blocks, which, ("button", "workflow_button", "icon_button"))
        exchange = self._use(user, holder, f"button {which}")
        done = forms.pressed(block, element, self._platform.world.ids.ts())
        interactions.action(self._platform, exchange, holder, done)
        return await self._sent(exchange)

    async def select(self, user: User, holder: Message | View | None, which: str, answer: forms.Answer) -> Exchange:
        """Pick in a select, overflow menu, radio buttons or checkboxes, by placeholder, label or action_id."""
        holder = self._visible(user, holder)
        block, element = forms.element_of(holder.blocks, which)
        state = forms.picked(element, answer)
        held = holder.state if isinstance(holder, Message) else holder.values
        if element["type"] != "overflow":
            held.setdefault(block["block_id"], {})[element["action_id"]] = state
        done = state | {"action_id": element["action_id"], "block_id": block["block_id"]}
        exchange = self._use(user, holder, f"select {which}")
        done["action_ts"] = self._platform.world.ids.ts()
        interactions.action(self._platform, exchange, holder, done)
        return await self._sent(exchange)

    async def suggestions(self, user: User, holder: Message | View | None, which: str, value: str) -> list[Json]:
        """Type into an external select. Returns the options that are offered."""
        holder = self._visible(user, holder)
        block, element = forms.element_of(holder.blocks, which, ("external_select", "multi_external_select"))
        named = {"action_id": element["action_id"], "block_id": block["block_id"]}
        exchange = self._use(user, holder, f"suggestions {which}")
        interactions.suggestion(self._platform, exchange, holder, named, value)
        return (await self._sent(exchange)).options

    def _visible(self, user: User, holder: Message | View | None) -> Message | View:
        if holder is None:
            raise DriverError("there is no message or view")
        if isinstance(holder, View):
            seen = holder.user is user and holder.open
        else:
            seen = not holder.deleted and user in holder.channel.members and holder.only_for in (None, user)
        if not seen:
            raise DriverError(f"{user.name} does not see it: {holder.text[:80]!r}")
        return holder

    def _use(self, user: User, holder: Message | View, name: str) -> Exchange:
        thread_ts = holder.thread_ts if isinstance(holder, Message) else None
        return self._begin(name, user, holder.channel, source=holder, thread_ts=thread_ts)

    async def shortcut(self, user: User, callback_id: str) -> Exchange:
        """Use a global shortcut."""
        self._declared("shortcuts", "callback_id", callback_id)
        exchange = self._begin(f"shortcut {callback_id}", user, None)
        interactions.shortcut(self._platform, exchange, callback_id)
        return await self._sent(exchange)

    async def message_shortcut(self, user: User, message: Message, callback_id: str) -> Exchange:
        """Use a shortcut from the menu of a message."""
        self._declared("shortcuts", "callback_id", callback_id)
        self._visible(user, message)
        if message.ephemeral:
            raise DriverError("an ephemeral message has no shortcuts")
        exchange = self._use(user, message, f"message shortcut {callback_id}")
        interactions.shortcut(self._platform, exchange, callback_id)
        return await self._sent(exchange)

    async def submit(self, user: User, view: View | None, values: Mapping[str, forms.Answer] | None = None) -> Exchange:
        """Fill in a modal by label, block id or action id and send it. What is not given keeps what it had."""
        if view is None or view.user is not user or not user.modals or user.modals[-1] is not view:
            raise DriverError(f"{user.name} does not see this modal on top")
        view.values = forms.filled(view.blocks, values or {}, view.values)
        exchange = self._use(user, view, f"modal {view.title}")
        interactions.submission(self._platform, exchange, view)
        return await self._sent(exchange)

    async def dismiss(self, user: User, view: View | None, *, everything: bool = False) -> Exchange:
        """Close a modal (or the whole stack). The application hears of it if the view says `notify_on_close`."""
        if view is None or view not in user.modals:
            raise DriverError(f"{user.name} does not see this modal")
        exchange = self._use(user, view, f"close {view.title}")
        views.close(view, everything=everything)
        if view.body.get("notify_on_close"):
            interactions.closing(self._platform, exchange, view, cleared=everything)
        return await self._sent(exchange)

    async def open_home(self, user: User, seconds: float = 10.0) -> View:
        """Open the application's home tab. Returns the view once it is published (anew)."""
        app = interactions.installed(self._platform, user, None)
        channel = self._platform.world.im(user, app.bot)
        event: Json = {"type": "app_home_opened", "user": user.id, "channel": channel.id, "tab": "home"}
        if user.home:
            event["view"] = views.as_json(self._platform, app, user.home)
        exchange = self._begin("home tab", user, channel)
        event["event_ts"] = self._platform.world.ids.ts()
        self._platform.event(app, event, exchange=exchange)
        await exchange.until(lambda x: x.view is not None or x.silent, seconds)
        return exchange.opened

    async def open_messages(self, user: User) -> Channel:
        """Open the conversations with the application. Returns their channel."""
        app = interactions.installed(self._platform, user, None)
        channel = self._platform.world.im(user, app.bot)
        event: Json = {"type": "app_home_opened", "user": user.id, "channel": channel.id, "tab": "messages"}
        event["event_ts"] = self._platform.world.ids.ts()
        self._platform.event(app, event)
        await self.idle()
        return channel

    def prompts(self, channel: Channel) -> list[dict[str, str]]:
        """What is suggested to say in a direct message with an agent."""
        return self._platform.world.prompts.get(channel.id, [])

    def title(self, message: Message) -> str:
        """The title of the conversation below a message to an agent."""
        return self._platform.world.titles.get((message.channel.id, message.ts), "")

    async def assistant_thread(self, user: User, *, context: Channel | None = None) -> AssistantThread:
        """Open the assistant's container. Talk in it with `say(user, thread.channel, "...", thread=thread)`."""
        app = interactions.installed(self._platform, user, None)
        channel = self._platform.world.im(user, app.bot)
        thread = AssistantThread(user, channel, self._platform.world.ids.ts(), context)
        self._platform.world.assistants[channel.id, thread.ts] = thread
        await self._assistant(thread, "assistant_thread_started")
        return thread

    async def assistant_context(self, thread: AssistantThread, channel: Channel) -> Exchange:
        """Look at another channel while the assistant's container is open."""
        thread.context = channel
        return await self._assistant(thread, "assistant_thread_context_changed")

    async def _assistant(self, thread: AssistantThread, kind: str) -> Exchange:
        app = interactions.installed(self._platform, thread.user, None)
        event = payloads.assistant_event(thread, kind, self._platform.world.ids.ts())
        exchange = self._begin(kind, thread.user, thread.channel, thread_ts=thread.ts)
        self._platform.event(app, event, exchange=exchange)
        return await self._sent(exchange)

    async def stop_stream(self, message: Message) -> None:
        """Press stop on a message that is being streamed."""
        if not message.stream or not message.streaming:
            raise DriverError("this message does not stream")
        message.stream.state = "stopped_by_user"
        self._platform.touched(message)

    async def react(self, user: User, message: Message, name: str) -> Exchange:
        """React to a message, e.g. with `"thumbsup"`."""
        self._visible(user, message)
        message.reactions.setdefault(name, []).append(user.id)
        exchange = self._begin(f"reaction {name}", user, message.channel, thread_ts=message.thread_ts)
        event: Json = {"type": "reaction_added", "user": user.id, "reaction": name, "item_user": message.author.id}
        event["item"] = {"type": "message", "channel": message.channel.id, "ts": message.ts}
        event["event_ts"] = self._platform.world.ids.ts()
        self._platform.event(self._platform.hearing(message.channel), event, channel=message.channel, exchange=exchange)
        return await self._sent(exchange)

    async def join(self, user: User, channel: Channel) -> None:
        """Come into a channel; `slack.bot` is invited so."""
        channel.members.append(user)
        event = {"type": "member_joined_channel", "user": user.id, "channel": channel.id, "channel_type": "C"}
        event |= {"team": user.team.id, "event_ts": self._platform.world.ids.ts()}
        self._platform.event(self._platform.hearing(channel), event, channel=channel)

    async def leave(self, user: User, channel: Channel) -> None:
        """Go out of a channel; `slack.bot` is removed so."""
        event = {"type": "member_left_channel", "user": user.id, "channel": channel.id, "channel_type": "C"}
        event |= {"team": user.team.id, "event_ts": self._platform.world.ids.ts()}
        self._platform.event(self._platform.hearing(channel), event, channel=channel)
        channel.members.remove(user)

    async def archive(self, channel: Channel, by: User) -> None:
        """Archive a channel."""
        channel.archived = True
        event = {"type": "channel_archive", "channel": channel.id, "user": by.id}
        event["event_ts"] = self._platform.world.ids.ts()
        self._platform.event(self._platform.hearing(channel), event, channel=channel)

    async def uninstall(self, team: Team | None = None) -> Exchange:
        """Remove the application from a workspace: its token dies, and it is told (`tokens_revoked` comes too)."""
        return await self._end(team or self.home, "uninstalled", ("app_uninstalled", "tokens_revoked"))

    async def revoke_tokens(self, team: Team | None = None) -> Exchange:
        """Revoke the bot's token of a workspace, and tell the application."""
        return await self._end(team or self.home, "revoked", ("tokens_revoked",))

    async def _end(self, team: Team, state: Any, events: tuple[str, ...]) -> Exchange:
        app = self._platform.world.installation_in(team)
        if app is None:
            raise DriverError(f"the application is not installed in {team.name}")
        app.state = state
        exchange = self._begin(events[0], app.installer or app.bot, None)
        for kind in events:
            event: Json = {"type": kind, "event_ts": self._platform.world.ids.ts()}
            if kind == "tokens_revoked":
                event["tokens"] = {"oauth": [], "bot": [app.bot.id]}
            self._platform.event(app, event, exchange=exchange)
        return await self._sent(exchange)

    async def again(self, exchange: Exchange, *, retry: bool = False) -> list[Delivery]:
        """Deliver all of an exchange once more, byte by byte by HTTP; with `retry` as Slack marks its retries.

        Returns the new deliveries after their first attempt; the application may acknowledge or refuse them.
        """
        copies = []
        for each in list(exchange.deliveries):
            copy = Delivery(each.kind, each.form, each.payload, sent=each.sent, retry=int(retry), lenient=True)
            self.courier.send(copy)
            copies.append(copy)
        await self.until(lambda: all(each.tried for each in copies), self.rules.ack_deadline + 5, "doubles are tried")
        return copies

    @asynccontextmanager
    async def out_of_order(self) -> AsyncIterator[None]:
        """Keep deliveries back within the block, and send them at its end, the last one first."""
        self.courier.hold()
        try:
            yield
        finally:
            held = self.courier.release(backwards=True)
        deadline = self.rules.ack_deadline + 5
        await self.until(lambda: all(each.tried for each in held), deadline, "held deliveries are tried")

    def forge(self, *signatures: str) -> None:
        """Sign the next HTTP deliveries badly: `wrong`, `absent` or `old`, one for each."""
        self.sender.forgeries.extend(signatures)

    async def consent(self, install_url: str, user: User, *, org_wide: bool = False) -> Consent:
        """Open the application's install page as a person who wants to add it to a workspace or organisation."""
        return await Consent.begin(self._platform, self.prepare(user.team, org_wide=org_wide, by=user), install_url)


def _parent(thread: Thread | None) -> str | None:
    if isinstance(thread, Message):
        return thread.thread_ts or thread.ts
    return thread.ts if thread else None
