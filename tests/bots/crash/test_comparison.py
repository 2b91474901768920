"""The crash test would notice what it is there for."""

from pathlib import Path

import pytest

from benchmarks.crash import trace
from benchmarks.crash.on_slack import OnSlack
from benchmarks.crash.stage import Event, compared
from tests.loopback.slack import LoopbackSlack

TOLD = ("one", "two", "three")


@pytest.mark.parametrize(
    ("shown", "kind"),
    [
        (("one", "three"), "lost"),
        (("one", "two", "two", "three"), "doubled"),
        (("one", "three", "two"), "disordered"),
        (("one", "two", "three", "four"), "stray"),
    ],
)
def test_every_kind_of_failure_has_its_name(shown: tuple[str, ...], kind: str) -> None:
    (found,) = compared("tales", shown, TOLD)
    assert found.startswith(f"{kind}: in tales")


def test_what_is_as_it_was_told_is_no_failure() -> None:
    assert compared("tales", TOLD, TOLD) == []


async def test_what_led_to_a_failure_is_kept_in_its_order(tmp_path: Path) -> None:
    database, case = tmp_path / "tale.db", tmp_path / "traces" / "slack-1-0"
    database.write_bytes(b"stories")
    async with LoopbackSlack(check=False) as slack:
        stage = OnSlack(slack)
        lives = [Event(2.0, "the bot has ended"), Event(1.0, "a bot is born")]
        trace.keep(case, database, stage, lives, ["lost: in tales-1: 'one'"])
    lines = (case / "trace.txt").read_text("utf-8").splitlines()
    assert "lost: in tales-1: 'one'" in lines
    assert [each.split("  ")[-1] for each in lines[-2:]] == ["a bot is born", "the bot has ended"]
    assert (case / "tale.db").read_bytes() == b"stories"
