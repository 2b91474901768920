"""The table: what a row says, and that JSON and picture say the same."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks.parts import PARTS
from benchmarks.picture import picture
from benchmarks.row import Aim, Row, read, write

GOOD = Row("quick", 1.0, 2.0, "ms", "slow", Aim(most=0.6))
BAD = Row("few & far", 3.0, 4.0, "a second", "many", Aim(least=0.9))
PLAIN = Row("plain", 1.0, 1.0, "s", "itself")


def test_a_row_is_a_ratio_and_says_whether_its_aim_was_met() -> None:
    assert GOOD.ratio == 0.5
    assert [each.verdict for each in (GOOD, BAD, PLAIN)] == ["met", "missed", ""]
    assert all(part in str(BAD) for part in ("few & far", "0.750", "≥ 0.9", "missed", "many"))


@pytest.mark.parametrize(("ratio", "aim", "met"), [(1.0, Aim(1), True), (1.1, Aim(1), False), (0.0, Aim(0), True)])
def test_an_aim_is_met_at_its_limit(ratio: float, aim: Aim, met: bool) -> None:
    assert aim.met(ratio) is met


def test_rows_come_back_from_json(tmp_path: Path) -> None:
    rows = [GOOD, BAD, PLAIN]
    write(rows, tmp_path / "bench.json", date="2026-11-26")
    assert read(tmp_path / "bench.json") == rows


def test_the_picture_has_a_bar_for_each_row_with_an_aim() -> None:
    drawn = ET.fromstring(picture([GOOD, BAD, PLAIN], "a < b"))
    texts = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "quick" in texts
    assert "few & far" in texts
    assert "plain" not in texts
    bars = [each.get("fill") for each in drawn.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert len(set(bars)) == 2


def test_parts_have_names_that_can_be_asked_for() -> None:
    assert {"turns", "engine", "cache", "stories", "crowd", "watching", "discord", "slack"} <= PARTS.keys()
