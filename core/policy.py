"""What may be told where: evidence about a text, and what a channel's policy makes of it.

A filter finds evidence (categories, never the words); the rating of the channel decides. So a villain's threat is
a matter of the rating, while what harms real people is stopped under every rating. This module looks at no text.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Rating(StrEnum):
    """How far a channel's stories may go, from strict to free."""

    G = "g"
    PG = "pg"
    TEEN = "teen"
    MATURE = "mature"


class Decision(IntEnum):
    """What is to be done with a text. The greater wins."""

    ALLOW = 0
    SOFTEN = 1
    """Fine in kind, too strong in tone: write it again, softer."""
    HOLD = 2
    """We cannot tell: a person must look."""
    BLOCK = 3


class Category(StrEnum):
    """What evidence is about. The value is the reason that people are told."""

    MILD = "mild profanity"
    STRONG = "profanity"
    SLUR = "slur"
    CONDEMNED = "slur, condemned"
    """An ugly word that is only quoted or named, in a text that condemns it."""
    DATED = "outdated word"
    SUGGESTIVE = "suggestive"
    SEXUAL = "sexual"
    MINORS = "sexual content with minors"
    RAPE = "sexual violence"
    VIOLENCE = "violent scene"
    """Fighting and danger, without blood."""
    GORE = "violence"
    """Blood, torture, wounds shown in detail."""
    DRUGS = "drugs"
    CRIME = "crime"
    """In the plot, without steps that work."""
    INSTRUCTIONS = "harmful instructions"
    """Steps that work outside the story."""
    SELF_HARM = "self-harm"
    """A theme of the story."""
    SELF_HARM_METHOD = "self-harm method"
    """How, or encouragement."""
    CRISIS = "somebody may be in danger"
    """The writer speaks about harming themselves, outside the story."""
    HATE = "hate"
    THREAT = "threat"
    """Against a real person."""
    BULLYING = "bullying"
    REAL_PERSON = "harm to a real person"
    UNETHICAL = "unethical"
    POLITICS = "politics"
    COPYRIGHT = "copyright"
    INJECTION = "instructions to the storyteller"
    """Evidence only: text is data, so it stops nothing by itself."""
    PERSONAL = "personal data"
    LINK = "link"
    MENTION = "mention"
    HIDDEN = "hidden text"
    PATTERN = "a word this server does not allow"
    LINE = "a line of this story"
    VEIL = "a veil of this story"
    VIOLENT = "violent content"
    """A guard model's word for violence of any kind, from a sword fight to torture: expected in an adventure."""
    HARMFUL = "harmful content"
    """A guard model's word for harm that it does not tell apart, or that reads like a manual."""


_A, _S, _H, _B = Decision.ALLOW, Decision.SOFTEN, Decision.HOLD, Decision.BLOCK
_C = Category
_MATRIX: dict[Category, tuple[Decision, Decision, Decision, Decision]] = {
    _C.MILD: (_B, _S, _A, _A),
    _C.STRONG: (_B, _B, _S, _A),
    _C.SLUR: (_B, _B, _B, _H),
    _C.CONDEMNED: (_H, _H, _A, _A),
    _C.DATED: (_B, _S, _A, _A),
    _C.SUGGESTIVE: (_S, _S, _A, _A),
    _C.SEXUAL: (_B, _B, _B, _B),
    _C.MINORS: (_B, _B, _B, _B),
    _C.RAPE: (_B, _B, _S, _S),
    _C.VIOLENCE: (_S, _A, _A, _A),
    _C.GORE: (_B, _B, _A, _A),
    _C.DRUGS: (_B, _S, _A, _A),
    _C.CRIME: (_S, _S, _A, _A),
    _C.INSTRUCTIONS: (_B, _B, _B, _B),
    _C.SELF_HARM: (_H, _H, _H, _H),
    _C.SELF_HARM_METHOD: (_B, _B, _B, _B),
    _C.CRISIS: (_B, _B, _B, _B),
    _C.HATE: (_B, _H, _H, _H),
    _C.THREAT: (_B, _B, _B, _B),
    _C.BULLYING: (_B, _B, _B, _B),
    _C.REAL_PERSON: (_B, _B, _B, _B),
    _C.UNETHICAL: (_S, _S, _A, _A),
    _C.POLITICS: (_S, _A, _A, _A),
    _C.COPYRIGHT: (_S, _S, _S, _S),
    _C.INJECTION: (_A, _A, _A, _A),
    _C.PERSONAL: (_B, _B, _B, _H),
    _C.LINK: (_B, _B, _B, _B),
    _C.MENTION: (_B, _B, _B, _B),
    _C.HIDDEN: (_B, _B, _B, _B),
    _C.PATTERN: (_B, _B, _B, _B),
    _C.LINE: (_B, _B, _B, _B),
    _C.VEIL: (_S, _S, _S, _S),
    _C.VIOLENT: (_B, _S, _A, _A),
    _C.HARMFUL: (_B, _H, _H, _H),
}
"""What each category means at G, PG, Teen and Mature."""

ALARMING = frozenset({_C.CRISIS, _C.THREAT, _C.MINORS})
"""Stopped under every rating, with help for the writer and word to all moderators."""
FINAL = frozenset({_C.MINORS, _C.INSTRUCTIONS})
"""What no moderator can let pass."""

VOUCHED = "vouched"
"""The key of the policy of what a moderator vouches for."""

_COLUMN = {rating: index for index, rating in enumerate(Rating)}


@dataclass(frozen=True)
class Verdict:
    """A decision and its reasons (categories such as `profanity`, never the words)."""

    decision: Decision
    reasons: tuple[str, ...] = ()

    def __or__(self, other: "Verdict") -> "Verdict":
        """Merge by the law: the stricter decision, every reason once."""
        if other == ALLOWED:
            return self
        return Verdict(max(self.decision, other.decision), tuple(dict.fromkeys(self.reasons + other.reasons)))


ALLOWED = Verdict(Decision.ALLOW)


@dataclass(frozen=True)
class Policy:
    """What holds for a text: the channel's rating, the server's own patterns, the story's lines and veils."""

    rating: Rating
    patterns: tuple[str, ...] = ()
    """Regular expressions (RE2) that moderators typed."""
    lines: tuple[str, ...] = ()
    """What never happens in this story."""
    veils: tuple[str, ...] = ()
    """What happens off-stage only."""
    vouched: bool = False
    """A moderator has seen the text, or is to see it: only what nobody can let pass is stopped."""

    def decide(self, category: Category) -> Decision:
        """What evidence of this category means here."""
        if self.vouched and category not in FINAL:
            return Decision.ALLOW
        return _MATRIX[category][_COLUMN[self.rating]]

    def verdict(self, evidence: Iterable[Category]) -> Verdict:
        """The strictest decision on the evidence, with the categories that brought it about."""
        verdict = ALLOWED
        for category in evidence:
            decision = self.decide(category)
            if decision is not Decision.ALLOW:
                verdict |= Verdict(decision, (category.value,))
        return verdict

    @property
    def key(self) -> str:
        """A short name; two policies of the same name judge alike. At most 32 characters."""
        if self.vouched:
            return VOUCHED
        more = (self.patterns, self.lines, self.veils)
        if not any(more):
            return self.rating.value
        return f"{self.rating.value}-{hashlib.sha256(repr(more).encode('utf-8', 'replace')).hexdigest()[:16]}"


STRICTEST = Policy(Rating.G)
