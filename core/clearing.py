"""Clears what was typed, and the name of whoever typed it, before an operation sees any of it.

What is kept back goes to `core.refusals`, unless a moderator let exactly this pass.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from core import observation, wording
from core.errors import MustWait, Withheld
from core.moderation import Cleared, Gate, phrase
from core.operation import Operation
from core.place import House, Turn
from core.policy import Policy
from core.refusals import Refusals, waits
from core.story import THE_STORYTELLER, Story
from core.text import hygienic, visible
from core.wording import Language


class Clearing:
    """Judges what is typed by what holds where it was typed."""

    def __init__(self, gate: Gate, refusals: Refusals) -> None:
        self._gate = gate
        self._refusals = refusals

    async def typed(
        self, wanted: Operation, turn: Turn, values: Mapping[str, str], house: House, story: Story | None
    ) -> tuple[dict[str, Cleared], bool]:
        """The values as they may be shown, and whether that is so because a moderator let them pass.

        Raises `Withheld`, after what was typed has been kept for an appeal; `MustWait` where a moderator sees it first.
        """
        values = await self._redacted(wanted, values)
        cleared, vouched = await self._cleared(wanted, turn, values, house.policy(story))
        seen_first = not vouched and wanted.speaks and waits(turn, house, story)
        if seen_first and not await self._refusals.let_pass(turn, values):
            raise await self._refusals.kept(MustWait(), wanted, turn, values)
        return cleared, vouched

    async def name(self, name: str, policy: Policy) -> Cleared:
        """The name as it may be shown. Nobody is shown as the storyteller, and nobody as nothing."""
        name = " ".join(hygienic(name).split())[:64]
        if not visible(name) or name.casefold() in _its_names():
            return phrase("somebody")
        try:
            return await self._gate.clear(name, policy)
        except Withheld:
            return phrase("somebody")

    async def _redacted(self, wanted: Operation, values: Mapping[str, str]) -> dict[str, str]:
        """The values without anybody's personal data, which is never stored."""
        lenient_ones = _lenient(wanted)
        return {k: v if k in lenient_ones or not v else await self._gate.redacted(v) for k, v in values.items()}

    @observation.stage("clear")
    async def _cleared(
        self, wanted: Operation, turn: Turn, values: Mapping[str, str], policy: Policy
    ) -> tuple[dict[str, Cleared], bool]:
        try:
            return await self._judged(wanted, values, policy), False
        except Withheld as error:
            if not await self._refusals.let_pass(turn, values):
                raise await self._refusals.kept(error, wanted, turn, values) from None
        try:
            return await self._judged(wanted, values, replace(policy, vouched=True)), True
        except Withheld as error:
            raise await self._refusals.kept(error, wanted, turn, values) from None

    async def _judged(self, wanted: Operation, values: Mapping[str, str], policy: Policy) -> dict[str, Cleared]:
        """Each value by itself, and those that a reply may show side by side together."""
        lenient_ones = _lenient(wanted)
        shown = [value for name, value in values.items() if value and name not in lenient_ones]
        if len(shown) > 1:
            await self._gate.clear(" ".join(shown), policy)
        lenient = replace(policy, vouched=True)
        return {k: await self._gate.clear(v, lenient if k in lenient_ones else policy) for k, v in values.items()}


def _lenient(wanted: Operation) -> set[str]:
    """The names of the parameters that are judged like what a moderator lets pass; see `core.operation.Param`."""
    return {param.name for param in wanted.params if param.lenient}


@cache
def _its_names() -> frozenset[str]:
    """What the storyteller is called in any language; no person can have such a name."""
    return frozenset(wording.translated(wording.own(THE_STORYTELLER), each).casefold() for each in Language)
