"""Buttons and what they mean. All that a button knows is in its ids, so it works after a restart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bots import sentences
from bots.sentences import speak
from bots.slack import wording
from core.reply import Reply
from core.story import Kind

PREFIX = "story"
Json = dict[str, Any]
_MOST_OPTIONS = 100
"""Options of a menu on Slack."""

SHORTCUTS: Final = {
    "explain_passage": sentences.EXPLAIN_THIS,
    "add_message": sentences.ADD_TO_STORY,
    "report_message": sentences.REPORT,
}
"""Callback ids and names of the entries in a message's menu."""
GLOBAL_SHORTCUTS: Final = {"start_story": wording.START}
"""The same for the entries that are everywhere."""


@dataclass(frozen=True)
class Control:
    """A kind of button."""

    act: str
    label: str
    operation: str = ""
    """What it performs; empty for those that do something of their own."""
    form: str = ""
    """The operation whose form it opens."""
    style: str = ""
    argument: str = ""
    """The argument that gets what the button is about, where that is no passage."""
    fixed: tuple[tuple[str, str], ...] = ()
    """Arguments that it always gives, by name."""


CONTINUE: Final = Control("continue", sentences.CONTINUE, "continue", style="primary")
ANOTHER: Final = Control("another", sentences.ANOTHER, "retry")
REFINE: Final = Control("refine", sentences.REFINE, form="refine")
EXPLAIN: Final = Control("explain", sentences.EXPLAIN, "explain")
UNDO: Final = Control("undo", sentences.UNDO, "undo")
GOOD: Final = Control("good", sentences.GOOD, "rate", fixed=(("mark", "good"),))
BAD: Final = Control("bad", sentences.BAD, form="rate", fixed=(("mark", "bad"),))
ADD: Final = Control("add", sentences.ADD, form="add", style="primary")
START: Final = Control("start", wording.START, form="start", style="primary")
SHOW: Final = Control("show", wording.SHOW, "show")
HELP: Final = Control("help", wording.HELP, "help")
APPEAL: Final = Control("appeal", sentences.APPEAL, "review ask", argument="number")
GENTLER: Final = Control("gentler", sentences.GENTLER, "review gentler", argument="number")
POST: Final = Control("post", sentences.POST_GENTLER, "review post", style="primary", argument="number")
APPROVE: Final = Control("approve", sentences.APPROVE, "review approve", style="primary", argument="number")
REWORD: Final = Control("reword", sentences.REWORD, form="review reword", argument="number")
REJECT: Final = Control("reject", sentences.REJECT, form="review reject", style="danger", argument="number")
NEXT: Final = Control("next", sentences.NEXT, "review list", argument="after")
VOICE: Final = Control("voice", wording.VOICE, "settings voice", argument="name")
ACCEPT: Final = Control("accept", sentences.ACCEPT, "review accept", style="primary", argument="number")
OLD: Final = Control("old", sentences.KEEP_OLD, "review keep", argument="number")
STOP: Final = Control("stop", sentences.STOP, style="danger")
OPEN: Final = Control("open", wording.OPEN_FORM, style="primary")
REMOVE: Final = Control("remove", wording.REMOVE, "remove", style="danger")
KEEP: Final = Control("keep", wording.KEEP)
CONTROLS: Final = {
    each.act: each
    for each in (
        *(CONTINUE, ANOTHER, REFINE, EXPLAIN, UNDO, GOOD, BAD, ADD, START, SHOW, HELP, STOP, OPEN, REMOVE, KEEP),
        *(APPEAL, GENTLER, POST, APPROVE, REWORD, REJECT, NEXT, ACCEPT, OLD, VOICE),
    )
}

_UNDER = {
    Kind.CONTINUED: (CONTINUE, ANOTHER, REFINE, EXPLAIN, UNDO, GOOD, BAD),
    Kind.ADDED: (CONTINUE, REFINE, UNDO),
    Kind.REFINED: (CONTINUE, REFINE, UNDO),
    Kind.EDITED: (),  # it may stand anywhere in the story
}


@dataclass(frozen=True)
class Pressed:
    """What a button says: its kind, and what it is about (a passage's id, a turn's, or a form)."""

    control: Control
    about: str

    @property
    def passage(self) -> int | None:
        """The passage that it is about."""
        return int(self.about) if self.about.isdecimal() and self.about.isascii() else None


def read(action: Json) -> Pressed | None:
    """What a pressed button or a select says; None if it is none of ours."""
    prefix, _, act = str(action.get("action_id", "")).partition(":")
    if prefix != PREFIX or act not in CONTROLS:
        return None
    about = str(action.get("value") or (action.get("selected_option") or {}).get("value") or "")
    return Pressed(CONTROLS[act], "" if about == "-" else about)


def buttons(reply: Reply, locale: str) -> list[Json]:
    """The buttons under a public reply, as blocks: what can be done next."""
    if reply.private:
        return []
    if reply.passage is not None and reply.passage.proposal is not None:
        return row((ACCEPT, OLD), str(reply.passage.proposal), locale)
    if reply.passage is not None:
        under = _UNDER[reply.passage.kind]
        return row(under, str(reply.passage.id), locale) if under else []
    return row((ADD, CONTINUE), "", locale) if opens(reply) else []


def aside(reply: Reply, locale: str) -> list[Json]:
    """The buttons under a private reply, or what can be picked there, as blocks."""
    if reply.review is not None:
        return row((APPROVE, REWORD, REJECT, NEXT), str(reply.review), locale)
    if reply.gentler is not None:
        return row((POST, APPEAL), str(reply.gentler), locale)
    return [{"type": "actions", "elements": [_select(VOICE, reply.voices, locale)]}] if reply.voices else []


def appeal_buttons(number: int, locale: str) -> list[Json]:
    """The buttons under what tells an author that a text was kept back, as blocks."""
    return row((GENTLER, APPEAL), str(number), locale)


def opens(reply: Reply) -> bool:
    """Whether it is the beginning of a story, or one that was taken up again."""
    return not reply.private and reply.passage is None and bool(reply.blocks) and reply.blocks[0].shape == "title"


def stop_button(turn_id: str, locale: str) -> list[Json]:
    """The button under what is being written."""
    return row((STOP,), turn_id, locale)


def row(controls: tuple[Control, ...], about: str, locale: str) -> list[Json]:
    """These buttons in a row, as blocks."""
    return [{"type": "actions", "elements": [_button(each, about, locale) for each in controls]}]


def _button(control: Control, about: str, locale: str) -> Json:
    button: Json = {
        "type": "button",
        "action_id": f"{PREFIX}:{control.act}",
        "value": about or "-",
        "text": {"type": "plain_text", "text": speak(control.label, locale)[:75]},
    }
    return button | ({"style": control.style} if control.style else {})


def _select(control: Control, values: Sequence[str], locale: str) -> Json:
    """A menu of values; the one that is picked is what the control is then about."""
    return {
        "type": "static_select",
        "action_id": f"{PREFIX}:{control.act}",
        "placeholder": {"type": "plain_text", "text": speak(control.label, locale)[:150]},
        "options": [
            {"text": {"type": "plain_text", "text": each[:75]}, "value": each} for each in values[:_MOST_OPTIONS]
        ],
    }
