"""Filling in fields and using elements: from what a person picks to what a payload says."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.loopback.slack.errors import DriverError
from tests.loopback.slack.markup import readable
from tests.loopback.slack.message import elements
from tests.loopback.slack.rules import Json
from tests.loopback.slack.world import Channel, User

Answer = str | bool | User | Channel | Sequence[str] | Sequence[User] | Sequence[Channel] | None
"""What a person puts into a field: text, the label or value of an option, people, channels; several where it may."""

_IDS = {"users": "selected_user", "conversations": "selected_conversation", "channels": "selected_channel"}
_MOMENTS = {"datepicker": "selected_date", "timepicker": "selected_time", "datetimepicker": "selected_date_time"}
_WORDS = ("plain_text_input", "number_input", "email_text_input", "url_text_input")


def initial(blocks: list[Json]) -> dict[str, dict[str, Json]]:
    """The state of all input blocks as they are shown first."""
    found: dict[str, dict[str, Json]] = {}
    for block, element in elements(blocks):
        if block["type"] == "input":
            found.setdefault(block["block_id"], {})[element["action_id"]] = _initial(element)
    return found


def _initial(element: Json) -> Json:
    kind = element["type"]
    key = _key(kind)
    many = key.endswith("s") and key != "value"
    given = element.get("initial_" + key.removeprefix("selected_")) if key != "value" else element.get("initial_value")
    return {"type": kind, key: given if given is not None else [] if many else None}


def _key(kind: str) -> str:
    """Where the state of an element keeps what was picked."""
    if kind in _WORDS:
        return "value"
    if kind in _MOMENTS:
        return _MOMENTS[kind]
    if kind == "rich_text_input":
        return "rich_text_value"
    if kind == "file_input":
        return "files"
    many = kind.startswith("multi_") or kind == "checkboxes"
    whom = kind.removeprefix("multi_").removesuffix("_select")
    return _IDS.get(whom, "selected_option") + ("s" if many else "")


def filled(blocks: list[Json], given: Mapping[str, Answer], kept: Json) -> dict[str, dict[str, Any]]:
    """The state of a form after a person filled in fields by label, block id or action id.

    Raises DriverError for a field or option that is not there, for a text that is too long or short, and for a
    required field that is left empty: Slack's client does not send these.
    """
    state = {block: dict(inner) for block, inner in kept.items()}
    fields = [(b, e) for b, e in elements(blocks) if b["type"] == "input" or e["type"] not in ("button", "overflow")]
    for name, answer in given.items():
        block, element = _field(fields, name)
        state.setdefault(block["block_id"], {})[element["action_id"]] = picked(element, answer)
    for block, element in fields:
        value = state.get(block["block_id"], {}).get(element["action_id"]) or {}
        empty = not any(given for key, given in value.items() if key != "type")
        if block["type"] == "input" and not block.get("optional") and empty:
            raise DriverError(f"the field {readable(block['label']['text'])!r} is required")
    return state


def _field(fields: list[tuple[Json, Json]], name: str) -> tuple[Json, Json]:
    for block, element in fields:
        label = readable(str((block.get("label") or block.get("text") or {}).get("text", "")))
        if name in (label, block["block_id"], element["action_id"]):
            return block, element
    labels = [readable(str((block.get("label") or {}).get("text", block["block_id"]))) for block, _ in fields]
    raise DriverError(f"no field {name!r}; there are {labels}")


def picked(element: Json, answer: Answer) -> Json:
    """The state of an element after a person used it."""
    kind, key = element["type"], _key(element["type"])
    if key in ("value", "rich_text_value") or kind in _MOMENTS:
        return {"type": kind, key: _written(element, answer)}
    many = key.endswith("s")
    answers = answer if isinstance(answer, list | tuple) else [answer]
    if key.startswith("selected_option"):
        chosen: list[Any] = [_option(element, each) for each in answers if each is not None]
    else:
        chosen = [each.id if isinstance(each, User | Channel) else each for each in answers if each is not None]
    most = element.get("max_selected_items")
    if most and len(chosen) > most:
        raise DriverError(f"{len(chosen)} picked in {element['action_id']!r}; {most} are allowed")
    return {"type": kind, key: chosen if many else (chosen[0] if chosen else None)}


def _written(element: Json, answer: Answer) -> Any:
    if answer is None or not isinstance(answer, str):
        return answer
    low, high = element.get("min_length") or 0, element.get("max_length") or 3000
    if element["type"] == "plain_text_input" and not (low <= len(answer) <= high or not answer):
        raise DriverError(f"{len(answer)} characters in {element['action_id']!r}; {low} to {high} are allowed")
    return answer or None


def _option(element: Json, answer: object) -> Json:
    options: list[Json] = list(element.get("options") or [])
    options += [each for group in element.get("option_groups") or [] for each in group["options"]]
    for each in options:
        if answer in (readable(each["text"]["text"]), each.get("value")):
            return each
    if element["type"].endswith("external_select") and isinstance(answer, dict):
        return answer
    labels = [each["text"]["text"] for each in options]
    raise DriverError(f"{element['action_id']!r} has no option {answer!r}; there are {labels}")


def element_of(blocks: list[Json], name: str, kinds: tuple[str, ...] = ()) -> tuple[Json, Json]:
    """The block and the element with this action id, label or placeholder. Raises DriverError if there is none."""
    found = []
    for block, element in elements(blocks):
        label = element.get("text") or element.get("placeholder") or block.get("label") or {}
        text = readable(label.get("text", "")) if isinstance(label, dict) else ""
        if not kinds or element["type"] in kinds:
            found.append(text or element["action_id"])
            if name in (element["action_id"], text):
                return block, element
    raise DriverError(f"no {'/'.join(kinds) or 'element'} {name!r}; there are {found}")


def pressed(block: Json, element: Json, at: str) -> Json:
    """A button as a block action says it."""
    action = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    action |= {key: element[key] for key in ("text", "value", "style", "url", "confirm") if key in element}
    return action | {"action_ts": at}
