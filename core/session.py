"""What exists while one turn lasts: the story as it was found, the gate, the engine, and the change to come.

An operation reads through it, asks it for words, and notes what is to be written; it never writes by itself.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from core import permission
from core.change import Change, NewPassage
from core.engine import Engine
from core.erasure import Erasure
from core.errors import BadArgument, NoStory, NotPossible
from core.learning import Learning
from core.moderation import Cleared, Gate
from core.pages import Pages
from core.place import House, Standing, Turn
from core.plot import PlotReader
from core.policy import Policy
from core.prompts import Material, Order
from core.quotas import Allowance
from core.rejudging import Rejudging
from core.store import Store
from core.story import Lore, Passage, Step, Story, Summary
from core.summaries import chain
from core.wording import said
from core.writing import Writer, Writing

_MOST_MOVED = 200
"""Passages that may follow one that is changed; each of them is written again."""


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
        writer: Writer,
        begin: Callable[[], Awaitable[bool]],
        erasure: Erasure | None = None,
        learning: Learning | None = None,
        plot: PlotReader | None = None,
        allowance: Allowance | None = None,
        vouched: bool = False,
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
        self.writer = writer
        self.wrote = False
        """Whether the engine was asked for words, so that the reply is worth keeping."""
        self.change = Change(vouched=vouched)
        self._story = story
        self._last = last
        self._lore: list[Lore] | None = None
        self._summaries: list[Summary] | None = None
        self._gate = gate
        self._begin = begin
        self._rejudging = Rejudging(gate, engine, self.policy, self.change)
        self.pages = Pages(
            turn=turn, author=author, house=house, standing=self.standing, engine=engine, change=self.change
        )
        """Where new passages go."""

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
    def vouched(self) -> bool:
        """Whether the turn reads or writes something that a moderator let pass."""
        return self.change.vouched or self._rejudging.vouched

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
            self._lore = await self._rejudging.facts(lore)
            return await self._rejudging.passages(found)
        if limit == 1 and last is None:
            return await self._rejudging.passages([self._last] if self._last else [])
        return await self.part(story, last=last, limit=limit or profile.window)

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
        return (await self._rejudging.passages([passage]))[0]

    async def still_last(self) -> None:
        """Raises `NotPossible` if the turn is about a passage that is not the last one any more."""
        if self.turn.about is None:
            return
        passage = await self.store.version_of(self.story, self.turn.about)
        if passage is None or passage.id != self.story.head:
            raise NotPossible(said("The story has gone on since then. Use the buttons under its last passage."))

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
        return await self._rejudging.facts(await self.store.lore(story.id))

    async def part(self, story: Story, *, last: int | None, limit: int) -> list[Passage]:
        """At most `limit` passages of any story of this place, oldest first, as they may be shown here now.

        Up to number `last`; up to its end without one.
        """
        tokenizer = self.engine.profile.tokenizer
        found = await self.store.passages(story, tokenizer=tokenizer, limit=limit, last=last)
        return await self._rejudging.passages(found)

    async def step(self, *, back: bool) -> Step | None:
        """What undo (`back`) or redo would do next, None if there is nothing to do."""
        step = await self.store.step(self.story.id, back=back)
        if step is None:
            return None
        gone = await self._rejudging.passages([step.passage_gone] if step.passage_gone else [])
        back_ = await self._rejudging.passages([step.passage_back] if step.passage_back else [])
        return replace(step, passage_gone=next(iter(gone), None), passage_back=next(iter(back_), None))

    async def for_moderators(self, text: str) -> Cleared:
        """Text that was kept back, for the eyes of moderators. Raises `Withheld` if it is for nobody's."""
        return await self._gate.clear(text, replace(self.policy, vouched=True))

    async def cleared(self, text: str) -> Cleared:
        """A text of the storyteller's, or one that was cleared at another time, judged by what holds now.

        Raises `Withheld`.
        """
        return await self._gate.clear(text, self.policy, told=True)

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
        await self.writer.awake()
        return await self.writer.write(await self._material(passages, before), order, accept)

    async def warm(self, passages: Sequence[Passage], before: Sequence[Summary]) -> None:
        """Have the engine compute how prompts will begin with these summaries. Raises the `EngineError`s."""
        await self.engine.ready()
        await self.writer.warm(await self._material(passages, before))

    async def _material(self, passages: Sequence[Passage], before: Sequence[Summary] | None) -> Material:
        if before is None:
            before = chain(passages, await self.known_summaries())
        return Material(self.story, await self.lore(), [self.pages.with_ids(p) for p in passages], before)

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
        self.pages.move(moved, before, new)
        return following
