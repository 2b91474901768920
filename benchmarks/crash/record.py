"""What the database holds, as far as people were to see it."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from core.moderation import stored
from core.reply import Block, Shape


@dataclass(frozen=True)
class Post:
    """A reply that everybody was to see."""

    id: int
    turn: str
    """The platform's id of the request."""
    channel: str
    thread: str
    blocks: tuple[Block, ...]
    delivered: bool


@dataclass(frozen=True)
class Record:
    """All of it, in the order in which it was written."""

    posts: Sequence[Post]
    turns: frozenset[str]
    reports: Sequence[str]
    """The reasons that were given."""
    alerts: int
    """What moderators are still to be told."""
    sound: bool
    """Whether SQLite finds its file in order, and every turn is whole."""


def read(file: Path) -> Record:
    """What stands in a database."""
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        posts = connection.execute(
            "SELECT post.id, request_id, channel, thread, blocks, delivered_at FROM post "
            "JOIN turn ON turn.id = post.turn_id JOIN place ON place.id = post.place_id "
            "WHERE NOT private ORDER BY post.id"
        ).fetchall()
        turns = [row[0] for row in connection.execute("SELECT request_id FROM turn")]
        return Record(
            [_post(row) for row in posts],
            frozenset(turns),
            [row[0] for row in connection.execute("SELECT reason FROM report ORDER BY id")],
            connection.execute("SELECT count(*) FROM alert").fetchone()[0],
            _sound(connection, turns),
        )


def _post(row: sqlite3.Row) -> Post:
    blocks = tuple(_block(each) for each in json.loads(row["blocks"]))
    delivered = row["delivered_at"] is not None
    return Post(row["id"], row["request_id"], row["channel"], row["thread"], blocks, delivered)


def _block(data: dict[str, str]) -> Block:
    label = data["label"]
    return Block(Shape(data["shape"]), stored(data["text"]), None if label is None else stored(label))


def _sound(connection: sqlite3.Connection, turns: Sequence[str]) -> bool:
    [(checked,)] = connection.execute("PRAGMA integrity_check")
    [(orphans,)] = connection.execute("SELECT count(*) FROM turn WHERE id NOT IN (SELECT turn_id FROM post)")
    [(untold,)] = connection.execute("SELECT count(*) FROM passage WHERE turn_id NOT IN (SELECT turn_id FROM post)")
    return checked == "ok" and not orphans and not untold and len(set(turns)) == len(turns)
