"""New wordings of another person's passage: proposed to its author, who accepts one or keeps the old."""

from core.errors import BadArgument, NotAllowed, NotPossible
from core.moderation import Cleared, phrase
from core.operation import Param, operation
from core.operations.replies import before, label, note, say
from core.place import Standing
from core.reply import Block, Reply, Shape
from core.session import Session
from core.story import Passage, Proposal
from core.wording import said
from core.writing import Writing

_NUMBER = Param("number", "Number of the proposed wording; empty for the newest that you may decide on", number=True)


@operation("review accept", _NUMBER)
async def review_accept(session: Session, number: Cleared) -> Reply:
    """Accept a new wording that somebody proposed for a passage of yours."""
    proposal = await _open(session, number)
    if not _decides(session, proposal):
        raise NotAllowed(said("Only whoever wrote that passage, or a moderator, can accept another wording of it."))
    now = await _unchanged(session, proposal)
    text = await session.cleared(proposal.text)
    writing = Writing(text, session.engine.encode(text), proposal.given)
    parent = await before(session, now)
    new = session.pages.add_refined(writing, instead_of=now, after=parent)
    await session.keep_following(now, parent, new)
    session.change.decided = proposal.id
    session.overrides("review accept", now)
    return Reply(
        (
            Block(Shape.PROSE, text, label(now)),
            note(phrase("The new wording stands. To go back to the old one, type /story undo.")),
        )
    )


@operation("review keep", _NUMBER)
async def review_keep(session: Session, number: Cleared) -> Reply:
    """Keep the old wording of a passage of yours, or take back one that you proposed."""
    proposal = await _open(session, number, askers=True)
    if not _decides(session, proposal, askers=True):
        raise NotAllowed(said("Only whoever wrote that passage or proposed the wording, or a moderator, can do that."))
    session.change.decided = proposal.id
    return say(phrase("The old wording of {label} stays.", label=label(proposal.passage)))


async def _open(session: Session, number: Cleared, *, askers: bool = False) -> Proposal:
    """The wording of this number that waits here; without one, the newest that the contributor may decide on.

    Raises `BadArgument` or `NotPossible`.
    """
    waiting = await session.store.proposals(session.house.id)
    if number:
        found = next((each for each in waiting if each.id == int(number)), None)
        if found is None:
            raise BadArgument(
                said("That wording does not wait for consent any more: it was decided on, or is too old.")
            )
        return found
    mine = next((each for each in waiting if _decides(session, each, askers=askers)), None)
    if mine is None:
        raise NotPossible(said("No new wording waits here on which you may decide."))
    return mine


def _decides(session: Session, proposal: Proposal, *, askers: bool = False) -> bool:
    """Whether the contributor is the passage's author or a moderator, or asked for the wording, where `askers` may."""
    who = session.turn.contributor.id
    named = proposal.passage.author_id == who or (askers and proposal.asker_id == who)
    return named or session.standing >= Standing.MODERATOR


async def _unchanged(session: Session, proposal: Proposal) -> Passage:
    """The passage as it stands now. Raises `NotPossible` if it is gone, or its words are others by now."""
    now = await session.store.version_of(session.story, proposal.passage.id)
    if now is None:
        raise NotPossible(said("That passage does not stand in the story any more."))
    if now.text != proposal.passage.text:
        raise NotPossible(
            said("That passage was changed since the wording was proposed, so it stays as it is. Propose another.")
        )
    return now
