"""What exists while one turn lasts: the story as it was found, the gate, the engine, and the change to come.

An operation reads through it, asks it for words, and notes what is to be written; it never writes by itself.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from core import observation, permission
from core.change import Change, Copy, NewPassage
from core.engine import Engine, EngineState, Priority, Request, Sampling, TokenIds
from core.erasure import Erasure
from core.errors import BadArgument, EngineTimeout, MustWait, NoStory, NotAllowed, NotPossible, Withheld
from core.evidence import repeats
from core.learning import Learning
from core.moderation import Cleared, Gate, phrase
from core.place import WORDS, Approval, House, Standing, Turn
from core.plot import PlotReader
from core.policy import VOUCHED, Decision, Policy, Rating
from core.prompts import RULES, Material, Order, Prompt, Prompts, Task
from core.quotas import Allowance
from core.reply import Glimpse, Stage
from core.store import Store
from core.story import STORYTELLER, Asked, Given, Kind, Lore, Passage, Step, Story, Summary
from core.summaries import chain
from core.wording import said

Watch = Callable[[Glimpse], None]
"""Called with looks at a turn that is not done yet. Must return at once; the latest look is the one to show."""

HIDDEN = phrase("(This passage is not shown here: it was written when more was allowed.)")
"""What stands in the place of a passage that is not allowed here any more."""
_MOST_MOVED = 200
"""Passages that may follow one that is changed; each of them is written again."""
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


class Session:
    """One turn. Made by `core.storyteller`, handed to one operation."""

    def __init__(
        self,
        *,
        turn: Turn,
        author: Cleared,
        house: House,
        story: Story | None,
        last: Passage | None,
        store: Store,
        gate: Gate,
        engine: Engine,
        prompts: Prompts,
        salt: str,
        limits: Limits,
        watch: Watch,
        begin: Callable[[], Awaitable[bool]],
        erasure: Erasure | None = None,
        priority: int = Priority.TURN,
        learning: Learning | None = None,
        plot: PlotReader | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        self.turn = turn
        self.learning = learning
        self.plot = plot
        self.erasure = erasure
        self.allowance = allowance
        """How often the storyteller may be asked, as the operator set it; None without any limit."""
        self.author = author
        self.house = house
        self.store = store
        self.engine = engine
        self.change = Change()
        self.vouched = False
        """Whether the turn reads or writes something that a moderator let pass."""
        self.wrote = False
        """Whether the engine was asked for words, so that the reply is worth keeping."""
        self._story = story
        self._last = last
        self._lore: list[Lore] | None = None
        self._summaries: list[Summary] | None = None
        self.prompts = prompts
        self.crowded = False
        """Whether the oldest passages should be summarised now, so that nobody has to wait later."""
        self._gate = gate
        self._priority = priority
        self._salt = salt
        self._limits = limits
        self._watch = watch
        self._begin = begin

    @property
    def standing(self) -> Standing:
        """What the contributor is here."""
        return permission.standing(self.turn, self.house, self._story)

    def may_change(self, operation: str, passage: Passage) -> None:
        """Raises `NotAllowed` if the passage is another person's and the operation is for one's own."""
        permission.check_passage(operation, self.turn, self.house, self._story, passage)

    def needs_consent(self, operation: str, passage: Passage) -> bool:
        """Whether the operation would change the words of another person, who is to be asked first."""
        return permission.needs_consent(operation, self.turn, self.house, self._story, passage)

    def overrides(self, operation: str, passage: Passage) -> None:
        """Note in the audit log that somebody else's words are changed, unless they are the contributor's own."""
        if permission.foreign(self.turn, passage):
            self.change.log["changed another's words"] = {"operation": operation, "passage": passage.id}

    @property
    def policy(self) -> Policy:
        """What holds for every text of this turn."""
        return self.house.policy(self._story)

    @property
    def story(self) -> Story:
        """The open story. Raises `NoStory`."""
        if self._story is None:
            raise NoStory
        return self._story

    @property
    def open_story(self) -> Story | None:
        """The open story, if there is one."""
        return self._story

    async def passages(self, *, last: int | None = None, limit: int | None = None) -> list[Passage]:
        """The end of the story, oldest first, at least as much as the engine's window holds.

        With `last`, up to that number; with `limit`, at most so many.
        """
        profile, story = self.engine.profile, self.story
        if limit is None and last is None:
            found, lore, self._summaries = await self.store.window(
                story, tokenizer=profile.tokenizer, tokens=profile.window, policy=self.policy.key
            )
            self._lore = [each for each in lore if await self._fits(each)]
            return await self._as_fit(found)
        if limit == 1 and last is None:
            return await self._as_fit([self._last] if self._last else [])
        limit = limit or profile.window
        return await self._as_fit(await self.store.passages(story, tokenizer=profile.tokenizer, limit=limit, last=last))

    async def meant(self, number: str = "") -> Passage:
        """The passage of this number; without one, that which the turn is about; without either, the last one.

        Raises `NotPossible` if there is none, or it does not stand in the story any more.
        """
        if number:
            found = await self.passages(last=int(number), limit=1)
            if not found or found[-1].number != int(number):
                raise BadArgument(
                    said(
                        "There is no passage {number}; the story has {passages}.",
                        number=int(number),
                        passages=self.story.passages,
                    )
                )
            return found[-1]
        if self.turn.about is None:
            found = await self.passages(limit=1)
            if not found:
                raise NotPossible(said("Nothing has happened yet. Add the first passage with /story add."))
            return found[-1]
        passage = await self.store.version_of(self.story, self.turn.about)
        if passage is None:
            raise NotPossible(said("That passage does not stand in the story any more."))
        return (await self._as_fit([passage]))[0]

    async def still_last(self) -> None:
        """Raises `NotPossible` if the turn is about a passage that is not the last one any more."""
        if self.turn.about is None:
            return
        passage = await self.store.version_of(self.story, self.turn.about)
        if passage is None or passage.id != self.story.head:
            raise NotPossible(said("The story has gone on since then. Use the buttons under its last passage."))

    async def given(self, passage: Passage) -> Given | None:
        """What the storyteller was given for a passage; None if a person wrote it."""
        return await self.store.given(passage)

    async def lore(self) -> list[Lore]:
        """The facts that hold."""
        if self._lore is None:
            self._lore = await self.facts(self.story)
        return self._lore

    async def known_summaries(self) -> list[Summary]:
        """The newest summaries of this story that may be used here now, also of what does not stand in it any more."""
        if self._summaries is None:
            self._summaries = await self.store.summaries(self.story.id, policy=self.policy.key)
        return self._summaries

    async def facts(self, story: Story) -> list[Lore]:
        """The facts that hold in any story of this place, open or not, as far as they may be shown here now."""
        return [each for each in await self.store.lore(story.id) if await self._fits(each)]

    async def part(self, story: Story, *, last: int, limit: int) -> list[Passage]:
        """At most `limit` passages of any story of this place up to number `last`, oldest first, as they may be
        shown here now.
        """
        tokenizer = self.engine.profile.tokenizer
        return await self._as_fit(await self.store.passages(story, tokenizer=tokenizer, limit=limit, last=last))

    async def step(self, *, back: bool) -> Step | None:
        """What undo (`back`) or redo would do next, None if there is nothing to do."""
        step = await self.store.step(self.story.id, back=back)
        if step is None:
            return None
        gone = await self._as_fit([step.passage_gone] if step.passage_gone else [])
        back_ = await self._as_fit([step.passage_back] if step.passage_back else [])
        return replace(step, passage_gone=next(iter(gone), None), passage_back=next(iter(back_), None))

    async def for_moderators(self, text: str) -> Cleared:
        """Text that was kept back, for the eyes of moderators. Raises `Withheld` if it is for nobody's."""
        return await self._gate.clear(text, replace(self.policy, vouched=True))

    async def cleared(self, text: str) -> Cleared:
        """A text of the storyteller's, or one that was cleared at another time, judged by what holds now.

        Raises `Withheld`.
        """
        return await self._gate.clear(text, self.policy, told=True)

    async def _as_fit(self, passages: list[Passage]) -> list[Passage]:
        """Passages as they may be shown here now: those from under another policy are judged again."""
        key = self.policy.key
        self.vouched = self.vouched or any(each.policy == VOUCHED for each in passages)
        if all(each.policy in (key, VOUCHED) for each in passages):
            return passages
        return [await self._judged_again(each) if each.policy not in (key, VOUCHED) else each for each in passages]

    async def _judged_again(self, passage: Passage) -> Passage:
        """The passage if it is allowed here now, without what was asked if that is not; else a note in its place."""
        if await self._allowed(passage.text):
            if passage.asked and not await self._allowed(self.engine.decode(passage.asked.words)):
                return replace(passage, asked=None)  # and so it is judged again the next time
            self.change.judged_again += (passage.id,)
            return passage
        return replace(passage, text=HIDDEN, ids=self.engine.encode(HIDDEN), asked=None)

    async def _allowed(self, text: str) -> bool:
        return (await self._gate.judge(text, self.policy)).decision is Decision.ALLOW

    async def _fits(self, fact: Lore) -> bool:
        """Whether a fact may be used here now. Facts are few and short, so they are judged at every use."""
        text = f"{fact.name}: {fact.fact}"
        return (await self._gate.judge(text, self.policy, drawn=True)).decision is Decision.ALLOW

    async def write(
        self,
        order: Order,
        passages: Sequence[Passage],
        *,
        accept: Callable[[str], bool] = lambda text: True,
        before: Sequence[Summary] | None = None,
    ) -> Writing | None:
        """Have the model write, until `accept` says yes; None if it never does.

        `before`: summaries of what came before; those that are known, if not given.
        Raises `Withheld` if what it writes never passes the gate, and the `EngineError`s.
        """
        self.wrote = True
        if not self.change.begun:
            self.change.begun = await self._begin()
        await self._awake()
        material = await self._material(passages, before)
        prompt = self.prompts.compose(material, order)
        self.crowded = prompt.crowded
        withheld: Withheld | None = None
        for attempt in range(_TRIES):
            try:
                writing = await self._attempt(prompt, order, attempt)
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

    async def warm(self, passages: Sequence[Passage], before: Sequence[Summary]) -> None:
        """Have the engine compute how prompts will begin with these summaries. Raises the `EngineError`s."""
        await self.engine.ready()
        order = Order(Task.CONTINUE, phrase(""), WORDS[self.house.length])
        prompt = self.prompts.compose(await self._material(passages, before), order)
        request = self._request("warm", prompt, Sampling(max_tokens=1))
        async with aclosing(self.engine.stream(request)) as pieces:
            async for _ in pieces:
                pass

    async def _material(self, passages: Sequence[Passage], before: Sequence[Summary] | None) -> Material:
        if before is None:
            before = chain(passages, await self.known_summaries())
        return Material(self.story, await self.lore(), [self._with_ids(p) for p in passages], before)

    def _request(self, name: str, prompt: Prompt, sampling: Sampling) -> Request:
        return Request(
            id=f"{self.turn.id}-{name}",
            prompt=prompt.ids,
            sampling=sampling,
            salt=self._salt,
            session=str(self.story.id),
            priority=self._priority,
            voice=self.story.voice,
        )

    def add(self, text: Cleared, *, after: Passage | None) -> NewPassage:
        """Note the contributor's own passage."""
        return self._note(
            after,
            kind=Kind.ADDED,
            author_id=self.turn.contributor.id,
            author=self.author,
            text=text,
            ids=self.engine.encode(text),
        )

    def add_written(self, writing: Writing, *, after: Passage | None) -> NewPassage:
        """Note a passage of the storyteller's. Raises `MustWait` if a moderator is to see it first."""
        if self.house.workspace.approval is not Approval.FLAGGED and self.standing < Standing.MODERATOR:
            raise MustWait(writing.text)
        return self._written(writing, after=after)

    def add_approved(self, text: Cleared, *, after: Passage | None) -> NewPassage:
        """Note a passage of the storyteller's that a moderator let pass."""
        given = Given(task=Task.CONTINUE, model=self.engine.profile.name, words=phrase(""))
        return self._written(Writing(text, self.engine.encode(text), given), after=after)

    def _written(self, writing: Writing, *, after: Passage | None) -> NewPassage:
        return self._note(
            after,
            kind=Kind.CONTINUED,
            author_id=STORYTELLER,
            author=phrase("the storyteller"),
            text=writing.text,
            ids=writing.ids,
            given=writing.given,
            asked=writing.asked,
        )

    def add_refined(self, writing: Writing, *, instead_of: Passage, after: Passage | None) -> NewPassage:
        """Note a new wording of a passage, which stays its author's. Raises `NotAllowed` as `may_reword` does."""
        self.may_reword()
        return self._note(
            after,
            kind=Kind.REFINED,
            author_id=instead_of.author_id,
            author=instead_of.author,
            text=writing.text,
            ids=writing.ids,
            given=writing.given,
            origin=instead_of.root,
        )

    def may_reword(self) -> None:
        """Raises `NotAllowed` where moderators see everything of the storyteller's first."""
        if self.house.workspace.approval is not Approval.FLAGGED and self.standing < Standing.MODERATOR:
            raise NotAllowed(
                said("In this server a moderator sees first what the storyteller writes. Ask one to refine it.")
            )

    def add_edited(self, text: Cleared, *, instead_of: Passage, before: Passage | None) -> NewPassage:
        """Note a person's new wording of a passage, which stays its author's; what follows it stays as it is."""
        return self._note(
            before,
            kind=Kind.EDITED,
            author_id=instead_of.author_id,
            author=instead_of.author,
            text=text,
            ids=self.engine.encode(text),
            origin=instead_of.root,
        )

    async def keep_following(self, changed: Passage, before: Passage | None, new: NewPassage | None) -> int:
        """Note that what follows `changed` now follows `new`, or `before` if there is none. Returns how many do.

        Raises `NotPossible` if they are too many.
        """
        following = self.story.passages - changed.number
        if following > _MOST_MOVED:
            raise NotPossible(
                said(
                    "Passage {number} lies too far back to be changed; {following} follow it.",
                    number=changed.number,
                    following=following,
                )
            )
        moved = (await self.passages(limit=following))[-following:] if following else []
        number, tokens = (new.number, new.before + len(new.ids) + 1) if new else self._place_of(before)
        copies = []
        for each in moved:
            number += 1
            copies.append(Copy(each.id, number, tokens))
            tokens += len(self.ids_of(each)) + 1
        self.change.copies = tuple(copies)
        self.change.parent = before.id if before else None
        self.change.remove = new is None
        return following

    def _place_of(self, passage: Passage | None) -> tuple[int, int]:
        return (passage.number if passage else 0), self._end(passage)

    def _note(self, after: Passage | None, **passage: Any) -> NewPassage:
        self.change.passage = NewPassage(
            parent=after.id if after else None,
            number=after.number + 1 if after else 1,
            before=self._end(after),
            tokenizer=self.engine.profile.tokenizer,
            **passage,
        )
        return self.change.passage

    def _end(self, passage: Passage | None) -> int:
        # A constant for what a layout puts around a passage keeps this scale the same for every layout.
        if passage is None:
            return 0
        return passage.before + len(self.ids_of(passage)) + 1

    def ids_of(self, passage: Passage) -> TokenIds:
        """The token ids of a passage in the present model's vocabulary."""
        return self._with_ids(passage).ids or ()

    def _with_ids(self, passage: Passage) -> Passage:
        if passage.ids is not None:
            return passage
        ids = self.engine.encode(passage.text)
        self.change.encoded[passage.id] = (self.engine.profile.tokenizer, ids)
        return replace(passage, ids=ids)

    async def _awake(self) -> None:
        if self.engine.state is EngineState.WAKING:
            self._watch(Glimpse(Stage.WAKING, phrase("")))
        await self.engine.ready()
        self._watch(Glimpse(Stage.WRITING, phrase("")))

    async def _attempt(self, prompt: Prompt, order: Order, attempt: int) -> Writing:
        sampling = replace(_SAMPLING[order.task], max_tokens=order.answer_tokens)
        hotter = replace(sampling, temperature=sampling.temperature + 0.2 * attempt)
        request = self._request(str(attempt), prompt, hotter)
        answer = _Answer(self.engine, request, self._limits)
        shown = phrase("")
        async with aclosing(answer.text()) as pieces, aclosing(self._release(pieces)) as released:
            async for shown in released:
                if self._shows_sentences():
                    self._watch(Glimpse(Stage.WRITING, shown))
                    observation.note("shown")
        given = replace(prompt.given, cached_tokens=answer.cached_tokens)
        return Writing(shown, answer.ids_of(shown), given, prompt.asked)

    def _shows_sentences(self) -> bool:
        """Whether sentences are shown as they come; a class sees only what has passed as a whole."""
        return self.house.rating not in _WHOLE_TURN and self.house.workspace.approval is Approval.FLAGGED

    def _release(self, pieces: AsyncGenerator[str, None]) -> AsyncGenerator[Cleared, None]:
        return self._gate.release(pieces, self.policy, whole=not self._shows_sentences())


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
