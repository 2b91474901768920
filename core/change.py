"""The nouns of what one turn writes, gathered in its `Change`. Values only, no behaviour."""

from dataclasses import dataclass, field
from typing import Any

from core.engine import TokenIds
from core.moderation import Cleared
from core.place import Length, Workspace
from core.policy import Rating
from core.story import Asked, Given, Kind, Passage


@dataclass(frozen=True)
class NewPassage:
    """A passage about to be written. `parent` and `number` say where it goes on the path."""

    parent: int | None
    number: int
    kind: Kind
    author_id: str
    author: Cleared
    text: Cleared
    before: int
    ids: TokenIds
    tokenizer: str
    given: Given | None = None
    origin: int | None = None
    source: str = ""
    asked: Asked | None = None


@dataclass(frozen=True)
class NewLore:
    """A fact about to be written; `replaces` is the id of the one that it takes the place of."""

    name: Cleared
    fact: Cleared
    replaces: int | None = None


@dataclass(frozen=True)
class Copy:
    """A passage to be written again further along, since one before it changed."""

    id: int
    number: int
    before: int


@dataclass(frozen=True)
class Report:
    """Something that a contributor wants the moderators to see."""

    passage: int | None
    source: str
    reason: Cleared


@dataclass(frozen=True)
class Settled:
    """What a moderator, or an appeal, makes of a text that was kept back."""

    held: int
    state: str
    """As in `core.records.State`; `waiting` for an appeal."""
    note: str = ""
    digest: bytes | None = None
    """SHA-256 of the text that passes on this server from now on."""
    text: str | None = None
    """The text as it is posted, instead of as it was typed."""
    softer: str | None = None
    """A gentler wording that was found for it; nothing else changes then."""


@dataclass(frozen=True)
class Opinion:
    """What the contributor thinks of a passage of the storyteller's."""

    passage: int
    good: bool
    reason: Cleared


@dataclass(frozen=True)
class Explained:
    """An answer about a story that ended with the passage `head` then, to be marked by whoever asked."""

    head: int
    answer: Cleared
    given: Given
    """Its words are the question."""


@dataclass(frozen=True)
class AnswerMark:
    """What whoever asked thinks of an answer."""

    explanation: int
    good: bool
    reason: Cleared


@dataclass(frozen=True)
class NewProposal:
    """A new wording of another person's passage, about to be kept until that person decides."""

    passage: Passage
    text: Cleared
    given: Given


@dataclass
class Change:
    """Everything that one turn writes, gathered while it lasts and committed at once at its end."""

    start: tuple[Cleared, Cleared, Cleared] | None = None
    """Title, premise and author of a new story."""
    passage: NewPassage | None = None
    remove: bool = False
    """Nothing takes the place of the passage after `parent`."""
    parent: int | None = None
    copies: tuple[Copy, ...] = ()
    """What follows the changed or removed passage, in order."""
    lore: NewLore | None = None
    forget: int | None = None
    undo: bool = False
    redo: bool = False
    end: bool = False
    resume: int | None = None
    rating: Rating | None = None
    length: Length | None = None
    voice: str | None = None
    """The voice of the open story; empty for the engine's own choice."""
    workspace: Workspace | None = None
    report: Report | None = None
    opinion: Opinion | None = None
    corrected: tuple[int, Cleared] | None = None
    """A summary's id, and how it reads from now on."""
    explained: Explained | None = None
    answer_mark: AnswerMark | None = None
    consent: bool | None = None
    """Whether the contributor's words may train a model from now on."""
    proposes: NewProposal | None = None
    decided: int | None = None
    """Number of the proposed wording that nobody needs to decide on any more."""
    rules: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    """Lines and veils of the story from now on."""
    settled: Settled | None = None
    log: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the audit log tells of this turn: actions and their details, never a text."""
    vouched: bool = False
    """A moderator let the text pass although the filters do not."""
    judged_again: tuple[int, ...] = ()
    """Passages from under another policy that were found to fit the present one."""
    encoded: dict[int, tuple[str, TokenIds]] = field(default_factory=dict)
    """Tokenizer and token ids worked out for older passages by their id, worth keeping."""
    begun: bool = False
    """It is noted that the turn is under way; the note is to be taken back."""

    @property
    def changes(self) -> bool:
        """Whether it changes a story or a setting; token ids and answers are only noted."""
        mine, nothing = vars(self), vars(_NOTHING)
        return any(mine[name] != nothing[name] for name in mine if name not in _NOTED)


_NOTHING = Change()
_NOTED = ("encoded", "judged_again", "explained", "begun")
