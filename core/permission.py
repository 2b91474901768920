"""Who may do what where: one table, asked once a turn, before anything is read of what was typed.

What is not in the table is refused. A platform hides commands as a courtesy; what counts is decided here, from what
the platform says of the person at this moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import NotAllowed, NotListening
from core.operation import Operation
from core.place import House, Standing, Turn
from core.story import NOBODY, STORYTELLER, Passage, Story
from core.wording import Said, said


@dataclass(frozen=True)
class Right:
    """What it takes to do one operation."""

    least: Standing = Standing.WRITER
    anywhere: bool = False
    """Works also in channels that an admin left out."""
    own: bool = False
    """Another person's passage takes a moderator."""
    consent: bool = False
    """Another person's passage changes only once that person, or a moderator, accepts."""
    asks: bool = False
    """It asks the engine for words, so it counts against the quotas."""


_ANYBODY = Right(Standing.BLOCKED, anywhere=True)
_READS = Right(Standing.READER)
_WRITES = Right()
_ASKS = Right(asks=True)
_REVIEWS = Right(Standing.MODERATOR, anywhere=True)

RIGHTS: Mapping[str, Right] = {
    "start": _WRITES,
    "add": _WRITES,
    "continue": _ASKS,
    "retry": _ASKS,
    "refine": Right(asks=True, consent=True),
    "end": Right(Standing.OWNER),
    "resume": _WRITES,
    "undo": _WRITES,
    "redo": _WRITES,
    "edit": Right(own=True),
    "remove": Right(own=True),
    "explain": Right(Standing.READER, asks=True),
    "recap": Right(Standing.READER, asks=True),
    "show": _READS,
    "list": _READS,
    "why": _READS,
    "help": _ANYBODY,
    "about": _ANYBODY,
    "lore list": _READS,
    "lore add": _WRITES,
    "lore forget": _WRITES,
    "lore summary": _READS,
    "lore correct": _WRITES,
    "settings show": _READS,
    "settings rating": Right(Standing.MODERATOR),
    "settings length": Right(Standing.OWNER),
    "setup": Right(Standing.ADMIN, anywhere=True),
    "report": _ANYBODY,
    "settings lines": Right(Standing.OWNER),
    "settings voice": Right(Standing.OWNER),
    "rate": _READS,
    "review ask": Right(Standing.READER, anywhere=True),
    "review gentler": Right(anywhere=True, asks=True),
    "review post": Right(anywhere=True),
    "review accept": _WRITES,
    "review keep": _WRITES,
    "review list": _REVIEWS,
    "review approve": _REVIEWS,
    "review reword": _REVIEWS,
    "review reject": _REVIEWS,
    "review log": _REVIEWS,
    "mydata story": _READS,
    "mydata tuning": _ANYBODY,
    "review records": Right(Standing.ADMIN, anywhere=True),
    "review block": _REVIEWS,
    "review unblock": _REVIEWS,
    "mydata export": _ANYBODY,
    "mydata delete": _ANYBODY,
}
"""By the operation's name. A test demands a row for each, and none besides."""

_WHO = {
    Standing.OWNER: said("whoever began the story, or a moderator"),
    Standing.MODERATOR: said("a moderator"),
    Standing.ADMIN: said("somebody who may manage this server"),
}


def standing(turn: Turn, house: House, story: Story | None) -> Standing:
    """What the contributor is in this place."""
    if turn.admin:
        return Standing.ADMIN
    if _person(turn) & house.workspace.blocked:
        return Standing.BLOCKED
    if turn.roles & house.workspace.moderators:
        return Standing.MODERATOR
    if not _writes(turn, house.workspace.writers):
        return Standing.READER
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
        raise NotAllowed(_refusal(turn, house, own, right.least))


def _refusal(turn: Turn, house: House, own: Standing, least: Standing) -> Said:
    """Why not, and what is possible all the same."""
    if own is Standing.BLOCKED:
        reasons = [house.workspace.reasons[each] for each in sorted(_person(turn)) if each in house.workspace.reasons]
        if not reasons:
            return said("You were shut out of the stories on this server. {still}", still=_STILL)
        return said(
            "A moderator shut you out of the stories on this server. The reason: {reason} {still}",
            reason=_ended(reasons[0]),
            still=_STILL,
        )
    if own is Standing.READER and least is Standing.WRITER:
        return said(
            "Here you can read stories, have them explained and rate them. Writing is for those whom an admin of this "
            "server named; ask one to let you write."
        )
    return said("Only {who} can do that here.", who=_WHO[least])


_STILL = said(
    "You can still ask for help, report something, and see or delete what is kept about you. If you think that this is "
    "a mistake, talk to a moderator."
)


def _ended(reason: str) -> str:
    return reason if reason.endswith((".", "!", "?", "。", "！", "？")) else f"{reason}."


def _person(turn: Turn) -> frozenset[str]:
    """The ids by which a moderator may have named the contributor: on Slack, somebody of another workspace has two."""
    return frozenset((turn.contributor.id, turn.contributor.id.rpartition(":")[2]))


def _writes(turn: Turn, writers: frozenset[str]) -> bool:
    return not writers or turn.admitted or bool((turn.roles | _person(turn)) & writers)


def check_passage(wanted: str, turn: Turn, house: House, story: Story | None, passage: Passage) -> None:
    """Raises `NotAllowed` if the passage is another person's and the operation is for one's own.

    The storyteller's are everybody's.
    """
    if not foreign(turn, passage) or standing(turn, house, story) >= Standing.MODERATOR:
        return
    right = RIGHTS.get(wanted)
    if right is None or right.own or (right.consent and passage.author_id == NOBODY):
        raise NotAllowed(said("Only whoever wrote that passage, or a moderator, can change it."))


def needs_consent(wanted: str, turn: Turn, house: House, story: Story | None, passage: Passage) -> bool:
    """Whether the passage is another person's, who is to be asked before the operation changes it."""
    if not foreign(turn, passage) or standing(turn, house, story) >= Standing.MODERATOR:
        return False
    right = RIGHTS.get(wanted)
    return right is None or right.consent


def foreign(turn: Turn, passage: Passage) -> bool:
    """Whether another person wrote the passage, or somebody who was forgotten."""
    return passage.author_id not in (STORYTELLER, turn.contributor.id)
