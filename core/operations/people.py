"""Who takes part in a server's stories: moderators shut somebody out, with a reason, and let them in again."""

import hashlib
from dataclasses import replace

from core.errors import BadArgument, NotAllowed, NotPossible
from core.moderation import Cleared, own, phrase
from core.operation import Param, operation
from core.operations.replies import ids, note, say
from core.reply import Block, Reply, Shape
from core.session import Session
from core.wording import said

_MOST = 1000
"""People that can be shut out of a server."""


@operation(
    "review block",
    Param("person", "Who takes no part from now on: a person or their id", required=True, max_length=64, lenient=True),
    Param("reason", "Why; the person is told", required=True, max_length=300),
    aside=True,
)
async def review_block(session: Session, person: Cleared, reason: Cleared) -> Reply:
    """Shut somebody out of the stories of this server, and tell them why when they try."""
    who, rules = _one(person), session.house.workspace
    if who == session.turn.contributor.id or who in rules.moderators:
        raise NotAllowed(said("You cannot shut out yourself or another moderator. An admin can, with /story setup."))
    if len(rules.blocked | {who}) > _MOST:
        raise NotPossible(said("{most} people are shut out here already. Let somebody in again first.", most=_MOST))
    reasons = {**rules.reasons, who: str(reason)}
    session.change.workspace = replace(rules, blocked=rules.blocked | {who}, reasons=reasons)
    session.change.log["blocked"] = {"person": who, "reason": hashlib.sha256(reason.encode()).hexdigest()}
    told = phrase(
        "{person} takes no part in the stories of this server any more, and is told why when they try. "
        "What they wrote stays. /story review unblock lets them in again.",
        person=own(who),
    )
    return say(told, private=True)


@operation(
    "review unblock",
    Param("person", "Who may take part again; empty to see who is shut out", max_length=64, lenient=True),
    aside=True,
)
async def review_unblock(session: Session, person: Cleared) -> Reply:
    """Let somebody take part again who was shut out; without a person, see who is."""
    rules = session.house.workspace
    if not person:
        return await _shut_out(session)
    who = _one(person)
    if who not in rules.blocked:
        raise NotPossible(said("That person is not shut out here. /story review unblock shows who is."))
    reasons = {key: why for key, why in rules.reasons.items() if key != who}
    session.change.workspace = replace(rules, blocked=rules.blocked - {who}, reasons=reasons)
    session.change.log["unblocked"] = {"person": who}
    return say(phrase("{person} may take part in the stories of this server again.", person=own(who)), private=True)


async def _shut_out(session: Session) -> Reply:
    rules = session.house.workspace
    if not rules.blocked:
        return say(phrase("Nobody is shut out of the stories of this server."), private=True)
    why = phrase("no reason was given")
    reasons = {who: await session.for_moderators(reason) for who, reason in rules.reasons.items()}
    shown = [Block(Shape.ITEM, reasons.get(each, why), own(each)) for each in sorted(rules.blocked)]
    return Reply((note(phrase("These people take no part:")), *shown), private=True, vouched=True)


def _one(person: Cleared) -> str:
    """The id of one person. Raises `BadArgument`."""
    found = ids(person)
    if len(found) != 1:
        raise BadArgument(said("Please name one person, by a mention or an id."))
    return next(iter(found))
