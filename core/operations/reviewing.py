"""Moderators' work: what was kept back, what an author asks them to look at again, and the log of it all.

Texts that were kept back are shown to moderators alone, one at a time, and those that nobody can let pass to nobody.
"""

import datetime as dt
import json
import math
from dataclasses import replace
from typing import Final

from core.change import Settled
from core.errors import BadArgument, NotAllowed, NotPossible
from core.filters.patterns import check_line
from core.moderation import Cleared, joined, own, phrase
from core.operation import Effect, Operation, Param, find, operation
from core.operations.replies import new_passage, note, say
from core.policy import FINAL
from core.prompts import Order, Task
from core.records import APPEAL_TIME, Held, State
from core.refusals import digest
from core.reply import Block, Reply, Shape
from core.session import Session
from core.story import Kind, Passage
from core.wording import said

_NUMBER = Param("number", "Number of the text that was kept back", required=True, number=True)
_STATES = {
    State.REFUSED: said("kept back"),
    State.WAITING: said("waiting for a moderator"),
    State.APPROVED: said("posted"),
    State.EDITED: said("posted in a moderator's words"),
    State.REJECTED: said("not posted"),
    State.EXPIRED: said("not posted, since nobody looked at it in time"),
}


@operation(
    "review list",
    Param("after", "Show the one after this number", number=True),
    effect=Effect.READS,
    alias="review",
)
async def review_list(session: Session, after: Cleared) -> Reply:
    """Show what waits for a moderator, one text at a time."""
    place = session.turn.place
    waiting = await session.store.records.waiting(place.platform, place.workspace)
    rest = [each for each in waiting if each.id > int(after or 0)]
    if not waiting:
        return say(phrase("Nothing waits for you."), private=True)
    if not rest:
        return say(phrase("That was the last one; {count} still wait.", count=len(waiting)), private=True)
    shown = rest[0]
    usual = await session.store.records.usual_wait(place.platform, place.workspace)
    return Reply(
        (
            note(phrase("{index} of {count} that wait.", index=waiting.index(shown) + 1, count=len(waiting))),
            Block(Shape.PROSE, await _seen(session, shown), await _about(session, shown)),
            note(
                phrase(
                    "/story review approve {number} posts it, /story review reword {number} posts it in your words, "
                    "/story review reject {number} does not post it and tells its author why. "
                    "It waits {hours} hours at most.",
                    number=shown.id,
                    hours=int(APPEAL_TIME.total_seconds() // 3600),
                )
            ),
            *(() if usual is None else (note(_waited(usual)),)),
        ),
        private=True,
        review=shown.id,
        vouched=True,
    )


@operation(
    "review approve",
    _NUMBER,
    Param("reason", "Why it may be posted", max_length=300),
    aside=True,
)
async def review_approve(session: Session, number: Cleared, reason: Cleared) -> Reply:
    """Post a text that was kept back, as its author's."""
    held = await _open(session, number)
    session.change.settled = Settled(held.id, State.APPROVED, reason, held.digest)
    return replace(say(phrase("Number {number} is posted.", number=held.id), private=True), follows=held.id)


@operation(
    "review reword",
    _NUMBER,
    Param("text", "How it is to read", required=True, lines=True),
    aside=True,
)
async def review_reword(session: Session, number: Cleared, text: Cleared) -> Reply:
    """Post a text that was kept back in words of yours, as its author's."""
    held = await _open(session, number)
    if "text" not in held.arguments:
        raise NotPossible(said("That is no passage, so it can only be approved or rejected."))
    new = dict(held.arguments) | {"text": str(text)}
    session.change.settled = Settled(held.id, State.EDITED, "", digest(new), text=str(text))
    reply = say(phrase("Number {number} is posted in your words.", number=held.id), private=True)
    return replace(reply, follows=held.id)


@operation(
    "review reject",
    _NUMBER,
    Param("why", "What its author is told", max_length=300),
    aside=True,
)
async def review_reject(session: Session, number: Cleared, why: Cleared) -> Reply:
    """Do not post a text that was kept back."""
    held = await _open(session, number)
    session.change.settled = Settled(held.id, State.REJECTED, why)
    return say(
        phrase("Number {number} is not posted. Its author sees that with /story review ask {number}.", number=held.id),
        private=True,
    )


@operation("review ask", _NUMBER, also="appeal", aside=True)
async def appeal_ask(session: Session, number: Cleared) -> Reply:
    """Ask a moderator to look at a text of yours that was kept back, or see what was decided."""
    held = await _mine(session, number)
    if held.state is State.REFUSED:
        if _final(held):
            raise NotAllowed(said("No moderator can let that pass."))
        session.change.settled = Settled(held.id, State.WAITING)
        asked = phrase(
            "A moderator will look at it. /story review ask {number} shows what was decided.", number=held.id
        )
        told = phrase("Somebody asks you to look at number {number} again. /story review shows it.", number=held.id)
        return replace(say(asked, private=True), alert=(note(told),))
    return Reply(
        (note(phrase("Number {number}: {state}.", number=held.id, state=own(_STATES[held.state]))), *_answer(held)),
        private=True,
    )


@operation("review gentler", _NUMBER, effect=Effect.ASKS)
async def appeal_gentler(session: Session, number: Cleared) -> Reply:
    """Let the storyteller find a gentler wording of a text of yours that was kept back."""
    held = await _mine(session, number)
    text = held.arguments.get("text", "")
    if held.state is not State.REFUSED or not text or _final(held):
        raise NotPossible(said("There is nothing to reword: it is no passage, or it was decided already."))
    raw = await session.for_moderators(text)
    ids = session.engine.encode(raw)
    passage = Passage(0, 1, None, Kind.ADDED, held.contributor_id, session.author, raw, 0, ids)
    order = Order(Task.REFINE, phrase("gentler"), max(20, 2 * len(text.split())), gently=True)
    writing = await session.write(order, [passage], accept=lambda new: new.casefold() != text.casefold())
    if writing is None:
        raise NotPossible(said("I found no gentler wording. Please try one of your own."))
    session.change.settled = Settled(held.id, State.REFUSED, softer=writing.text)
    how = phrase("To post it like this, type /story review post {number}.", number=held.id)
    return Reply((Block(Shape.PROSE, writing.text), note(how)), private=True, gentler=held.id)


@operation("review post", _NUMBER, aside=True)
async def appeal_post(session: Session, number: Cleared) -> Reply:
    """Post a text of yours that was kept back in the gentler wording that was found for it."""
    held = await _mine(session, number)
    if held.state is not State.REFUSED or not held.softer:
        raise NotPossible(
            said("There is no gentler wording. /story review gentler {number} looks for one.", number=held.id)
        )
    session.change.settled = Settled(held.id, State.EDITED, text=held.softer)
    return replace(say(phrase("It is posted."), private=True), follows=held.id)


@operation("review log", effect=Effect.READS)
async def review_log(session: Session) -> Reply:
    """Show what was decided on this server by whom: one line of JSON each, sealed by hashes."""
    place = session.turn.place
    entries = await session.store.records.log(place.platform, place.workspace)
    if not entries:
        return say(phrase("Nothing was decided here yet."), private=True)
    lines = [own(json.dumps(each.row(), ensure_ascii=True)) for each in entries]
    return Reply(tuple(Block(Shape.ITEM, each) for each in lines), private=True)


@operation(
    "settings lines",
    Param("never", "What never happens in this story, with commas between", max_length=600, lenient=True),
    Param("offstage", "What happens, but is not shown", max_length=600, lenient=True),
)
async def settings_lines(session: Session, never: Cleared, offstage: Cleared) -> Reply:
    """Say what never happens in this story, and what is not shown; without anything, see it."""
    story = session.story
    never_, off = (_rules(never) if never else story.lines), (_rules(offstage) if offstage else story.veils)
    if never or offstage:
        session.change.rules = never_, off
    none = phrase("nothing")
    return Reply(
        (
            Block(Shape.ITEM, joined(", ", [own(each) for each in never_]) or none, phrase("never")),
            Block(Shape.ITEM, joined(", ", [own(each) for each in off]) or none, phrase("off-stage only")),
        ),
        private=not (never or offstage),
        vouched=True,
    )


def _waited(usual: dt.timedelta) -> Cleared:
    """How long authors wait for a decision here."""
    minutes = math.ceil(usual.total_seconds() / 60)
    if minutes < 120:
        return phrase("Half of what was decided here lately waited {minutes} minutes or less.", minutes=minutes)
    return phrase("Half of what was decided here lately waited {hours} hours or less.", hours=math.ceil(minutes / 60))


async def _post_written(session: Session, text: Cleared) -> Reply:
    """Post what the storyteller wrote and a moderator let pass."""
    found = await session.passages(limit=1)
    return Reply((new_passage(session.pages.add_approved(text, after=found[-1] if found else None)),))


_WRITTEN: Final = Operation(
    "add", "", (Param("text", "", required=True, lines=True, max_length=20_000),), _post_written, Effect.CHANGES
)


def wanted(held: Held) -> Operation:
    """The operation by which a text that was kept back is posted."""
    return _WRITTEN if "text" in held.arguments and held.operation in ("continue", "retry") else find(held.operation)


def _rules(typed: Cleared) -> tuple[str, ...]:
    """Words or short phrases. Raises `BadArgument` for one that cannot be used."""
    if typed.casefold() == "none":
        return ()
    rules: list[str] = []
    for each in dict.fromkeys(part.strip() for part in typed.replace("，", ",").split(",") if part.strip()):
        check_line(each, others=rules)
        rules.append(each)
    return tuple(rules)


async def _mine(session: Session, number: Cleared) -> Held:
    """A text of the contributor's that was kept back. Raises `BadArgument`."""
    held = await _find(session, number)
    if held is None or held.contributor_id != session.turn.contributor.id:
        raise BadArgument(said("You have no text of that number that was kept back here."))
    return held


async def _find(session: Session, number: Cleared) -> Held | None:
    place = session.turn.place
    return await session.store.records.held(place.platform, place.workspace, int(number))


async def _open(session: Session, number: Cleared) -> Held:
    """What waits under this number. Raises `BadArgument` or `NotPossible`."""
    held = await _find(session, number)
    if held is None:
        raise BadArgument(said("Nothing was kept back here under that number. /story review shows what waits."))
    if held.state not in (State.WAITING, State.REFUSED):
        raise NotPossible(said("That was decided already: {state}.", state=own(_STATES[held.state])))
    if _final(held):
        raise NotAllowed(said("No moderator can let that pass."))
    return held


def _final(held: Held) -> bool:
    return any(category.value in held.reasons for category in FINAL)


async def _seen(session: Session, held: Held) -> Cleared:
    """The text as a moderator sees it."""
    return await session.for_moderators(" | ".join(value for value in held.arguments.values() if value))


async def _about(session: Session, held: Held) -> Cleared:
    reasons = joined(", ", [own(each) for each in held.reasons])
    author = await session.for_moderators(held.author)
    return phrase(
        "{number} · {author} · /story {operation} · {reasons}",
        number=held.id,
        author=author,
        operation=own(held.operation),
        reasons=reasons,
    )


def _answer(held: Held) -> tuple[Block, ...]:
    return (Block(Shape.ITEM, own(held.note), phrase("note")),) if held.note else ()
