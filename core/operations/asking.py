"""Asking about a story; nothing in it changes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from operator import itemgetter

from core.change import Explained
from core.errors import BadArgument, NotPossible
from core.evidence import Claim, claims, content, respelt
from core.moderation import Cleared, excerpt, joined, own, phrase
from core.operation import Effect, Param, operation
from core.operations.replies import count, label, note, say
from core.plot import PlotEvent, read_meanwhile
from core.prompts import Order, Task
from core.proofreading import proofread
from core.quoting import quotes
from core.rejudging import HIDDEN
from core.reply import Block, Reply, Shape
from core.session import Session
from core.story import Given, Passage, Story, Summary
from core.summaries import condensed
from core.wording import said

_PAGE = 10
_LISTED = 25
_NEW = "new"
_TURNS = 5
"""Turns of the tension that a recap tells of: the last ones."""
_TOLD = (PlotEvent.CONFLICT, PlotEvent.SOLUTION)


@operation(
    "explain",
    Param("question", "A question, or the number of a passage; empty for the whole story", max_length=300),
    example="/story explain why did the ship answer?",
    effect=Effect.ASKS,
)
async def explain(session: Session, question: Cleared) -> Reply:
    """Explain the story or answer a question about it, with the passages that say so."""
    passages, asked = await _asked(session, question)
    if session.engine.profile.small and content(asked):
        return await _quoted(asked, [each for each in passages if each.text != HIDDEN])
    answer = await _answer(session, Order(Task.EXPLAIN, asked, 70), passages)
    if answer is None:
        return say(phrase("The story does not say."), private=True)
    await _keep(session, passages, answer)
    return Reply((Block(Shape.PROSE, answer.cited),), private=True)


@operation(
    "recap",
    Param("part", "All of the story, or what is new since your own last passage", choices=("all", _NEW)),
    effect=Effect.ASKS,
    example="/story recap new",
)
async def recap(session: Session, part: Cleared) -> Reply:
    """Tell what has happened so far."""
    passages = await session.passages()
    if not passages:
        raise NotPossible(said("Nothing has happened yet. Add the first passage with /story add."))
    before = None
    if part == _NEW:
        passages, before = _since_own(passages, session.turn.contributor.id), ()
    if not passages:
        return say(phrase("Nothing has happened since your last passage."), private=True)
    async with read_meanwhile(session.plot, [each.text for each in passages]) as events:
        answer = await _answer(session, Order(Task.RECAP, phrase(""), 80), passages, before=before)
        arc = _arc(passages, events())
    if answer is None:
        return Reply((Block(Shape.PROSE, passages[-1].text, phrase("most recently")), *arc), private=True)
    return Reply((Block(Shape.PROSE, answer.cited, session.story.title), *arc), private=True)


@operation("show", Param("page", "Which page, counted from the end", number=True), effect=Effect.READS)
async def show(session: Session, page: Cleared) -> Reply:
    """Show the story, ten passages a page, the last page first."""
    story = session.story
    pages = max(1, -(-story.passages // _PAGE))
    wanted = int(page or 1)
    if wanted > pages:
        raise BadArgument(
            said("The story has {pages} pages.", pages=pages) if pages > 1 else said("The story has 1 page.")
        )
    last = story.passages - (wanted - 1) * _PAGE
    passages = await session.passages(last=last, limit=_PAGE)
    blocks = [Block(Shape.TITLE, story.title)]
    if story.premise:
        blocks.append(Block(Shape.NOTE, story.premise))
    blocks += [Block(Shape.PROSE, p.text, label(p)) for p in passages]
    if not passages:
        blocks.append(note(phrase("Nothing has happened yet. Add the first passage with /story add.")))
    if wanted < pages:
        more = phrase("Page {page} of {pages}. Earlier: /story show {next}", page=wanted, pages=pages, next=wanted + 1)
        blocks.append(note(more))
    return Reply(tuple(blocks), private=True)


@operation("list", effect=Effect.READS)
async def list_(session: Session) -> Reply:
    """List the stories of this channel."""
    found = await session.store.stories(session.house.id, limit=_LISTED)
    if not found:
        return say(phrase("No stories here yet. Begin one with /story start <title>."), private=True)
    numbered = [phrase("{number}. {title}", number=n, title=s.title) for n, s in enumerate(found, 1)]
    items = tuple(Block(Shape.ITEM, _standing(s), label) for s, label in zip(found, numbered, strict=True))
    return Reply(items, private=True)


@operation(
    "why",
    Param("number", "Number of the passage; empty for the last one", number=True, suggests="passages"),
    effect=Effect.READS,
)
async def why(session: Session, number: Cleared) -> Reply:
    """Show what the storyteller was given for a passage."""
    passage = await session.meant(number)
    return Reply(tuple(_account(passage, await session.store.given(passage))), private=True)


@operation("about", effect=Effect.READS)
async def about(session: Session) -> Reply:
    """Say who I am, what I keep and who can help."""
    model = session.engine.profile.name
    kept = phrase(
        "What you add by a command, a button or a menu, with your name and id; ordinary messages only where an admin "
        "switched that on, in a story's own thread. No story trains a model unless its server and each of its authors "
        "said yes (/story mydata tuning). /story mydata shows you what is kept of yours, and deletes it."
    )
    blocks = [
        Block(Shape.TITLE, phrase("Storycircle {version}", version=own(version("storycircle")))),
        note(phrase("One story, told together. /story start begins one, /story help shows the rest.")),
        note(
            phrase("I am an AI: a language model writes what the storyteller says. I am no person and no counsellor.")
        ),
        Block(Shape.ITEM, own(model), phrase("storyteller")),
        Block(Shape.ITEM, own(session.house.rating), phrase("rating here")),
        Block(Shape.ITEM, kept, phrase("what is kept")),
        Block(Shape.ITEM, phrase("Apache-2.0, open source"), phrase("licence")),
        note(phrase("Something is not right? /story report tells the moderators of this server.")),
    ]
    if model.startswith("Llama"):
        blocks.append(note(phrase("Built with Llama.")))
    return Reply(tuple(blocks), private=True)


@dataclass(frozen=True)
class _Answer:
    """What the passages bear out of a text about them."""

    text: Cleared
    found: Sequence[Claim]
    given: Given | None
    """What the storyteller was given; None if these are sentences of the passages."""

    @property
    def cited(self) -> Cleared:
        """The claims with the numbers of the passages behind each, e.g. "A ship answered. [2][3]"."""
        return joined(" ", [_cited(excerpt(claim.text, of=self.text), claim) for claim in self.found])


async def _answer(
    session: Session, order: Order, passages: list[Passage], *, before: Sequence[Summary] | None = None
) -> _Answer | None:
    """What the storyteller says of passages as far as they bear it out; None if they do not.

    A small storyteller makes much up. If nothing of what it says is left, telling sentences of the passages are.
    `before` is as in `Session.write`.
    """
    writing = await session.write(order, passages, before=before)
    if writing is not None:
        text = await _respelt(session, writing.text, passages)
        if found := claims(text, passages, order.words):
            return _Answer(text, found, writing.given)
    if not session.engine.profile.small:
        return None
    shown = [each.text for each in passages if each.text != HIDDEN]
    text = await session.cleared(condensed(shown, lambda short: len(short.split()) <= order.length))
    found = claims(text, passages)
    return _Answer(text, found, None) if found else None


async def _quoted(question: Cleared, passages: list[Passage]) -> Reply:
    """What a small storyteller answers to a question: it would more often guess than read."""
    texts = {each.number: each.text for each in passages}
    asked = await asyncio.to_thread(proofread, question, list(texts.values()))
    found = quotes(asked, passages)
    if not found:
        return say(phrase("The story does not say."), private=True)
    lines = [_cited(excerpt(claim.text, of=texts[claim.cites[0]]), claim) for claim in found]
    so = phrase("This storyteller is too small to answer in its own words; these sentences of the story come nearest.")
    return Reply((Block(Shape.PROSE, joined("\n", lines)), note(so)), private=True)


async def _keep(session: Session, passages: list[Passage], answer: _Answer) -> None:
    """Keep an answer about the whole story, if its reader and the server let the storyteller learn from it."""
    learning, last = session.learning, passages[-1]
    whole = last.id == session.story.head and (len(passages) > 1 or session.story.passages == 1)
    if learning is None or answer.given is None or not (whole and session.house.workspace.tuning):
        return
    if await learning.keeps_answers(session.turn):
        told = joined(" ", [excerpt(claim.text, of=answer.text) for claim in answer.found])
        session.change.explained = Explained(last.id, told, answer.given)


def _since_own(passages: list[Passage], contributor: str) -> list[Passage]:
    """What stands behind the last passage of a contributor; all of it for somebody who has none in it."""
    own = max((each.number for each in passages if each.author_id == contributor), default=0)
    return [each for each in passages if each.number > own]


async def _asked(session: Session, question: Cleared) -> tuple[list[Passage], Cleared]:
    """The passages that a question is about, and the question as the model gets it."""
    number = question.strip(" #.?").lower().removeprefix("passage").strip()
    if number.isascii() and number.isdigit() and len(number) < 10:
        return [await session.meant(number)], phrase("")
    if session.turn.about is not None:
        return [await session.meant()], question
    passages = await session.passages()
    if not passages:
        raise NotPossible(said("Nothing has happened yet. Add the first passage with /story add."))
    return passages, question


async def _respelt(session: Session, text: Cleared, passages: list[Passage]) -> Cleared:
    """The answer with the story's names as the story spells them, judged again if that changed it."""
    mended = respelt(text, [each.text for each in passages])
    return text if mended == text else await session.cleared(mended)


def _cited(text: Cleared, claim: Claim) -> Cleared:
    return phrase("{claim} {cites}", claim=text, cites=joined("", [phrase("[{n}]", n=n) for n in claim.cites]))


def _arc(passages: list[Passage], events: list[PlotEvent]) -> tuple[Block, ...]:
    """How the tension runs, as far as that is known: from which passage to which one conflicts arise, or are solved."""
    told = [(kind, each.number) for each, kind in zip(passages, events, strict=False) if kind in _TOLD]
    runs = [(kind, [number for _, number in some]) for kind, some in groupby(told, key=itemgetter(0))]
    turns = [_turn(kind, numbers[0], numbers[-1]) for kind, numbers in runs[-_TURNS:]]
    return (Block(Shape.ITEM, joined(" → ", turns), phrase("tension, perhaps")),) if turns else ()


def _turn(kind: PlotEvent, first: int, last: int) -> Cleared:
    where = phrase("[{n}]", n=first) if first == last else phrase("[{first}]–[{last}]", first=first, last=last)
    if kind is PlotEvent.CONFLICT:
        return phrase("conflict {where}", where=where)
    return phrase("solution {where}", where=where)


def _account(passage: Passage, given: Given | None) -> list[Block]:
    if given is None:
        by_hand = phrase("{label} was written by a person; the storyteller was given nothing.", label=label(passage))
        return [note(by_hand)]
    none, task = phrase("none"), own(given.task)
    span = phrase("{first}-{last}", first=given.first_passage, last=given.last_passage)
    tokens = phrase(
        "{prompt} of {window}, {cached} from the cache",
        prompt=given.prompt_tokens,
        window=given.window,
        cached=given.cached_tokens or 0,
    )
    rows = {
        phrase("model"): own(given.model),
        phrase("task"): phrase("{task} {words}", task=task, words=given.words) if given.words else task,
        phrase("passages"): span if given.last_passage else none,
        phrase("lore"): joined(", ", given.lore) or none,
        phrase("lore left out"): joined(", ", given.lore_left_out) or none,
        phrase("tokens"): tokens,
    }
    if given.summarised_to:
        first, last = given.summarised_from, given.summarised_to
        rows[phrase("summary of passages")] = phrase("{first}-{last}", first=first, last=last)
    return [
        note(label(passage)),
        *(Block(Shape.ITEM, value, name) for name, value in rows.items()),
    ]


def _standing(story: Story) -> Cleared:
    told = count(story.passages)
    return phrase("{count}, ended", count=told) if story.ended else phrase("{count}, open", count=told)
