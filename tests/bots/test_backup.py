"""Backups that are restored: whoever was forgotten is forgotten again before anybody can ask; and tidying by hand."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.bots.test_terminal import START, bots, env, scripted

__all__ = ["env"]

FORGET = "/as Ana\n/story mydata delete remove | confirm\n"


@pytest.fixture
def restored(env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A database as it was before Ana asked to be forgotten."""
    env = env | {"SECRET": "salt"}
    scripted(env).communicate(START.encode(), timeout=60)
    database = tmp_path / "stories.db"
    backup = sqlite3.connect(tmp_path / "backup.db")
    with sqlite3.connect(database) as here:
        here.backup(backup)
    backup.close()
    here.close()
    out, _ = scripted(env).communicate(f"{FORGET}/story show\n".encode(), timeout=60)
    assert "[1 · a participant] […]" in out.decode()
    for each in tmp_path.glob("stories.db*"):
        each.unlink()
    shutil.copy(tmp_path / "backup.db", database)
    return env


def text_in(file: Path) -> str:
    with sqlite3.connect(file) as connection:
        found = "\n".join(connection.iterdump())
    connection.close()
    return found


def test_a_start_on_a_restored_backup_forgets_before_anybody_can_ask(restored: dict[str, str], tmp_path: Path) -> None:
    assert "Mara climbed" in text_in(tmp_path / "stories.db")
    out, err = scripted(restored).communicate(b"/story show\n", timeout=60)
    assert "[1 · a participant] […]" in out.decode()
    assert err == b""
    assert "Mara climbed" not in text_in(tmp_path / "stories.db")


def test_tidying_by_hand_forgets_again_too_and_once_is_enough(restored: dict[str, str], tmp_path: Path) -> None:
    assert bots(restored, "tidy") == (0, "1 erasures were done again.\nTidy.\n", "")
    assert "Mara climbed" not in text_in(tmp_path / "stories.db")
    assert bots(restored, "tidy") == (0, "Tidy.\n", "")


def test_what_is_over_its_time_goes_by_hand_as_it_does_daily(env: dict[str, str], tmp_path: Path) -> None:
    scripted(env).communicate(START.encode(), timeout=60)
    with sqlite3.connect(tmp_path / "stories.db") as connection:
        connection.execute("UPDATE turn SET created_at = '2020-01-01 00:00:00.000000'")
    connection.close()
    assert bots(env, "tidy") == (0, "2 of post\nTidy.\n", "")
    out, _ = scripted(env).communicate(b"/story show\n", timeout=60)
    assert "Mara climbed the stairs." in out.decode()


def test_a_list_of_erasures_that_cannot_be_read_stops_the_start(restored: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "stories.forgotten").unlink()
    (tmp_path / "stories.forgotten").mkdir()
    code, _, err = bots(restored, "tidy")
    assert code == 1
    assert "FORGOTTEN_FILE" in err
