"""What of the bot's own stories may be learned from. Nothing, unless everybody concerned has said yes.

A server's admin consents for the server, and each person for what they wrote. A record is made only of passages whose
authors all did; the storyteller's own passages need nobody's consent but the server's. Whoever takes consent back is
not in the next export, and so not in the next run.

People's consent is not all. **Nothing that came from Slack is ever used**: Slack's terms for apps forbid to train
language models with what was got through its API. Discord's developer policy (July 2024) forbids it unless Discord has
given its express permission; an export from there has to say where that is written.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.learning import forbidden
from core.story import STORYTELLER

MODEL = STORYTELLER
"""The author of what the model wrote."""
SLACK = (
    "this story was told on Slack, and Slack's API terms forbid to train language models with what came through it. "
    "Leave Slack's stories out of the export"
)
DISCORD = (
    "this story was told on Discord, whose developer policy forbids to train models with messages unless Discord "
    "itself has permitted it. Leave Discord's stories out, or say in `permission` where Discord's permission is written"
)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Consent(_Part):
    """Who said yes."""

    server: bool
    people: frozenset[str] = frozenset()
    """Ids of authors and raters."""

    def covers(self, authors: Collection[str]) -> bool:
        """Whether all of them did."""
        return self.server and set(authors) - {MODEL} <= self.people


class Mark(_Part):
    """What one person thought of a passage or an answer."""

    by: str
    good: bool
    reason: str = ""


class Version(_Part):
    """One wording that the storyteller offered in a passage's place, or that stood there before."""

    text: Annotated[str, Field(min_length=1)]
    author: str = MODEL
    marks: tuple[Mark, ...] = ()


class Told(_Part):
    """A passage as it stands in the story, and what else was offered in its place."""

    text: Annotated[str, Field(min_length=1)]
    author: str
    kind: Literal["added", "continued", "refined", "edited"]
    words: str = ""
    """The direction or wish that it was written for."""
    words_by: str = ""
    before: Version | None = None
    """Of a refined passage: what it was made from."""
    alternatives: tuple[Version, ...] = ()
    """What the storyteller also wrote there, and nobody chose."""
    marks: tuple[Mark, ...] = ()


class Explained(_Part):
    """An answer to a question about the story, asked after so many passages."""

    question: str
    by: str
    answer: Annotated[str, Field(min_length=1)]
    passages: Annotated[int, Field(ge=1)]
    marks: tuple[Mark, ...] = ()


class Export(_Part):
    """One line of an export: a whole story with what people thought of it."""

    format: Literal["storycircle-stories-1"]
    story: Annotated[str, Field(min_length=1)]
    platform: Annotated[str, Field(min_length=1)]
    permission: str = ""
    """Where the platform's own permission to train is written, if it must be asked."""
    consent: Consent
    author: str
    """Who began it, and wrote title and premise."""
    title: str = ""
    premise: str = ""
    lore: tuple[tuple[str, str], ...] = ()
    lore_by: tuple[str, ...] = ()
    """Who wrote the facts."""
    passages: tuple[Told, ...]
    explained: tuple[Explained, ...] = ()

    @property
    def forbidden(self) -> str:
        """Why nobody may train with it, whatever its authors say; empty if they may."""
        if not forbidden(self.platform, self.permission):
            return ""
        return DISCORD if self.platform.casefold().startswith("discord") else SLACK


@dataclass(frozen=True)
class Opinion:
    """The marks of those who consented, summed up: more than zero is good."""

    score: int

    @classmethod
    def of(cls, marks: Collection[Mark], consent: Consent) -> "Opinion":
        """Without those who did not consent."""
        return cls(sum(1 if mark.good else -1 for mark in marks if mark.by in consent.people))
