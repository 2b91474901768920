"""What we build on: little, pinned, and under licences that let anybody use it."""

import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DIRECT = sorted(re.split(r"[\[<>=!~ ]", each)[0] for each in PROJECT["dependencies"])
MOST = 26
"""Each further one must be worth an argument here."""
FREE = ("mit", "bsd", "apache", "psf", "python software foundation", "mpl", "isc", "public-domain", "unlicense")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(name: str) -> str:
    found = metadata(name)
    classifiers = [each for each in found.get_all("Classifier") or [] if each.startswith("License")]
    return " ".join([found["License-Expression"] or "", *classifiers, (found["License"] or "")[:200]]).lower()


def test_they_are_few() -> None:
    assert len(DIRECT) <= MOST


@pytest.mark.parametrize("name", DIRECT)
def test_each_is_pinned_and_free(name: str) -> None:
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    assert plain(name) in {plain(each) for each in pins}, f"{name} is not pinned in constraints.txt"
    assert any(word in licence(name) for word in FREE), licence(name)
    assert not re.search(r"\b(?:a|l)?gpl|general public licen", licence(name)), licence(name)
