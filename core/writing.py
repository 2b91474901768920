"""Has the engine write, until what it writes passes the gate and is wanted. Reads nothing and keeps nothing."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from core import observation
from core.engine import Engine, EngineState, Priority, Request, Sampling, TokenIds
from core.errors import EngineTimeout, Withheld
from core.evidence import repeats
from core.moderation import Cleared, Gate, phrase
from core.place import WORDS, Approval, House, Turn
from core.policy import Rating
from core.prompts import RULES, Material, Order, Prompt, Prompts, Task
from core.reply import Glimpse, Stage
from core.story import Asked, Given
from core.wording import said

Watch = Callable[[Glimpse], None]
"""Called with looks at a turn that is not done yet. Must return at once; the latest look is the one to show."""

_TRIES = 3
_WHOLE_TURN = (Rating.G, Rating.PG)
"""Ratings under which nothing is shown before all of it has passed."""

_SAMPLING = {
    Task.CONTINUE: Sampling(max_tokens=0, temperature=0.7, min_p=0.05),
    Task.REFINE: Sampling(max_tokens=0, temperature=0.0, min_p=0.1),
    Task.EXPLAIN: Sampling(max_tokens=0, temperature=0.0, min_p=0.1),
    Task.RECAP: Sampling(max_tokens=0, temperature=0.3, min_p=0.1),
}


@dataclass(frozen=True)
class Limits:
    """How long the engine may take, in seconds."""

    first_words: float = 60.0
    whole_turn: float = 180.0


@dataclass(frozen=True)
class Writing:
    """What the model wrote: cleared, ended at a sentence, with its token ids, what it was given and what asked."""

    text: Cleared
    ids: TokenIds
    given: Given
    asked: Asked | None = None
    """None if a moderator let it pass later: then it is a text like people's."""


class Writer:
    """The engine's pen in one turn."""

    def __init__(
        self,
        *,
        turn: Turn,
        house: House,
        gate: Gate,
        engine: Engine,
        prompts: Prompts,
        salt: str,
        limits: Limits,
        watch: Watch,
        priority: int = Priority.TURN,
    ) -> None:
        self.prompts = prompts
        self.crowded = False
        """Whether the oldest passages should be summarised now, so that nobody has to wait later."""
        self._turn = turn
        self._house = house
        self._gate = gate
        self._engine = engine
        self._salt = salt
        self._limits = limits
        self._watch = watch
        self._priority = priority

    async def awake(self) -> None:
        """Wait until the engine can be asked, and say that it is. Raises the `EngineError`s."""
        if self._engine.state is EngineState.WAKING:
            self._watch(Glimpse(Stage.WAKING, phrase("")))
        await self._engine.ready()
        self._watch(Glimpse(Stage.WRITING, phrase("")))

    async def write(self, material: Material, order: Order, accept: Callable[[str], bool]) -> Writing | None:
        """What the engine writes and `accept` says yes to; None if it never does.

        Raises `Withheld` if what it writes never passes the gate, and the `EngineError`s.
        """
        prompt = self.prompts.compose(material, order)
        self.crowded = prompt.crowded
        withheld: Withheld | None = None
        for attempt in range(_TRIES):
            try:
                writing = await self._attempt(prompt, material, order, attempt)
            except Withheld as error:
                if withheld is None:
                    order = replace(order, gently=True)
                    prompt = self.prompts.compose(material, order)
                withheld = error
                self._watch(Glimpse(Stage.WRITING, phrase("")))  # what was shown of it goes at once
                continue
            withheld = None
            if writing.text and not repeats(writing.text, [RULES]) and accept(writing.text):
                return writing
        if withheld is not None:
            notice = said("Nothing that the storyteller wrote fitted this channel's rating. Try another direction.")
            raise Withheld(notice, reasons=withheld.reasons)
        return None

    async def warm(self, material: Material) -> None:
        """Have the engine compute how prompts of this material begin. Raises the `EngineError`s."""
        order = Order(Task.CONTINUE, phrase(""), WORDS[self._house.length])
        prompt = self.prompts.compose(material, order)
        request = self._request("warm", prompt, material, Sampling(max_tokens=1))
        async with aclosing(self._engine.stream(request)) as pieces:
            async for _ in pieces:
                pass

    async def _attempt(self, prompt: Prompt, material: Material, order: Order, attempt: int) -> Writing:
        ends_early = self._engine.profile.small and attempt < _TRIES - 1  # better a short passage than none
        least = order.least_tokens if ends_early else 0
        sampling = replace(_SAMPLING[order.task], max_tokens=order.answer_tokens, min_tokens=least)
        hotter = replace(sampling, temperature=sampling.temperature + 0.2 * attempt)
        request = self._request(str(attempt), prompt, material, hotter)
        answer = _Answer(self._engine, request, self._limits)
        policy, shown = self._house.policy(material.story), phrase("")
        whole = not self._shows_sentences()
        async with (
            aclosing(answer.text()) as pieces,
            aclosing(self._gate.release(pieces, policy, whole=whole)) as released,
        ):
            async for shown in released:
                if not whole:
                    self._watch(Glimpse(Stage.WRITING, shown))
                    observation.note("shown")
        given = replace(prompt.given, cached_tokens=answer.cached_tokens)
        return Writing(shown, answer.ids_of(shown), given, prompt.asked)

    def _request(self, name: str, prompt: Prompt, material: Material, sampling: Sampling) -> Request:
        return Request(
            id=f"{self._turn.id}-{name}",
            prompt=prompt.ids,
            sampling=sampling,
            salt=self._salt,
            session=str(material.story.id),
            priority=self._priority,
            voice=material.story.voice,
        )

    def _shows_sentences(self) -> bool:
        """Whether sentences are shown as they come; a class sees only what has passed as a whole."""
        return self._house.rating not in _WHOLE_TURN and self._house.workspace.approval is Approval.FLAGGED


class _Answer:
    """One answer as it arrives: its text for the gate, its ids to keep."""

    def __init__(self, engine: Engine, request: Request, limits: Limits) -> None:
        self._engine = engine
        self._request = request
        self._limits = limits
        self._ids: list[int] = []
        self.cached_tokens: int | None = None

    async def text(self) -> AsyncGenerator[str, None]:
        """The pieces of text, leading white space removed. Raises the `EngineError`s."""
        began = False
        try:
            async with asyncio.timeout(self._limits.first_words) as limit:
                async with aclosing(self._engine.stream(self._request)) as pieces:
                    async for piece in pieces:
                        if not self._ids:
                            limit.reschedule(asyncio.get_running_loop().time() + self._limits.whole_turn)
                        self._ids += piece.ids
                        if piece.cached_tokens is not None:
                            self.cached_tokens = piece.cached_tokens
                        text = piece.text if began else piece.text.lstrip()
                        began = began or bool(text)
                        if text:
                            yield text
        except TimeoutError:
            raise EngineTimeout from None

    def ids_of(self, text: str) -> TokenIds:
        """The generated ids that spell `text`, if after some white space, or its own encoding if none do.

        Kept ids make the next prompt begin with what the engine has already computed.
        """
        for count in range(len(self._ids), 0, -1):
            spelt = self._engine.decode(self._ids[:count]).lstrip()
            if len(spelt) < len(text):
                break
            if spelt == text:
                return tuple(self._ids[:count])
        return self._engine.encode(text)
