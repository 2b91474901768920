"""The numbers that this Slack goes by. Tests compress them."""

from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
"""An object as it travels."""

Validation = Literal["now", "deferred", "off"]

SCOPES = (
    "app_mentions:read", "assistant:write", "channels:history", "channels:join", "channels:read", "chat:write",
    "chat:write.public", "commands", "files:read", "files:write", "groups:history", "groups:read", "groups:write",
    "im:history", "im:read", "im:write", "mpim:history", "mpim:read", "mpim:write", "pins:write", "reactions:write",
    "team:read", "users:read",
)  # fmt: skip
"""What an installation may do unless the manifest or `scopes` says otherwise."""

EVENTS = (
    "app_home_opened", "app_mention", "app_uninstalled", "assistant_thread_context_changed",
    "assistant_thread_started", "channel_archive", "channel_deleted", "member_joined_channel", "member_left_channel",
    "message.channels", "message.groups", "message.im", "message.mpim", "reaction_added", "tokens_revoked",
)  # fmt: skip
"""What the application hears of unless the manifest says otherwise."""


@dataclass(frozen=True)
class Rules:
    """Every knob of the loopback Slack. Times are in seconds."""

    app_name: str = "Storycircle"
    command: str = "/story"
    manifest: Json | None = None
    """The application's manifest: scopes, events, commands and shortcuts are then those and no others."""
    scopes: tuple[str, ...] = ()
    """Scopes of every installation; () takes those of the manifest, or `SCOPES`."""
    client_id: str = "1111111111.2222222222"
    client_secret: str = "loopback-client-secret"
    signing_secret: str = "loopback-signing-secret"
    app_token: str = "xapp-1-A0LOOPBACK-1111111111-loopback"
    token_rotation: bool = False
    """Tokens of OAuth expire after `token_life` and come with a refresh token."""
    token_life: float = 43200.0

    ack_deadline: float = 3.0
    trigger_life: float = 3.0
    hook_life: float = 1800.0
    """Life of a response_url, and of how often it may be used:"""
    hook_uses: int = 5
    stream_life: float = 300.0
    """A stream is closed so long after its start, even while the application appends."""
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    """When an event that was not acknowledged comes again, each after the deadline or failure before it."""
    signature_window: float = 300.0
    connections: int = 10
    """Open Socket Mode connections; one more gets `too_many_websockets`."""

    ratelimit_scale: float = 1.0
    """Multiplies the minute (and the second of chat.postMessage) of every limit; 0 switches rate limits off."""
    post_burst: int = 5
    """chat.postMessage in one channel: so many at once, then one a second."""

    echo: bool = True
    """The application hears of its own messages too, as on Slack."""
    allowed: tuple[str, ...] = ("channel", "date")
    """Kinds of reference that may resolve in a text: `everyone`, `group`, `user`, `channel`, `link`, `date`."""
    allowed_links: tuple[str, ...] = ()
    """Links may begin with one of these; permalinks of this Slack may always stand."""

    validate: Validation = "now"
    """`deferred` keeps every payload and validates at the end; then wrong bodies are not refused."""
    check: bool = True
    """Leaving the context asserts that there are no violations."""
