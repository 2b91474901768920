"""From a story and an order to token ids that fit the model's window, and begin as the last prompt began.

How the parts are laid out is `core.layouts`' affair; here is chosen what goes in. Text that people wrote is data: it
is encoded piece by piece and can never become a control token, and the rules stand outside of it. The window moves in
large steps, so that the front stays the same for many turns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from core import observation
from core.engine import Engine, TokenIds
from core.layouts import RULES, Layout, Material, Task, layout
from core.moderation import Cleared, excerpt
from core.story import Asked, Given, Lore, Passage

__all__ = ["RULES", "Material", "Order", "Prompt", "Prompts", "Task", "compose"]


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


@dataclass(frozen=True)
class Prompt:
    """Token ids, the account of what is in them, and what is asked at their end, to be kept with the answer."""

    ids: TokenIds
    given: Given
    asked: Asked


@dataclass(frozen=True)
class _Laid:
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
        facts beyond a quarter of it, the oldest passages, the beginning of the only passage left.
        """
        form, profile = self._form, self._engine.profile
        window = profile.window
        material = form.wanted(material, order.task)
        words = _clipped(self._engine, order.words, window // 8)
        asked = Asked(self._engine.encode(words), order.length, order.gently)
        facts = _fitting(material.lore, [form.fact(each) for each in material.lore], window // 4)
        head = form.opening(material.story, window) + tuple(i for _, ids in facts for i in ids)
        tail = form.tail(order.task, asked)
        room = window - len(head) - len(tail) - order.answer_tokens
        laid = [_Laid(each, form.passage(each)) for each in material.passages]
        chosen = _cut(form, _window(laid, room, step=(window - len(head)) // 2), room)
        body = tuple(i for each in chosen for i in each.ids)
        given = Given(
            task=order.task,
            model=profile.name,
            words=words,
            lore=tuple(fact.name for fact, _ in facts),
            lore_left_out=tuple(each.name for each in material.lore[: len(material.lore) - len(facts)]),
            first_passage=chosen[0].passage.number if chosen else 0,
            last_passage=chosen[-1].passage.number if chosen else 0,
            prompt_tokens=len(head) + len(body) + len(tail),
            window=window,
        )
        return Prompt((*head, *body, *tail), given, asked)


def compose(engine: Engine, material: Material, order: Order) -> Prompt:
    """One prompt, for whoever needs no more than one; see `Prompts.compose`."""
    return Prompts(engine).compose(material, order)


def _fitting(lore: Sequence[Lore], laid: Sequence[TokenIds], room: int) -> list[tuple[Lore, TokenIds]]:
    """The newest facts, as they are laid out, that take at most `room` tokens together."""
    taken, first = 0, len(lore)
    while first and taken + len(laid[first - 1]) <= room:
        first -= 1
        taken += len(laid[first])
    return list(zip(lore[first:], laid[first:], strict=True))


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
