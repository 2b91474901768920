"""The one write of a turn: everything that it changes, in one transaction, step by step."""

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, Table, delete, select, update

from core import audit, consents, faults, prepared
from core import tables as t
from core.change import Change
from core.moderation import Cleared
from core.moments import now
from core.moves import Moves
from core.place import House, Turn, Workspace
from core.policy import VOUCHED
from core.records import settle
from core.reply import Reply, Shown
from core.rows import packed
from core.statements import ended, ending, same_place, workspace_version
from core.story import Story


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
        prepared.change(self._connection, table, row, values)

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
        change, story = self._change, self._story
        if story is None:
            return
        if change.voice is not None:
            self._update_story(story.id, voice=change.voice or None)
        policy = VOUCHED if change.vouched else self._house.policy(story).key
        added = Moves(self._connection, story, self._turn_id, policy=policy).write(change)
        if added is not None and (new := change.passage) is not None:
            self._shown = Shown(added, new.number, new.kind, vouched=change.vouched)
            self._note_source()

    def _note_source(self) -> None:
        """Remember which message the passage came from, unless that is known."""
        if not self._turn.source:
            return
        key = {"place_id": self._place_id, "message_id": self._turn.source}
        known = select(t.message.c.turn_id).where(*(t.message.c[name] == value for name, value in key.items()))
        if self._connection.execute(known).first() is None:
            self._insert(t.message, **key, turn_id=self._turn_id, ours=False)

    def _keep_tokens(self) -> None:
        for passage_id, (tokenizer, ids) in self._change.encoded.items():
            known = select(t.token.c.passage_id).where(
                t.token.c.passage_id == passage_id, t.token.c.tokenizer == tokenizer
            )
            if self._connection.execute(known).first() is None:
                self._insert(t.token, passage_id=passage_id, tokenizer=tokenizer, ids=packed(ids))
