"""The one write of a turn: everything that it changes, in one transaction, step by step."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, Integer, Table, delete, func, insert, literal, select, update

from core import audit, consents, faults, prepared
from core import tables as t
from core.moderation import Cleared
from core.policy import VOUCHED
from core.records import settle
from core.rows import changing, ended, ending, moving, next_move, packed, packed_asked, same_place, workspace_version
from core.story import Change, Copy, House, NewPassage, Reply, Shown, Story, Summary, Turn, Workspace


class Moved(Exception):
    """The place is no longer as the turn found it: another process wrote there meanwhile."""


class Commit:
    """One turn's transaction, step by step."""

    def __init__(
        self,
        connection: Connection,
        turn: Turn,
        operation: str,
        house: House,
        story: Story | None,
        change: Change,
        *,
        holder: str = "",
    ) -> None:
        self._connection = connection
        self._turn = turn
        self._operation = operation
        self._house = house
        self._story = story
        self._change = change
        self._holder = holder
        self._place_id = 0
        self._turn_id = 0
        self._shown: Shown | None = None

    def run(self, reply: Reply) -> Reply:
        """Write everything; returns the reply with its post. Raises `Moved`."""
        self._place_id = self._same_place() if self._house.id else self._add_place()
        self._turn_id = self._add_turn()
        self._settle()
        self._open_or_close()
        faults.hit("in_commit")
        self._write_story()
        self._keep_tokens()
        self._add_report()
        self._add_opinion()
        self._correct()
        self._learn()
        self._propose()
        self._moderate()
        post = self._add_post(reply)
        self._add_alert(reply, post)
        if self._change.begun:
            self._connection.execute(ending(), ended(self._turn, self._place_id))
        return replace(reply, passage=self._shown, post=post)

    def _insert(self, table: Table, **values: object) -> int:
        return prepared.add(self._connection, table, values)

    def _update(self, table: Table, row: int, **values: object) -> None:
        prepared.execute(self._connection, changing(table), {"row": row, **values})

    def _add_place(self) -> int:
        """A new place's row. Raises `Moved` if the server's settings are no longer as the turn found them."""
        if self._connection.scalar(select(workspace_version()), self._server()) != self._house.workspace.version:
            raise Moved
        return self._insert(t.place, **vars(self._turn.place), version=1, dedicated=self._turn.dedicated)

    def _same_place(self) -> int:
        """The place's id, and its row locked until the commit. Raises `Moved` unless all is as the turn found it."""
        changes, house = self._change.changes, self._house
        found = {"found": house.version} if changes else {"judged": house.own_rating}
        key = {"row": house.id, "settings": house.workspace.version, **self._server(), **found}
        if prepared.execute(self._connection, same_place(changes=changes), key).rowcount != 1:
            raise Moved
        return house.id

    def _server(self) -> dict[str, str]:
        return {"on": self._turn.place.platform, "server": self._turn.place.workspace}

    def _add_turn(self) -> int:
        return self._insert(
            t.turn,
            request_id=self._turn.id,
            place_id=self._place_id,
            operation=self._operation,
            contributor_id=self._turn.contributor.id,
            created_at=now(),
        )

    def _add_post(self, reply: Reply) -> int:
        return self._insert(
            t.post,
            turn_id=self._turn_id,
            place_id=self._place_id,
            blocks=[vars(block) for block in reply.blocks],
            private=reply.private,
            passage=vars(self._shown) if self._shown else None,
            # An ordinary message that became a passage shows it by itself.
            delivered_at=now() if self._turn.plain else None,
            holder=self._holder,
        )

    def _add_alert(self, reply: Reply, post: int) -> None:
        if reply.alert:
            blocks = [vars(block) for block in reply.alert]
            self._insert(t.alert, post_id=post, blocks=blocks, source=self._turn.source)

    def _settle(self) -> None:
        settings = {"rating": self._change.rating, "length": self._change.length}
        self._update_place({k: v for k, v in settings.items() if v is not None})
        if self._change.workspace is not None:
            self._settle_workspace(self._change.workspace)

    def _settle_workspace(self, new: Workspace) -> None:
        here, table = self._turn.place, t.workspace.c
        key = {"platform": here.platform, "workspace": here.workspace}
        values = asdict(new) | {
            name: sorted(getattr(new, name)) for name in ("channels", "moderators", "blocked", "writers")
        }
        values["version"] = self._house.workspace.version + 1
        if not self._house.workspace.version:
            self._insert(t.workspace, **key, **values)
            return
        mine = update(t.workspace).where(*(table[name] == value for name, value in key.items()))
        mine = mine.where(table.version == self._house.workspace.version)
        if self._connection.execute(mine.values(**values)).rowcount != 1:
            raise Moved

    def _add_report(self) -> None:
        if (new := self._change.report) is not None:
            self._insert(
                t.report,
                place_id=self._place_id,
                turn_id=self._turn_id,
                passage_id=new.passage,
                message_id=new.source,
                reason=new.reason,
                created_at=now(),
            )

    def _add_opinion(self) -> None:
        """In the place of what the same person said of the same passage before."""
        if (new := self._change.opinion) is None:
            return
        opinion, who = t.opinion.c, self._turn.contributor.id
        self._connection.execute(
            delete(t.opinion).where(opinion.passage_id == new.passage, opinion.contributor_id == who)
        )
        values = {"turn_id": self._turn_id, "contributor_id": who, "good": new.good, "reason": new.reason}
        self._insert(t.opinion, passage_id=new.passage, **values)

    def _correct(self) -> None:
        """Put a person's words in the place of a summary. Raises `Moved` if it is gone."""
        if (new := self._change.corrected) is None:
            return
        summary, text = new
        mine = update(t.summary).where(t.summary.c.id == summary)
        who = self._turn.contributor.id
        if self._connection.execute(mine.values(text=text, author_id=who)).rowcount != 1:
            raise Moved

    def _learn(self) -> None:
        """What may train a model one day, and what people think of answers."""
        change = self._change
        if change.consent is not None:
            consents.settle(self._connection, self._turn, yes=change.consent)
        if change.explained is not None and self._story is not None:
            consents.keep(self._connection, self._story.id, self._turn_id, change.explained)
        if change.answer_mark is not None:
            consents.mark(self._connection, change.answer_mark)

    def _propose(self) -> None:
        """Keep a wording for its author's decision, or let go of one that was decided on. Raises `Moved`."""
        if (new := self._change.proposes) is not None:
            old, given = new.passage, vars(new.given)
            values = {"place_id": self._place_id, "turn_id": self._turn_id, "passage_id": old.id}
            number = self._insert(t.proposal, **values, text=new.text, given=given, created_at=now())
            self._shown = Shown(old.id, old.number, old.kind, vouched=self._change.vouched, proposal=number)
        if (number_ := self._change.decided) is not None:
            mine = delete(t.proposal).where(t.proposal.c.id == number_)
            if self._connection.execute(mine).rowcount != 1:
                raise Moved

    def _moderate(self) -> None:
        change, server = self._change, (self._turn.place.platform, self._turn.place.workspace)
        if change.rules is not None and self._story is not None:
            self._update_story(self._story.id, lines=list(change.rules[0]), veils=list(change.rules[1]))
        if change.judged_again:
            key = self._house.policy(self._story).key
            mine = t.passage.c.id.in_(change.judged_again)
            self._connection.execute(update(t.passage).where(mine).values(policy=key))
        if change.settled is not None and not settle(
            self._connection, change.settled, server, self._turn.contributor.id
        ):
            raise Moved
        for action, details in change.log.items():
            audit.append(self._connection, server, self._turn.contributor.id, action, details)

    def _update_place(self, values: dict[str, Any]) -> None:
        if values:
            self._update(t.place, self._place_id, **values)

    def _open_or_close(self) -> None:
        if self._change.start is not None:
            self._open(self._add_story(*self._change.start))
            self._update_place({"dedicated": self._turn.dedicated})
        if self._change.resume is not None:
            self._open(self._change.resume)
        if self._change.end and self._story is not None:
            self._update_story(self._story.id, ended=True, ended_at=now())
            self._update_place({"story_id": None})

    def _open(self, story_id: int) -> None:
        self._update_place({"story_id": story_id})
        self._update_story(story_id, ended=False)

    def _add_story(self, title: Cleared, premise: Cleared, author: Cleared) -> int:
        return self._insert(
            t.story,
            place_id=self._place_id,
            turn_id=self._turn_id,
            title=title,
            premise=premise,
            author=author,
            author_id=self._turn.contributor.id,
            ended=False,
            created_at=now(),
        )

    def _update_story(self, story_id: int, **values: object) -> None:
        self._update(t.story, story_id, **values)

    def _write_story(self) -> None:
        if self._story is None:
            return
        if self._change.voice is not None:
            self._update_story(self._story.id, voice=self._change.voice or None)
        if self._change.passage is not None or self._change.remove:
            self._move(head_after=self._write_path(self._story))
        if self._change.lore is not None or self._change.forget is not None:
            self._change_lore(self._story)
        if self._change.undo:
            self._step(self._story, back=True)
        if self._change.redo:
            self._step(self._story, back=False)

    def _write_path(self, story: Story) -> int | None:
        """The new passage, if there is one, and behind it what followed the old one. Returns the new head."""
        head, new = self._change.parent, self._change.passage
        if new is not None:
            head = self._add_passage(story, new)
            self._shown = Shown(head, new.number, new.kind, vouched=self._change.vouched)
            self._note_source()
        for each in self._change.copies:
            head = self._copy(each, head)
        return head

    def _note_source(self) -> None:
        """Remember which message the passage came from, unless that is known."""
        if not self._turn.source:
            return
        key = {"place_id": self._place_id, "message_id": self._turn.source}
        known = select(t.message.c.turn_id).where(*(t.message.c[name] == value for name, value in key.items()))
        if self._connection.execute(known).first() is None:
            self._insert(t.message, **key, turn_id=self._turn_id, ours=False)

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

    def _add_passage(self, story: Story, new: NewPassage) -> int:
        passage_id = self._insert(
            t.passage,
            story_id=story.id,
            turn_id=self._turn_id,
            parent=new.parent,
            number=new.number,
            kind=new.kind,
            author_id=new.author_id,
            author=new.author,
            text=new.text,
            before=new.before,
            given=vars(new.given) if new.given else None,
            origin=new.origin,
            policy=VOUCHED if self._change.vouched else self._house.policy(self._story).key,
            created_at=now(),
        )
        tokens = {"ids": packed(new.ids), "asked": packed_asked(new.asked)}
        self._insert(t.token, passage_id=passage_id, tokenizer=new.tokenizer, **tokens)
        return passage_id

    def _change_lore(self, story: Story) -> None:
        new, old, after = self._change.lore, self._change.forget, None
        if new is not None:
            old = new.replaces
            values = {"story_id": story.id, "turn_id": self._turn_id, "since": story.passages, "holds": True}
            after = self._insert(t.lore, name=new.name, fact=new.fact, **values)
        self._set_lore(old, holds=False)
        self._move(head_after=story.head, lore_before=old, lore_after=after)

    def _set_lore(self, lore_id: int | None, *, holds: bool) -> None:
        if lore_id is not None:
            self._update(t.lore, lore_id, holds=holds)

    def _move(self, *, head_after: int | None, lore_before: int | None = None, lore_after: int | None = None) -> None:
        """Record a step that undo can take back, and take it."""
        story = self._story
        assert story is not None  # noqa: S101 - for the type checker
        step = {
            "of": story.id,
            "story_id": story.id,
            "turn_id": self._turn_id,
            "head_before": story.head,
            "head_after": head_after,
            "lore_before": lore_before,
            "lore_after": lore_after,
            "done": True,
        }
        prepared.execute(self._connection, moving(), step)
        self._set_head(story, head_after)

    def _set_head(self, story: Story, head: int | None) -> None:
        self._update_story(story.id, head=head)

    def _step(self, story: Story, *, back: bool) -> None:
        """Take the last step back, or the last one taken back forward again. The caller saw that there is one."""
        row = self._connection.execute(next_move(story.id, back=back)).one()
        self._set_lore(row.lore_after, holds=not back)
        self._set_lore(row.lore_before, holds=back)
        self._update(t.move, row.id, done=not back)
        self._set_head(story, row.head_before if back else row.head_after)

    def _keep_tokens(self) -> None:
        for passage_id, (tokenizer, ids) in self._change.encoded.items():
            known = select(t.token.c.passage_id).where(
                t.token.c.passage_id == passage_id, t.token.c.tokenizer == tokenizer
            )
            if self._connection.execute(known).first() is None:
                self._insert(t.token, passage_id=passage_id, tokenizer=tokenizer, ids=packed(ids))


def keep_summaries(
    connection: Connection,
    story_id: int,
    made: Sequence[Summary],
    *,
    passages: Mapping[int, str],
    folded: Mapping[int, str],
    policy: str,
) -> bool:
    """Write summaries, unless one of the texts that they were made from, by id, is no longer as it was.

    Returns whether they are written.
    """
    for table, texts in ((t.passage, passages), (t.summary, folded)):
        found = select(table.c.id, table.c.text).where(table.c.id.in_(texts)).with_for_update()
        if {row.id: row.text for row in connection.execute(found)} != dict(texts):
            return False
    for each in made:
        row = {name: getattr(each, name) for name in ("layer", "first", "last", "after", "through", "text")}
        more = {"story_id": story_id, "policy": policy, "author_id": each.by, "created_at": now()}
        prepared.add(connection, t.summary, row | more)
    return True


def now() -> dt.datetime:
    """The time that is written into rows."""
    return dt.datetime.now(dt.UTC)
