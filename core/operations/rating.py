"""What people think of what the storyteller wrote: kept with it, and trains nothing by itself."""

from core.change import AnswerMark, Opinion
from core.errors import NotPossible
from core.moderation import Cleared, phrase
from core.operation import Param, operation
from core.operations.replies import label, say
from core.reply import Reply
from core.session import Session
from core.story import STORYTELLER, Kind
from core.wording import said

_MARKS = ("good", "bad")
_PASSAGE, _ANSWER = "passage", "answer"


@operation(
    "rate",
    Param("mark", "Whether it is good", required=True, choices=_MARKS),
    Param("reason", "What is good or bad about it", max_length=300),
    Param("what", "The last passage, or the last answer that you got", choices=(_PASSAGE, _ANSWER)),
    aside=True,
    example="/story rate good | it remembered the lamp",
)
async def rate(session: Session, mark: Cleared, reason: Cleared, what: Cleared) -> Reply:
    """Say what you think of a passage that the storyteller wrote, or of its answer to you."""
    if what == _ANSWER:
        return await _rate_answer(session, good=mark == "good", reason=reason)
    passage = await session.meant()
    if passage.author_id != STORYTELLER and passage.kind is not Kind.REFINED:
        raise NotPossible(said("Only what the storyteller wrote can be rated; this is a person's own passage."))
    session.change.opinion = Opinion(passage.id, good=mark == "good", reason=reason)
    thanks = phrase(
        "Thank you. It is kept with passage {label}; a later word of yours takes its place.", label=label(passage)
    )
    return say(thanks, private=True)


async def _rate_answer(session: Session, *, good: bool, reason: Cleared) -> Reply:
    learning, story = session.learning, session.story
    answer = await learning.last_answer(story.id, session.turn) if learning else None
    if answer is None:
        raise NotPossible(
            said(
                "No answer to you is kept. Answers are kept for those alone who let the storyteller learn from them "
                "(/story mydata tuning), on a server that does too."
            )
        )
    session.change.answer_mark = AnswerMark(answer, good, reason)
    return say(phrase("Thank you. It is kept with the answer; a later word of yours takes its place."), private=True)
