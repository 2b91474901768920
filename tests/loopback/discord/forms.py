"""Buttons, selects and modals as people use them."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.loopback.discord.errors import DriverError
from tests.loopback.discord.exchange import Modal
from tests.loopback.discord.interactions import Resolved
from tests.loopback.discord.message import File, Message, User, walk
from tests.loopback.discord.rules import Json
from tests.loopback.discord.world import Channel, Role

BUTTON, SELECT, TEXT, USERS, ROLES, MENTIONABLES, CHANNELS = 2, 3, 4, 5, 6, 7, 8
LABEL, TEXT_DISPLAY, UPLOAD, RADIO, CHECKBOXES, CHECKBOX = 18, 10, 19, 21, 22, 23
SELECTS = (SELECT, USERS, ROLES, MENTIONABLES, CHANNELS)
Answer = str | bool | Sequence[str | User | Role | Channel | File]
"""What a field of a form may be given: a text, a tick, or what was picked."""


def visible(user: User, message: Message) -> None:
    """Raise `DriverError` unless this person sees the message."""
    if message.deleted:
        raise DriverError("the message was deleted")
    if message.only_for not in (None, user):
        raise DriverError(f"{user.name} does not see this message")


def button(message: Message, which: str) -> Json:
    """The button with this label or custom_id that can be pressed."""
    buttons = [each for each in walk(message.components) if each["type"] == BUTTON]
    for each in buttons:
        if which in (each.get("custom_id"), each.get("label")) and "custom_id" in each:
            if each.get("disabled"):
                raise DriverError(f"the button {which!r} is disabled")
            return each
    raise DriverError(f"no button {which!r}; there are {[each.get('label') for each in buttons]}")


def select(message: Message, which: str | None) -> Json:
    """The select with this custom_id or placeholder; the only one when nothing is said."""
    selects = [each for each in walk(message.components) if each["type"] in SELECTS]
    for each in selects:
        if which in (each["custom_id"], each.get("placeholder")) or (which is None and len(selects) == 1):
            if each.get("disabled"):
                raise DriverError(f"the select {which!r} is disabled")
            return each
    raise DriverError(f"no select {which!r}; there are {[each['custom_id'] for each in selects]}")


def picked(component: Json, given: Any, resolved: Resolved) -> list[str]:
    """The values of a select or group, as they travel. Raises `DriverError` for what cannot be picked."""
    values: list[Any] = [given] if isinstance(given, str | User | Role | Channel | File) else list(given)
    low = component.get("min_values", 0 if component.get("required") is False else 1)
    high = component.get("max_values", len(component.get("options", [])) if component["type"] == CHECKBOXES else 1)
    if not low <= len(values) <= high:
        raise DriverError(f"{component['custom_id']} takes {low} to {high} values, not {len(values)}")
    if component["type"] in (SELECT, RADIO, CHECKBOXES):
        return [_option(component, each) for each in values]
    return [resolved.refer(each) for each in values]


def _option(component: Json, value: str) -> str:
    for each in component["options"]:
        if value in (each["value"], each["label"]):
            return str(each["value"])
    raise DriverError(f"no option {value!r}; there are {[each['label'] for each in component['options']]}")


def submission(modal: Modal, given: Mapping[str, Answer], resolved: Resolved) -> list[Json]:
    """The components of a filled-in form, by label or custom_id. Raises `DriverError` for what cannot be sent."""
    left = dict(given)
    known = {key for each in walk(modal.components) for key in (each.get("custom_id"), each.get("label"))}
    if set(left) - known:
        raise DriverError(f"no field {sorted(set(left) - known)}; there are {modal.labels}")
    return [_top(each, left, resolved) for each in modal.components]


def _top(component: Json, left: dict[str, Answer], resolved: Resolved) -> Json:
    base: Json = {"type": component["type"], "id": component["id"]}
    if component["type"] == LABEL:
        return base | {"component": _field(component["component"], component["label"], left, resolved)}
    if component["type"] == TEXT_DISPLAY:
        return base
    inside = component["components"]
    return base | {"components": [_field(each, each.get("label", ""), left, resolved) for each in inside]}


def _field(component: Json, label: str, left: dict[str, Answer], resolved: Resolved) -> Json:
    key = component["custom_id"]
    value = left.pop(key, left.pop(label, None))
    body: Json = {"type": component["type"], "id": component["id"], "custom_id": key}
    if component["type"] == TEXT:
        return body | {"value": _text(component, label, component.get("value", "") if value is None else value)}
    if component["type"] == CHECKBOX:
        return body | {"value": bool(component.get("default") if value is None else value)}
    if value is None:
        value = [each["value"] for each in component.get("options", []) if each.get("default")]
        if not value and component.get("required") is False:
            empty: Json = {"value": None} if component["type"] == RADIO else {"values": []}
            return body | empty
    values = picked(component, value, resolved)
    return body | ({"value": values[0]} if component["type"] == RADIO else {"values": values})


def _text(component: Json, label: str, value: Any) -> str:
    if not isinstance(value, str):
        raise DriverError(f"{label!r} takes text")
    required = component.get("required", True)
    low, high = component.get("min_length", 1 if required else 0), component.get("max_length", 4000)
    if value and not low <= len(value) <= high:
        raise DriverError(f"{label!r} takes {low} to {high} characters, not {len(value)}")
    if required and not value:
        raise DriverError(f"{label!r} is required")
    return value
