"""The nouns of what is said back: replies and their blocks, alerts, glimpses. Values only, no behaviour.

The core says what a block is; each platform draws it.
"""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from core.moderation import Cleared
from core.place import Place
from core.story import Kind


class Shape(StrEnum):
    """What a block of a reply is; each platform draws it in its own way."""

    TITLE = "title"
    PROSE = "prose"
    """Story text. Its own markup is kept."""
    NOTE = "note"
    """The bot's own words."""
    ITEM = "item"
    """One line of a list."""
    OLD = "old"
    NEW = "new"
    """The wording before and after; shown with their differences marked."""


@dataclass(frozen=True)
class Block:
    """A piece of a reply. `label` says whose or which it is, e.g. the number and author of a passage."""

    shape: Shape
    text: Cleared
    label: Cleared | None = None


@dataclass(frozen=True)
class Shown:
    """The passage that a reply shows, for the buttons under it."""

    id: int
    number: int
    kind: Kind
    vouched: bool = False
    """A moderator let it pass although the filters do not."""
    proposal: int | None = None
    """Number of the new wording that is shown beside it, on which its author is to decide."""


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a reply."""

    name: str
    text: Cleared


@dataclass(frozen=True)
class Reply:
    """What a turn says back. `post` is its row in the outbox, None if it need not survive a crash."""

    blocks: tuple[Block, ...]
    private: bool = False
    post: int | None = None
    passage: Shown | None = None
    """The passage that the turn wrote."""
    alert: tuple[Block, ...] = ()
    """What moderators are to be told."""
    review: int | None = None
    """Number of the text that a moderator is to decide on."""
    gentler: int | None = None
    """Number of the text that was kept back, for which it shows a gentler wording."""
    vouched: bool = False
    """A moderator let part of it pass, or is to look at it; see `core.release`."""
    follows: int | None = field(default=None, compare=False)
    """Number of the text that was let pass, whose own turn is to be performed now."""
    posted: "Posted | None" = field(default=None, compare=False)
    """What came of that, to be shown where it belongs."""
    file: Attachment | None = None
    """For whoever asked; it is not kept."""
    voices: tuple[str, ...] = field(default=(), compare=False)
    """The storyteller's, for whoever is to pick one."""
    withdraws: bytes | None = field(default=None, compare=False)
    """By which the messages of ours are known that are to be written over now, since somebody was forgotten."""
    again: bool = field(default=False, compare=False)
    """The turn was performed before; this is what was said then."""


@dataclass(frozen=True)
class Alert:
    """What moderators of a server are to be told. `post` is the row of the reply that it belongs to."""

    place: Place
    post: int
    blocks: tuple[Block, ...]
    source: str
    """The message that it is about; empty if there is none."""
    since: dt.datetime
    """When the turn was performed."""


class Stage(StrEnum):
    """What is going on while a turn lasts."""

    WAITING = "waiting"
    """Another turn of this story comes first."""
    WAKING = "waking"
    """The engine is still starting."""
    WRITING = "writing"


@dataclass(frozen=True)
class Glimpse:
    """A look at a turn that is not done yet. `text` is everything cleared so far, often nothing."""

    stage: Stage
    text: Cleared


@dataclass(frozen=True)
class Posted:
    """A reply that belongs to another turn than the one that was asked for, and where it is to be shown."""

    place: Place
    reply: "Reply"
    turn_id: str
    """The id of that turn, as the platform gave it."""
    adult: bool = False
    """The platform lets only adults in there."""


class Undelivered(NamedTuple):
    """A reply that nobody may have seen: where it belongs, and whose it is if it is private."""

    place: Place
    contributor_id: str
    reply: Reply
    turn_id: str
    """The id of the turn, as the platform gave it."""
    told_at: dt.datetime
