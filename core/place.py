"""The nouns of where and who: places, contributors, turns, and what is set there. Values only, no behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from core.policy import Policy, Rating
from core.story import Story


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

    def policy(self, story: Story | None = None) -> Policy:
        """What holds for a text here, in this story."""
        lines, veils = (story.lines, story.veils) if story else ((), ())
        return Policy(self.rating, self.workspace.patterns, lines, veils)

    @property
    def language(self) -> str | None:
        """The language that an admin chose for what everybody reads."""
        return self.workspace.language


@dataclass(frozen=True)
class Telling:
    """A story, where it is told, and who wrote its last passage (None before the first)."""

    place: Place
    story: Story
    last_author: str | None
