"""What becomes of a text that was kept back: it is sealed for an appeal, its author is told, moderators are alerted."""

import hashlib
from collections.abc import Mapping, Sequence

from core import permission
from core.errors import MustWait, Withheld
from core.helplines import Helpline, help_for
from core.moderation import own, phrase, translated
from core.operation import Effect, Operation
from core.place import Approval, House, Standing, Turn
from core.policy import ALARMING, FINAL, Category
from core.records import Records, Refusal, State, Told
from core.reply import Block, Shape
from core.story import Story
from core.wording import Language, joined, said


class Refusals:
    """Keeps what was kept back."""

    def __init__(self, records: Records, helplines: Sequence[Helpline]) -> None:
        self._records = records
        self._helplines = helplines

    async def let_pass(self, turn: Turn, values: Mapping[str, str]) -> bool:
        """Whether a moderator of this server lets exactly this pass."""
        return await self._records.overridden(turn.place, digest(values))

    async def kept(self, error: Withheld, wanted: Operation, turn: Turn, values: Mapping[str, str]) -> Withheld:
        """The error as it is told, after the text has been kept and moderators have been thought of.

        What changes no story is not kept, unless somebody may be in danger.
        """
        found = {category for category in Category if category.value in error.reasons}
        alarming, final = found & ALARMING, found & FINAL
        if wanted.effect is not Effect.CHANGES and not alarming:
            return error
        looked_at = (error.unsure or bool(alarming)) and not final
        may_appeal = not looked_at and not final
        refusal = Refusal(
            turn=turn,
            operation=wanted.name,
            arguments=values,
            author=turn.contributor.name,
            digest=digest(values),
            reasons=tuple(map(str, error.reasons)),
            state=State.WAITING if looked_at else State.REFUSED,
        )

        def say(number: int) -> Told:
            told = self._notice(error, found, number, may_appeal=may_appeal)
            notice = translated(own(told), Language.of(turn.language))
            return Told(notice, _alert(error, found, number, Language.of(turn.here)) if not may_appeal else ())

        number, error.alert = await self._records.keep(refusal, say)
        error.appeal = number if may_appeal else None
        error.notice = self._notice(error, found, number, may_appeal=may_appeal)
        return error

    def _notice(self, error: Withheld, found: set[Category], number: int, *, may_appeal: bool) -> str:
        help_text = help_for(found, self._helplines)
        return help_text if help_text is not None else _notice(error, found, number, may_appeal=may_appeal)


def digest(values: Mapping[str, str]) -> bytes:
    """SHA-256 of what was typed into an operation, whatever the order of its arguments."""
    typed = "\0".join(f"{name}\0{value}" for name, value in sorted(values.items()) if value)
    return hashlib.sha256(typed.encode("utf-8", "surrogatepass")).digest()


def waits(turn: Turn, house: House, story: Story | None) -> bool:
    """Whether what this contributor writes is seen by a moderator first."""
    everything = house.workspace.approval is Approval.ALL
    return everything and permission.standing(turn, house, story) < Standing.MODERATOR


def _notice(error: Withheld, found: set[Category], number: int, *, may_appeal: bool) -> str:
    if isinstance(error, MustWait):
        return error.notice
    reasons = joined(", ", map(own, error.reasons)) if error.reasons else said("this channel's rating")
    if found & FINAL:
        return said("I kept that text back ({reasons}). No story here may hold that.", reasons=reasons)
    if not may_appeal:
        return said(
            "I kept that text back, since a person should look at it first ({reasons}). It waits for a moderator "
            "as number {number}; you need not send it again.",
            reasons=reasons,
            number=number,
        )
    return said(
        "I kept that text back ({reasons}): it goes beyond what this channel allows. Write it more gently, let the "
        "storyteller find a gentler wording (/story review gentler {number}), or ask a moderator to look at it "
        "(/story review ask {number}).",
        reasons=reasons,
        number=number,
    )


def _alert(error: Withheld, found: set[Category], number: int, language: Language) -> tuple[Block, ...]:
    reasons = joined(", ", map(own, error.reasons))
    if found & FINAL:
        told = phrase(
            "A text was kept back for good ({reasons}), number {number}.", reasons=own(reasons), number=number
        )
    elif found & ALARMING:
        told = phrase(
            "Please look at number {number} soon ({reasons}): somebody may need help. /story review shows it.",
            reasons=own(reasons),
            number=number,
        )
    else:
        told = phrase(
            "A text waits for a moderator: number {number} ({reasons}). /story review shows it.",
            reasons=own(reasons),
            number=number,
        )
    return (Block(Shape.NOTE, translated(told, language)),)
