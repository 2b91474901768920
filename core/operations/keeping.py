"""What holds: lore for a story, settings for its channel and its server; and telling moderators what should not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core import quotas
from core.change import NewLore, Report
from core.errors import BadArgument, NotAllowed, NotPossible
from core.filters.patterns import check
from core.moderation import Cleared, joined, own, phrase
from core.operation import Effect, Param, operation
from core.operations.replies import ids, label, note, say
from core.place import WORDS, Approval, Length, Turns, Workspace
from core.policy import Rating
from core.quotas import Allowance
from core.reply import Block, Reply, Shape
from core.session import Session
from core.story import Summary
from core.summaries import chain
from core.wording import said

_LENGTHS = tuple(length.value for length in Length)
_RATINGS = tuple(rating.value for rating in Rating)
_LISTS = ("channels", "moderators", "blocked", "writers")


@operation("lore list", alias="lore", effect=Effect.READS)
async def lore_list(session: Session) -> Reply:
    """Show the facts that the storyteller keeps in mind."""
    facts = await session.lore()
    if not facts:
        return say(phrase("No lore yet. Add a fact with /story lore add <name> | <fact>."), private=True)
    return Reply(tuple(Block(Shape.ITEM, each.fact, each.name) for each in facts), private=True)


@operation(
    "lore add",
    Param("name", "Whom or what it is about", required=True, max_length=64, suggests="lore"),
    Param("fact", "What holds", required=True, max_length=500),
    example="/story lore add Mara | keeps the lighthouse",
)
async def lore_add(session: Session, name: Cleared, fact: Cleared) -> Reply:
    """Keep a fact in mind; a second fact of the same name takes the place of the first."""
    same = [each for each in await session.lore() if each.name.casefold() == name.casefold()]
    session.change.lore = NewLore(name, fact, replaces=same[0].id if same else None)
    return Reply((Block(Shape.ITEM, fact, name), note(phrase("The storyteller will keep this in mind."))))


@operation("lore forget", Param("name", "Whom or what it is about", required=True, max_length=64, suggests="lore"))
async def lore_forget(session: Session, name: Cleared) -> Reply:
    """Let a fact go."""
    facts = await session.lore()
    for each in facts:
        if each.name.casefold() == name.casefold():
            session.change.forget = each.id
            return say(phrase("Forgotten: {name}. To bring it back, type /story undo.", name=each.name))
    known = joined(", ", [each.name for each in facts]) or phrase("nothing yet")
    return say(phrase("There is no lore of that name. There is: {known}.", known=known), private=True)


@operation("lore summary", effect=Effect.READS)
async def lore_summary(session: Session) -> Reply:
    """Show what the storyteller has in mind of passages that are too far back to be given in full."""
    found = chain(await session.passages(), await session.known_summaries())
    if not found:
        nothing = phrase("No passage is summarised yet: all of them are given to the storyteller in full.")
        return say(nothing, private=True)
    lines = [Block(Shape.ITEM, each.text, _span(number, each)) for number, each in enumerate(found, 1)]
    hint = phrase("Something is wrong or missing? Type /story lore correct <number> | <how it should read>.")
    return Reply((*lines, note(hint)), private=True)


@operation(
    "lore correct",
    Param("number", "Which line of /story lore summary", required=True, number=True),
    Param("text", "How it reads from now on", required=True, max_length=600),
    example="/story lore correct 1 | Mara keeps the lighthouse and has found a lamp.",
)
async def lore_correct(session: Session, number: Cleared, text: Cleared) -> Reply:
    """Correct a summary that the storyteller has in mind; the passages themselves stay as they are."""
    found = chain(await session.passages(), await session.known_summaries())
    if not 1 <= int(number) <= len(found):
        raise BadArgument(said("There is no summary of that number. /story lore summary shows them."))
    old = found[int(number) - 1]
    session.change.corrected = (old.id, text)
    return Reply((Block(Shape.OLD, old.text, _span(int(number), old)), Block(Shape.NEW, text, phrase("corrected"))))


def _span(number: int, summary: Summary) -> Cleared:
    return phrase("{number} · passages {first} to {last}", number=number, first=summary.first, last=summary.last)


@operation("settings show", alias="settings", effect=Effect.READS)
async def settings_show(session: Session) -> Reply:
    """Show what is set for this channel."""
    house = session.house
    return Reply(
        (
            Block(Shape.ITEM, own(house.rating), phrase("rating")),
            Block(Shape.ITEM, own(house.length), phrase("length")),
            Block(Shape.ITEM, phrase("{name}", name=own(session.engine.profile.name)), phrase("storyteller")),
            note(phrase("Change them with /story settings rating <rating> and /story settings length <length>.")),
        ),
        private=True,
    )


@operation(
    "settings rating",
    Param(
        "rating",
        "How far stories may go",
        required=True,
        choices=_RATINGS,
    ),
)
async def settings_rating(session: Session, rating: Cleared) -> Reply:
    """Set how far the stories in this channel may go."""
    if Rating(rating) is Rating.MATURE and not session.turn.adult:
        raise NotAllowed(said("Mature stories can only be told in a channel that is marked as age-restricted."))
    session.change.rating = Rating(rating)
    session.change.log["set rating"] = {"rating": str(rating), "place": session.house.id}
    return say(phrase("The rating of this channel is {rating} from now on.", rating=rating))


@operation("settings length", Param("length", "How much to write", required=True, choices=_LENGTHS))
async def settings_length(session: Session, length: Cleared) -> Reply:
    """Set how much the storyteller writes in one turn."""
    session.change.length = Length(length)
    words = WORDS[Length(length)]
    return say(phrase("The storyteller writes about {words} words a turn from now on.", words=words))


@operation(
    "setup",
    Param("rating", "How far stories may go on this server", choices=_RATINGS),
    Param("language", "What everybody reads", choices=("en", "zh")),
    Param("channels", "Where stories may be told: ids of channels, or all", max_length=1000, lenient=True),
    Param("moderators", "Who moderates: ids of roles, or none", max_length=1000, lenient=True),
    Param("alerts", "Where moderators hear of reports: the id of a channel, or none", max_length=64, lenient=True),
    Param("messages", "Whether ordinary messages count in a story's own thread", choices=("on", "off")),
    Param("turns", "Who may write next", choices=tuple(turns.value for turns in Turns)),
    Param("patterns", "What nobody may write: expressions with ; between them, or none", max_length=1000, lenient=True),
    Param("approval", "What a moderator sees first", choices=tuple(each.value for each in Approval)),
    Param("blocked", "Who takes no part: ids of people, or none", max_length=1000, lenient=True),
    Param("threads", "Whether passages stand in a thread below their story (on Slack)", choices=("on", "off")),
    Param("writers", "Who may write: ids of roles or people, or all; others may read", max_length=1000, lenient=True),
    Param("quotas", "How often to ask the storyteller, e.g. person 3, day 50, or none", max_length=100, lenient=True),
    Param("tuning", "Whether the words of those who agreed may train the storyteller", choices=("on", "off")),
    aside=True,
)
async def setup(session: Session, **chosen: Cleared) -> Reply:
    """Set what holds for this whole server; without anything, show it."""
    old = session.house.workspace
    new = replace(old, **{name: _SETTINGS[name](value) for name, value in chosen.items() if value})
    if (
        new.tuning
        and not old.tuning
        and (why := session.learning and session.learning.forbids(session.turn.place.platform))
    ):
        raise NotPossible(why)
    if new == old:
        return Reply(_standing_rules(old, session.allowance), private=True)
    if session.allowance is not None:
        session.allowance.check(new.quotas)
    new = replace(new, reasons={who: why for who, why in new.reasons.items() if who in new.blocked})
    session.change.workspace = new
    session.change.log["set up"] = {name: _told(name, value) for name, value in chosen.items() if value}
    return Reply((*_standing_rules(new, session.allowance), note(phrase("This holds from now on."))), private=True)


@operation("report", Param("reason", "What is wrong with it", max_length=300), aside=True)
async def report(session: Session, reason: Cleared) -> Reply:
    """Tell the moderators of this server that something is not right."""
    passage = await session.meant() if session.turn.about is not None or not session.turn.source else None
    session.change.report = Report(passage.id if passage else None, session.turn.source, reason)
    told = note(phrase("{who} reports something in this story.", who=session.author))
    shown = Block(Shape.PROSE, passage.text, label(passage)) if passage else None
    why = Block(Shape.ITEM, reason, phrase("reason")) if reason else None
    thanks = phrase("Thank you. It is kept for the moderators of this server.")
    if session.house.workspace.alerts is None:
        thanks = phrase("It is kept, but nobody was alerted: an admin can choose a channel for that with /story setup.")
    return Reply((note(thanks),), private=True, alert=tuple(each for each in (told, shown, why) if each))


def _told(name: str, value: str) -> str:
    """What the log tells of a setting. It holds no text, and patterns are one."""
    return f"{len(_patterns(value))} of them" if name == "patterns" else str(value)


def _patterns(value: str) -> tuple[str, ...]:
    """Regular expressions. Raises `BadArgument` for one that cannot be used."""
    if value.casefold() == "none":
        return ()
    found: list[str] = []
    for each in dict.fromkeys(part.strip() for part in value.split(";") if part.strip()):
        check(each, others=found)
        found.append(each)
    return tuple(found)


_SETTINGS: dict[str, Callable[[str], Any]] = {
    "rating": Rating,
    "language": str,
    "channels": ids,
    "moderators": ids,
    "blocked": ids,
    "writers": ids,
    "quotas": quotas.read,
    "alerts": lambda value: next(iter(ids(value)), None),
    "messages": lambda value: value == "on",
    "turns": Turns,
    "approval": Approval,
    "patterns": _patterns,
    "threads": lambda value: value == "on",
    "tuning": lambda value: value == "on",
}


def _standing_rules(rules: Workspace, allowance: Allowance | None) -> tuple[Block, ...]:
    often = quotas.shown((allowance or Allowance(0, 0, 0, 0)).within(rules.quotas))
    listed = {name: joined(", ", [own(each) for each in sorted(getattr(rules, name))]) for name in _LISTS}
    return (
        Block(Shape.ITEM, own(rules.rating) if rules.rating else phrase("as the operator chose"), phrase("rating")),
        Block(
            Shape.ITEM, own(rules.language) if rules.language else phrase("as the server has it"), phrase("language")
        ),
        Block(Shape.ITEM, listed["channels"] or phrase("all"), phrase("channels")),
        Block(Shape.ITEM, listed["moderators"] or phrase("none"), phrase("moderators")),
        Block(Shape.ITEM, own(rules.alerts) if rules.alerts else phrase("none"), phrase("alerts")),
        Block(Shape.ITEM, phrase("on") if rules.messages else phrase("off"), phrase("messages")),
        Block(Shape.ITEM, own(rules.turns), phrase("turns")),
        Block(Shape.ITEM, own(rules.approval), phrase("approval")),
        Block(Shape.ITEM, phrase("{count} of them", count=len(rules.patterns)), phrase("patterns")),
        Block(Shape.ITEM, listed["blocked"] or phrase("none"), phrase("blocked")),
        Block(Shape.ITEM, phrase("on") if rules.threads else phrase("off"), phrase("threads")),
        Block(Shape.ITEM, listed["writers"] or phrase("all"), phrase("writers")),
        Block(Shape.ITEM, joined(", ", [own(each) for each in often]) or phrase("none"), phrase("quotas")),
        Block(Shape.ITEM, phrase("on") if rules.tuning else phrase("off"), phrase("tuning")),
    )
