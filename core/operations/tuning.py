"""What people let the storyteller learn from: each says so for their own words, an admin for the server."""

from core.errors import NotPossible
from core.learning import Learning
from core.moderation import Cleared, own, phrase
from core.operation import Param, operation
from core.operations.replies import note, say
from core.reply import Attachment, Reply
from core.session import Session
from core.wording import said

_YES, _NO = "yes", "no"


@operation(
    "mydata tuning",
    Param("answer", "Whether your words may train the storyteller", choices=(_YES, _NO)),
    aside=True,
    example="/story mydata tuning yes",
)
async def mydata_tuning(session: Session, answer: Cleared) -> Reply:
    """Say whether what you write may be used to train the storyteller; without a word from you it is not."""
    learning = _learning(session)
    forbidden = learning.forbids(session.turn.place.platform)
    if not answer:
        agreed = await learning.agreed(session.turn)
        return Reply(
            (note(_stands(agreed=agreed)), note(own(forbidden) if forbidden else _what_it_takes())), private=True
        )
    if answer == _YES and forbidden:
        raise NotPossible(forbidden)
    session.change.consent = answer == _YES
    if answer == _YES:
        how_back = phrase(
            "/story mydata tuning no takes it back, for every file that is made afterwards; in one that was made "
            "before, your words stay until whoever has it deletes it."
        )
        return Reply((note(_stands(agreed=True)), note(_what_it_takes()), note(how_back)), private=True)
    return say(_stands(agreed=False), private=True)


@operation("review records", aside=True)
async def review_records(session: Session) -> Reply:
    """Get a file to train the storyteller with, of those alone who agreed to it."""
    learning = _learning(session)
    if forbidden := learning.forbids(session.turn.place.platform):
        raise NotPossible(forbidden)
    if not session.house.workspace.tuning:
        raise NotPossible(
            said("This server has not agreed to it. An admin switches it on with the setting “tuning” of /story setup.")
        )
    found = await learning.harvest(session.turn.place)
    if not found.stories:
        raise NotPossible(
            said(
                "There is nothing that may be used: in each story somebody has not agreed, from its beginning on. "
                "Everybody says so for themselves, with /story mydata tuning yes."
            )
        )
    session.change.log["took records"] = {"stories": found.stories, "passages": found.passages}
    told = phrase(
        "Stories in this file: {stories}. Passages: {passages}. People who agreed: {people}. Stories left out whole: "
        "{left_out}. It is not kept here; keep it no longer than you need it, and take a new one for each training.",
        stories=found.stories,
        passages=found.passages,
        people=found.people,
        left_out=found.left_out,
    )
    how = phrase("To train with it: python -m inference.training records stories.jsonl --out <folder>")
    return Reply((note(told), note(how)), private=True, file=Attachment("stories.jsonl", found.text), vouched=True)


def _stands(*, agreed: bool) -> Cleared:
    if agreed:
        return phrase("Yes: what you write and have written on this server may be used to train the storyteller.")
    return phrase("No: nothing that you write on this server is used to train the storyteller.")


def _what_it_takes() -> Cleared:
    return phrase(
        "Your yes alone uses nothing: an admin must have agreed for the server, and everybody else whose words stand "
        "before yours in a story. Names and ids are left out, and personal data. /story mydata tuning yes or no "
        "changes it at any time."
    )


def _learning(session: Session) -> Learning:
    if session.learning is None:
        raise NotPossible(said("That is not set up here. Please ask the operator."))
    return session.learning
