"""Rows of the tables as the nouns of the core.

Text is read back as cleared here and nowhere else: only cleared text is ever written.
"""

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Row

from core.engine import TokenIds
from core.moderation import Cleared, phrase, stored
from core.moments import utc
from core.place import Approval, Place, Turns, Workspace
from core.policy import Rating
from core.reply import Alert, Block, Reply, Shape, Shown
from core.story import NOBODY, STORYTELLER, Asked, Given, Kind, Layer, Lore, Passage, Proposal, Story, Summary

AnyRow: TypeAlias = Row[*tuple[Any, ...]]


def reply_of(row: AnyRow) -> Reply:
    """From a row with `blocks`, `private`, `passage` and `post`."""
    shown = row.passage and Shown(**row.passage | {"kind": Kind(row.passage["kind"])})
    blocks, vouched = tuple(_block(data) for data in row.blocks), bool(shown and shown.vouched)
    return Reply(blocks, row.private, post=row.post, passage=shown, vouched=vouched, again=True)


def alert_of(platform: str, row: AnyRow) -> Alert:
    """From a row with an alert's columns, its place's, and when its turn was performed."""
    blocks = tuple(_block(data) for data in row.blocks)
    return Alert(place_of(platform, row), row.post_id, blocks, row.source, utc(row.created_at))


def _block(data: dict[str, str]) -> Block:
    label = data["label"]
    return Block(Shape(data["shape"]), stored(data["text"]), None if label is None else stored(label))


def place_of(platform: str, row: AnyRow) -> Place:
    """From a row with a place's columns."""
    return Place(platform=platform, workspace=row.workspace, channel=row.channel, thread=row.thread)


def workspace_of(row: AnyRow) -> Workspace:
    """From a row with a workspace's columns, which are all null if nothing was ever set there."""
    if row.workspace_id is None:
        return Workspace()
    return Workspace(
        rating=row.workspace_rating and Rating(row.workspace_rating),
        language=row.workspace_language,
        channels=frozenset(row.workspace_channels),
        moderators=frozenset(row.workspace_moderators),
        blocked=frozenset(row.workspace_blocked),
        reasons=row.workspace_reasons,
        writers=frozenset(row.workspace_writers),
        quotas=row.workspace_quotas,
        alerts=row.workspace_alerts,
        messages=row.workspace_messages,
        turns=Turns(row.workspace_turns),
        patterns=tuple(row.workspace_patterns),
        approval=Approval(row.workspace_approval),
        threads=row.workspace_threads,
        tuning=row.workspace_tuning,
        version=row.workspace_version,
    )


def story_of(row: AnyRow) -> Story:
    """From a row of `stories` or `arrival`."""
    return Story(
        id=row.id,
        title=stored(row.title),
        premise=stored(row.premise),
        author=stored(row.author),
        ended=row.ended,
        head=row.head,
        passages=row.passages,
        author_id=row.author_id,
        voice=row.voice or "",
        lines=tuple(row.lines),
        veils=tuple(row.veils),
    )


def passage_of(row: Sequence[Any]) -> Passage:
    """From a row of `path`, or the end of one of `arrival`."""
    passage_id, number, parent, kind, author_id, author, text, before, origin, policy, ids, asked = row
    return Passage(
        id=passage_id,
        number=number,
        parent=parent,
        kind=Kind(kind),
        author_id=author_id,
        author=_author(author_id, author),
        text=stored(text),
        before=before,
        ids=None if ids is None else _unpacked(ids),
        origin=origin,
        policy=policy,
        asked=None if asked is None else _asked_of(asked),
    )


def _author(author_id: str, author: str) -> Cleared:
    """A name. For two of them each language has its own words, which are made once, not for each of a window's."""
    return _NAMES.get(author_id) or stored(author)


_NAMES = {STORYTELLER: phrase("the storyteller"), NOBODY: phrase("a participant")}


def last_passage_of(row: AnyRow) -> Passage | None:
    """From a row of `arrival`."""
    passage = row[-12:]
    return None if passage[0] is None else passage_of(passage)


def proposal_of(row: AnyRow) -> Proposal:
    """From a row of `proposals`."""
    passage = passage_of(row[-12:])
    return Proposal(row.proposal, passage, row.contributor_id, stored(row.wording), given_of(row.told))


def lore_of(row: AnyRow) -> Lore:
    """From a row of lore."""
    return Lore(row.id, stored(row.name), stored(row.fact), row.since)


def summary_of(row: AnyRow) -> Summary:
    """From a row of summary."""
    return Summary(
        layer=Layer(row.layer),
        first=row.first,
        last=row.last,
        after=row.after,
        through=row.through,
        text=stored(row.text),
        id=row.id,
        by=row.author_id,
    )


def given_of(data: Any) -> Given:
    """From the JSON of `given`."""
    names = {key: tuple(stored(name) for name in data[key]) for key in ("lore", "lore_left_out")}
    return Given(**data | names | {"words": stored(data["words"])})


def packed(ids: Sequence[int]) -> bytes:
    """Token ids as bytes: 32-bit, in the machine's order."""
    return array("I", ids).tobytes()


def _unpacked(data: bytes) -> TokenIds:
    return tuple(array("I", data))


def packed_asked(asked: Asked | None) -> bytes | None:
    """What was asked as bytes, as of token ids: the length, whether gently, the ids of the words."""
    return None if asked is None else packed((asked.length, int(asked.gently), *asked.words))


def _asked_of(data: bytes) -> Asked:
    length, gently, *words = _unpacked(data)
    return Asked(tuple(words), length, bool(gently))


def as_json(kept: Mapping[str, Any]) -> Cleared:
    """What was read from the store, as JSON that people can read too."""
    return stored(json.dumps(kept, ensure_ascii=False, indent=2, default=str))


def as_lines(kept: Iterable[Mapping[str, Any]]) -> Cleared:
    """What was read from the store, as JSON, one value a line."""
    return stored("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in kept))
