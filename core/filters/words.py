"""The filter `words`: listed words, plain or in disguise, judged by the channel's rating.

It sees through markup, look-alike letters, leetspeak, spacing, repeats, masking and small typos, and two of these
at once; the dictionary vetoes what is an innocent word. It does not understand sentences: a model's filter stands
beside it.
Nothing of any text is kept or logged.
"""

import asyncio
import threading
from collections.abc import Awaitable

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
        self._reading = threading.Lock()

    def judge(self, text: str, rating: Rating) -> Verdict | Awaitable[Verdict]:
        """Judge `text`; until the lists are read, and if it is long, in a thread, so that nobody else waits."""
        if self._ready and len(text) <= _AT_ONCE:
            return self.judge_now(text, rating)
        return asyncio.to_thread(self.judge_now if self._ready else self._judge_first, text, rating)

    def _judge_first(self, text: str, rating: Rating) -> Verdict:
        with self._reading:  # once, however many wait for it
            verdict = self.judge_now(text, rating)
        self._ready = True
        return verdict

    def judge_now(self, text: str, rating: Rating) -> Verdict:
        """Judge `text` here and now. Linear in its length."""
        kinds = found(text)
        if not kinds:
            return ALLOWED
        column = list(Rating).index(rating)
        verdict = ALLOWED
        for kind in sorted(kinds):
            decision = _MATRIX[kind][column]
            if decision is not Decision.ALLOW:
                verdict |= Verdict(decision, (kind.value,))
        return verdict
