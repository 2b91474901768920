"""Buttons and what their ids mean. All that a button knows is in its id, so it works after a restart."""

from dataclasses import dataclass
from typing import Final

import discord

from bots import sentences
from bots.discord import wording
from bots.sentences import speak
from core.reply import Reply
from core.story import Kind

PREFIX = "story"


@dataclass(frozen=True)
class Control:
    """A kind of button."""

    act: str
    label: str
    emoji: str
    operation: str = ""
    """What it performs; empty for those that do something of their own."""
    style: discord.ButtonStyle = discord.ButtonStyle.secondary
    argument: str = ""
    """The argument that gets what the button is about, where that is no passage."""
    fixed: tuple[tuple[str, str], ...] = ()
    """Arguments that it always gives, by name."""
    form: str = ""
    """The operation whose form it opens."""


CONTINUE: Final = Control("continue", sentences.CONTINUE, "✒️", "continue", discord.ButtonStyle.primary)
ANOTHER: Final = Control("another", sentences.ANOTHER, "🔁", "retry")
REFINE: Final = Control("refine", sentences.REFINE, "✨", form="refine")
EXPLAIN: Final = Control("explain", sentences.EXPLAIN, "💡", "explain")
UNDO: Final = Control("undo", sentences.UNDO, "↩️", "undo")
GOOD: Final = Control("good", sentences.GOOD, "👍", "rate", fixed=(("mark", "good"),))
BAD: Final = Control("bad", sentences.BAD, "👎", form="rate", fixed=(("mark", "bad"),))
ADD: Final = Control("add", sentences.ADD, "📝", "", discord.ButtonStyle.primary, form="add")
STOP: Final = Control("stop", sentences.STOP, "⏹️", "", discord.ButtonStyle.danger)
REMOVE: Final = Control("remove", wording.REMOVE, "🗑️", "remove", discord.ButtonStyle.danger)
KEEP: Final = Control("keep", wording.KEEP, "📌")
APPEAL: Final = Control("appeal", sentences.APPEAL, "🙋", "review ask", argument="number")
GENTLER: Final = Control("gentler", sentences.GENTLER, "🌱", "review gentler", argument="number")
POST: Final = Control("post", sentences.POST_GENTLER, "✅", "review post", argument="number")
APPROVE: Final = Control(
    "approve", sentences.APPROVE, "✅", "review approve", discord.ButtonStyle.success, argument="number"
)
REWORD: Final = Control("reword", sentences.REWORD, "✏️", argument="number", form="review reword")
REJECT: Final = Control(
    "reject", sentences.REJECT, "🚫", "", discord.ButtonStyle.danger, argument="number", form="review reject"
)
NEXT: Final = Control("next", sentences.NEXT, "⏭️", "review list", argument="after")
ACCEPT: Final = Control(
    "accept", sentences.ACCEPT, "✅", "review accept", discord.ButtonStyle.success, argument="number"
)
OLD: Final = Control("old", sentences.KEEP_OLD, "↩️", "review keep", argument="number")
CONTROLS: Final = {
    each.act: each
    for each in (
        *(CONTINUE, ANOTHER, REFINE, EXPLAIN, UNDO, GOOD, BAD, ADD, STOP, REMOVE, KEEP),
        *(APPEAL, GENTLER, POST, APPROVE, REWORD, REJECT, NEXT, ACCEPT, OLD),
    )
}

_UNDER = {
    Kind.CONTINUED: (CONTINUE, ANOTHER, REFINE, EXPLAIN, UNDO, GOOD, BAD),
    Kind.ADDED: (CONTINUE, REFINE, UNDO),
    Kind.REFINED: (CONTINUE, REFINE, UNDO),
    Kind.EDITED: (),  # it may stand anywhere in the story
}

_OPENING = ("start", "resume")


@dataclass(frozen=True)
class Pressed:
    """What a button's id says: its kind, and what it is about (a passage's id, or a turn's)."""

    control: Control
    about: str

    @property
    def passage(self) -> int | None:
        """The passage that it is about."""
        return int(self.about) if self.about.isdigit() else None


def read(custom_id: str) -> Pressed | None:
    """What a custom_id says; None if it is no button of ours."""
    prefix, _, rest = custom_id.partition(":")
    act, _, about = rest.partition(":")
    if prefix != PREFIX or act not in CONTROLS:
        return None
    return Pressed(CONTROLS[act], about)


def buttons(name: str, reply: Reply, locale: str) -> discord.ui.View | None:
    """The buttons under the reply of an operation: what can be done next."""
    if reply.review is not None:
        return view((APPROVE, REWORD, REJECT, NEXT), str(reply.review), locale)
    if reply.gentler is not None:
        return view((POST, APPEAL), str(reply.gentler), locale)
    if reply.private:
        return None
    if reply.passage is not None and reply.passage.proposal is not None:
        return view((ACCEPT, OLD), str(reply.passage.proposal), locale)
    if reply.passage is not None:
        under = _UNDER[reply.passage.kind]
        return view(under, str(reply.passage.id), locale) if under else None
    return view((ADD, CONTINUE), "", locale) if name in _OPENING else None


def stop_button(turn_id: str, locale: str) -> discord.ui.View:
    """The button under what is being written."""
    return view((STOP,), turn_id, locale)


def appeal_buttons(number: int, locale: str) -> discord.ui.View:
    """The buttons under what tells an author that a text was kept back."""
    return view((GENTLER, APPEAL), str(number), locale)


def remove_or_keep(passage_id: int, locale: str) -> discord.ui.View:
    """What to do with a passage whose message was deleted."""
    return view((REMOVE, KEEP), str(passage_id), locale)


def view(controls: tuple[Control, ...], about: str, locale: str) -> discord.ui.View:
    """These buttons in a row."""
    items = [
        discord.ui.Button[discord.ui.View](
            style=each.style,
            label=speak(each.label, locale),
            emoji=each.emoji,
            custom_id=f"{PREFIX}:{each.act}:{about}",
        )
        for each in controls
    ]
    return settled(*items)


def settled(*items: discord.ui.Item[discord.ui.View]) -> discord.ui.View:
    """A view that the library forgets once it is sent; presses are read from their ids."""
    shown = discord.ui.View(timeout=None)
    for item in items:
        shown.add_item(item)
    shown.stop()
    return shown
