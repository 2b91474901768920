"""What has left the window is given as a summary: made behind everybody's turns, and of nothing that is gone."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from core import tables as t
from core.compaction import Compaction, compacting
from core.database import Database
from core.engine import Form, Piece, Priority, Request
from core.errors import EngineError, StoryError
from core.moderation import own
from core.place import Contributor
from core.policy import Category
from core.prompts import summary_tokens
from core.reply import Reply, Shape
from core.store import Store
from core.story import Layer, Summary
from core.storyteller import Storyteller
from core.summaries import chain, condensed, to_fold
from tests.core.test_forgetting import everything
from tests.core.test_prompts import passages
from tests.kit import ANA, BEN, Evident, storyteller, texts, turn
from tests.voices import ScriptedEngine

WINDOW = 6000
"""Bytes, which are the voice's tokens."""
EVE = Contributor("u3", "Eve")
MARK = "zanzibar"


def sentence(number: int, name: str = "Mara") -> str:
    """A passage like no other: no eight words in a row stand in two of them."""
    things = ("lamp", "bell", "boat", "letter", "key", "song", "stone", "map", "rope", "coin", "ladder")
    return (
        f"Then {name} found the {things[number % 11]} of house {number} and took it to pier {number * 7}. "
        f"It was {things[(number * 3 + 1) % 11]} day {number}."
    )


class Told(ScriptedEngine):
    """A voice that says something new each time, and of which background requests can be stopped or broken."""

    def __init__(self, form: Form) -> None:
        super().__init__(self._say, form=form, window=WINDOW)
        self.broken = False
        self.background = asyncio.Event()
        self.background.set()
        self._count = 1000

    def _say(self, request: Request) -> str:
        self._count += 1
        if request.priority == Priority.BACKGROUND and self.profile.form == "chat":
            return f"Mara found the lamp of house 1 and took it to pier 7. A dragon {MARK * 3} sang of {self._count}."
        return sentence(self._count, "Otto")

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """As told."""
        if request.priority == Priority.BACKGROUND:
            await self.background.wait()
            if self.broken:
                raise EngineError
        async for piece in super().stream(request):
            yield piece

    def said(self, request: Request | None = None) -> str:
        """A prompt as text; the last one that a person asked for, if none is given."""
        asked = [each for each in self.requests if each.priority == Priority.TURN]
        return self.decode((request or asked[-1]).prompt)


@pytest.fixture(params=["stream", "stream-2", "chat"])
def voice(request: pytest.FixtureRequest) -> Told:
    return Told(request.param)


@pytest.fixture
async def compaction() -> AsyncIterator[Compaction]:
    async with compacting() as made:
        yield made


@pytest.fixture
def teller(database: Database, voice: Told, compaction: Compaction) -> Storyteller:
    return storyteller(database, voice, Evident({"gunpowder": Category.SUGGESTIVE}), compaction=compaction)


async def kept(database: Database) -> list[Summary]:
    of = select(t.summary.c.story_id, t.summary.c.policy).distinct()
    found, store = await database.read(lambda c: c.execute(of).all()), Store(database)
    return [each for row in found for each in await store.summaries(row.story_id, policy=row.policy)]


async def grown(teller: Storyteller, compaction: Compaction, database: Database, *, marked: int = 0) -> None:
    """A story that is told until the first summary is there; passage `marked` is Eve's."""
    await teller.perform("start", turn(), {"title": "The Lamp"})
    for number in range(1, 80):
        mine = number == marked
        text = f"{sentence(number)} The {MARK} bell of the {MARK} tower rang for Mara." if mine else sentence(number)
        await teller.perform("add", turn(who=EVE if mine else ANA), {"text": text})
        if number % 4 == 0:
            await teller.perform("continue", turn(), {"length": "short"})
            await compaction.settled()
            if await kept(database):
                return
    raise AssertionError("no summary was made")


async def test_before_the_window_moves_the_oldest_passages_are_summarised(
    teller: Storyteller, voice: Told, database: Database, compaction: Compaction
) -> None:
    await grown(teller, compaction, database)
    (made,) = await kept(database)
    assert made.layer is Layer.SCENE
    assert made.first == 1
    assert len(voice.encode(made.text)) <= summary_tokens(WINDOW) // 3
    assert sentence(1).split(". ")[0] in voice.said(), "the turn before had room for all of it"
    await teller.perform("continue", turn(), {"length": "short"})
    assert made.text in voice.said()
    assert f"house {made.last + 1} " in voice.said() or "Otto" in voice.said()
    why = await teller.perform("why", turn())
    told = {str(block.label): str(block.text) for block in why.blocks}
    assert told["summary of passages"] == f"1-{made.last}"
    assert told["passages"].startswith(f"{made.last + 1}-")


async def test_of_what_a_chat_model_says_only_what_the_passages_bear_out_is_kept(
    database: Database, compaction: Compaction
) -> None:
    teller = storyteller(database, Told("chat"), compaction=compaction)
    await grown(teller, compaction, database)
    (made,) = await kept(database)
    assert made.text == "Mara found the lamp of house 1 and took it to pier 7."


async def test_the_new_beginning_is_computed_before_anybody_needs_it(
    teller: Storyteller, voice: Told, database: Database, compaction: Compaction
) -> None:
    await grown(teller, compaction, database)
    warm = next(each for each in voice.requests if each.sampling.max_tokens == 1)
    assert warm.priority == Priority.BACKGROUND
    await teller.perform("continue", turn(), {"length": "short"})
    asked = voice.requests[-1].prompt
    same = next((at for at, (a, b) in enumerate(zip(warm.prompt, asked, strict=False)) if a != b), len(warm.prompt))
    assert same >= len(warm.prompt) - 200, "all but what is asked at its end"


async def test_nobody_waits_for_a_summary(
    teller: Storyteller, voice: Told, database: Database, compaction: Compaction
) -> None:
    voice.background.clear()
    await teller.perform("start", turn(), {"title": "The Lamp"})
    for number in range(1, 80):
        await teller.perform("add", turn(), {"text": sentence(number)})
        if number % 4 == 0:
            await teller.perform("continue", turn(), {"length": "short"})
    assert not await kept(database)
    assert len(voice.requests[-1].prompt) < WINDOW
    voice.background.set()
    await compaction.settled()
    await teller.perform("continue", turn(), {"length": "short"})
    await compaction.settled()
    assert await kept(database)


async def test_if_the_engine_fails_behind_everybody_the_story_goes_on_as_before(
    teller: Storyteller, voice: Told, database: Database, compaction: Compaction
) -> None:
    voice.broken = True
    await grown(teller, compaction, database)
    await teller.perform("continue", turn(), {"length": "short"})
    assert (await kept(database))[0].text in voice.said()


async def test_a_compaction_that_is_given_up_leaves_no_trace(database: Database, voice: Told) -> None:
    voice.background.clear()
    async with compacting() as compaction:
        teller = storyteller(database, voice, compaction=compaction)
        await teller.perform("start", turn(), {"title": "The Lamp"})
        for number in range(1, 80):
            await teller.perform("add", turn(), {"text": sentence(number)})
        await teller.perform("continue", turn(), {"length": "short"})
    assert not await kept(database)


async def test_of_what_is_undone_no_summary_is_given_and_what_is_redone_has_it_again(
    teller: Storyteller, voice: Told, database: Database, compaction: Compaction
) -> None:
    await grown(teller, compaction, database)
    (made,) = await kept(database)
    last = next(b for b in reversed((await teller.perform("show", turn())).blocks) if b.shape is Shape.PROSE)
    steps = int(str(last.label).split()[0]) - made.last + 1

    async def take(step: str) -> None:
        for _ in range(steps):
            await teller.perform(step, turn())

    await take("undo")
    assert made.text not in texts(await teller.perform("lore summary", turn()), Shape.ITEM)
    await take("redo")
    assert made.text in texts(await teller.perform("lore summary", turn()), Shape.ITEM)
    await take("undo")
    await teller.perform("continue", turn(), {"length": "short"})
    assert made.text not in voice.said()


async def test_when_a_passage_is_edited_its_summary_is_made_anew(
    teller: Storyteller, voice: Told, database: Database, compaction: Compaction
) -> None:
    await grown(teller, compaction, database, marked=2)
    (old,) = await kept(database)
    await teller.perform("edit", turn(), {"number": "2", "text": "Nothing rang."})
    for _ in range(3):
        await teller.perform("continue", turn(), {"length": "short"})
        await compaction.settled()
        assert MARK not in voice.said()
    assert {each.through for each in await kept(database)} > {old.through}
    assert "summary" in str((await teller.perform("why", turn())).blocks)


async def test_of_whoever_is_forgotten_nothing_is_in_any_summary(
    teller: Storyteller, voice: Told, database: Database, compaction: Compaction
) -> None:
    await grown(teller, compaction, database, marked=2)
    await teller.perform("mydata delete", turn(who=EVE), {"passages": "remove", "confirm": "confirm"})
    assert MARK not in await database.read(everything)
    asked = len(voice.requests)
    for _ in range(4):
        await teller.perform("continue", turn(), {"length": "short"})
        await compaction.settled()
    for each in voice.requests[asked:]:
        assert MARK not in voice.said(each)
    assert MARK not in "".join(each.text.replace(MARK * 3, "") for each in await kept(database))


async def test_what_was_forgotten_meanwhile_is_not_kept(
    teller: Storyteller, voice: Told, database: Database, compaction: Compaction
) -> None:
    voice.background.clear()
    with pytest.raises(AssertionError, match="no summary"):
        await asyncio.wait_for(_grown_without_waiting(teller, database), 60)
    await teller.perform("mydata delete", turn(who=EVE), {"passages": "remove", "confirm": "confirm"})
    voice.background.set()
    await compaction.settled()
    assert not await kept(database)


async def _grown_without_waiting(teller: Storyteller, database: Database) -> None:
    class Never(Compaction):
        async def settled(self) -> None:
            """At once."""

    await grown(teller, Never(), database, marked=2)


async def test_under_another_rating_no_old_summary_is_given(
    teller: Storyteller, voice: Told, database: Database, compaction: Compaction
) -> None:
    await grown(teller, compaction, database)
    (old,) = await kept(database)
    await teller.perform("settings rating", turn(), {"rating": "g"})
    await teller.perform("continue", turn(), {"length": "short"})
    assert old.text not in voice.said()


async def test_a_person_reads_and_corrects_a_summary(
    teller: Storyteller, voice: Told, database: Database, compaction: Compaction
) -> None:
    assert "No passage is summarised" in str((await _started(teller)).blocks)
    await teller.perform("end", turn())
    await grown(teller, compaction, database)
    story = await database.read(lambda c: list(c.execute(select(t.summary.c.story_id, t.summary.c.text))))
    shown = await teller.perform("lore summary", turn())
    assert str(shown.blocks[0].text) == story[0].text
    assert shown.private
    right = f"Mara keeps a {MARK} lamp."
    await teller.perform("lore correct", turn(who=BEN, admin=False), {"number": "1", "text": right})
    await teller.perform("continue", turn(), {"length": "short"})
    assert right in voice.said()
    assert story[0].text not in voice.said()
    assert right in str((await teller.perform("mydata export", turn(who=BEN))).file)
    await teller.perform("mydata delete", turn(who=BEN), {"passages": "remove", "confirm": "confirm"})
    assert MARK not in await database.read(everything)
    for number in ("2", "99"):
        with pytest.raises(StoryError, match="no summary of that number"):
            await teller.perform("lore correct", turn(), {"number": number, "text": "X."})


async def _started(teller: Storyteller) -> Reply:
    await teller.perform("start", turn(), {"title": "Another"})
    return await teller.perform("lore summary", turn())


async def test_a_long_story_has_few_summaries_in_layers_and_always_fits(
    teller: Storyteller, voice: Told, database: Database, compaction: Compaction
) -> None:
    await teller.perform("start", turn(), {"title": "The Lamp"})
    for number in range(1, 401):
        await teller.perform("add", turn(), {"text": sentence(number)})
        if number % 5 == 0:
            await teller.perform("continue", turn(), {"length": "short"})
            await compaction.settled()
    made = await kept(database)
    assert {each.layer for each in made} == set(Layer)
    for request in voice.requests:
        assert len(request.prompt) + request.sampling.max_tokens <= WINDOW
    shown = texts(await teller.perform("lore summary", turn()))
    assert len(shown) <= 3
    latest = await teller.perform("why", turn())
    told = {str(block.label): str(block.text) for block in latest.blocks}
    assert told["summary of passages"].startswith("1-")


async def test_a_summary_whose_sources_changed_is_not_kept(database: Database, teller: Storyteller) -> None:
    await teller.perform("start", turn(), {"title": "The Lamp"})
    await teller.perform("add", turn(), {"text": "One."})
    passage = await database.read(lambda c: c.execute(select(t.passage.c.id, t.passage.c.story_id)).one())
    scene = Summary(Layer.SCENE, 1, 1, None, passage.id, own("One."))
    store = Store(database)
    for given, done in (({passage.id: "Two."}, False), ({passage.id: "One."}, True), ({passage.id: "One."}, False)):
        assert done is await store.keep_summaries(passage.story_id, [scene], passages=given, folded={}, policy="p")
    assert not await store.keep_summaries(passage.story_id, [scene], passages={}, folded={99: "x"}, policy="p")


def row(layer: Layer, first: int, last: int) -> Summary:
    return Summary(layer, first, last, (first - 1) or None, last, own(f"{first}-{last}"))


def test_a_chain_is_of_the_highest_layers_without_a_gap() -> None:
    told = passages(ScriptedEngine(), [f"{n}." for n in range(1, 60)])
    scenes = [row(Layer.SCENE, n, n + 9) for n in (1, 11, 21, 31)]
    assert [each.text for each in chain(told[45:], scenes)] == []
    assert [each.text for each in chain(told[25:], scenes)] == ["1-10", "11-20", "21-30", "31-40"]
    assert [each.text for each in chain(told[25:35], scenes)] == ["1-10", "11-20", "21-30"]
    chapter = row(Layer.CHAPTER, 1, 30)
    assert [each.text for each in chain(told[25:], [*scenes, chapter])] == ["1-30", "31-40"]
    other = replace(scenes[0], through=999)
    assert [each.text for each in chain(told[25:], [other, *scenes[1:]])] == ["11-20", "21-30", "31-40"]
    assert to_fold(scenes[:1]) == []
    assert to_fold(scenes[:2]) == scenes[:2]
    assert to_fold([chapter, scenes[3]]) == []
    chapters = [row(Layer.CHAPTER, n, n + 29) for n in (31, 61)]
    whole = row(Layer.WHOLE, 1, 30)
    assert to_fold([whole, *chapters]) == [whole, *chapters]
    assert to_fold([whole]) == []


def test_sentences_with_names_and_what_comes_again_are_picked_in_order() -> None:
    told = [
        "It was a nice day. Once a girl named Mara found an old lamp in the tower.",
        "“What is it?” he asked. The lamp would not go out, and Mara hid the lamp from Captain Reed.",
        "They ate. The weather was nice.",
    ]
    short = condensed(told, lambda text: len(text) < 130)
    assert short == (
        "Once a girl named Mara found an old lamp in the tower. "
        "The lamp would not go out, and Mara hid the lamp from Captain Reed."
    )
    assert condensed(told, lambda _: False) == ""
    assert condensed([], lambda _: True) == ""
    assert condensed(["Mara ran. Mara ran."], lambda _: True) == "Mara ran."
