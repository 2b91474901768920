"""Who may do what where: one table, asked once a turn, before anything is read of what was typed.

What is not in the table is refused. A platform hides commands as a courtesy; what counts is decided here, from what
the platform says of the person at this moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import NotAllowed, NotListening
from core.operation import Operation
from core.story import STORYTELLER, House, Passage, Standing, Story, Turn
from core.wording import said


@dataclass(frozen=True)
class Right:
    """What it takes to do one operation."""

    least: Standing = Standing.WRITER
    anywhere: bool = False
    """Works also in channels that an admin left out."""
    own: bool = False
    """Another person's passage takes a moderator."""
    asks: bool = False
    """It asks the engine for words, so it counts against the quotas."""


_ANYBODY = Right(Standing.BLOCKED, anywhere=True)
_WRITES = Right()
_ASKS = Right(asks=True)
_APPEALS = Right(anywhere=True)
_REVIEWS = Right(Standing.MODERATOR, anywhere=True)

RIGHTS: Mapping[str, Right] = {
    "start": _WRITES,
    "add": _WRITES,
    "continue": _ASKS,
    "retry": _ASKS,
    "refine": _ASKS,
    "end": Right(Standing.OWNER),
    "resume": _WRITES,
    "undo": _WRITES,
    "redo": _WRITES,
    "edit": Right(own=True),
    "remove": Right(own=True),
    "explain": _ASKS,
    "recap": _ASKS,
    "show": _WRITES,
    "list": _WRITES,
    "why": _WRITES,
    "help": _ANYBODY,
    "about": _ANYBODY,
    "lore list": _WRITES,
    "lore add": _WRITES,
    "lore forget": _WRITES,
    "settings show": _WRITES,
    "settings rating": Right(Standing.MODERATOR),
    "settings length": Right(Standing.OWNER),
    "setup": Right(Standing.ADMIN, anywhere=True),
    "report": _ANYBODY,
    "settings lines": Right(Standing.OWNER),
    "settings voice": Right(Standing.OWNER),
    "rate": _WRITES,
    "review ask": _APPEALS,
    "review gentler": Right(anywhere=True, asks=True),
    "review post": _APPEALS,
    "review list": _REVIEWS,
    "review approve": _REVIEWS,
    "review reword": _REVIEWS,
    "review reject": _REVIEWS,
    "review log": _REVIEWS,
    "mydata story": _WRITES,
    "mydata tuning": _ANYBODY,
    "review records": Right(Standing.ADMIN, anywhere=True),
    "mydata export": _ANYBODY,
    "mydata delete": _ANYBODY,
}
"""By the operation's name. A test demands a row for each, and none besides."""

_WHO = {
    Standing.WRITER: said("somebody who is not shut out of stories on this server"),
    Standing.OWNER: said("whoever began the story, or a moderator"),
    Standing.MODERATOR: said("a moderator"),
    Standing.ADMIN: said("somebody who may manage this server"),
}


def standing(turn: Turn, house: House, story: Story | None) -> Standing:
    """What the contributor is in this place."""
    if turn.admin:
        return Standing.ADMIN
    if turn.contributor.id in house.workspace.blocked:
        return Standing.BLOCKED
    if turn.roles & house.workspace.moderators:
        return Standing.MODERATOR
    if story is not None and story.author_id == turn.contributor.id:
        return Standing.OWNER
    return Standing.WRITER


def check(wanted: Operation, turn: Turn, house: House, story: Story | None) -> None:
    """Raises `NotAllowed` with who may, or `NotListening` for a message that is no passage."""
    right, own = RIGHTS.get(wanted.name), standing(turn, house, story)
    if right is None:
        raise NotAllowed(said("Nobody may do that: it has no row in the table of rights. Please tell the operator."))
    if turn.plain and not (house.workspace.messages and house.dedicated and story is not None):
        raise NotListening
    if turn.plain and own < right.least:
        raise NotListening
    channels = house.workspace.channels
    if channels and turn.place.channel not in channels and not right.anywhere:
        raise NotAllowed(
            said("Stories are not told in this channel. An admin of the server chose others; /story setup shows which.")
        )
    if own < right.least:
        raise NotAllowed(said("Only {who} can do that here.", who=_WHO[right.least]))


def check_passage(wanted: str, turn: Turn, house: House, story: Story | None, passage: Passage) -> None:
    """Raises `NotAllowed` if the passage is another person's and the operation is for one's own.

    The storyteller's are everybody's.
    """
    if passage.author_id in (STORYTELLER, turn.contributor.id) or standing(turn, house, story) >= Standing.MODERATOR:
        return
    right = RIGHTS.get(wanted)
    if right is None or right.own:
        raise NotAllowed(said("Only whoever wrote that passage, or a moderator, can change it."))
