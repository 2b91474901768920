"""Requests on their way out: every text in them goes through the storyteller's last door."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core.release import Door

Json = Any
"""A JSON value."""


async def released(door: Door, payload: Json, *, unseen: frozenset[str]) -> Json:
    """The payload as it may be sent: texts that may not be shown replaced, everything else as it was.

    Every string counts as text, but for those under the keys in `unseen`: ids, addresses, words of the protocol.
    Raises `StoreError` if it cannot be kept that they may be shown; then the payload must not be sent.
    """
    shown = await door.released(list(texts(payload, unseen)))
    held = {text: instead for text, instead in shown.items() if text != instead}
    return _with(payload, unseen, lambda text: held.get(text, text)) if held else payload


def texts(payload: Json, unseen: frozenset[str]) -> Iterator[str]:
    """Every text in a payload."""
    if isinstance(payload, str):
        yield payload
    elif isinstance(payload, Mapping):
        for key, value in payload.items():
            if not _technical(key, payload, unseen):
                yield from texts(value, unseen)
    elif isinstance(payload, list | tuple):
        for value in payload:
            yield from texts(value, unseen)


def _with(payload: Json, unseen: frozenset[str], change: Callable[[str], str]) -> Json:
    if isinstance(payload, str):
        return change(payload)
    if isinstance(payload, Mapping):
        return {
            key: value if _technical(key, payload, unseen) else _with(value, unseen, change)
            for key, value in payload.items()
        }
    if isinstance(payload, list | tuple):
        return [_with(value, unseen, change) for value in payload]
    return payload


def _technical(key: str, around: Mapping[str, Json], unseen: frozenset[str]) -> bool:
    """Whether what stands under `key` is not read by anybody. The value of a choice is not: its name is."""
    return key in unseen or (key == "value" and not around.keys().isdisjoint({"label", "name", "text"}))
