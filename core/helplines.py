"""Help for somebody who may be in danger: written by people, never by a model. Shown to that person alone."""

from collections.abc import Collection

from core.policy import Category
from core.wording import Said, said

_CRISIS = said(
    "What you wrote sounds as if you might be hurting. I am a story bot and no counsellor, and I did not post it. "
    "Please talk to somebody you trust, or to people who are there for this: US and Canada 988 (call or text), "
    "UK and Ireland 116 123, Australia 13 11 14, children in the EU 116 111, elsewhere https://findahelpline.com. "
    "The moderators of this server have been told that you may want to talk; they were not shown it in public."
)
_THREAT = said(
    "I did not post that: it reads like a threat to a real person, and the moderators of this server will look at it. "
    "If somebody is in danger now, call the emergency number of your country. If it is part of the story, write it "
    "so that it is clear who in the story says it."
)


def help_for(found: Collection[Category]) -> Said | None:
    """What to tell the writer of a text with this evidence; None if nobody seems to be in danger."""
    if Category.CRISIS in found:
        return _CRISIS
    return _THREAT if Category.THREAT in found else None
