"""Telling a story: beginning it, adding to it, having it continued and refined, and taking steps back."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from core.errors import NotAllowed, NotPossible
from core.evidence import faithful, otherwise_written, repeats, strangers, stutters
from core.moderation import Cleared, joined, phrase
from core.operation import Param, operation
from core.operations.replies import count, label, named, new_passage, note, propose, say
from core.place import WORDS, Length, Turns
from core.prompts import Order, Task
from core.proofreading import proofread
from core.reply import Block, Reply, Shape
from core.session import Session
from core.story import Given, Kind, Passage, Story
from core.text import sentence_end
from core.wording import said
from core.writing import Writing

_REMEMBERED = 30
"""Passages whose words a new one must not repeat."""
_LISTED = 25
_LENGTHS = tuple(length.value for length in Length)


@operation(
    "start",
    Param("title", "What the story is called", required=True, max_length=100),
    Param("premise", "What it is about", max_length=500),
    example="/story start The Lamp of Harrow Bay | a keeper's daughter finds a lamp that will not go out",
    speaks=True,
)
async def start(session: Session, title: Cleared, premise: Cleared) -> Reply:
    """Begin a new story here."""
    if (busy := session.open_story) is not None:
        return say(
            phrase(
                "“{title}” is being told here ({count} so far). Go on with /story add or /story continue, "
                "or close it with /story end and then start the new one. Nothing was changed.",
                title=busy.title,
                count=count(busy.passages),
            ),
            private=True,
        )
    session.change.start = (title, premise, session.author)
    hint = phrase("{who} opens a story. Add the first passage with /story add.", who=session.author)
    return Reply((Block(Shape.TITLE, title), *([Block(Shape.PROSE, premise)] if premise else []), note(hint)))


@operation(
    "add",
    Param("text", "Your passage", required=True, lines=True),
    example="/story add Mara climbed the stairs with the lamp under her coat.",
    speaks=True,
)
async def add(session: Session, text: Cleared) -> Reply:
    """Add your own passage to the story."""
    passages = await session.passages(limit=1)
    last = passages[-1] if passages else None
    if last and session.house.workspace.turns is Turns.ALTERNATE and last.author_id == session.turn.contributor.id:
        raise NotAllowed(
            said("You wrote the last passage. Here somebody else writes the next one, or the storyteller.")
        )
    return Reply((new_passage(session.pages.add(text, after=last)),))


@operation(
    "continue",
    Param("direction", "What should happen", max_length=300),
    Param("length", "How much to write", choices=_LENGTHS),
    example="/story continue a ship answers from the dark",
)
async def continue_(session: Session, direction: Cleared, length: Cleared) -> Reply:
    """Let the storyteller write what happens next."""
    if not length and direction in _LENGTHS:  # somebody who types "continue short" means the length
        direction, length = phrase(""), direction
    await session.still_last()
    passages = await session.passages()
    return await _continue(session, passages, direction, Length(length or session.house.length))


@operation("retry")
async def retry(session: Session) -> Reply:
    """Let the storyteller write its last passage anew; the old one is kept for undo."""
    await session.still_last()
    passages = await session.passages()
    if not passages or passages[-1].kind is not Kind.CONTINUED:
        raise NotPossible(said("The last passage is not the storyteller's, so there is nothing to write anew."))
    last = passages[-1]
    given = await session.store.given(last)
    direction = given.words if given else phrase("")
    return await _continue(session, passages[:-1], direction, session.house.length, instead_of=last)


@operation(
    "refine",
    Param("how", "What to change, e.g. clearer, shorter, more tension", max_length=300),
    example="/story refine more tension",
)
async def refine(session: Session, how: Cleared) -> Reply:
    """Polish the last passage; what happens in it stays the same."""
    await session.still_last()
    passages = await session.passages()
    if not passages:
        raise NotPossible(said("There is no passage to refine yet. Add one with /story add."))
    last = passages[-1]
    session.may_change("refine", last)
    if len(session.pages.ids_of(last)) > session.engine.profile.window // 3:
        raise NotPossible(
            said("The last passage is too long for this storyteller to refine. Shorter passages work better.")
        )
    writing = await _refined(session, passages, how)
    if writing is None or writing.text == last.text:
        kept = phrase("I found no better wording that keeps what happens and every name, so I left it as it is.")
        return say(kept, private=True)
    if session.needs_consent("refine", last):
        return propose(session, last, writing)
    session.overrides("refine", last)
    session.pages.add_refined(writing, instead_of=last, after=_parent(passages))
    return Reply(
        (
            Block(Shape.OLD, last.text, label(last)),
            Block(Shape.NEW, writing.text, phrase("refined")),
            note(phrase("To go back to the old wording, type /story undo.")),
        )
    )


@operation("end")
async def end(session: Session) -> Reply:
    """Close the story. It is kept and can be resumed."""
    story = session.story
    session.change.end = True
    return Reply(
        (
            Block(Shape.TITLE, story.title),
            note(
                phrase(
                    "The end, after {count}. It is kept: /story resume opens it again, /story start begins another, "
                    "/story mydata story gives it as a file.",
                    count=count(story.passages),
                )
            ),
        )
    )


@operation(
    "resume",
    Param(
        "title",
        "Its title, or its number in the list; empty for the one that ended last",
        max_length=100,
        suggests="ended stories",
    ),
)
async def resume(session: Session, title: Cleared) -> Reply:
    """Open an ended story of this channel again."""
    if (busy := session.open_story) is not None:
        first = phrase("“{title}” is being told here already. Close it first with /story end.", title=busy.title)
        return say(first, private=True)
    found = await session.store.stories(session.house.id, limit=1000)
    chosen = named(title, found)
    if chosen is None:
        return say(_no_such_story(found[:_LISTED]), private=True)
    session.change.resume = chosen.id
    return Reply(
        (
            Block(Shape.TITLE, chosen.title),
            note(phrase("The story goes on after {count}.", count=count(chosen.passages))),
        )
    )


async def _continue(
    session: Session,
    passages: list[Passage],
    direction: Cleared,
    length: Length,
    *,
    instead_of: Passage | None = None,
) -> Reply:
    told = [p.text for p in passages[-_REMEMBERED:]] + ([instead_of.text] if instead_of else [])
    order = Order(Task.CONTINUE, direction, WORDS[length])
    known: list[str] = [session.story.title, session.story.premise, direction, *told]
    known += [f"{each.name} {each.fact}" for each in await session.lore()]
    worth = _Worth(told, known if session.engine.profile.small else None, like=" ".join(told or known))
    writing = await session.write(order, passages, accept=worth)
    if writing is None and worth.foreign:
        raise NotPossible(
            said(
                "This storyteller does not write in the language of this story. Go on with /story add; whoever runs "
                "me can give me a model that does."
            )
        )
    if writing is None:
        raise NotPossible(
            said(
                "The storyteller found no good words: they stood in the story already, or came to no end. "
                "Give it a direction, e.g. /story continue somebody knocks."
            )
        )
    return Reply((new_passage(session.pages.add_written(writing, after=passages[-1] if passages else None)),))


class _Worth:
    """Whether a passage is worth telling: it ends with a sentence, and repeats neither itself nor the story.

    A small model brings in people out of nowhere; with `known`, the first passage with a name that stands nowhere is
    written again. `foreign` says whether the last one was in another script than what it is to be `like`.
    """

    def __init__(self, told: Sequence[str], known: Sequence[str] | None, *, like: str) -> None:
        self._told = told
        self._known = known
        self._like = like
        self.foreign = False

    def __call__(self, text: str) -> bool:
        self.foreign = otherwise_written(text, self._like)
        if self.foreign or not sentence_end(text) or stutters(text) or repeats(text, self._told):
            return False
        known, self._known = self._known, None
        return known is None or not strangers(text, known)


async def _refined(session: Session, passages: list[Passage], how: Cleared) -> Writing | None:
    """A new wording of the last passage, as far as its names and most of its content are kept; None if there is none.

    A small storyteller copies misspelt words, so slips of spelling are mended for it; they are also if it finds nothing
    better.
    """
    last = passages[-1]
    if session.engine.profile.small:
        last = await _proofread(session, passages)
    ids = session.pages.ids_of(last)
    order = Order(Task.REFINE, how, len(last.text.split()), room=len(ids) * 3 // 2 + 16)
    writing = await session.write(order, [*passages[:-1], last], accept=lambda text: faithful(last.text, text))
    if writing is not None or last.text == passages[-1].text:
        return writing
    return Writing(last.text, ids, Given(Task.REFINE, session.engine.profile.name, how))


async def _proofread(session: Session, passages: list[Passage]) -> Passage:
    last = passages[-1]
    text = await asyncio.to_thread(proofread, last.text, [each.text for each in passages[:-1]])
    if text == last.text:
        return last
    return replace(last, text=await session.cleared(text), ids=session.engine.encode(text))


def _parent(passages: list[Passage]) -> Passage | None:
    return passages[-2] if len(passages) > 1 else None


def _no_such_story(found: list[Story]) -> Cleared:
    if not found:
        return phrase("There is no story here to resume. Begin one with /story start <title>.")
    titles = joined(", ", [phrase("“{title}”", title=s.title) for s in found])
    return phrase("There is no story of that title here. There are: {titles}.", titles=titles)
