"""How much of each prompt the engine computes again, by its own count, beside a bot that sends everything again.

    python -m benchmarks.cache [--stories 4] [--turns 24]

Both bots tell as many stories at once, with the same sentences from people, on one engine, one after the other,
several times; the engine is the shipped model in vLLM. People's passages have about 60 tokens, answers are asked for
long, a third of them with a direction. Tokens that a turn adds are those of what was typed and of the answer that was
kept; what was written and thrown away adds nothing, and a direction neither. "Between two windows" are turns whose
prompt goes on from the one before; the others began a story, moved its window or changed its facts.
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.naive import NaiveBot
from benchmarks.row import HEAD, Aim, Row, median
from benchmarks.stories import lengthen
from benchmarks.turns import TEXT, place, teller_on, turn
from bots.assembly import settling, vllm_options
from bots.settings import load
from core.compaction import Compaction, compacting
from core.engine import Piece, Request, Sampling, TokenIds
from core.errors import NotPossible, Withheld
from core.moderation import own
from core.prompts import Material, Order, Prompts, Task
from core.story import Asked, Kind, Passage, Story
from core.storyteller import Storyteller
from inference.vllm import VllmEngine

_LENGTHS = (5_000, 100_000)
"""Words."""
_WARMING = 8
"""Turns after which each of these stories has its first summary."""
WRITTEN = 200
"""Tokens of an answer where its length shall not depend on the model."""
WORDS = 160
"""Tokens of an answer of the naive bot, as many as a long one of ours has about."""


@dataclass
class Sent:
    """One prompt, and what the engine had to do for it."""

    prompt: TokenIds
    cached: int = 0

    @property
    def computed(self) -> int:
        """Tokens that were not in the cache."""
        return len(self.prompt) - self.cached

    def goes_on_from(self, other: "Sent") -> bool:
        """Whether it has most of the other prompt in common with it."""
        same = 0
        for mine, theirs in zip(self.prompt, other.prompt, strict=False):
            if mine != theirs:
                break
            same += 1
        return same > len(other.prompt) // 2


_story: ContextVar[list[Sent]] = ContextVar("story")


class Counting(VllmEngine):
    """The engine, and what it was sent for the story that is told in this task."""

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """As the engine does it."""
        sent = Sent(request.prompt)
        _story.get().append(sent)
        async with aclosing(super().stream(request)) as pieces:
            async for piece in pieces:
                sent.cached = piece.cached_tokens or sent.cached
                yield piece


@dataclass
class Told:
    """What telling some stories took. Counts are tokens."""

    computed: int = 0
    added: int = 0
    computed_between: int = 0
    added_between: int = 0
    seconds: float = 0.0

    def turn(self, sent: list[Sent], added: int, *, goes_on: bool) -> None:
        """Count one turn."""
        computed = sum(each.computed for each in sent)
        self.computed, self.added = self.computed + computed, self.added + added
        if goes_on:
            self.computed_between, self.added_between = self.computed_between + computed, self.added_between + added

    @property
    def again(self) -> float:
        """Prompt tokens computed for each token that was added."""
        return self.computed / max(1, self.added)

    @property
    def again_between(self) -> float:
        """The same between two windows."""
        return self.computed_between / max(1, self.added_between)


def _passage(story: int, number: int) -> str:
    return " ".join(_sentence(story, 4 * number + each) for each in range(4))


def _sentence(story: int, number: int) -> str:
    names = ("keeper", "girl", "captain", "fox", "baker", "king", "gull", "child")
    things = ("lamp", "bell", "boat", "letter", "key", "song", "stone", "map")
    places = ("sea", "hill", "wood", "tower", "market", "bridge", "well")
    return (
        f"Then the {names[(story + number) % 8]} found a {things[(story * 3 + number) % 8]} "
        f"and ran to the {places[number % 7]}."
    )


async def ours(engine: Counting, stories: int, turns: int, *, lore: bool = False) -> Told:
    """The whole bot; with `lore`, a fact is added in a fifth of the turns."""
    told = Told()

    async def tell(number: int) -> None:
        sent: list[Sent] = []
        _story.set(sent)
        here = place(number)
        await teller.perform("start", turn(0, here), {"title": f"The Lamp {number}"})
        for each in range(turns):
            text, before = _passage(number, each), len(sent)
            await teller.perform("add", turn(each, here), {"text": text})
            added = len(engine.encode(text))
            if lore and each % 5 == 4:
                fact = {"name": f"Captain {each}", "fact": "keeps a bell in the tower"}
                await teller.perform("lore add", turn(each, here), fact)
            asked = {"length": "long"} | ({"direction": "a ship answers"} if each % 3 == 0 else {})
            with contextlib.suppress(NotPossible, Withheld):  # a small model may repeat itself
                reply = await teller.perform("continue", turn(each, here), asked)
                added += len(engine.encode(reply.blocks[0].text))
            latest = sent[max(0, before - 1) :]
            goes_on = before > 0 and all(b.goes_on_from(a) for a, b in pairwise(latest))
            told.turn(sent[before:], added, goes_on=goes_on)

    with tempfile.TemporaryDirectory() as name:
        async with compacting() as compaction:
            teller, database = await teller_on(Path(name), engine, compaction)
            began = time.perf_counter()
            await asyncio.gather(*map(tell, range(stories)))
            told.seconds = time.perf_counter() - began
        await database.close()
    return told


async def long_and_short(engine: Counting, turns: int, spent: dict[int, Told]) -> None:
    """Turns in a story of 5,000 words and in one of 100,000, by turns; counted in `spent`, by the words."""
    with tempfile.TemporaryDirectory() as name:
        async with contextlib.AsyncExitStack() as open_:
            tellers: dict[int, tuple[Storyteller, Compaction]] = {}
            for words in _LENGTHS:
                folder = Path(name) / str(words)
                folder.mkdir()
                await _begun(engine, folder)
                lengthen(folder / "bench.db", words // len(TEXT.split()))
                compaction = await open_.enter_async_context(compacting())
                teller, database = await teller_on(folder, engine, compaction)
                open_.push_async_callback(database.close)
                tellers[words] = teller, compaction
            for each in range(turns):
                for words, (teller, compaction) in tellers.items():
                    sent: list[Sent] = []
                    _story.set(sent)
                    added = await _one_turn(engine, teller, each)
                    await compaction.settled()
                    if each >= _WARMING:
                        spent[words].turn(sent, added, goes_on=False)


async def _begun(engine: Counting, folder: Path) -> None:
    teller, database = await teller_on(folder, engine)
    await teller.perform("start", turn(0, place(0)), {"title": "The Lamp"})
    await teller.perform("add", turn(0, place(0)), {"text": TEXT})
    await database.close()


async def _one_turn(engine: Counting, teller: Storyteller, number: int) -> int:
    """Somebody adds a passage and has it continued. Returns the tokens that the story has grown by."""
    here, text = place(0), _passage(0, number)
    await teller.perform("add", turn(number, here), {"text": text})
    added = len(engine.encode(text))
    with contextlib.suppress(NotPossible, Withheld):
        reply = await teller.perform("continue", turn(number, here), {"length": "long"})
        added += len(engine.encode(reply.blocks[0].text))
    return added


async def laid_out(engine: Counting, stories: int, turns: int) -> Told:
    """Prompts alone, with answers of `WRITTEN` tokens, whatever the model says in them."""
    told = Told()

    async def tell(number: int) -> None:
        sent: list[Sent] = []
        _story.set(sent)
        prompts, passages, name = Prompts(engine), list[Passage](), f"laid-{number}-{time.perf_counter_ns()}"
        story = Story(number, own(f"The Lamp {number}"), own(""), own("Ana"), False, None, 0)
        for each in range(turns):
            typed = engine.encode(_passage(number, each))
            passages.append(_next(passages, typed))
            order = Order(Task.CONTINUE, own("a ship answers" if each % 3 == 0 else ""), WORDS)
            prompt = prompts.compose(Material(story, (), passages), order)
            sampling = Sampling(max_tokens=WRITTEN, min_tokens=WRITTEN)
            request = Request(id=f"{name}-{each}", prompt=prompt.ids, sampling=sampling, salt=name, session=name)
            async with aclosing(engine.stream(request)) as pieces:
                written = tuple([i async for piece in pieces for i in piece.ids])
            passages.append(_next(passages, written, prompt.asked))
            goes_on = len(sent) > 1 and sent[-1].goes_on_from(sent[-2])
            told.turn(sent[-1:], len(typed) + len(written), goes_on=goes_on)

    await asyncio.gather(*map(tell, range(stories)))
    return told


def _next(passages: list[Passage], ids: TokenIds, asked: Asked | None = None) -> Passage:
    """A passage behind these."""
    number, before = len(passages) + 1, sum(len(each.ids or ()) + 1 for each in passages)
    kind = Kind.CONTINUED if asked else Kind.ADDED
    return Passage(number, number, None, kind, "u", own("Ana"), own(""), before, ids, asked=asked)


async def naive(engine: Counting, stories: int, turns: int, *, edits: bool) -> Told:
    """The bot that most people write."""
    told = Told()

    async def tell(number: int) -> None:
        sent: list[Sent] = []
        _story.set(sent)
        bot = NaiveBot(engine, f"n{number}-{time.perf_counter_ns()}", edits=edits)
        for each in range(turns):
            added = await bot.turn(_passage(number, each), words=WORDS, name="Ana")
            told.turn(sent[-1:], added, goes_on=False)

    began = time.perf_counter()
    await asyncio.gather(*map(tell, range(stories)))
    told.seconds = time.perf_counter() - began
    return told


async def compared(stories: int, turns: int, rounds: int) -> list[Row]:
    """Both bots in turns."""
    engine = Counting(vllm_options(load()))
    engine.start()
    await engine.ready()
    laid: list[Told] = []
    spent: dict[int, Told] = {each: Told() for each in _LENGTHS}
    mine: list[Told] = []
    with_lore: list[Told] = []
    theirs: list[Told] = []
    hurried: list[Told] = []
    async with settling(engine):
        try:
            for _ in range(rounds):
                laid.append(await laid_out(engine, stories, turns))
                mine.append(await ours(engine, stories, turns))
                with_lore.append(await ours(engine, stories, turns, lore=True))
                await long_and_short(engine, 2 * turns, spent)
                hurried.append(await naive(engine, stories, turns, edits=False))
                theirs.append(await naive(engine, stories, turns, edits=True))
        finally:
            await engine.close()
    again, naively = median(t.again for t in mine), median(t.again for t in hurried)
    between, changed = median(t.again_between for t in mine), median(t.again for t in with_lore)
    ideal, windows = median(t.again_between for t in laid), median(t.again for t in laid)
    speed, edited, unedited = (median(t.added / t.seconds for t in told) for told in (mine, theirs, hurried))
    short, long = (spent[each].again for each in _LENGTHS)
    return [
        Row("prompt tokens computed for one that is added", again, 2.0, "tokens", "the limit: 2", Aim(1)),
        Row("  beside a bot that sends all again", again, naively, "tokens", "naive bot, whole history"),
        Row("  with a new fact in a fifth of the turns", changed, 2.0, "tokens", "the limit: 2", Aim(1)),
        Row("  between two windows", between, again, "tokens", "with windows that move"),
        Row("  the same, answers of 200 tokens", ideal, 0.35, "tokens", "the limit: 0.35", Aim(1)),
        Row("  such answers, windows that move", windows, 2.0, "tokens", "the limit: 2", Aim(1)),
        Row(
            "computed for one that is added, 100,000 words", long, short, "tokens", "a story of 5,000 words", Aim(1.05)
        ),
        Row("tokens that stories grow by", speed, edited, "a second", "naive bot, an edit a second"),
        Row("  beside a naive bot that never edits", speed, unedited, "a second", "naive, no moderation, no database"),
    ]


async def measure(*, quick: bool = True) -> list[Row]:
    """All rows."""
    return await compared(4, 12 if quick else 40, 1 if quick else 3)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stories", type=int, default=4)
    parser.add_argument("--turns", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    print(HEAD)
    for row in asyncio.run(compared(chosen.stories, chosen.turns, chosen.rounds)):
        print(row)


if __name__ == "__main__":
    main()
