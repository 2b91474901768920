"""Forms for long texts. All that a form knows is in its id, so one opened before a restart can be sent after it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import discord

from bots import sentences
from bots.discord.layout import label
from bots.sentences import speak
from core.operation import OPERATIONS, Param

PREFIX = "form"
_LIFE = 900.0
_ASKS = {"refine": sentences.FORM_REFINE, "report": sentences.FORM_REPORT, "rate": sentences.FORM_RATE}


@dataclass(frozen=True)
class Form:
    """What a form asks for: an operation, the passage or message that it is about, and what was given already."""

    operation: str
    about: int | None = None
    source: str = ""
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def custom_id(self) -> str:
        """Everything about it, to be read again when it is sent. At most 100 characters."""
        given = urlencode(self.given) if self.given else ""
        return f"{PREFIX}:{self.operation}:{self.about or ''}:{self.source}:{given}"[:100]

    def shown(self, locale: str, title: str) -> discord.ui.Modal:
        """The form as Discord shows it: one field for the operation's text."""
        param = asked(self.operation)
        modal = discord.ui.Modal(title=label(title, most=45), custom_id=self.custom_id, timeout=_LIFE)
        text = discord.ui.TextInput[discord.ui.Modal](
            style=discord.TextStyle.paragraph,
            custom_id=param.name,
            required=param.required,
            max_length=min(param.max_length, 4000),
        )
        ask = _ASKS.get(self.operation, param.description)
        return modal.add_item(discord.ui.Label(text=label(speak(ask, locale), most=45), component=text))


def asked(operation: str) -> Param:
    """The parameter that a form of this operation asks for: the one of several lines, or else the first text."""
    every = OPERATIONS[operation].params
    params = [each for each in every if not each.number and not each.choices] or every
    return next((each for each in params if each.lines), params[0])


def read(custom_id: str) -> Form | None:
    """The form of this id; None if it is none of ours."""
    prefix, *rest = custom_id.split(":", 4)
    if prefix != PREFIX or len(rest) != 4 or rest[0] not in OPERATIONS:
        return None
    operation, about, source, given = rest
    return Form(operation, int(about) if about.isdigit() else None, source, dict(parse_qsl(given)))


def values(interaction: discord.Interaction) -> dict[str, str]:
    """What was typed into the fields of a form, by their ids."""
    data: Any = interaction.data or {}
    return dict(_typed(data.get("components") or []))


def _typed(components: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for each in components:
        if isinstance(each.get("value"), str):
            yield each["custom_id"], each["value"]
        yield from _typed(each.get("components") or [])
        if isinstance(each.get("component"), dict):
            yield from _typed([each["component"]])
