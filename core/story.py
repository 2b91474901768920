"""The nouns: places, contributors, turns, stories, passages, lore, replies. Values only, no behaviour.

A story is append-only: a passage has a parent, and the story is the path from its head to the root. Undo,
redo, retry and branch move the head; nothing is ever destroyed.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

from core.engine import TokenIds
from core.moderation import Cleared
from core.policy import Policy, Rating

STORYTELLER = "storyteller"
"""The contributor id of the model."""
THE_STORYTELLER = "the storyteller"
"""Its name, which no person can have."""
NOBODY = ""
"""The contributor id of whoever was forgotten."""
A_PARTICIPANT = "a participant"
"""What whoever was forgotten is called."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a story is told. Two places never share a byte of it."""

    platform: str
    workspace: str
    channel: str
    thread: str = ""


@dataclass(frozen=True)
class Contributor:
    """A person, by the platform's own id. The name is as shown there and may be anything."""

    id: str
    name: str


class Standing(IntEnum):
    """What a contributor may do in a place. Each may do what those below may."""

    BLOCKED = -2
    """An admin or a moderator shut this person out: no stories, but help, reports and one's own data."""
    READER = -1
    """An admin named who may write, and this person is none of them."""
    WRITER = 0
    OWNER = 1
    """Of the open story: who began it."""
    MODERATOR = 2
    """Has one of the roles that an admin named."""
    ADMIN = 3
    """Runs the server, or is alone with the bot."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One request by one contributor. `id` is the platform's request id: the same id is the same turn."""

    id: str
    place: Place
    contributor: Contributor
    admin: bool = False
    """The platform says that the contributor runs this server, or nobody else can be here."""
    roles: frozenset[str] = frozenset()
    """The platform's ids of the contributor's roles."""
    language: str = "en"
    """The contributor's locale; private replies follow it."""
    here: str = "en"
    """The server's locale; public replies follow it, unless an admin chose a language."""
    adult: bool = False
    """The platform lets only adults in here."""
    about: int | None = None
    """Id of the passage under which a button was pressed, or that was pointed at."""
    source: str = ""
    """Id of the message whose text is added or changed."""
    plain: bool = False
    """It is an ordinary message, which counts only where an admin said so."""
    dedicated: bool = False
    """The place was opened for this story alone."""
    admitted: bool = False
    """It was asked for when the contributor might write here, and kept until now; see `core.records.Held`."""
    local: bool = False
    """The contributor's id says who it is on this server only; on another it may be somebody else's."""


class Length(StrEnum):
    """How much the storyteller writes in one turn."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


class Turns(StrEnum):
    """Who may write next."""

    FREE = "free"
    """Anybody."""
    ALTERNATE = "alternate"
    """Anybody but whoever wrote the last passage."""


WORDS = {Length.SHORT: 40, Length.MEDIUM: 80, Length.LONG: 160}
"""Words aimed at for each length."""


class Approval(StrEnum):
    """What a moderator must have seen before it is posted."""

    FLAGGED = "flagged"
    """What the filters are unsure of."""
    STORYTELLER = "storyteller"
    """That, and all that the storyteller writes."""
    ALL = "all"
    """That, and every passage of those who are no moderators."""


@dataclass(frozen=True)
class Workspace:
    """What an admin set for a whole server; None and empty where nothing was set."""

    rating: Rating | None = None
    language: str | None = None
    patterns: tuple[str, ...] = ()
    """Regular expressions (RE2) of what nobody may write on this server."""
    approval: Approval = Approval.FLAGGED
    channels: frozenset[str] = frozenset()
    """Where stories may be told; anywhere if empty."""
    moderators: frozenset[str] = frozenset()
    """Roles whose members are moderators."""
    blocked: frozenset[str] = frozenset()
    """People who take no part."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Why, by person; of those whom a moderator shut out. Cleared text."""
    writers: frozenset[str] = frozenset()
    """Roles and people who may write; everybody if empty. Others may read, ask and rate."""
    quotas: Mapping[str, int] = field(default_factory=dict)
    """How often the storyteller may be asked, by the fields of `core.quotas.Allowance`; else as the operator set it."""
    alerts: str | None = None
    """The channel in which moderators are told of reports."""
    messages: bool = False
    """Whether ordinary messages count as passages in a story's own thread."""
    turns: Turns = Turns.FREE
    threads: bool = True
    """Whether passages stand in a thread below their story's head, where a platform has such threads."""
    tuning: bool = False
    """Whether what its authors agreed to may train a model."""
    version: int = 0
    """Changes with every setting."""


@dataclass(frozen=True)
class House:
    """What holds in one place: its settings, and the story that is open there."""

    id: int
    rating: Rating
    length: Length
    story_id: int | None
    version: int = 0
    """Changes with everything that is written here, but for questions."""
    workspace: Workspace = Workspace()
    dedicated: bool = False
    """The place was opened for one story alone."""
    own_rating: Rating | None = None
    """As it was set for this place; None while the server's or the operator's holds."""

    def policy(self, story: "Story | None" = None) -> Policy:
        """What holds for a text here, in this story."""
        lines, veils = (story.lines, story.veils) if story else ((), ())
        return Policy(self.rating, self.workspace.patterns, lines, veils)

    @property
    def language(self) -> str | None:
        """The language that an admin chose for what everybody reads."""
        return self.workspace.language


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


@dataclass(frozen=True)
class Telling:
    """A story, where it is told, and who wrote its last passage (None before the first)."""

    place: Place
    story: Story
    last_author: str | None


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
class Step:
    """A step that can be taken back or forward: which passage or fact goes, and which comes."""

    passage_gone: Passage | None
    passage_back: Passage | None
    lore_gone: Lore | None
    lore_back: Lore | None


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
class Posted:
    """A reply that belongs to another turn than the one that was asked for, and where it is to be shown."""

    place: Place
    reply: "Reply"
    turn_id: str
    """The id of that turn, as the platform gave it."""
    adult: bool = False
    """The platform lets only adults in there."""


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


@dataclass(frozen=True)
class Proposal:
    """A new wording that waits for the consent of its passage's author."""

    id: int
    passage: Passage
    """The version whose words it was made from."""
    asker_id: str
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


class Undelivered(NamedTuple):
    """A reply that nobody may have seen: where it belongs, and whose it is if it is private."""

    place: Place
    contributor_id: str
    reply: Reply
    turn_id: str
    """The id of the turn, as the platform gave it."""
    told_at: dt.datetime
