"""The filter `words`: listed words, plain or in disguise, judged by the channel's rating.

It sees through markup, look-alike letters, leetspeak, spacing, repeats, masking and small typos, and two of these
at once; the dictionary vetoes what is an innocent word. It does not understand sentences: a model's filter stands
beside it.
Nothing of any text is kept or logged.
"""

import asyncio

from core.filters.lexicon import Kind
from core.filters.matching import found
from core.moderation import ALLOWED, Decision, Rating, Verdict

_A, _S, _H, _B = Decision.ALLOW, Decision.SOFTEN, Decision.HOLD, Decision.BLOCK
_MATRIX = {
    Kind.MILD: (_B, _S, _A, _A),
    Kind.STRONG: (_B, _B, _S, _A),
    Kind.SLUR: (_B, _B, _B, _H),
    Kind.DATED: (_B, _S, _A, _A),
    Kind.SUGGESTIVE: (_S, _S, _A, _A),
    Kind.SEXUAL: (_B, _B, _B, _B),
    Kind.MINORS: (_B, _B, _B, _B),
    Kind.RAPE: (_B, _B, _S, _S),
    Kind.GORE: (_B, _B, _A, _A),
    Kind.DRUGS: (_B, _S, _A, _A),
    Kind.SELF_HARM: (_H, _H, _H, _H),
    Kind.HATE: (_B, _H, _H, _H),
    Kind.THREAT: (_B, _B, _B, _B),
}
"""What each kind means at G, PG, Teen and Mature."""

_AT_ONCE = 4_000
"""Characters that are judged on the event loop; more goes to a thread."""


class WordFilter:
    """Judges text by its words. One serves every story; the word lists are read at the first judgement."""

    name = "words"

    def __init__(self) -> None:
        self._ready = False

    async def judge(self, text: str, rating: Rating) -> Verdict:
        """Judge `text`; the first one and long ones in a thread, so that nobody else waits."""
        if self._ready and len(text) <= _AT_ONCE:
            return self.judge_now(text, rating)
        verdict = await asyncio.to_thread(self.judge_now, text, rating)
        self._ready = True
        return verdict

    def judge_now(self, text: str, rating: Rating) -> Verdict:
        """Judge `text` here and now. Linear in its length."""
        column = list(Rating).index(rating)
        verdict = ALLOWED
        for kind in sorted(found(text)):
            decision = _MATRIX[kind][column]
            if decision is not Decision.ALLOW:
                verdict |= Verdict(decision, (kind.value,))
        return verdict
