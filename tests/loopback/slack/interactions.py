"""What Slack sends when a person acts: commands, block actions, shortcuts, forms, suggestions."""

from typing import TYPE_CHECKING

from tests.loopback.slack import payloads, views
from tests.loopback.slack.errors import DriverError
from tests.loopback.slack.exchange import Exchange
from tests.loopback.slack.message import Message, View
from tests.loopback.slack.rules import Json
from tests.loopback.slack.world import Channel, Installation, User

if TYPE_CHECKING:
    from tests.loopback.slack.platform import Platform


def installed(platform: "Platform", user: User, channel: Channel | None) -> Installation:
    """The installation that serves a person there. Raises DriverError if there is none."""
    found = platform.world.installation_for(channel) if channel else None
    found = found or platform.world.installation_in(user.team)
    if found is None or found.state != "active":
        raise DriverError(f"the application is not installed where {user.name} is")
    return found


def command(platform: "Platform", exchange: Exchange, name: str, text: str) -> None:
    """Send a slash command."""
    channel, user = exchange.channel, exchange.user
    assert channel
    app = installed(platform, user, channel)
    team = user.team
    payload: Json = {
        "token": "loopback", "team_id": team.id, "team_domain": team.domain, "channel_id": channel.id,
        "channel_name": payloads.place(channel)["name"], "user_id": user.id, "user_name": user.name,
        "command": name, "text": text, "api_app_id": platform.world.app_id,
        "is_enterprise_install": "true" if app.org_wide else "false",
        "response_url": platform.hook(exchange), "trigger_id": platform.trigger(exchange),
    }  # fmt: skip
    if team.enterprise:
        payload |= {"enterprise_id": team.enterprise.id, "enterprise_name": team.enterprise.name}
    platform.deliver("slash_commands", "slash_commands", payload, exchange)


def action(platform: "Platform", exchange: Exchange, holder: Message | View, done: Json) -> None:
    """Send a block action."""
    app = installed(platform, exchange.user, exchange.channel)
    payload = _common(platform, exchange, app, "block_actions") | {"actions": [done]}
    if isinstance(holder, Message):
        where: Json = {"type": "message", "message_ts": holder.ts, "channel_id": holder.channel.id}
        where["is_ephemeral"] = holder.ephemeral
        if holder.thread_ts:
            where["thread_ts"] = holder.thread_ts
        payload |= {"container": where, "channel": payloads.place(holder.channel), "state": {"values": holder.state}}
        payload["response_url"] = platform.hook(exchange)
        if not holder.ephemeral:
            payload["message"] = platform.message_json(holder)
    else:
        shown = views.as_json(platform, app, holder)
        payload |= {"container": {"type": "view", "view_id": holder.id}, "view": shown, "state": shown["state"]}
    platform.deliver("interactive", "block_actions", payload, exchange)


def shortcut(platform: "Platform", exchange: Exchange, callback_id: str) -> None:
    """Send a global shortcut, or one of a message if the exchange has one as its source."""
    app = installed(platform, exchange.user, exchange.channel)
    message = exchange.source
    kind = "message_action" if isinstance(message, Message) else "shortcut"
    payload = _common(platform, exchange, app, kind)
    payload |= {"callback_id": callback_id, "action_ts": platform.world.ids.ts()}
    if isinstance(message, Message):
        payload |= {"message": platform.message_json(message), "message_ts": message.ts}
        payload |= {"channel": payloads.place(message.channel), "response_url": platform.hook(exchange)}
    platform.deliver("interactive", "", payload, exchange)


def submission(platform: "Platform", exchange: Exchange, view: View) -> None:
    """Send a form."""
    app = installed(platform, exchange.user, None)
    payload = _common(platform, exchange, app, "view_submission")
    payload |= {"view": views.as_json(platform, app, view), "response_urls": []}
    platform.deliver("interactive", "view_submission", payload, exchange)


def closing(platform: "Platform", exchange: Exchange, view: View, *, cleared: bool) -> None:
    """Tell that a form was closed."""
    app = installed(platform, exchange.user, None)
    payload = _common(platform, exchange, app, "view_closed")
    del payload["trigger_id"]
    payload |= {"view": views.as_json(platform, app, view), "is_cleared": cleared}
    platform.deliver("interactive", "", payload, exchange)


def suggestion(platform: "Platform", exchange: Exchange, holder: Message | View, element: Json, value: str) -> None:
    """Ask for the options of an external select."""
    app = installed(platform, exchange.user, exchange.channel)
    payload = _common(platform, exchange, app, "block_suggestion") | element | {"value": value}
    del payload["trigger_id"]
    if isinstance(holder, View):
        payload |= {"view": views.as_json(platform, app, holder)}
        payload["container"] = {"type": "view", "view_id": holder.id}
    else:
        payload |= {"channel": payloads.place(holder.channel), "message": platform.message_json(holder)}
        payload["container"] = {"type": "message", "message_ts": holder.ts, "channel_id": holder.channel.id}
    platform.deliver("interactive", "block_suggestion", payload, exchange)


def _common(platform: "Platform", exchange: Exchange, app: Installation, kind: str) -> Json:
    user = exchange.user
    own = app.team if exchange.channel and exchange.channel.shared and not app.org_wide else user.team
    team: Json = {"id": own.id, "domain": own.domain}
    payload: Json = {
        "type": kind, "token": "loopback", "api_app_id": platform.world.app_id, "team": team,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team.id},
        "is_enterprise_install": app.org_wide, "trigger_id": platform.trigger(exchange),
    }  # fmt: skip
    if own.enterprise:
        named = {"id": own.enterprise.id, "name": own.enterprise.name}
        team |= {"enterprise_id": named["id"], "enterprise_name": named["name"]}
        payload["enterprise"] = named
    return payload
