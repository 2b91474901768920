"""Helplines: whoever runs the bot verifies them, and is reminded."""

import datetime as dt
from pathlib import Path

import pytest

from core.helplines import HELPLINES, STALE, Helpline, HelplinesError, read, stale

TODAY = dt.date(2026, 11, 26)


def test_those_that_come_with_the_bot_are_all_to_be_verified() -> None:
    assert stale(HELPLINES, TODAY) == list(HELPLINES)


def test_one_that_was_verified_is_to_be_verified_again_after_half_a_year() -> None:
    assert not Helpline("here", "1", TODAY - STALE).stale(TODAY)
    assert Helpline("here", "1", TODAY - STALE - dt.timedelta(days=1)).stale(TODAY)


def test_the_operators_own_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "lines.toml"
    path.write_text('[[helpline]]\nwhere = "our school"\ncontact = "room 12"\nlast_verified = 2026-11-01\n')
    assert read(path) == (Helpline("our school", "room 12", dt.date(2026, 11, 1)),)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "x",
        "helpline = 1",
        '[[helpline]]\nwhere = "here"',
        '[[helpline]]\nwhere = "a"\ncontact = "b"\nlast_verified = "soon"',
    ],
)
def test_a_file_that_is_none_says_what_it_needs(tmp_path: Path, written: str) -> None:
    path = tmp_path / "lines.toml"
    path.write_text(written)
    with pytest.raises(HelplinesError, match="needs"):
        read(path)
    with pytest.raises(HelplinesError, match="cannot be read"):
        read(tmp_path / "none.toml")
