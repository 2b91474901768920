"""Revising a story: steps taken back and forward, passages reworded or taken out. Nothing is destroyed."""

from core.errors import NotPossible
from core.moderation import Cleared, own, phrase
from core.operation import Param, operation
from core.operations.replies import before, label, note, say
from core.reply import Block, Reply, Shape
from core.session import Session
from core.story import Passage
from core.wording import said


@operation("undo")
async def undo(session: Session) -> Reply:
    """Take back the last step: a passage, a refinement or a fact. Nothing is destroyed."""
    await session.still_last()
    return await _step(session, back=True)


@operation("redo")
async def redo(session: Session) -> Reply:
    """Bring back what was undone last."""
    return await _step(session, back=False)


@operation(
    "edit",
    Param("number", "Number of the passage; empty for the last one", number=True, suggests="passages"),
    Param("text", "How it reads from now on", required=True, lines=True),
    example="/story edit 2 | Mara climbed the tower with the lamp under her coat.",
    speaks=True,
)
async def edit(session: Session, number: Cleared, text: Cleared) -> Reply:
    """Change the wording of a passage of yours; everything after it stays."""
    passage = await session.meant(number)
    session.may_change("edit", passage)
    if text == passage.text:
        return say(phrase("That is how it reads already."), private=True)
    session.overrides("edit", passage)
    parent = await before(session, passage)
    new = session.pages.add_edited(text, instead_of=passage, before=parent)
    await session.keep_following(passage, parent, new)
    return Reply(
        (
            Block(Shape.OLD, passage.text, label(passage)),
            Block(Shape.NEW, text, phrase("edited")),
            note(phrase("To go back to the old wording, type /story undo.")),
        )
    )


@operation("remove", Param("number", "Number of the passage; empty for the last one", number=True, suggests="passages"))
async def remove(session: Session, number: Cleared) -> Reply:
    """Take a passage of yours out of the story; it is kept, and undo brings it back."""
    passage = await session.meant(number)
    session.may_change("remove", passage)
    session.overrides("remove", passage)
    following = await session.keep_following(passage, await before(session, passage), None)
    gone = phrase("Taken out: {label}. To bring it back, type /story undo.", label=label(passage))
    if not following:
        return Reply((note(gone),))
    moved = phrase("Passages after it have moved up by one.")
    return Reply((note(gone), note(moved)))


async def _step(session: Session, *, back: bool) -> Reply:
    step = await session.step(back=back)
    if step is None:
        raise NotPossible(said("There is nothing to undo.") if back else said("There is nothing to redo."))
    session.change.undo, session.change.redo = back, not back
    blocks = _what_stands(step.passage_gone, step.passage_back, back=back)
    if step.lore_gone:
        blocks.append(note(phrase("No longer holds: {name}.", name=step.lore_gone.name)))
    if step.lore_back:
        blocks.append(Block(Shape.ITEM, step.lore_back.fact, step.lore_back.name))
    return Reply(tuple(blocks))


def _what_stands(gone: Passage | None, come: Passage | None, *, back: bool) -> list[Block]:
    """What a step did to the end of the story, told from the passages that it ended with before and ends with now."""
    if come and come.parent == (gone.id if gone else None):
        return [Block(Shape.PROSE, come.text, label(come))]
    if gone and gone.parent == (come.id if come else None):
        again = "redo" if back else "undo"
        return [
            note(
                phrase(
                    "Taken back: {label}. To bring it back, type /story {again}.", label=label(gone), again=own(again)
                )
            )
        ]
    if gone is None or come is None:
        return []
    if gone.number != come.number:
        return [note(phrase("What was taken out stands again.") if back else phrase("It is taken out again."))]
    wording = phrase("The earlier wording stands again.") if back else phrase("The later wording stands again.")
    return [note(wording)] if gone.text == come.text else [Block(Shape.PROSE, come.text, label(come)), note(wording)]
