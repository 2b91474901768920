"""How a story moves on: new passages and facts, undo and redo, as rows in a turn's transaction.

Nothing is destroyed: each step is a row that tells where the story stood before it and after it.
"""

from sqlalchemy import Connection, Integer, func, insert, literal, select

from core import prepared
from core import tables as t
from core.change import Change, Copy, NewLore, NewPassage
from core.moments import now
from core.rows import packed, packed_asked
from core.statements import moving, next_move
from core.story import Story


class Moves:
    """The steps of one turn in one story."""

    def __init__(self, connection: Connection, story: Story, turn_id: int, *, policy: str) -> None:
        """`policy` is the key of that under which the turn's text was cleared."""
        self._connection = connection
        self._story = story
        self._turn_id = turn_id
        self._policy = policy

    def write(self, change: Change) -> int | None:
        """Take the steps that the turn noted. Returns the id of the new passage, None if there is none."""
        added = None
        if change.passage is not None or change.remove:
            added = self._write_path(change)
        if change.lore is not None or change.forget is not None:
            self._change_lore(change.lore, change.forget)
        if change.undo:
            self._step(back=True)
        if change.redo:
            self._step(back=False)
        return added

    def _write_path(self, change: Change) -> int | None:
        """The new passage, if there is one, and behind it what followed the old one; the last of them is the head."""
        added = None if change.passage is None else self._add_passage(change.passage)
        head = change.parent if added is None else added
        for each in change.copies:
            head = self._copy(each, head)
        self._move(head_after=head)
        return added

    def _add_passage(self, new: NewPassage) -> int:
        values = {
            "story_id": self._story.id,
            "turn_id": self._turn_id,
            "parent": new.parent,
            "number": new.number,
            "kind": new.kind,
            "author_id": new.author_id,
            "author": new.author,
            "text": new.text,
            "before": new.before,
            "given": vars(new.given) if new.given else None,
            "origin": new.origin,
            "policy": self._policy,
            "created_at": now(),
        }
        passage_id = prepared.add(self._connection, t.passage, values)
        tokens = {"ids": packed(new.ids), "asked": packed_asked(new.asked)}
        prepared.add(self._connection, t.token, {"passage_id": passage_id, "tokenizer": new.tokenizer, **tokens})
        return passage_id

    def _copy(self, old: Copy, parent: int | None) -> int:
        """Write a passage again behind `parent`, with its tokens."""
        passage, token = t.passage.c, t.token.c
        changed = {
            "turn_id": literal(self._turn_id),
            "parent": literal(parent, Integer),
            "number": literal(old.number),
            "before": literal(old.before),
            "origin": func.coalesce(passage.origin, passage.id),
        }
        kept = {c.name: c for c in passage if c.name not in changed and c.name != "id"}
        columns = kept | changed
        rows = select(*columns.values()).where(passage.id == old.id)
        made = insert(t.passage).from_select(list(columns), rows).returning(passage.id)
        copy = self._connection.execute(made).scalar_one()
        tokens = select(literal(copy), token.tokenizer, token.ids, token.asked).where(token.passage_id == old.id)
        self._connection.execute(insert(t.token).from_select(["passage_id", "tokenizer", "ids", "asked"], tokens))
        return int(copy)

    def _change_lore(self, new: NewLore | None, forgotten: int | None) -> None:
        """Note a new fact, or that one does not hold any more."""
        story, old, after = self._story, forgotten, None
        if new is not None:
            old = new.replaces
            values = {"story_id": story.id, "turn_id": self._turn_id, "since": story.passages, "holds": True}
            after = prepared.add(self._connection, t.lore, {"name": new.name, "fact": new.fact, **values})
        self._set_lore(old, holds=False)
        self._move(head_after=story.head, lore_before=old, lore_after=after)

    def _set_lore(self, lore_id: int | None, *, holds: bool) -> None:
        if lore_id is not None:
            prepared.change(self._connection, t.lore, lore_id, {"holds": holds})

    def _move(self, *, head_after: int | None, lore_before: int | None = None, lore_after: int | None = None) -> None:
        """Record a step that undo can take back, and take it."""
        step = {
            "of": self._story.id,
            "story_id": self._story.id,
            "turn_id": self._turn_id,
            "head_before": self._story.head,
            "head_after": head_after,
            "lore_before": lore_before,
            "lore_after": lore_after,
            "done": True,
        }
        prepared.execute(self._connection, moving(), step)
        self._set_head(head_after)

    def _set_head(self, head: int | None) -> None:
        prepared.change(self._connection, t.story, self._story.id, {"head": head})

    def _step(self, *, back: bool) -> None:
        """Take the last step back, or the last one taken back forward again. The caller saw that there is one."""
        row = self._connection.execute(next_move(self._story.id, back=back)).one()
        self._set_lore(row.lore_after, holds=not back)
        self._set_lore(row.lore_before, holds=back)
        prepared.change(self._connection, t.move, row.id, {"done": not back})
        self._set_head(row.head_before if back else row.head_after)
