"""SIGKILL in the middle of a turn: afterwards each turn is whole or absent, and what was said is said once."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, select, text

from core import tables as t
from tests.crash_child import TURNS

KILLS = 48
"""Points at which the child is killed, spread over all steps that its event loop takes."""


class Child:
    """The program that forks, tells and dies."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash_child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def tell(self, file: Path, *, killed_at: int) -> tuple[list[str], int]:
        """Have the story told. Returns the operations whose replies were shown, and the signal that ended it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{killed_at} {file}\n")
        self._process.stdin.flush()
        shown: list[str] = []
        for line in self._process.stdout:
            if line.startswith("done "):
                return shown, int(line.split()[1])
            shown.append(line.strip())
        raise AssertionError("the child is gone")

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    made = Child()
    yield made
    made.close()


@pytest.mark.timeout(400)
def test_a_killed_turn_is_whole_or_absent_and_a_second_delivery_completes_it_once(child: Child, tmp_path: Path) -> None:
    lived, status = child.tell(tmp_path / "lived.db", killed_at=-1)
    assert status == 0
    steps = int(lived[-1].removeprefix("steps "))
    seen = set()
    for point in range(2, steps, max(1, steps // KILLS)):
        file = tmp_path / f"{point}.db"
        shown, status = child.tell(file, killed_at=point)
        assert status == signal.SIGKILL
        seen.add(len(shown))
        if file.exists():
            _check(file, at_least=len(shown), point=point)
        child.tell(file, killed_at=-1)
        _check(file, at_least=len(TURNS), point=point)
        assert _story(file) == ["Mara climbed the stairs.", "A ship answered from afar.", "The last word."], point
    assert seen >= set(range(len(TURNS))), "the kills did not reach every turn"


def _check(file: Path, *, at_least: int, point: int) -> None:
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
        if connection.dialect.has_table(connection, "turn"):
            _check_turns(connection, at_least, point)
        else:
            assert at_least == 0, point
    engine.dispose()


def _check_turns(connection: Connection, at_least: int, point: int) -> None:
    turns = connection.execute(select(t.turn.c.id, t.turn.c.request_id, t.turn.c.operation)).all()
    assert [row.request_id for row in turns] == [f"turn-{n}" for n in range(len(turns))], point
    assert len(turns) >= at_least, point
    for row in turns:
        assert _count(connection, t.post, row.id) == 1, point
        passages = 1 if row.operation in ("add", "continue", "refine") else 0
        assert _count(connection, t.passage, row.id) == passages, point
        moves = passages or (1 if row.operation == "lore add" else 0)
        assert _count(connection, t.move, row.id) == moves, point
    assert connection.scalar(text("SELECT count(*) FROM passage")) == connection.scalar(
        text("SELECT count(*) FROM token")
    )


def _count(connection: Connection, table: object, turn_id: int) -> int:
    return len(connection.execute(select(table.c.id).where(table.c.turn_id == turn_id)).all())  # type: ignore[attr-defined]


def _story(file: Path) -> list[str]:
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        rows = {row.id: row for row in connection.execute(select(t.passage))}
        at, told = connection.scalar(select(t.story.c.head)), []
        while at is not None:
            told.append(rows[at].text)
            at = rows[at].parent
    engine.dispose()
    return told[::-1]
