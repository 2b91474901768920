"""What all guard formats have in common: questions, answers, and how a judged text is kept from being more than text.

A format is how one family of guard models is asked and how its answer is read. Reading is strict: what is not exactly
one of the answers that the model was trained to give is `Unreadable`, and the text is held.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.filters.guard import Evidence, Role

REQUEST = "Continue the story."
"""What the storyteller was asked, for formats that judge an answer together with its question."""


class Unreadable(Exception):
    """An answer, or a refusal to answer, of which nothing can be made. Holds nothing of any text.

    `why` is the rest of a sentence that begins with the guard, if it is known better than from the answer.
    """

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Script:
    """A prompt that we lay out to the letter, control tokens included, as the model's card or template has it."""

    before: str
    text: str
    """The judged text, tamed. The only part that somebody else wrote."""
    after: str

    @property
    def whole(self) -> str:
        """The prompt in one piece, for servers that read control tokens in a string."""
        return self.before + self.text + self.after


@dataclass(frozen=True)
class Chat:
    """A prompt that the server lays out by the model's own chat template."""

    messages: tuple[Mapping[str, str], ...]
    template: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of that template."""
    effort: str | None = None
    """How much a reasoning model may think: "low", "medium" or "high"."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One request to a guard."""

    prompt: Script | Chat
    max_tokens: int
    about: str = ""
    """What is asked about, for formats that ask about one thing at a time."""
    likely: int = 0
    """How many of the likeliest first tokens the answer should come with."""


@dataclass(frozen=True)
class Answer:
    """What a guard said."""

    text: str
    finished: bool
    """Whether it ended by itself, rather than being cut off."""
    likely: Mapping[str, float] = field(default_factory=dict)
    """Log probabilities of the likeliest first tokens, if they were asked for and given."""


class Format(Protocol):
    """How one family of guards is asked and read."""

    @property
    def title(self) -> str:
        """The family's name, for people."""
        ...

    def questions(self, text: str, role: Role) -> Sequence[Question]:
        """What is asked of every text; asked together."""
        ...

    def closer(self, text: str, role: Role) -> Sequence[Question]:
        """What is asked besides if the first evidence is not safe, to learn of which kind it is."""
        ...

    def read(self, answer: Answer, question: Question, role: Role) -> Evidence:
        """What an answer means. Raises `Unreadable` if it is none that this family gives."""
        ...


class OneRound:
    """For formats whose first answer says all there is to say."""

    def closer(self, text: str, role: Role) -> tuple[()]:
        """Nothing."""
        return ()


_ROLES = re.compile(
    r"^([^\S\n]*)((?:user|assistant|agent|human|system|developer|tool|model)(?:[^\S\n]+(?:message|question|response))?"
    r"|human question|chatbot response)([^\S\n]*)[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_ANGLES = str.maketrans({"<": "‹", ">": "›"})


def tame(text: str) -> str:
    """`text` as text alone: it can neither close the place where it stands nor speak for somebody else.

    Every control token and every fence of these formats has angle brackets, so the text's own are replaced by others;
    a line that begins like a speaker's ("Assistant:") loses its colon. What it says stays as clear as it was.
    """
    return _ROLES.sub(r"\1\2\3 -", text.strip().translate(_ANGLES))


def finished(answer: Answer) -> str:
    """The text of an answer that came to its own end. Raises `Unreadable` if it was cut off or is empty."""
    said = answer.text.strip()
    if not answer.finished or not said:
        raise Unreadable
    return said
