"""Whose voice tells a story: the model's own, or one of its adapters."""

from dataclasses import replace

from core.engine import PLAIN
from core.errors import BadArgument, NotPossible
from core.moderation import Cleared, joined, own, phrase
from core.operation import Param, nearest, operation
from core.operations.replies import say
from core.reply import Reply
from core.session import Session
from core.wording import said


@operation(
    "settings voice",
    Param("name", "Which of the storyteller's voices; empty to see them", max_length=40, suggests="voices"),
    example="/story settings voice plain",
)
async def voice(session: Session, name: Cleared) -> Reply:
    """Choose the voice that tells this story."""
    voices, story = session.engine.profile.voices, session.story
    if not voices:
        raise NotPossible(said("This storyteller has one voice only."))
    names = joined(", ", [own(each) for each in voices])
    if not name:
        here = own(story.voice) if story.voice in voices else phrase("the one that the operator chose")
        told = say(phrase("Voices: {names}. Here: {here}.", names=names, here=here), private=True)
        return replace(told, voices=voices)
    wanted = name.lower()
    if wanted not in voices:
        raise BadArgument(
            said(
                "There is no voice “{name}”. There are: {names}.{hint}",
                name=name,
                names=names,
                hint=nearest(wanted, voices),
            )
        )
    session.change.voice = wanted
    if wanted == PLAIN:
        return say(phrase("From now on the storyteller tells this story in its own voice."))
    return say(phrase("From now on the storyteller tells this story in the voice “{name}”.", name=own(wanted)))
