"""What our messages say about themselves, for us alone: which part of which turn they show.

Where Slack does not say whether it took a message, and after a restart, this is how it is known again.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bots.slack import controls

Json = Mapping[str, Any]
SHOWN, SKETCH = "story_shown", "story_sketch"
"""The two kinds: what stands for good, and what is still being written."""
FIRST: Final = "0"
"""The part that every turn has."""


@dataclass(frozen=True)
class Standing:
    """A message that is there: for good, or as a sketch that waits for its last words."""

    ts: str
    done: bool


def mark(turn: str, part: str, *, sketch: bool = False) -> dict[str, Any]:
    """The metadata of a message. The turn's id is not in it, only what it is known by."""
    kind = SKETCH if sketch else SHOWN
    return {"event_type": kind, "event_payload": {"turn": _known(turn), "part": part}}


def standing(messages: Iterable[Json], turn: str) -> dict[str, Standing]:
    """Which parts of a turn are among these messages. Each is there once; of two, what stands for good counts."""
    found: dict[str, Standing] = {}
    for each in messages:
        part, done = _read(each, turn)
        if part and (part not in found or done):
            found[part] = Standing(str(each["ts"]), done)
    return found


def _read(message: Json, turn: str) -> tuple[str, bool]:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") in (SHOWN, SKETCH) and payload.get("turn") == _known(turn):
        return str(payload.get("part") or ""), metadata["event_type"] == SHOWN
    return (FIRST, False) if _stops(message, turn) else ("", False)


def _stops(message: Json, turn: str) -> bool:
    """Whether it has the turn's Stop button: a stream can have no metadata before its end."""
    elements = (element for block in message.get("blocks") or () for element in block.get("elements") or ())
    pressed = (controls.read(each) for each in elements if isinstance(each, dict))
    return any(each is not None and each.control is controls.STOP and each.about == turn for each in pressed)


def _known(turn: str) -> str:
    return hashlib.sha256(turn.encode()).hexdigest()[:24]
