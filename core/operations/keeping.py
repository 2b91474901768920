"""What holds for a story and for its channel: lore and settings."""

from core.moderation import Cleared, Rating, joined, own, phrase
from core.operation import Effect, Param, operation
from core.operations.replies import note, say
from core.session import Session
from core.story import WORDS, Block, Length, NewLore, Reply, Shape

_LENGTHS = tuple(length.value for length in Length)


@operation("lore list", alias="lore", effect=Effect.READS)
async def lore_list(session: Session) -> Reply:
    """Show the facts that the storyteller keeps in mind."""
    facts = await session.lore()
    if not facts:
        return say(phrase("No lore yet. Add a fact with /story lore add <name> | <fact>."), private=True)
    return Reply(tuple(Block(Shape.ITEM, each.fact, each.name) for each in facts), private=True)


@operation(
    "lore add",
    Param("name", "Whom or what it is about", required=True, max_length=64),
    Param("fact", "What holds", required=True, max_length=500),
    example="/story lore add Mara | keeps the lighthouse",
)
async def lore_add(session: Session, name: Cleared, fact: Cleared) -> Reply:
    """Keep a fact in mind; a second fact of the same name takes the place of the first."""
    same = [each for each in await session.lore() if each.name.casefold() == name.casefold()]
    session.change.lore = NewLore(name, fact, replaces=same[0].id if same else None)
    return Reply((Block(Shape.ITEM, fact, name), note(phrase("The storyteller will keep this in mind."))))


@operation("lore forget", Param("name", "Whom or what it is about", required=True, max_length=64))
async def lore_forget(session: Session, name: Cleared) -> Reply:
    """Let a fact go."""
    facts = await session.lore()
    for each in facts:
        if each.name.casefold() == name.casefold():
            session.change.forget = each.id
            return say(phrase("Forgotten: {name}. To bring it back, type /story undo.", name=each.name))
    known = joined(", ", [each.name for each in facts]) or phrase("nothing yet")
    return say(phrase("There is no lore of that name. There is: {known}.", known=known), private=True)


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
        choices=tuple(r.value for r in Rating if r != "mature"),
    ),
)
async def settings_rating(session: Session, rating: Cleared) -> Reply:
    """Set how far the stories in this channel may go."""
    session.change.rating = Rating(rating)
    return say(phrase("The rating of this channel is {rating} from now on.", rating=rating))


@operation("settings length", Param("length", "How much to write", required=True, choices=_LENGTHS))
async def settings_length(session: Session, length: Cleared) -> Reply:
    """Set how much the storyteller writes in one turn."""
    session.change.length = Length(length)
    words = WORDS[Length(length)]
    return say(phrase("The storyteller writes about {words} words a turn from now on.", words=words))
