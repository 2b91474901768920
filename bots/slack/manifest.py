"""The application's manifest: what Slack has to know of us, drawn up from the table of operations.

`python -m bots slack-manifest` prints it; `deploy/slack-manifest.json` is kept the same by a test.
"""

import json
from typing import Any, Final

from bots.slack.controls import GLOBAL_SHORTCUTS, SHORTCUTS
from core.operation import OPERATIONS
from core.wording import said

Json = dict[str, Any]
NAME, COMMAND = "Storycircle", "/story"
EVENTS_PATH, INSTALL_PATH, REDIRECT_PATH = "/slack/events", "/slack/install", "/slack/oauth_redirect"
"""Where Slack's requests, people who want to add the bot, and those who have, come in."""

SCOPES: Final = {
    "app_mentions:read": said("to hear its name in a story's thread, where Slack has no commands"),
    "assistant:write": said("to rehearse with one person alone, as what Slack calls an agent"),
    "chat:write": said("to post passages"),
    "commands": said("to have /story and the entries in a message's menu"),
    "files:write": said("to send a long text as a file"),
    "channels:history": said("to see whether a passage of its own arrived, where Slack did not say so"),
    "groups:history": said("the same in private channels"),
    "mpim:history": said("the same in conversations of a few people"),
    "im:history": said("to hear what is said to it in a direct message"),
    "im:write": said("to open a direct message, for what only one person may see"),
    "users:read": said("to know names, languages, and who manages the workspace"),
}
"""What the bot may do in a workspace, and why; nothing that it does not need."""

EVENTS: Final = (*("app_home_opened", "app_mention", "app_uninstalled", "message.im", "tokens_revoked"),)
"""What the bot is told of."""

MESSAGES: Final = ("message.channels", "message.groups")
"""What the bot is told of besides, where ordinary messages are to count as passages,"""
MARKS: Final = {"reactions:write": said("to mark an ordinary message that became a passage")}
"""and what it may do besides."""

PROMPTS: Final = (
    (said("Begin a story"), "start The Lamp of Harrow Bay | a girl finds a lamp that will not go out"),
    (said("Let the storyteller write on"), "continue"),
    (said("Polish the last passage"), "refine more tension"),
    (said("What happened so far?"), "recap"),
)
"""What can be said to the bot alone: shown, and sent when it is pressed. Slack shows four at most."""

_SUMMARY = said("Tell one story, together")
_DESCRIPTION = "One story, told together: your channel adds passages, a storyteller continues, refines and explains."
_LONG = (
    "Storycircle helps a channel tell one story together. Begin with /story start, add your own passages, and let the "
    "storyteller continue, refine a passage without changing what happens, or explain it with the passages that say "
    "so. Every text passes moderation before it is posted, every step can be taken back, and nothing that anybody "
    "wrote is lost. In threads, where Slack has no commands, say @Storycircle continue, or use the buttons."
)


def manifest(url: str | None = None, *, messages: bool = False) -> Json:
    """The manifest: for Socket Mode, or for HTTP where the internet reaches us at `url`.

    With `messages`, Slack tells the bot of ordinary messages too, in the channels that it was invited to.

    Token rotation and installation in whole organisations need the OAuth pages, so they go with a `url`.
    """
    address = url.rstrip("/") if url else None
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": NAME,
            "description": _DESCRIPTION,
            "long_description": _LONG,
            "background_color": "#26324a",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": NAME, "always_online": True},
            "agent_view": {
                "agent_description": str(said("Rehearse a story alone with the storyteller.")),
                "suggested_prompts": [{"title": str(title), "message": message} for title, message in PROMPTS],
            },
            "shortcuts": [*_shortcuts("message", SHORTCUTS), *_shortcuts("global", GLOBAL_SHORTCUTS)],
            "slash_commands": [_command(address)],
        },
        "oauth_config": ({"redirect_urls": [address + REDIRECT_PATH]} if address else {})
        | {"scopes": {"bot": [*SCOPES, *(MARKS if messages else ())]}},
        "settings": {
            "event_subscriptions": _reached(address, "request_url")
            | {"bot_events": [*EVENTS, *(MESSAGES if messages else ())]},
            "interactivity": {"is_enabled": True} | _reached(address, "request_url", "message_menu_options_url"),
            "org_deploy_enabled": address is not None,
            "socket_mode_enabled": address is None,
            "token_rotation_enabled": address is not None,
        },
    }


def printed(url: str | None = None, *, messages: bool = False) -> str:
    """The manifest as it is pasted into Slack."""
    return json.dumps(manifest(url, messages=messages), indent=2, ensure_ascii=False) + "\n"


def usage_hint() -> str:
    """The first words of all operations, as they are typed behind the command."""
    return " | ".join(dict.fromkeys(name.partition(" ")[0] for name in OPERATIONS))


def _command(address: str | None) -> Json:
    told = {"command": COMMAND, "description": str(_SUMMARY), "usage_hint": usage_hint(), "should_escape": True}
    return told | _reached(address, "url")


def _shortcuts(kind: str, named: dict[str, Any]) -> list[Json]:
    return [
        {"name": str(name), "type": kind, "callback_id": callback_id, "description": str(name)}
        for callback_id, name in named.items()
    ]


def _reached(address: str | None, *names: str) -> Json:
    return dict.fromkeys(names, address + EVENTS_PATH) if address else {}
