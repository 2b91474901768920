"""Puts new passages on their place in a story: behind which, with which number, after how many tokens.

They are noted in the turn's change, to be written with everything else at its end.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.change import Change, Copy, NewPassage
from core.engine import Engine, TokenIds
from core.errors import MustWait, NotAllowed
from core.moderation import Cleared, phrase
from core.place import Approval, House, Standing, Turn
from core.prompts import Task
from core.story import STORYTELLER, Given, Kind, Passage
from core.wording import said
from core.writing import Writing


class Pages:
    """The new passages of one turn."""

    def __init__(
        self, *, turn: Turn, author: Cleared, house: House, standing: Standing, engine: Engine, change: Change
    ) -> None:
        self._turn = turn
        self._author = author
        self._engine = engine
        self._change = change
        self._seen_first = house.workspace.approval is not Approval.FLAGGED and standing < Standing.MODERATOR

    def add(self, text: Cleared, *, after: Passage | None) -> NewPassage:
        """Note the contributor's own passage."""
        return self._note(
            after,
            kind=Kind.ADDED,
            author_id=self._turn.contributor.id,
            author=self._author,
            text=text,
            ids=self._engine.encode(text),
        )

    def add_written(self, writing: Writing, *, after: Passage | None) -> NewPassage:
        """Note a passage of the storyteller's. Raises `MustWait` if a moderator is to see it first."""
        if self._seen_first:
            raise MustWait(writing.text)
        return self._written(writing, after=after)

    def add_approved(self, text: Cleared, *, after: Passage | None) -> NewPassage:
        """Note a passage of the storyteller's that a moderator let pass."""
        given = Given(task=Task.CONTINUE, model=self._engine.profile.name, words=phrase(""))
        return self._written(Writing(text, self._engine.encode(text), given), after=after)

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
        if self._seen_first:
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
            ids=self._engine.encode(text),
            origin=instead_of.root,
        )

    def move(self, following: Sequence[Passage], before: Passage | None, new: NewPassage | None) -> None:
        """Note that these passages, which followed another one, now follow `new`, or `before` if there is none."""
        number = new.number if new else before.number if before else 0
        tokens = new.before + len(new.ids) + 1 if new else self._end(before)
        copies = []
        for each in following:
            number += 1
            copies.append(Copy(each.id, number, tokens))
            tokens += len(self.ids_of(each)) + 1
        self._change.copies = tuple(copies)
        self._change.parent = before.id if before else None
        self._change.remove = new is None

    def ids_of(self, passage: Passage) -> TokenIds:
        """The token ids of a passage in the present model's vocabulary."""
        return self.with_ids(passage).ids or ()

    def with_ids(self, passage: Passage) -> Passage:
        """The passage with its token ids, which are noted if they were not known."""
        if passage.ids is not None:
            return passage
        ids = self._engine.encode(passage.text)
        self._change.encoded[passage.id] = (self._engine.profile.tokenizer, ids)
        return replace(passage, ids=ids)

    def _note(self, after: Passage | None, **passage: Any) -> NewPassage:
        self._change.passage = NewPassage(
            parent=after.id if after else None,
            number=after.number + 1 if after else 1,
            before=self._end(after),
            tokenizer=self._engine.profile.tokenizer,
            **passage,
        )
        return self._change.passage

    def _end(self, passage: Passage | None) -> int:
        # A constant for what a layout puts around a passage keeps this scale the same for every layout.
        if passage is None:
            return 0
        return passage.before + len(self.ids_of(passage)) + 1
