"""From a story and an order to token ids that fit the model's window, and begin as the last prompt began.

How the parts are laid out is `core.layouts`' affair; here is chosen what goes in. Text that people wrote is data: it
is encoded piece by piece and can never become a control token, and the rules stand outside of it. The window moves in
large steps, so that the front stays the same for many turns. A fact stands where the story was when it was noted;
those from before the window stand at the front.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from typing import NamedTuple, TypeVar

from core import observation
from core.engine import Engine, TokenIds
from core.layouts import RULES, Layout, Material, Task, layout
from core.moderation import Cleared, excerpt
from core.story import Asked, Given, Lore, Passage

_T = TypeVar("_T")

__all__ = ["RULES", "Material", "Order", "Prompt", "Prompts", "Task", "compose", "summary_tokens"]


@dataclass(frozen=True)
class Order:
    """One task, with the contributor's words (a direction, a wish, a question; may be empty)."""

    task: Task
    words: Cleared
    length: int
    """Words aimed at."""
    gently: bool = False
    """What was written before went too far for this channel."""
    room: int = 0
    """Tokens that the answer may take; 0 for what `length` needs."""

    @property
    def answer_tokens(self) -> int:
        """Room to leave for the answer: English takes about 1.4 tokens a word, and a sentence must end."""
        return self.room or self.length * 3 // 2 + 12

    @property
    def least_tokens(self) -> int:
        """Tokens before which a passage does not end: small models often end after a sentence, whatever is asked.

        Half the words; with as many tokens as words, they began to say the same again (docs/log.md).
        """
        return self.length // 2 if self.task is Task.CONTINUE else 0


@dataclass(frozen=True)
class Prompt:
    """Token ids, the account of what is in them, and what is asked at their end, to be kept with the answer."""

    ids: TokenIds
    given: Given
    asked: Asked
    crowded: bool = False
    """The window will move with the next turn or so, or something is left out of which no summary is given."""


class _Laid(NamedTuple):
    """A passage as it is laid out."""

    passage: Passage
    ids: TokenIds


class Prompts:
    """Lays out prompts for one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @cached_property
    def _form(self) -> Layout:
        return layout(self._engine)

    @observation.stage("prompt")
    def compose(self, material: Material, order: Order) -> Prompt:
        """Lay out one prompt that leaves room for the answer, whatever the length of the story and its lore.

        Left out when room is short: the ends of a title, premise or wish that is a large part of the window, the oldest
        facts beyond a quarter of it, the oldest summaries beyond an eighth, the oldest passages, the beginning of the
        only passage left. Passages of which a summary is given are left out too.
        """
        form, profile = self._form, self._engine.profile
        window = profile.window
        material = form.wanted(material, order.task)
        words = _clipped(self._engine, order.words, window // 8)
        asked = Asked(self._engine.encode(words), order.length, order.gently)
        tail = form.tail(order.task, asked)
        taken = len(tail) + order.answer_tokens
        head = partial(form.head, material.story, window)
        bare = len(head(()))
        facts = _in_steps([(each, form.fact(each)) for each in material.lore], window // 4)
        known = sum(len(ids) for _, ids in facts)
        told = _fitting(
            [(each, form.summary(each)) for each in material.summaries],
            min(summary_tokens(window), (window - taken - bare - known) // 3),
        )
        summaries = [ids for _, ids in told]
        room = window - len(head([ids for _, ids in facts], summaries)) - taken
        covered = told[-1][0].last if told else 0
        laid = [_Laid(each, form.passage(each)) for each in material.passages if each.number > covered]
        chosen = _cut(form, _window(laid, room, step=_step(room, (window - bare) // 2)), room)
        first = chosen[0].passage.number if chosen else math.inf
        before = head([ids for fact, ids in facts if fact.since < first], summaries)
        later = [(fact, ids) for fact, ids in facts if fact.since >= first]
        body = tuple(chain.from_iterable(_woven(chosen, later)))
        given = Given(
            task=order.task,
            model=profile.name,
            words=words,
            lore=tuple(fact.name for fact, _ in facts),
            lore_left_out=tuple(each.name for each in material.lore[: len(material.lore) - len(facts)]),
            first_passage=chosen[0].passage.number if chosen else 0,
            last_passage=chosen[-1].passage.number if chosen else 0,
            summarised_from=told[0][0].first if told else 0,
            summarised_to=covered,
            prompt_tokens=len(before) + len(body) + len(tail),
            window=window,
        )
        left_out = bool(chosen) and chosen[0].passage.number > covered + 1
        spare = window - taken - len(before) - len(body)
        crowded = order.task is Task.CONTINUE and (left_out or spare < order.answer_tokens + window // 16)
        return Prompt((*before, *body, *tail), given, asked, crowded)

    def too_many(self, passages: Sequence[Passage]) -> int:
        """How many of these, from the oldest on, are to be summarised so that the others take a sixth of the window.

        Less would tell the storyteller too little word for word; more would have to be computed again too often.
        """
        room, first = self._engine.profile.window // 6, len(passages)
        while first and (room := room - len(self._form.passage(passages[first - 1]))) >= 0:
            first -= 1
        return min(first, max(0, len(passages) - 1))


def compose(engine: Engine, material: Material, order: Order) -> Prompt:
    """One prompt, for whoever needs no more than one; see `Prompts.compose`."""
    return Prompts(engine).compose(material, order)


def summary_tokens(window: int) -> int:
    """What all summaries in a prompt may take together."""
    return window // 8


def _in_steps(laid: Sequence[tuple[Lore, TokenIds]], room: int) -> Sequence[tuple[Lore, TokenIds]]:
    """The newest facts that take at most `room` tokens together, with how they are laid out.

    The oldest go several at a time, so that the front does not change with every fact.
    """
    step = max(1, room // 4)
    over = sum(len(ids) for _, ids in laid) - room
    border = math.ceil(over / step) * step
    first = left_out = 0
    while first < len(laid) and left_out < border:
        left_out += len(laid[first][1])
        first += 1
    return laid[first:]


def _woven(laid: Sequence[_Laid], facts: Sequence[tuple[Lore, TokenIds]]) -> Iterator[TokenIds]:
    """Passages, and between them the facts that were noted there: what comes later changes nothing before it."""
    waiting = sorted(facts, key=lambda each: each[0].since)
    for each in laid:
        while waiting and waiting[0][0].since < each.passage.number:
            yield waiting.pop(0)[1]
        yield each.ids
    yield from (ids for _, ids in waiting)


def _step(room: int, half: int) -> int:
    """In what steps the window moves: half of it, or a quarter where facts and summaries leave little room.

    It must not depend on each of them, or the window would move when one is added.
    """
    return half if room > half * 5 // 4 else half // 2


def _fitting(laid: Sequence[tuple[_T, TokenIds]], room: int) -> Sequence[tuple[_T, TokenIds]]:
    """The newest of some facts or summaries, with how they are laid out, that take at most `room` tokens together."""
    first = len(laid)
    while first and (room := room - len(laid[first - 1][1])) >= 0:
        first -= 1
    return laid[first:]


def _clipped(engine: Engine, text: Cleared, tokens: int) -> Cleared:
    """As much of the beginning of a text as takes at most so many tokens."""
    while (taken := len(engine.encode(text))) > tokens:
        text = excerpt(text[: min(len(text) - 1, len(text) * tokens // taken)], of=text)
    return text


def _window(laid: Sequence[_Laid], room: int, *, step: int) -> Sequence[_Laid]:
    """The last passages that fit into `room` tokens, at least one, beginning at a border that moves in steps.

    A border that moved with each turn would change the front of the prompt each time, and nothing of it could
    come from the cache. `Passage.before` places each passage on the story's own token scale.
    """
    if not laid:
        return laid
    left, step = sum(len(each.ids) for each in laid), max(1, step)
    last = laid[-1]
    border = max(0, (last.passage.before + len(last.ids) - room) // step) * step
    first = 0
    while first < len(laid) - 1 and (laid[first].passage.before < border or left > room):
        if laid[first].passage.before >= border:
            border += step
        left -= len(laid[first].ids)
        first += 1
    return laid[first:]


def _cut(form: Layout, laid: Sequence[_Laid], room: int) -> Sequence[_Laid]:
    """The same; the end of the only passage if not even that fits, laid out as text alone."""
    if len(laid) != 1 or len(laid[0].ids) <= room:
        return laid
    text = replace(laid[0].passage, asked=None)
    around = len(form.passage(replace(text, ids=())))
    if room <= around:
        return []
    return [_Laid(text, form.passage(replace(text, ids=(text.ids or ())[around - room :])))]
