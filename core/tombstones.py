"""Who asked to be forgotten, in a file of its own: it is not part of a backup of the database, so it outlives one."""

import asyncio
import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stone:
    """A keyed hash of who it was, until when everything is forgotten, and whether the texts go too."""

    mac: bytes
    created_at: dt.datetime
    removes: bool

    @property
    def line(self) -> str:
        """As it is written in the file."""
        return f"{self.mac.hex()} {self.created_at.isoformat()} {'remove' if self.removes else 'keep'}\n"

    @classmethod
    def read(cls, line: str) -> "Stone | None":
        """From a line of the file; None if it is none, as one that a full disk cut short."""
        try:
            mac, moment, wish = line.split()
            return cls(bytes.fromhex(mac), dt.datetime.fromisoformat(moment), {"remove": True, "keep": False}[wish])
        except (ValueError, KeyError):
            return None


class Book:
    """A file of tombstones that is only ever added to. Without a path it keeps none."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    async def add(self, *stones: Stone) -> None:
        """Write them down; they are on the disk when this returns. Raises OSError."""
        if self._path is not None and stones:
            await asyncio.to_thread(_append, self._path, "".join(each.line for each in stones))

    async def read(self) -> set[Stone]:
        """All of them. Raises OSError if there is a file that cannot be read."""
        if self._path is None or not await asyncio.to_thread(self._path.exists):
            return set()
        lines = (await asyncio.to_thread(self._path.read_text, "utf-8", "replace")).splitlines()
        return {stone for line in lines if (stone := Stone.read(line)) is not None}


def _append(path: Path, lines: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, f"\n{lines}".encode())  # a line that was cut short ends here
        os.fsync(handle)
    finally:
        os.close(handle)
