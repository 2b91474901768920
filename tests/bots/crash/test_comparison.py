"""The crash test would notice what it is there for."""

import pytest

from benchmarks.crash.stage import compared

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
