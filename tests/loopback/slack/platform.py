"""The state of one loopback Slack, shared by its Web API, its hooks, its deliveries and its driver."""

import time
from dataclasses import dataclass
from typing import Any

from tests.loopback.slack import acks, checks, contracts, payloads, policy, texts
from tests.loopback.slack.attention import Attention
from tests.loopback.slack.courier import Courier, Transport
from tests.loopback.slack.exchange import Delivery, Exchange, Hook
from tests.loopback.slack.faults import Faults
from tests.loopback.slack.ledger import Ledger, Request
from tests.loopback.slack.link import Link
from tests.loopback.slack.message import Edit, Message
from tests.loopback.slack.rules import EVENTS, SCOPES, Json, Rules
from tests.loopback.slack.sender import Sender
from tests.loopback.slack.tiers import Tiers
from tests.loopback.slack.world import Channel, Installation, World

_MESSAGES = {"channel": "message.channels", "group": "message.groups", "im": "message.im", "mpim": "message.mpim"}
_SCHEMAS = {
    "slash_commands": "S_slash", "block_actions": "S_block_actions", "view_submission": "S_view_submission",
    "message_action": "S_message_action",
}  # fmt: skip


@dataclass
class Trigger:
    """A trigger_id, which opens one view within its life."""

    exchange: Exchange
    ends: float
    used: bool = False


class Platform:
    """World, ledger, and what is under way."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.ledger = Ledger()
        self.contracts = contracts.load()
        self.world = World()
        self.faults = Faults()
        self.tiers = Tiers(rules.ratelimit_scale, rules.post_burst)
        self.link = Link(rules, self.ledger, self.world.app_id)
        self.sender = Sender(rules)
        self.courier = Courier(rules, self.ledger, self.transport, self._acknowledged)
        self.base = ""
        self.hooks: dict[int, Hook] = {}
        self.triggers: dict[str, Trigger] = {}
        self.codes: dict[str, Installation] = {}
        self.attention = Attention()
        self.later: list[tuple[str, str, Json]] = []
        """Validation that was put off: the layer's name, the method or schema, the body."""
        self.acks: list[Delivery] = []
        manifest = rules.manifest or {}
        self.events = tuple(manifest.get("settings", {}).get("event_subscriptions", {}).get("bot_events", ()))
        self.scopes = rules.scopes or tuple(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", ()))
        if not rules.manifest:
            self.events, self.scopes = EVENTS, self.scopes or SCOPES

    def transport(self) -> Transport:
        """HTTP where a request URL is known, else the socket."""
        return self.sender if self.sender.urls else self.link

    def trigger(self, exchange: Exchange) -> str:
        """A new trigger_id."""
        exchange.trigger_id = self.world.ids.trigger()
        self.triggers[exchange.trigger_id] = Trigger(exchange, time.monotonic() + self.rules.trigger_life)
        return exchange.trigger_id

    def hook(self, exchange: Exchange) -> str:
        """A new response_url."""
        number = len(self.hooks) + 1
        exchange.hook = self.hooks[number] = Hook(number, exchange, time.monotonic() + self.rules.hook_life)
        return f"{self.base}/hooks/{number}"

    def deliver(self, kind: str, form: str, payload: Json, exchange: Exchange | None) -> Delivery:
        """Tell the application, and hold what is told against the contracts."""
        delivery = Delivery(kind, form, payload, exchange)
        if self.sender.urls and self.sender.forgeries:
            delivery.forged = self.sender.forgeries.pop(0)
        schema = "S_envelope" if kind == "events_api" else _SCHEMAS.get(form or str(payload.get("type")), "")
        self._validate_inbound(schema, payload)
        if kind == "events_api":
            event = payload["event"]
            if event["type"] != "message" or "subtype" not in event:
                self._validate_inbound(f"E_{event['type']}", event)
        if exchange:
            exchange.deliveries.append(delivery)
        self.courier.send(delivery)
        return delivery

    def _validate_inbound(self, schema: str, payload: Json) -> None:
        if self.rules.validate == "deferred":
            self.later.append(("inbound", schema, payload))
        elif self.rules.validate == "now":
            for sentence in self.contracts.inbound(schema, payload):
                self.ledger.violate(f"the loopback Slack itself: {schema}: {sentence}")

    def event(
        self, app: Installation | None, event: Json, *, channel: Channel | None = None, exchange: Exchange | None = None
    ) -> Delivery | None:
        """Tell of an event, if there is an installation that subscribes to it."""
        name = _MESSAGES[channel.kind] if event["type"] == "message" and channel else str(event["type"])
        if app is None or name not in self.events:
            return None
        team = channel.team if channel and app.org_wide else app.team
        authorization = {
            "enterprise_id": app.enterprise.id if app.enterprise else None,
            "team_id": None if app.org_wide else app.team.id,
            "user_id": app.bot.id, "is_bot": True, "is_enterprise_install": app.org_wide,
        }  # fmt: skip
        payload: Json = {
            "token": "loopback", "team_id": team.id, "context_team_id": team.id, "api_app_id": self.world.app_id,
            "event": event, "type": "event_callback", "event_id": self.world.ids.new("Ev"),
            "event_time": int(time.time()), "authorizations": [authorization],
            "is_ext_shared_channel": bool(channel and channel.shared),
        }  # fmt: skip
        if app.enterprise:
            payload |= {"enterprise_id": app.enterprise.id, "context_enterprise_id": app.enterprise.id}
        return self.deliver("events_api", "", payload, exchange)

    def message_json(self, message: Message) -> Json:
        """A message as the Web API gives it."""
        app = self.world.installation_in(message.author.team) if message.by_app else None
        return payloads.message(message, self.base, app, self.world.app_id)

    def written(self, message: Message) -> Message:
        """Put a new message into its channel; the application hears of it too."""
        message.channel.add(message)
        if message.by_app:
            self._stop_thinking(message)
            self.attention.posted(message)
        if not message.ephemeral and (self.rules.echo or not message.by_app):
            app = self.hearing(message.channel)
            if app and message.by_app:
                event = payloads.message_event(message, self.message_json(message))
                self.event(app, event, channel=message.channel)
        self.ledger.pulse.beat()
        return message

    def hearing(self, channel: Channel) -> Installation | None:
        """The installation whose bot is a member of the channel."""
        app = self.world.installation_for(channel)
        return app if app and app.bot in channel.members else None

    def _stop_thinking(self, message: Message) -> None:
        for thread in self.world.assistants.values():
            if thread.channel is message.channel and thread.ts == message.thread_ts:
                thread.status = ""

    def changed(self, message: Message, before: Json | None = None) -> None:
        """A message was edited: keep the state and tell it."""
        ts = self.world.ids.ts()
        message.edits.append(Edit(time.monotonic(), message.text))
        self.attention.changed(message)
        self.ledger.pulse.beat()
        app = self.hearing(message.channel)
        if before and app and not message.ephemeral and (self.rules.echo or not message.by_app):
            now = self.message_json(message)
            event = payloads.changed_event(message, "message_changed", ts, message=now, previous_message=before)
            self.event(app, event, channel=message.channel)

    def touched(self, message: Message) -> None:
        """Something in a message is new: those who wait for it look again."""
        self.attention.touched(message)
        self.ledger.pulse.beat()

    def erased(self, message: Message) -> None:
        """A message was deleted. One with a thread leaves a tombstone."""
        before = self.message_json(message)
        message.deleted = True
        message.tombstone = message.channel.threaded(message.ts)
        app = self.hearing(message.channel)
        if app and not message.ephemeral and (self.rules.echo or not message.by_app):
            ts = self.world.ids.ts()
            more = {"deleted_ts": message.ts, "previous_message": before}
            self.event(app, payloads.changed_event(message, "message_deleted", ts, **more), channel=message.channel)
        self.attention.changed(message)
        self.ledger.pulse.beat()

    def read(self, method: str, body: Json, channel: str, request: Request | None) -> None:
        """Write down what people could read in a request, and what in it would resolve."""
        found = list(texts.of(method, body))
        for each in found:
            self.ledger.read(each.shown, each.where, request, sent=each.text)
        for reference in policy.resolved(found, body, self.world, channel, request):
            self.ledger.references.append(reference)
            if policy.forbidden(reference, self.rules, self.world):
                pings = f", pings {', '.join(reference.people)}" if reference.people else ""
                self.ledger.violate(f"policy: {method}: {reference.kind} {reference.target!r} resolves{pings}")

    def judge(self, method: str, body: Json) -> list[checks.Finding]:
        """Hold a request against all rules now, or keep it for the end. Returns what Slack would refuse."""
        if self.rules.validate == "deferred":
            self.later.append(("request", method, body))
            return []
        return self._judged("request", method, body) if self.rules.validate == "now" else []

    def _judged(self, what: str, name: str, body: Json) -> list[checks.Finding]:
        judge = checks.ack if what == "ack" else checks.request
        findings = list(judge(self.contracts, name, body))
        for each in findings:
            self.ledger.violate(f"{each.layer}: {f'ack of {name}' if what == 'ack' else name}: {each.sentence}")
        return [each for each in findings if each.error]

    def settle(self) -> None:
        """Validate what was put off, and write down streams that were never stopped."""
        later, self.later = self.later, []
        for what, name, body in later:
            if what == "inbound":
                for sentence in self.contracts.inbound(name, body):
                    self.ledger.violate(f"the loopback Slack itself: {name}: {sentence}")
            else:
                self._judged(what, name, body)
        for channel in self.world.channels.values():
            for message in channel.log:
                if message.streaming and message.stream and not message.deleted:
                    message.stream.state = "abandoned"
                    self.ledger.violate(f"policy: the stream {message.ts} was never stopped")

    def _acknowledged(self, delivery: Delivery) -> None:
        self.acks.append(delivery)
        if delivery.ack:
            if self.rules.validate == "deferred":
                self.later.append(("ack", delivery.form, delivery.ack))
            elif self.rules.validate == "now":
                self._judged("ack", delivery.form, delivery.ack)
        if delivery.exchange:
            acks.heed(self, delivery, delivery.exchange)

    def find(self, channel: Channel, ts: Any) -> Message | None:
        """A message that stands in a channel."""
        message = channel.by_ts.get(str(ts))
        return message if message and not message.deleted else None
