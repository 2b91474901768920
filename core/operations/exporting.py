"""Taking a story along, as it stands: as a file to read, or as data for other programs."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from core import rows
from core.errors import BadArgument, NotPossible
from core.moderation import Cleared, joined, phrase, translated
from core.operation import Effect, Param, operation
from core.operations.replies import count, label, named, note
from core.reply import Attachment, Reply
from core.session import Session
from core.story import Kind, Lore, Passage, Story
from core.wording import Language, said

FORMAT = "storycircle-story-1"
PART = 400
"""Passages of one file: less than a million characters, which the last door reads in a second or two."""
_MARKDOWN, _JSON = "markdown", "json"


@operation(
    "mydata story",
    Param("form", "To read, or for other programs", choices=(_MARKDOWN, _JSON)),
    Param(
        "title", "Its title, or its number in the list; empty for the one told here", max_length=100, suggests="stories"
    ),
    Param("part", "Which part of a very long story", number=True),
    also="export",
    effect=Effect.READS,
    example="/story mydata story json | The Lamp of Harrow Bay",
)
async def mydata_story(session: Session, form: Cleared, title: Cleared, part: Cleared) -> Reply:
    """Get a story of this channel as a file."""
    story = await _chosen(session, title)
    parts, wanted = -(-story.passages // PART), int(part or 1)
    if wanted > parts:
        raise BadArgument(said("The story has {parts} parts.", parts=parts) if parts > 1 else said("It has one part."))
    first, last = (wanted - 1) * PART + 1, min(wanted * PART, story.passages)
    passages = await session.part(story, last=last, limit=last - first + 1)
    if form == _JSON:
        text = _json(story, passages, await session.facts(story), Language.of(session.turn.language))
    else:
        text = _markdown(story, passages)
    ending = "json" if form == _JSON else "md"
    told = phrase("“{title}”, {count}, is in this file.", title=story.title, count=count(story.passages))
    if parts == 1:
        return _reply(session, Attachment(f"story.{ending}", text), told)
    where = phrase(
        "Passages {first} to {last} of “{title}” are in this file, part {part} of {parts}.",
        first=first,
        last=last,
        title=story.title,
        part=wanted,
        parts=parts,
    )
    others = phrase(
        "For another one: /story mydata story {form} | {title} | <part>",
        form=form or phrase("markdown"),
        title=story.title,
    )
    return _reply(session, Attachment(f"story-{wanted}.{ending}", text), where, others)


def _reply(session: Session, file: Attachment, *told: Cleared) -> Reply:
    return Reply(tuple(note(each) for each in told), private=True, file=file, vouched=session.vouched)


async def _chosen(session: Session, title: Cleared) -> Story:
    """The story that is meant. Raises `NotPossible` if there is none, or nothing in it."""
    story = named(title, await session.store.stories(session.house.id, limit=1000))
    if story is None and title:
        raise NotPossible(said("There is no story of that title here. /story list shows them all."))
    if story is None:
        raise NotPossible(said("No stories here yet. Begin one with /story start <title>."))
    if not story.passages:
        raise NotPossible(said("Nothing has happened yet. Add the first passage with /story add."))
    return story


def _markdown(story: Story, passages: Sequence[Passage]) -> Cleared:
    """The story to read: its title, its premise, each passage with who wrote it, and who told it together."""
    parts = [phrase("# {title}", title=story.title)]
    if story.premise:
        parts.append(phrase("> {premise}", premise=story.premise))
    parts += [phrase("**{label}**\n\n{text}", label=label(each), text=each.text) for each in passages]
    told = [phrase("{author}: {count}", author=author, count=count(n)) for author, n in _authors(passages).items()]
    parts += [phrase("---"), phrase("Told together by {authors}.", authors=joined(", ", told))]
    if any(each.kind in (Kind.CONTINUED, Kind.REFINED) for each in passages):
        parts.append(phrase("The storyteller, which also refines, is a language model."))
    return phrase("{story}\n", story=joined("\n\n", parts))


def _json(story: Story, passages: Sequence[Passage], facts: Sequence[Lore], language: Language) -> Cleared:
    """The story for programs. Each passage says how it came to be: added, continued, refined or edited."""
    kept: dict[str, Any] = {
        "format": FORMAT,
        "title": story.title,
        "premise": story.premise,
        "begun by": story.author,
        "ended": story.ended,
        "passages in all": story.passages,
        "facts": [{"name": each.name, "fact": each.fact} for each in facts],
        "passages": [
            {
                "number": each.number,
                "author": translated(each.author, language),
                "kind": each.kind,
                "text": translated(each.text, language),
            }
            for each in passages
        ],
        "written": {translated(author, language): n for author, n in _authors(passages).items()},
    }
    return rows.as_json(kept)


def _authors(passages: Sequence[Passage]) -> dict[Cleared, int]:
    """How many of the passages each author wrote, in the order in which they came in."""
    return dict(Counter(each.author for each in passages))
