"""Judges again what was stored under another policy than the one that holds where it is read."""

from collections.abc import Iterable
from dataclasses import replace

from core.change import Change
from core.engine import Engine
from core.moderation import Gate, phrase
from core.policy import VOUCHED, Decision, Policy
from core.story import Lore, Passage

HIDDEN = phrase("(This passage is not shown here: it was written when more was allowed.)")
"""What stands in the place of a passage that is not allowed here any more."""


class Rejudging:
    """What one turn may read. What still fits is noted in the turn's change, so that it is not judged twice."""

    def __init__(self, gate: Gate, engine: Engine, policy: Policy, change: Change) -> None:
        self.vouched = False
        """Whether something was read that a moderator let pass."""
        self._gate = gate
        self._engine = engine
        self._policy = policy
        self._change = change

    async def passages(self, found: list[Passage]) -> list[Passage]:
        """Passages as they may be shown here now, each that may not with `HIDDEN` in the place of its text."""
        key = self._policy.key
        self.vouched = self.vouched or any(each.policy == VOUCHED for each in found)
        if all(each.policy in (key, VOUCHED) for each in found):
            return found
        return [await self._judged_again(each) if each.policy not in (key, VOUCHED) else each for each in found]

    async def facts(self, found: Iterable[Lore]) -> list[Lore]:
        """Those that may be used here now. Facts are few and short, so they are judged at every use."""
        return [each for each in found if await self._allowed(f"{each.name}: {each.fact}", drawn=True)]

    async def _judged_again(self, passage: Passage) -> Passage:
        """The passage if it is allowed here now, without what was asked if that is not; else a note in its place."""
        if await self._allowed(passage.text):
            if passage.asked and not await self._allowed(self._engine.decode(passage.asked.words)):
                return replace(passage, asked=None)  # and so it is judged again the next time
            self._change.judged_again += (passage.id,)
            return passage
        return replace(passage, text=HIDDEN, ids=self._engine.encode(HIDDEN), asked=None)

    async def _allowed(self, text: str, *, drawn: bool = False) -> bool:
        return (await self._gate.judge(text, self._policy, drawn=drawn)).decision is Decision.ALLOW
