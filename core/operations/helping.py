"""What I understand, for whoever asks: all of it on one page, or one command with everything that belongs to it."""

from typing import Final

from core.moderation import Cleared, own, phrase
from core.operation import FAMILIES, OPERATIONS, Effect, Operation, Param, find, members, operation
from core.operations.replies import note
from core.permission import RIGHTS
from core.place import Standing
from core.reply import Block, Reply, Shape
from core.session import Session
from core.wording import said

TOPICS: Final = {
    said("Tell"): ("start", "add", "continue", "retry", "refine", "end", "resume"),
    said("Change"): ("undo", "redo", "edit", "remove"),
    said("Read"): ("show", "recap", "explain", "why", "rate", "list"),
    said("And also"): ("lore", "settings", "mydata", "review", "setup", "report", "about", "help"),
}
"""What stands on the page, under which heading. A test demands that every operation has a place."""


_HOW = phrase("/story help continue explains a command, /story help lore all that begin with lore.")


@operation(
    "help",
    Param("command", "Which command", max_length=40, suggests="commands"),
    effect=Effect.READS,
    example="/story help continue",
)
async def help_(session: Session, command: Cleared) -> Reply:
    """Show what I understand."""
    wanted = " ".join(command.lower().removeprefix("/story").split())
    if not wanted:
        return Reply((*_page(session.standing), note(_HOW)), private=True)
    if wanted in FAMILIES:
        return Reply(tuple(_full(each) for each in members(wanted) if _may(each, session.standing)), private=True)
    return Reply(tuple(_explained(find(wanted))), private=True)


def _page(standing: Standing) -> list[Block]:
    """Every command that this person may use and what it does, those of a family together."""
    blocks = []
    for heading, names in TOPICS.items():
        lines = [line for name in names for line in _line(name, standing)]
        blocks += [Block(Shape.TITLE, own(heading)), *lines] if lines else []
    return blocks


def _line(name: str, standing: Standing) -> list[Block]:
    if name in FAMILIES:
        theirs = any(_may(each, standing) for each in members(name))
        return [Block(Shape.ITEM, own(FAMILIES[name]), phrase("/story {family} …", family=own(name)))] if theirs else []
    each = OPERATIONS[name]
    return [Block(Shape.ITEM, own(each.summary), own(each.briefly))] if _may(each, standing) else []


def _explained(wanted: Operation) -> list[Block]:
    """A command, its arguments and an example."""
    blocks = [_full(wanted), *(Block(Shape.ITEM, own(each.explained), own(each.name)) for each in wanted.params)]
    if wanted.example:
        blocks.append(note(phrase("For example: {example}", example=own(wanted.example))))
    return blocks


def _full(wanted: Operation) -> Block:
    return Block(Shape.ITEM, own(wanted.summary), own(wanted.usage))


def _may(wanted: Operation, standing: Standing) -> bool:
    """Whether somebody of this standing may do it; a writer may own the next story."""
    reach = Standing.OWNER if standing is Standing.WRITER else standing
    return RIGHTS[wanted.name].least <= reach
