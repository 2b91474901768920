"""The filter `words`: listed words, plain or in disguise, judged by the channel's rating.

It sees through markup, look-alike letters, leetspeak, spacing, repeats, masking and small typos, and two of these
at once; the dictionary vetoes what is an innocent word. It does not understand sentences: a model's filter stands
beside it.
Nothing of any text is kept or logged.
"""

import asyncio
import threading
from collections.abc import Awaitable

from core.filters.matching import found
from core.filters.spoken import unmentioned
from core.policy import Category, Policy, Verdict

_UGLY = {Category.SLUR, Category.STRONG, Category.RAPE}
_AT_ONCE = 4_000
"""Characters that are judged on the event loop; more goes to a thread."""


class WordFilter:
    """Judges text by its words. One serves every story; the word lists are read at the first judgement."""

    name = "words"

    def __init__(self) -> None:
        self._ready = False
        self._reading = threading.Lock()

    def judge(self, text: str, policy: Policy) -> Verdict | Awaitable[Verdict]:
        """Judge `text`; until the lists are read, and if it is long, in a thread, so that nobody else waits."""
        if self._ready and len(text) <= _AT_ONCE:
            return self.judge_now(text, policy)
        return asyncio.to_thread(self.judge_now if self._ready else self._judge_first, text, policy)

    def _judge_first(self, text: str, policy: Policy) -> Verdict:
        with self._reading:  # once, however many wait for it
            verdict = self.judge_now(text, policy)
        self._ready = True
        return verdict

    def judge_now(self, text: str, policy: Policy) -> Verdict:
        """Judge `text` here and now. Linear in its length."""
        kinds = found(text)
        if kinds & _UGLY and (rest := unmentioned(text)) is not None:
            named = (kinds & _UGLY) - found(rest)
            kinds = kinds - named | ({Category.CONDEMNED} if named else set())
        return policy.verdict(sorted(kinds))
