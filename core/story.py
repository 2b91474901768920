"""The nouns of the work: stories, passages, lore, summaries, steps. Values only, no behaviour.

A story is append-only: a passage has a parent, and the story is the path from its head to the root. Undo,
redo, retry and branch move the head; nothing is ever destroyed.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from core.engine import TokenIds
from core.moderation import Cleared

STORYTELLER = "storyteller"
"""The contributor id of the model."""
THE_STORYTELLER = "the storyteller"
"""Its name, which no person can have."""
NOBODY = ""
"""The contributor id of whoever was forgotten."""
A_PARTICIPANT = "a participant"
"""What whoever was forgotten is called."""


@dataclass(frozen=True)
class Story:
    """One work. `head` is the passage it ends with now, None before the first."""

    id: int
    title: Cleared
    premise: Cleared
    author: Cleared
    ended: bool
    head: int | None
    passages: int
    """How many passages stand on the path to the head."""
    author_id: str | None = None
    """Who began it; None in stories from before this was kept."""
    voice: str = ""
    """Which of the engine's voices tells it; empty for the engine's own choice."""
    lines: tuple[str, ...] = ()
    """What never happens in it."""
    veils: tuple[str, ...] = ()
    """What happens in it off-stage only."""


class Kind(StrEnum):
    """How a passage came to be."""

    ADDED = "added"
    CONTINUED = "continued"
    REFINED = "refined"
    EDITED = "edited"
    """A person changed the wording."""


@dataclass(frozen=True)
class Given:
    """What the model was given for a passage, for `/story why`. Counts are tokens."""

    task: str
    model: str
    words: Cleared
    lore: tuple[Cleared, ...] = ()
    lore_left_out: tuple[Cleared, ...] = ()
    first_passage: int = 0
    last_passage: int = 0
    summarised_from: int = 0
    """Number of the first passage of which a summary was given; 0 if of none."""
    summarised_to: int = 0
    prompt_tokens: int = 0
    cached_tokens: int | None = None
    window: int = 0


@dataclass(frozen=True)
class Asked:
    """What the storyteller was asked when it wrote a passage, as it stands before the passage in later prompts."""

    words: TokenIds
    """Token ids of the contributor's direction, in the vocabulary of the passage's own; may be empty."""
    length: int
    """Words aimed at."""
    gently: bool = False
    """What was written before went too far for the channel."""


@dataclass(frozen=True)
class Passage:
    """One contribution. `number` counts from 1 along the path; `before` is the tokens of all earlier ones."""

    id: int
    number: int
    parent: int | None
    kind: Kind
    author_id: str
    author: Cleared
    text: Cleared
    before: int
    ids: TokenIds | None
    """Token ids of `text` in the present model's vocabulary; None if not yet known."""
    origin: int | None = None
    """Id of the passage of which this is a later version; None if it is the first."""
    policy: str = ""
    """The key of the policy under which it was cleared; empty if it is from before that was kept."""
    asked: Asked | None = None
    """What it answers, in the present model's vocabulary; None for a text of people's, and where it is not known."""

    @property
    def root(self) -> int:
        """What all versions of a passage have in common."""
        return self.origin or self.id


@dataclass(frozen=True)
class Lore:
    """A fact that holds in a story."""

    id: int
    name: Cleared
    fact: Cleared
    since: int = 0
    """How many passages the story had when the fact was noted."""


class Layer(IntEnum):
    """What a summary stands for."""

    SCENE = 1
    """Some passages."""
    CHAPTER = 2
    """Some scenes."""
    WHOLE = 3
    """Everything up to there."""


@dataclass(frozen=True)
class Summary:
    """What passages `first` to `last` of a story tell, in few words. Numbers are as when it was made."""

    layer: Layer
    first: int
    last: int
    after: int | None
    """Id of the passage before the first one; None if there is none."""
    through: int
    """Id of the last one."""
    text: Cleared
    id: int = 0
    """0 while it is not kept."""
    by: str = STORYTELLER
    """The contributor who corrected it."""


@dataclass(frozen=True)
class Step:
    """A step that can be taken back or forward: which passage or fact goes, and which comes."""

    passage_gone: Passage | None
    passage_back: Passage | None
    lore_gone: Lore | None
    lore_back: Lore | None


@dataclass(frozen=True)
class Proposal:
    """A new wording that waits for the consent of its passage's author."""

    id: int
    passage: Passage
    """The version whose words it was made from."""
    asker_id: str
    text: Cleared
    given: Given
