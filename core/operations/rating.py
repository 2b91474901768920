"""What people think of what the storyteller wrote: kept with the passage, and trains nothing by itself."""

from core.errors import NotPossible
from core.moderation import Cleared, phrase
from core.operation import Param, operation
from core.operations.replies import label, say
from core.session import Session
from core.story import STORYTELLER, Kind, Opinion, Reply
from core.wording import said

_MARKS = ("good", "bad")


@operation(
    "rate",
    Param("mark", "Whether it is good", required=True, choices=_MARKS),
    Param("reason", "What is good or bad about it", max_length=300),
    aside=True,
    example="/story rate good | it remembered the lamp",
)
async def rate(session: Session, mark: Cleared, reason: Cleared) -> Reply:
    """Say what you think of a passage that the storyteller wrote."""
    passage = await session.meant()
    if passage.author_id != STORYTELLER and passage.kind is not Kind.REFINED:
        raise NotPossible(said("Only what the storyteller wrote can be rated; this is a person's own passage."))
    session.change.opinion = Opinion(passage.id, good=mark == "good", reason=reason)
    thanks = phrase(
        "Thank you. It is kept with passage {label}; a later word of yours takes its place.", label=label(passage)
    )
    return say(thanks, private=True)
