"""Forms for long texts. All that a form knows is written in it, so one opened before a restart can be sent after it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from bots import sentences
from bots.sentences import speak
from bots.slack import wording
from bots.slack.layout import label
from bots.slack.markup import escaped
from core.operation import OPERATIONS, Param

CALLBACK = "story:form"
WHERE = "where"
_LONGEST = 3000
_ASKS = {
    ("refine", "how"): sentences.FORM_REFINE,
    ("report", "reason"): sentences.FORM_REPORT,
    ("rate", "reason"): sentences.FORM_RATE,
}
Json = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """What a form asks for: an operation, where it belongs, what it is about, and what was given already."""

    operation: str
    channel: str = ""
    """Asked for in the form if it is empty."""
    thread: str = ""
    about: int | None = None
    source: str = ""
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def written(self) -> str:
        """Everything about it, to be read again when it is sent."""
        return json.dumps({key: value for key, value in asdict(self).items() if value}, ensure_ascii=False)

    def shown(self, locale: str) -> Json:
        """The form as Slack shows it."""
        blocks = [self._field(each, locale) for each in asked(self.operation)]
        if not self.channel:
            blocks.append(_where(locale))
        kept = replace(self, given={}) if len(self.written) > _LONGEST else self
        return {
            "type": "modal",
            "callback_id": CALLBACK,
            "private_metadata": kept.written,
            "title": _text(f"/story {self.operation}", 24),
            "submit": _text(speak(wording.SEND, locale), 24),
            "close": _text(speak(wording.CANCEL, locale), 24),
            "blocks": blocks,
        }

    def _field(self, param: Param, locale: str) -> Json:
        ask = _ASKS.get((self.operation, param.name), param.description)
        element: Json = {
            "type": "plain_text_input",
            "action_id": param.name,
            "multiline": param.lines or param.max_length > 100,
            "max_length": min(param.max_length, _LONGEST),
        }
        if param.name in self.given:
            element["initial_value"] = self.given[param.name][: element["max_length"]]
        return {
            "type": "input",
            "block_id": param.name,
            "optional": not param.required,
            "label": _text(speak(ask, locale), 150),
            "element": element,
        }


def asked(operation: str) -> tuple[Param, ...]:
    """The parameters that a form of this operation asks for: all of a beginning, else the one of several lines."""
    params = OPERATIONS[operation].params
    if operation == "start":
        return params
    params = tuple(each for each in params if not each.number and not each.choices) or params
    return (next((each for each in params if each.lines), params[0]),)


def read(written: str) -> Form | None:
    """The form that was written so; None if it is none of ours."""
    try:
        form = Form(**json.loads(written))
    except (ValueError, TypeError):
        return None
    return form if form.operation in OPERATIONS else None


def values(view: Mapping[str, Any]) -> dict[str, str]:
    """What was put into the fields of a form, by their names."""
    found: dict[str, str] = {}
    for fields in ((view.get("state") or {}).get("values") or {}).values():
        for name, state in fields.items():
            value = state.get("value") or state.get("selected_conversation")
            if isinstance(value, str) and value.strip():
                found[name] = value
    return found


def wants_form(operation: str, arguments: Mapping[str, str]) -> bool:
    """Whether something is missing that is better asked for in a form."""
    params = OPERATIONS[operation].params
    long = operation == "start" or any(each.lines for each in params)
    return long and any(each.required and each.name not in arguments for each in asked(operation))


def _where(locale: str) -> Json:
    element = {
        "type": "conversations_select",
        "action_id": WHERE,
        "default_to_current_conversation": True,
        "filter": {"include": ["public", "private", "im", "mpim"], "exclude_bot_users": False},
    }
    return {
        "type": "input",
        "block_id": WHERE,
        "label": _text(speak(wording.FORM_WHERE, locale), 150),
        "element": element,
    }


def _text(text: str, most: int) -> Json:
    return {"type": "plain_text", "text": escaped(label(text, most=most)), "emoji": False}
