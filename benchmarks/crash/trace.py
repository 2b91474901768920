"""What is kept of a database and a platform on which something was found wrong, so that it can be explained."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmarks.crash.stage import Event, Stage

_LONGEST = 600
"""Characters of one event."""


def keep(case: Path, file: Path, stage: Stage, lives: Sequence[Event], failures: Sequence[str]) -> None:
    """Write down in a folder what was found, what the channels show, and all that led there; copy the database.

    `lives` are the births and deaths of the bot.
    """
    case.mkdir(parents=True, exist_ok=True)
    for each in file.parent.glob(f"{file.name}*"):
        shutil.copy(each, case)
    events = sorted((*lives, *stage.trace()), key=lambda each: each.at)
    began = events[0].at if events else 0.0
    lines = (f"{each.at - began:10.3f}  {each.what[:_LONGEST]}" for each in events)
    parts = ("found", *failures, "", "standing", *stage.standing(), "", "events", *lines, "")
    (case / "trace.txt").write_text("\n".join(parts), encoding="utf-8")
