"""The audit log: what was decided by whom, in a chain of hashes that shows whether a row was changed or is missing.

Each server has its own chain: seal(n) = SHA-256(seal(n-1) ‖ row n as canonical JSON), seal(0) empty. The log
holds ids, categories and digests, never a text. Rows are only appended, in the transaction of what they tell about.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from core import tables as t
from core.moments import now


@dataclass(frozen=True)
class Entry:
    """One row of the log."""

    number: int
    at: dt.datetime
    actor: str
    """The platform's id of whoever did it; `gate` for the filters."""
    action: str
    details: Mapping[str, Any]
    seal: bytes

    def row(self) -> dict[str, Any]:
        """The row as it is exported."""
        return _told(self) | {"seal": self.seal.hex()}


def append(
    connection: Connection, server: tuple[str, str], actor: str, action: str, details: Mapping[str, Any]
) -> None:
    """Write the next row of the server (platform, workspace), as part of the caller's transaction.

    Two processes that write the same number meet at the table's constraint: one of them begins its turn anew.
    """
    last = next(iter(_entries(connection, server, newest=1)), None)
    number, seal = (last.number, last.seal) if last else (0, b"")
    entry = Entry(number + 1, now(), actor, action, details, b"")
    values = {"number": entry.number, "created_at": entry.at, "actor": actor, "action": action, "details": details}
    key = {"platform": server[0], "workspace": server[1]}
    connection.execute(insert(t.audit), key | values | {"seal": _seal(seal, entry)})


def entries(connection: Connection, server: tuple[str, str], *, newest: int = 10_000) -> list[Entry]:
    """The newest rows of a server's log, oldest first."""
    return _entries(connection, server, newest=newest)[::-1]


def broken(log: Iterable[Entry]) -> int | None:
    """The number of the first row that does not fit behind the one before it; None if the chain holds.

    `log` is oldest first; if it does not begin with row 1, its first row is taken on trust.
    """
    before: Entry | None = None
    for entry in log:
        if before is None and entry.number > 1:
            before = entry
            continue
        seal, number = (before.seal, before.number) if before else (b"", 0)
        if entry.number != number + 1 or entry.seal != _seal(seal, entry):
            return entry.number
        before = entry
    return None


def _entries(connection: Connection, server: tuple[str, str], *, newest: int) -> list[Entry]:
    log = t.audit.c
    mine = select(log.number, log.created_at, log.actor, log.action, log.details, log.seal)
    mine = mine.where(log.platform == server[0], log.workspace == server[1])
    return [Entry(*row) for row in connection.execute(mine.order_by(log.number.desc()).limit(newest))]


def _seal(before: bytes, entry: Entry) -> bytes:
    row = json.dumps(_told(entry), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(before + row.encode()).digest()


def _told(entry: Entry) -> dict[str, Any]:
    at = (
        entry.at.replace(tzinfo=dt.UTC) if entry.at.tzinfo is None else entry.at.astimezone(dt.UTC)
    )  # SQLite keeps no zone
    return {
        "number": entry.number,
        "at": at.isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "action": entry.action,
        "details": entry.details,
    }
