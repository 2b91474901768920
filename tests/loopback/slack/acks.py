"""What an acknowledgement does on the screen: a message, a form that changes, options that are offered."""

from typing import TYPE_CHECKING

from tests.loopback.slack import views
from tests.loopback.slack.exchange import Delivery, Exchange
from tests.loopback.slack.message import Message, View
from tests.loopback.slack.rules import Json

if TYPE_CHECKING:
    from tests.loopback.slack.platform import Platform


def heed(platform: "Platform", delivery: Delivery, exchange: Exchange) -> None:
    """Do what an ack asks for."""
    body = delivery.ack
    channel = exchange.channel.id if exchange.channel else ""
    if delivery.form == "block_suggestion":
        groups = body.get("option_groups") or []
        exchange.options = [*(body.get("options") or []), *(each for one in groups for each in one["options"])]
        for each in exchange.options:
            platform.ledger.read(each["text"]["text"], "choice", None)
    elif delivery.form == "view_submission":
        if body.get("view"):
            platform.read("ack", {"view": body["view"]}, channel, None)
        _submitted(platform, exchange, body)
    elif body.get("text") or body.get("blocks"):
        platform.read("ack", body, channel, None)
        said(platform, exchange, body)
    exchange.touch()


def said(platform: "Platform", exchange: Exchange, body: Json, thread_ts: str | None = None) -> Message | None:
    """A message that answers a command: for everybody if it is `in_channel`, else for the person alone."""
    if exchange.channel is None:
        return None
    app = platform.world.installation_for(exchange.channel) or platform.world.installation_in(exchange.user.team)
    if app is None:
        return None
    message = Message(platform.world.ids.ts(), exchange.channel, app.bot, by_app=True, thread_ts=thread_ts)
    message.raw = body.get("text") or ""
    message.blocks = views.named(body.get("blocks") or [])
    message.attachments = body.get("attachments") or []
    if body.get("response_type") != "in_channel":
        message.only_for = exchange.user
    platform.attention.belongs(message, exchange)
    return platform.written(message)


def _submitted(platform: "Platform", exchange: Exchange, body: Json) -> None:
    view = exchange.source
    if not isinstance(view, View):
        return
    action = body.get("response_action")
    app = platform.world.installation_in(view.user.team)
    if action == "errors":
        known = {each["block_id"] for each in view.blocks}
        view.errors = body.get("errors") or {}
        for key, text in view.errors.items():
            platform.ledger.read(text, "form error", None)
            if key not in known:
                platform.ledger.violate(f"spec: ack of view_submission: no block {key!r} to be wrong")
        exchange.view = view
    elif action == "update" and app:
        exchange.view = views.update(platform, app, view, body["view"])
    elif action == "push" and app:
        views.show(exchange, views.make(platform, app, view.user, body["view"], view), push=True)
    else:
        views.close(view, everything=action == "clear")
