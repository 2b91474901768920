"""The numbers that this Discord goes by. Tests compress them."""

from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
"""An object as it travels."""

Validation = Literal["now", "deferred", "off"]


@dataclass(frozen=True)
class Rules:
    """Every knob of the loopback Discord. Times are in seconds."""

    token: str = "loopback-bot-token"
    name: str = "Storycircle"
    shards: int = 1
    """What `/gateway/bot` recommends."""
    session_starts: int = 1000
    """IDENTIFYs left today."""
    identify_interval: float = 0.0
    """Least time between two IDENTIFYs (5 s on Discord); an earlier one gets op 9. 0 lets all pass."""
    heartbeat_interval: float = 41.25
    privileged: tuple[str, ...] = ()
    """Privileged intents switched on for the application: `message_content`, `members`, `presences`."""

    ack_deadline: float = 3.0
    token_life: float = 900.0
    nonce_life: float = 180.0
    """For how long a nonce gives the first message back; Discord says \"the past few minutes\"."""
    follow_ups: int = 5
    """Follow-ups to an interaction of an app that only the user has installed."""

    ratelimit_scale: float = 1.0
    """Multiplies the length of every rate limit window; 0 switches rate limits off."""
    global_limit: int = 50
    """Requests a second outside of interactions; they are counted in a scaled second."""
    old_after: float = 3600.0
    old_edits: int = 3
    """Edits allowed to a message older than `old_after`; after these 30046 answers."""
    file_limit: int = 10 * 1024 * 1024

    validate: Validation = "now"
    """`deferred` keeps every payload and validates at the end; then wrong bodies are not refused with 50035."""
    check: bool = True
    """Leaving the context asserts that there are no violations."""
