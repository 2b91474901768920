"""From what Slack sends to places, contributors and turns. Nothing here waits, and nothing is looked up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from slack_bolt.context.async_context import AsyncBoltContext

from bots.slack.people import Person
from core.place import Contributor, Place, Turn

if TYPE_CHECKING:  # the client tells whoever watches of this platform, by its name here
    from bots.slack.client import Client

PLATFORM = "slack"
Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who asks for something, and where: one command, mention, press, or form."""

    id: str
    """The same for every delivery of it."""
    client: "Client"
    """Speaks for the workspace in which the application is installed."""
    workspace: str
    user: str
    user_team: str = ""
    user_name: str = ""
    """As they log in; what they are called comes from `People`."""
    channel: str = ""
    thread: str = ""
    """The thread in which it was asked for, by its parent's ts."""
    message: str = ""
    """The ts of the message that it is about: whose button was pressed, or that was typed."""
    response_url: str = ""
    trigger: str = ""
    bot: str = ""
    """The bot's own user id."""

    @property
    def direct(self) -> bool:
        """The person is alone with the bot."""
        return self.channel.startswith("D")

    @property
    def home(self) -> bool:
        """As far as Slack said, the person belongs to the workspace."""
        return not self.user_team or self.user_team in self.workspace.split(":")

    def place(self, thread: str) -> Place:
        """The place of the channel, or of a thread that has its own story."""
        return Place(platform=PLATFORM, workspace=self.workspace, channel=self.channel, thread=thread)


@dataclass(frozen=True)
class Pointed:
    """What a turn is about: a passage under which a button was pressed, or a message."""

    about: int | None = None
    source: str = ""


NOTHING = Pointed()


def turn(asked: Asked, place: Place, person: Person, pointed: Pointed = NOTHING) -> Turn:
    """The turn that was asked for. People of other workspaces have ids of their own kind, and run nothing here."""
    stranger = person.stranger
    team = person.team or asked.user_team or "elsewhere"
    return Turn(
        id=asked.id,
        place=place,
        contributor=Contributor(f"{team}:{asked.user}" if stranger else asked.user, person.name),
        admin=not stranger and (person.admin or asked.direct),
        roles=frozenset() if stranger else frozenset({asked.user}),  # Slack has no roles; moderators are named
        language=person.locale,
        here=person.locale,
        about=pointed.about,
        source=pointed.source,
        local=True,
        dedicated=True,  # a story has its own thread, in which messages may count
    )


def workspace(context: AsyncBoltContext) -> str:
    """The key of the workspace whose installation was asked: its id, behind that of its organisation if it has one."""
    found = context.authorize_result
    enterprise = (found.enterprise_id if found else None) or context.enterprise_id
    team = context.team_id if context.is_enterprise_install else (found.team_id if found else None) or context.team_id
    return f"{enterprise}:{team or ''}" if enterprise else team or ""


def of_command(context: AsyncBoltContext, body: Json) -> Asked:
    """A slash command."""
    return replace(
        _common(context),
        id=f"command {body['trigger_id']}",
        user=body["user_id"],
        user_team=body.get("team_id") or "",
        user_name=body.get("user_name") or "",
        channel=body["channel_id"],
        response_url=body.get("response_url") or "",
        trigger=body["trigger_id"],
    )


def of_message(context: AsyncBoltContext, event: Json) -> Asked:
    """A mention, or a message to the bot alone: both events of one message are the same request."""
    return replace(
        _common(context),
        id=f"message {event['channel']}:{event['ts']}",
        user=event.get("user") or "",
        user_team=event.get("user_team") or event.get("team") or "",
        channel=event["channel"],
        thread=event.get("thread_ts") or "",
        message=event["ts"],
    )


def of_action(context: AsyncBoltContext, body: Json) -> Asked:
    """A pressed button, in a message or in a view."""
    container, message = body.get("container") or {}, body.get("message") or {}
    action = (body.get("actions") or [{}])[0]
    return replace(
        _interactive(context, body),
        id=f"action {body.get('trigger_id') or action.get('action_ts')}",
        channel=(body.get("channel") or {}).get("id") or container.get("channel_id") or "",
        thread=container.get("thread_ts") or message.get("thread_ts") or "",
        message=container.get("message_ts") or "",
    )


def of_shortcut(context: AsyncBoltContext, body: Json) -> Asked:
    """An entry in a message's menu, or one that is everywhere."""
    message = body.get("message") or {}
    return replace(
        _interactive(context, body),
        id=f"shortcut {body.get('trigger_id') or body.get('action_ts')}",
        channel=(body.get("channel") or {}).get("id") or "",
        thread=message.get("thread_ts") or "",
        message=body.get("message_ts") or "",
    )


def of_form(context: AsyncBoltContext, body: Json, *, channel: str, thread: str) -> Asked:
    """A form that was sent; where it belongs is written in it. One that was refused may be sent again."""
    view = body["view"]
    sent = f"form {view['id']} {body.get('trigger_id') or ''}".strip()
    return replace(_interactive(context, body), id=sent, channel=channel, thread=thread)


def _interactive(context: AsyncBoltContext, body: Json) -> Asked:
    user = body.get("user") or {}
    return replace(
        _common(context),
        user=user.get("id") or "",
        user_team=user.get("team_id") or "",
        user_name=user.get("name") or user.get("username") or "",
        response_url=body.get("response_url") or "",
        trigger=body.get("trigger_id") or "",
    )


def _common(context: AsyncBoltContext) -> Asked:
    return Asked(
        id="",
        client=context["client"],
        workspace=workspace(context),
        user=context.user_id or "",
        bot=context.bot_user_id or "",
    )
