"""What of a server's stories may be learned from: nothing, unless everybody concerned has said yes.

An admin says yes for the server and each person for their own words; a story is used as far as every word in it, and
every word that the storyteller had before it, is of somebody who did. What a platform forbids is not used whatever
people say. The file has the format that `docs/tuning.md` tells of and `python -m inference.training records` reads;
people are numbered in it, and it is never made by itself.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, select

from core import consents, rows
from core import tables as t
from core.database import Database
from core.moderation import Cleared
from core.place import Place, Turn
from core.provenance import Fact, Provenance, Written, reviewed
from core.story import STORYTELLER, Kind
from core.wording import Said, said

FORMAT = "storycircle-stories-1"
SLACK_FORBIDS: Final = said(
    "Slack's terms forbid to train language models with what came through it, so nothing that is told on Slack is "
    "ever used for that, whatever anybody says."
)
DISCORD_FORBIDS: Final = said(
    "Discord forbids to train models with its messages unless it has permitted that itself, and the operator has no "
    "such permission. Nothing that is told here is used for it."
)
MOST_BYTES = 4_000_000
"""Of a file; the newest stories come first."""
_MOST_STORIES = 1_000
_MOST_ROWS = 20_000
"""Versions of passages of one story; one with more is left out."""


def forbidden(platform: str, permission: str = "") -> bool:
    """Whether a platform forbids to learn from what is told there. `permission`: where its own is written."""
    name = platform.casefold()
    return name.startswith("slack") or (name.startswith("discord") and not permission.strip())


@dataclass(frozen=True)
class Harvest:
    """A file for training, and what is in it."""

    text: Cleared
    stories: int
    passages: int
    people: int
    left_out: int
    """Stories of which nothing may be used, or for which there was no room."""


class Learning:
    """Reads what may be learned from. `redact` takes personal data out of a text."""

    def __init__(self, database: Database, *, permission: str = "", redact: Callable[[str], str] = str) -> None:
        self._database = database
        self._permission = permission.strip()
        self._redact = redact

    def forbids(self, platform: str) -> Said | None:
        """Why nothing that is told on a platform may be used; None if it may."""
        if not forbidden(platform, self._permission):
            return None
        return SLACK_FORBIDS if forbidden(platform, "any") else DISCORD_FORBIDS

    async def agreed(self, turn: Turn) -> bool:
        """Whether whoever asks for a turn agreed on this server that their words may be used."""
        return await self._database.read(lambda c: consents.agrees(c, turn))

    async def keeps_answers(self, turn: Turn) -> bool:
        """Whether an answer to whoever asks may be kept to learn from, as far as they are concerned."""
        return self.forbids(turn.place.platform) is None and await self.agreed(turn)

    async def last_answer(self, story_id: int, turn: Turn) -> int | None:
        """The id of the last answer about a story that whoever asks got, if it was kept."""
        return await self._database.read(lambda c: consents.last_answer(c, story_id, turn.contributor.id))

    async def harvest(self, place: Place) -> Harvest:
        """A file with all that may be used of a server's stories. The caller has seen that its admin said yes."""
        server = place.platform, place.workspace
        people = sorted(await self._database.read(lambda c: consents.agreed(c, *server)))
        wanted = await self._database.read(lambda c: _stories(c, *server))
        numbers = {who: f"person-{number}" for number, who in enumerate(people, 1) if who != STORYTELLER}
        lines: list[dict[str, Any]] = []
        room = MOST_BYTES
        for story in wanted:
            line = await self._line(story, numbers)
            size = len(json.dumps(line, ensure_ascii=False).encode())
            if line and size <= room:
                lines.append({"format": FORMAT, "platform": place.platform, "permission": self._permission, **line})
                room -= size
        authors = {each["author"] for line in lines for each in line["passages"]} - {STORYTELLER}
        passages = sum(len(line["passages"]) for line in lines)
        return Harvest(rows.as_lines(lines), len(lines), passages, len(authors), len(wanted) - len(lines))

    async def _line(self, story: Mapping[str, Any], numbers: Mapping[str, str]) -> dict[str, Any] | None:
        """One story as it is written into a file; None if nothing of it may be used."""
        if story["author_id"] not in numbers or reviewed(story["request_id"]):
            return None
        material = await self._database.read(lambda c: _material(c, story["id"], frozenset(numbers)))
        if material is None:
            return None
        found = _Line(story, material, numbers).written()
        return await asyncio.to_thread(self._redacted, found) if found else None

    def _redacted(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._redact(value)
        if isinstance(value, dict):
            return {key: self._redacted(each) for key, each in value.items()}
        return [self._redacted(each) for each in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class _Material:
    """What is kept of one story, by people who agreed and others."""

    provenance: Provenance
    facts: list[Fact]
    marks: Mapping[int, list[Mapping[str, Any]]]
    """By the row in which a wording was written first; the last word of a person comes last."""
    answers: list[dict[str, Any]]


class _Line:
    """One story of an export, put together."""

    def __init__(self, story: Mapping[str, Any], material: _Material, numbers: Mapping[str, str]) -> None:
        self._story = story
        self._material = material
        self._known = material.provenance
        self._numbers = numbers
        self._path = self._known.path(story["head"])

    def written(self) -> dict[str, Any] | None:
        """As one line of the file; None if there is nothing in it."""
        if not self._path:
            return None
        facts = [each for each in self._material.facts if self._usable(each)]
        return {
            "story": str(self._story["id"]),
            "consent": {"server": True, "people": sorted(self._numbers.values())},
            "author": self._numbers[self._story["author_id"]],
            "title": self._story["title"],
            "premise": self._story["premise"],
            "lore": [[each.name, each.fact] for each in facts],
            "lore_by": sorted({self._numbers[each.by] for each in facts}),
            "passages": [self._told(each) for each in self._path],
            "explained": list(self._explained()),
        }

    def _usable(self, fact: Fact) -> bool:
        return fact.holds and fact.by in self._numbers and not reviewed(fact.turn)

    def _told(self, row: Written) -> dict[str, Any]:
        source = self._known.source(row)
        told: dict[str, Any] = {"text": row.text, "author": self._author(row), "kind": str(row.kind)}
        told["marks"] = self._marks(row)
        if source.words:
            told |= {"words": source.words, "words_by": self._numbers[source.by]}
        if (before := self._known.replaced(row)) is not None:
            told["before"] = self._version(before)
        if source.given is not None and source.parent == row.parent:
            told["alternatives"] = [self._version(each) for each in self._known.offered_instead(source)]
        return told

    def _version(self, row: Written) -> dict[str, Any]:
        return {"text": row.text, "author": self._author(row), "marks": self._marks(row)}

    def _author(self, row: Written) -> str:
        return STORYTELLER if row.author_id == STORYTELLER else self._numbers[row.author_id]

    def _marks(self, row: Written) -> list[dict[str, Any]]:
        """What those who agreed think of a wording, one word each."""
        marks = {mark["by"]: mark for mark in self._material.marks.get(self._known.source(row).id, ())}
        return [dict(mark) | {"by": self._numbers[by]} for by, mark in marks.items() if by in self._numbers]

    def _explained(self) -> Iterator[dict[str, Any]]:
        """Answers about the story as it stands here, or stood when it was shorter."""
        numbers = {each.id: number for number, each in enumerate(self._path, 1)}
        for each in self._material.answers:
            if each["by"] not in self._numbers or each["head"] not in numbers or not self._known.given(each["given"]):
                continue
            by = self._numbers[each["by"]]
            marks = [{"by": by, "good": each["good"], "reason": each["reason"]}]
            told = {"question": each["given"]["words"], "by": by, "answer": each["answer"]}
            yield told | {"passages": numbers[each["head"]], "marks": marks if each["good"] is not None else []}


def _stories(connection: Connection, platform: str, workspace: str) -> list[Mapping[str, Any]]:
    s = t.story.c
    wanted = select(s.id, s.title, s.premise, s.author_id, s.head, t.turn.c.request_id)
    wanted = wanted.join(t.turn, t.turn.c.id == s.turn_id).join(t.place, t.place.c.id == s.place_id)
    here = t.place.c.platform == platform, t.place.c.workspace == workspace
    found = connection.execute(wanted.where(*here).order_by(s.id.desc()).limit(_MOST_STORIES))
    return [dict(row._mapping) for row in found]


def _material(connection: Connection, story_id: int, people: frozenset[str]) -> _Material | None:
    """Everything of one story; None if it has too many versions of passages to look through."""
    p, o, e, by = t.passage.c, t.opinion.c, t.explanation.c, t.turn.c.contributor_id.label("by")
    what = p.id, p.parent, p.kind, p.author_id, p.text, p.given, func.coalesce(p.origin, p.id), p.policy
    wanted = select(*what, by, t.turn.c.request_id, t.turn.c.operation).join(t.turn, t.turn.c.id == p.turn_id)
    found = connection.execute(wanted.where(p.story_id == story_id).order_by(p.id).limit(_MOST_ROWS + 1)).all()
    if len(found) > _MOST_ROWS:
        return None
    written = [Written(id_, parent, Kind(kind), *rest) for id_, parent, kind, *rest in found]
    moves = select(t.move.c.head_after, t.move.c.head_before).where(t.move.c.story_id == story_id)
    moved = connection.execute(moves.order_by(t.move.c.id.desc())).all()
    replaced = {row.head_after: row.head_before for row in moved if None not in row and row[0] != row[1]}
    lore = select(t.lore.c.name, t.lore.c.fact, t.lore.c.holds, by, t.turn.c.request_id)
    lore = lore.join(t.turn, t.turn.c.id == t.lore.c.turn_id).where(t.lore.c.story_id == story_id)
    facts = [Fact(*row) for row in connection.execute(lore.order_by(t.lore.c.id))]
    provenance = Provenance(written, replaced, facts, people)
    marks: dict[int, list[Mapping[str, Any]]] = {}
    thought = select(o.passage_id, o.contributor_id.label("by"), o.good, o.reason).join(t.passage, p.id == o.passage_id)
    for row in connection.execute(thought.where(p.story_id == story_id).order_by(o.id)):
        if (rated := provenance.rows.get(row.passage_id)) is not None:
            marks.setdefault(provenance.source(rated).id, []).append(
                {"by": row.by, "good": row.good, "reason": row.reason}
            )
    asked = select(e.head, e.answer, e.given, e.good, e.reason, by).join(t.turn, t.turn.c.id == e.turn_id)
    answers = [dict(row._mapping) for row in connection.execute(asked.where(e.story_id == story_id).order_by(e.id))]
    return _Material(provenance, facts, marks, answers)
