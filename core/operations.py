"""What people can do with a story. Each function is one operation; its first line is what help says."""

from core.errors import BadArgument, NotPossible
from core.evidence import Claim, claims, faithful, repeats
from core.moderation import Cleared, Rating, excerpt, joined, own, phrase
from core.operation import OPERATIONS, Effect, Param, find, operation
from core.prompts import Order, Task
from core.session import Session, Writing
from core.story import WORDS, Block, Given, Kind, Length, NewLore, NewPassage, Passage, Reply, Shape, Story

_PAGE = 10
_REMEMBERED = 30
"""Passages whose words a new one must not repeat."""
_LISTED = 25
_LENGTHS = tuple(length.value for length in Length)


@operation(
    "start",
    Param("title", "What the story is called", required=True, max_length=100),
    Param("premise", "What it is about", max_length=500),
    example="/story start The Lamp of Harrow Bay | a keeper's daughter finds a lamp that will not go out",
)
async def start(session: Session, title: Cleared, premise: Cleared) -> Reply:
    """Begin a new story here."""
    if (busy := session.open_story) is not None:
        return _say(
            phrase(
                "“{title}” is being told here ({count} so far). Go on with /story add or /story continue, "
                "or close it with /story end and then start the new one. Nothing was changed.",
                title=busy.title,
                count=_count(busy.passages, "passage"),
            ),
            private=True,
        )
    session.change.start = (title, premise, session.author)
    hint = phrase("{who} opens a story. Add the first passage with /story add.", who=session.author)
    return Reply((Block(Shape.TITLE, title), *([Block(Shape.PROSE, premise)] if premise else []), _note(hint)))


@operation(
    "add",
    Param("text", "Your passage", required=True, lines=True),
    example="/story add Mara climbed the stairs with the lamp under her coat.",
)
async def add(session: Session, text: Cleared) -> Reply:
    """Add your own passage to the story."""
    passages = await session.passages(limit=1)
    return Reply((_new_passage(session.add(text, after=passages[-1] if passages else None)),))


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
    passages = await session.passages()
    return await _continue(session, passages, direction, Length(length or session.house.length))


@operation("retry")
async def retry(session: Session) -> Reply:
    """Let the storyteller write its last passage anew; the old one is kept for undo."""
    passages = await session.passages()
    if not passages or passages[-1].kind is not Kind.CONTINUED:
        raise NotPossible("The last passage is not the storyteller's, so there is nothing to write anew.")
    last = passages[-1]
    given = await session.given(last)
    direction = given.words if given else phrase("")
    return await _continue(session, passages[:-1], direction, session.house.length, instead_of=last)


@operation(
    "refine",
    Param("how", "What to change, e.g. clearer, shorter, more tension", max_length=300),
    example="/story refine more tension",
)
async def refine(session: Session, how: Cleared) -> Reply:
    """Polish the last passage; what happens in it stays the same."""
    passages = await session.passages()
    if not passages:
        raise NotPossible("There is no passage to refine yet. Add one with /story add.")
    last = passages[-1]
    if len(session.ids_of(last)) > session.engine.profile.window // 3:
        raise NotPossible("The last passage is too long for this storyteller to refine. Shorter passages work better.")
    order = Order(Task.REFINE, how, len(last.text.split()), room=len(session.ids_of(last)) * 3 // 2 + 16)
    writing = await session.write(order, passages, accept=lambda text: faithful(last.text, text))
    if writing is None or writing.text == last.text:
        said = phrase("I found no better wording that keeps what happens and every name, so I left it as it is.")
        return _say(said, private=True)
    session.add_refined(writing, instead_of=last, after=_parent(passages))
    return Reply(
        (
            Block(Shape.OLD, last.text, _label(last)),
            Block(Shape.NEW, writing.text, phrase("refined")),
            _note(phrase("To go back to the old wording, type /story undo.")),
        )
    )


@operation(
    "explain",
    Param("question", "A question, or the number of a passage; empty for the whole story", max_length=300),
    example="/story explain why did the ship answer?",
    effect=Effect.ASKS,
)
async def explain(session: Session, question: Cleared) -> Reply:
    """Explain the story or answer a question about it, with the passages that say so."""
    passages, asked = await _asked(session, question)
    writing = await session.write(Order(Task.EXPLAIN, asked, 70), passages)
    found = claims(writing.text, passages, asked) if writing else []
    if writing is None or not found:
        return _say(phrase("The story does not say."), private=True)
    return Reply((Block(Shape.PROSE, _cited(found, writing)),), private=True)


@operation("recap", effect=Effect.ASKS)
async def recap(session: Session) -> Reply:
    """Tell what has happened so far."""
    passages = await session.passages()
    if not passages:
        raise NotPossible("Nothing has happened yet. Add the first passage with /story add.")
    writing = await session.write(Order(Task.RECAP, phrase(""), 80), passages)
    found = claims(writing.text, passages) if writing else []
    if writing is None or not found:
        return Reply((Block(Shape.PROSE, passages[-1].text, phrase("most recently")),), private=True)
    return Reply((Block(Shape.PROSE, _cited(found, writing), session.story.title),), private=True)


@operation("show", Param("page", "Which page, counted from the end", number=True), effect=Effect.READS)
async def show(session: Session, page: Cleared) -> Reply:
    """Show the story, ten passages a page, the last page first."""
    story = session.story
    pages = max(1, -(-story.passages // _PAGE))
    wanted = int(page or 1)
    if wanted > pages:
        raise BadArgument(f"The story has {pages} page{'s' if pages > 1 else ''}.")
    last = story.passages - (wanted - 1) * _PAGE
    passages = await session.passages(last=last, limit=_PAGE)
    blocks = [Block(Shape.TITLE, story.title)]
    if story.premise:
        blocks.append(Block(Shape.NOTE, story.premise))
    blocks += [Block(Shape.PROSE, p.text, _label(p)) for p in passages]
    if not passages:
        blocks.append(_note(phrase("Nothing has happened yet. Add the first passage with /story add.")))
    if wanted < pages:
        more = phrase("Page {page} of {pages}. Earlier: /story show {next}", page=wanted, pages=pages, next=wanted + 1)
        blocks.append(_note(more))
    return Reply(tuple(blocks), private=True)


@operation("undo")
async def undo(session: Session) -> Reply:
    """Take back the last step: a passage, a refinement or a fact. Nothing is destroyed."""
    return await _step(session, back=True)


@operation("redo")
async def redo(session: Session) -> Reply:
    """Bring back what was undone last."""
    return await _step(session, back=False)


@operation("lore list", alias="lore", effect=Effect.READS)
async def lore_list(session: Session) -> Reply:
    """Show the facts that the storyteller keeps in mind."""
    facts = await session.lore()
    if not facts:
        return _say(phrase("No lore yet. Add a fact with /story lore add <name> | <fact>."), private=True)
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
    return Reply((Block(Shape.ITEM, fact, name), _note(phrase("The storyteller will keep this in mind."))))


@operation("lore forget", Param("name", "Whom or what it is about", required=True, max_length=64))
async def lore_forget(session: Session, name: Cleared) -> Reply:
    """Let a fact go."""
    facts = await session.lore()
    for each in facts:
        if each.name.casefold() == name.casefold():
            session.change.forget = each.id
            return _say(phrase("Forgotten: {name}. To bring it back, type /story undo.", name=each.name))
    known = joined(", ", [each.name for each in facts]) or phrase("nothing yet")
    return _say(phrase("There is no lore of that name. There is: {known}.", known=known), private=True)


@operation("settings show", alias="settings", effect=Effect.READS)
async def settings_show(session: Session) -> Reply:
    """Show what is set for this channel."""
    house = session.house
    return Reply(
        (
            Block(Shape.ITEM, own(house.rating), phrase("rating")),
            Block(Shape.ITEM, own(house.length), phrase("length")),
            Block(Shape.ITEM, phrase("{name}", name=own(session.engine.profile.name)), phrase("storyteller")),
            _note(phrase("Change them with /story settings rating <rating> and /story settings length <length>.")),
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
    return _say(phrase("The rating of this channel is {rating} from now on.", rating=rating))


@operation("settings length", Param("length", "How much to write", required=True, choices=_LENGTHS))
async def settings_length(session: Session, length: Cleared) -> Reply:
    """Set how much the storyteller writes in one turn."""
    session.change.length = Length(length)
    words = WORDS[Length(length)]
    return _say(phrase("The storyteller writes about {words} words a turn from now on.", words=words))


@operation("why", Param("number", "Number of the passage; empty for the last one", number=True), effect=Effect.READS)
async def why(session: Session, number: Cleared) -> Reply:
    """Show what the storyteller was given for a passage."""
    passages = await session.passages(last=int(number) if number else None, limit=1)
    if not passages or (number and passages[-1].number != int(number)):
        raise BadArgument(f"The story has {session.story.passages} passages.")
    return Reply(tuple(_account(passages[-1], await session.given(passages[-1]))), private=True)


@operation("end")
async def end(session: Session) -> Reply:
    """Close the story. It is kept and can be resumed."""
    story = session.story
    session.change.end = True
    return Reply(
        (
            Block(Shape.TITLE, story.title),
            _note(
                phrase(
                    "The end, after {count}. It is kept: /story resume opens it again, /story start begins another.",
                    count=_count(story.passages, "passage"),
                )
            ),
        )
    )


@operation(
    "resume", Param("title", "Its title, or its number in the list; empty for the one that ended last", max_length=100)
)
async def resume(session: Session, title: Cleared) -> Reply:
    """Open an ended story of this channel again."""
    if (busy := session.open_story) is not None:
        said = phrase("“{title}” is being told here already. Close it first with /story end.", title=busy.title)
        return _say(said, private=True)
    found = await session.store.stories(session.house.id, limit=1000)
    chosen = next((s for n, s in enumerate(found, 1) if not title or _is_meant(title, n, s)), None)
    if chosen is None:
        return _say(_no_such_story(found[:_LISTED]), private=True)
    session.change.resume = chosen.id
    return Reply(
        (
            Block(Shape.TITLE, chosen.title),
            _note(phrase("The story goes on after {count}.", count=_count(chosen.passages, "passage"))),
        )
    )


@operation("list", effect=Effect.READS)
async def list_(session: Session) -> Reply:
    """List the stories of this channel."""
    found = await session.store.stories(session.house.id, limit=_LISTED)
    if not found:
        return _say(phrase("No stories here yet. Begin one with /story start <title>."), private=True)
    numbered = [phrase("{number}. {title}", number=n, title=s.title) for n, s in enumerate(found, 1)]
    items = tuple(Block(Shape.ITEM, _standing(s), label) for s, label in zip(found, numbered, strict=True))
    return Reply(items, private=True)


@operation("help", Param("command", "Which command", max_length=40), effect=Effect.READS)
async def help_(session: Session, command: Cleared) -> Reply:
    """Show what I understand."""
    chosen = list(OPERATIONS.values())
    if command:
        first = find(command.removeprefix("/story").strip())
        chosen = [each for each in chosen if each.name.split()[0] == first.alias] or [first]
    blocks = [Block(Shape.ITEM, own(each.summary), own(each.usage)) for each in chosen]
    if command:
        blocks += [Block(Shape.ITEM, own(p.explained), own(p.name)) for p in chosen[0].params]
        if chosen[0].example:
            blocks.append(_note(phrase("For example: {example}", example=own(chosen[0].example))))
    return Reply(tuple(blocks), private=True)


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
    writing = await session.write(order, passages, accept=lambda text: not repeats(text, told))
    if writing is None:
        raise NotPossible(
            "The storyteller only found words that stand in the story already. "
            "Give it a direction, e.g. /story continue somebody knocks."
        )
    return Reply((_new_passage(session.add_written(writing, after=passages[-1] if passages else None)),))


async def _step(session: Session, *, back: bool) -> Reply:
    step = await session.store.step(session.story.id, back=back)
    if step is None:
        raise NotPossible("There is nothing to undo." if back else "There is nothing to redo.")
    session.change.undo, session.change.redo = back, not back
    blocks = []
    if step.passage_gone and step.passage_back and step.passage_gone.number == step.passage_back.number:
        blocks.append(Block(Shape.PROSE, step.passage_back.text, _label(step.passage_back)))
        blocks.append(
            _note(phrase("The earlier wording stands again.") if back else phrase("The later wording stands again."))
        )
    elif back and step.passage_gone:
        blocks.append(
            _note(
                phrase(
                    "Taken back: {label}. To bring it back, type /story redo.",
                    label=_label(step.passage_gone),
                )
            )
        )
    elif step.passage_back:
        blocks.append(Block(Shape.PROSE, step.passage_back.text, _label(step.passage_back)))
    if step.lore_gone:
        blocks.append(_note(phrase("No longer holds: {name}.", name=step.lore_gone.name)))
    if step.lore_back:
        blocks.append(Block(Shape.ITEM, step.lore_back.fact, step.lore_back.name))
    return Reply(tuple(blocks))


async def _asked(session: Session, question: Cleared) -> tuple[list[Passage], Cleared]:
    """The passages that a question is about, and the question as the model gets it."""
    number = question.strip(" #.?").lower().removeprefix("passage").strip()
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        passages = await session.passages()
    else:
        passages = await session.passages(last=int(number), limit=1)
        if not passages or passages[-1].number != int(number):
            raise BadArgument(f"There is no passage {int(number)}; the story has {session.story.passages}.")
        question = phrase("")
    if not passages:
        raise NotPossible("Nothing has happened yet. Add the first passage with /story add.")
    return passages, question


def _parent(passages: list[Passage]) -> Passage | None:
    return passages[-2] if len(passages) > 1 else None


def _new_passage(new: NewPassage) -> Block:
    return Block(Shape.PROSE, new.text, phrase("{number} · {author}", number=new.number, author=new.author))


def _label(passage: Passage) -> Cleared:
    refined = phrase(", refined") if passage.kind is Kind.REFINED else phrase("")
    return phrase("{number} · {author}{refined}", number=passage.number, author=passage.author, refined=refined)


def _cited(found: list[Claim], writing: Writing) -> Cleared:
    """Claims with the numbers of the passages behind each, e.g. "A ship answered. [2][3]"."""
    lines = []
    for claim in found:
        cites = joined("", [phrase("[{n}]", n=n) for n in claim.cites])
        lines.append(phrase("{claim} {cites}", claim=excerpt(claim.text, of=writing.text), cites=cites))
    return joined(" ", lines)


def _account(passage: Passage, given: Given | None) -> list[Block]:
    if given is None:
        said = phrase("{label} was written by a person; the storyteller was given nothing.", label=_label(passage))
        return [_note(said)]
    rows = {
        "model": given.model,
        "task": f"{given.task} {given.words}".strip(),
        "passages": f"{given.first_passage}-{given.last_passage}" if given.last_passage else "none",
        "lore": ", ".join(given.lore) or "none",
        "lore left out": ", ".join(given.lore_left_out) or "none",
        "tokens": f"{given.prompt_tokens} of {given.window}, {given.cached_tokens or 0} from the cache",
    }
    return [
        _note(_label(passage)),
        *(Block(Shape.ITEM, own(value), own(name)) for name, value in rows.items()),
    ]


def _is_meant(title: Cleared, number: int, story: Story) -> bool:
    return title.casefold() == story.title.casefold() or title == str(number)


def _standing(story: Story) -> Cleared:
    count = _count(story.passages, "passage")
    return phrase("{count}, ended", count=count) if story.ended else phrase("{count}, open", count=count)


def _no_such_story(found: list[Story]) -> Cleared:
    if not found:
        return phrase("There is no story here to resume. Begin one with /story start <title>.")
    titles = joined(", ", [phrase("“{title}”", title=s.title) for s in found])
    return phrase("There is no story of that title here. There are: {titles}.", titles=titles)


def _count(number: int, noun: str) -> Cleared:
    return phrase("{number} {noun}", number=number, noun=own(noun if number == 1 else f"{noun}s"))


def _say(text: Cleared, *, private: bool = False) -> Reply:
    return Reply((_note(text),), private=private)


def _note(text: Cleared) -> Block:
    return Block(Shape.NOTE, text)
