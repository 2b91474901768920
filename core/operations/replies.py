"""What several operations need: replies that they make, the passage before another, ids as they are typed."""

from collections.abc import Sequence

from core.change import NewPassage, NewProposal
from core.errors import BadArgument
from core.moderation import Cleared, phrase
from core.reply import Block, Reply, Shape
from core.session import Session
from core.story import Kind, Passage, Story
from core.wording import said
from core.writing import Writing


def new_passage(new: NewPassage) -> Block:
    """A passage just written, with its number and author."""
    return Block(Shape.PROSE, new.text, phrase("{number} · {author}", number=new.number, author=new.author))


def label(passage: Passage) -> Cleared:
    """The number and author of a passage, e.g. "3 · Ana, refined"."""
    parts: dict[str, Cleared | int] = {"number": passage.number, "author": passage.author}
    match passage.kind:
        case Kind.REFINED:
            return phrase("{number} · {author}, refined", **parts)
        case Kind.EDITED:
            return phrase("{number} · {author}, edited", **parts)
    return phrase("{number} · {author}", **parts)


def propose(session: Session, passage: Passage, writing: Writing) -> Reply:
    """Show a new wording and keep it until the passage's author decides.

    Raises `NotAllowed` where moderators see everything of the storyteller's first.
    """
    session.pages.may_reword()
    session.change.proposes = NewProposal(passage, writing.text, writing.given)
    asked = phrase(
        "The old wording stands until {author} accepts the new one, with the button or with /story review accept.",
        author=passage.author,
    )
    return Reply(
        (
            Block(Shape.OLD, passage.text, label(passage)),
            Block(Shape.NEW, writing.text, phrase("proposed")),
            note(asked),
        )
    )


async def before(session: Session, passage: Passage) -> Passage | None:
    """The passage that stands before another; None before the first."""
    if passage.number == 1:
        return None
    return (await session.passages(last=passage.number - 1, limit=1))[-1]


def ids(value: str) -> frozenset[str]:
    """Ids parted by commas or spaces; none for the words that mean so. Raises `BadArgument`."""
    found = frozenset(value.replace(",", " ").split())
    if found <= {"all", "none"}:
        return frozenset()
    if not all(each.isascii() and each.replace(":", "").isalnum() and len(each) <= 32 for each in found):
        raise BadArgument(
            said("That is no list of ids. Give the ids of channels, roles or people, with commas between them.")
        )
    return found


def count(passages: int) -> Cleared:
    """How many passages, e.g. "3 passages"."""
    return phrase("1 passage") if passages == 1 else phrase("{number} passages", number=passages)


def say(text: Cleared, *, private: bool = False) -> Reply:
    """A reply of one sentence of the bot's own."""
    return Reply((note(text),), private=private)


def note(text: Cleared) -> Block:
    """A sentence of the bot's own."""
    return Block(Shape.NOTE, text)


def named(title: Cleared, found: Sequence[Story]) -> Story | None:
    """The story of this title, or of this number in the list; the first one if there is no title."""
    meant = title.casefold()
    return next((s for n, s in enumerate(found, 1) if not meant or meant in (s.title.casefold(), str(n))), None)
