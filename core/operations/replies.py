"""Replies that several operations make."""

from collections.abc import Sequence

from core.moderation import Cleared, phrase
from core.story import Block, Kind, NewPassage, Passage, Reply, Shape, Story


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
