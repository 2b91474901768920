"""Plays a dialogue file against the terminal: real database, real circle, a scripted voice.

In a file, `# ` is a remark, `~ ` is what the storyteller will say next, `> ` is what somebody types; the lines
below it, up to the next of these, are what must come back.
"""

import io
from dataclasses import dataclass, field
from pathlib import Path

from bots.console import Circle
from bots.console.screens import PlainScreen
from core.database import Database
from tests.kit import storyteller
from tests.voices import ScriptedEngine


@dataclass
class Exchange:
    """One typed line and what is to come back."""

    typed: str
    voice: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)


def read(file: Path) -> list[Exchange]:
    """The exchanges of a dialogue file."""
    exchanges: list[Exchange] = []
    voice: list[str] = []
    for line in file.read_text("utf-8").splitlines():
        mark, rest = line[:2], line[2:]
        if mark == "~ ":
            voice.append(rest)
        elif mark == "> ":
            exchanges.append(Exchange(rest, voice))
            voice = []
        elif mark != "# " and exchanges:
            exchanges[-1].expected.append(line)
    return exchanges


async def play(exchanges: list[Exchange], folder: Path) -> list[str]:
    """What comes back for each typed line."""
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'dialogue.db'}")
    said: list[str] = []
    script: list[str] = []
    voice = ScriptedEngine(lambda _: script.pop(0) if script else "The sea was quiet.")
    out = io.StringIO()
    circle = Circle(storyteller(database, voice), PlainScreen(out), "terminal")
    for exchange in exchanges:
        script[:] = exchange.voice
        await circle.hear(exchange.typed)
        said.append(out.getvalue().strip("\n"))
        out.seek(0)
        out.truncate()
    await database.close()
    return said
