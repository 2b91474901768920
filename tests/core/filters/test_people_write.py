"""Sentences as people write them: 400 innocent ones, which a Teen channel must not hold, and 111 that it must."""

from pathlib import Path

from core.filters.danger import DangerFilter
from core.filters.links import LinkFilter
from core.filters.personal import PersonalFilter
from core.filters.words import WordFilter
from core.policy import Decision, Policy, Rating
from core.text import hygienic

FILTERS = (WordFilter(), DangerFilter(), LinkFilter(), PersonalFilter())
HERE = Path(__file__).parent


def sentences(name: str) -> list[str]:
    lines = (HERE / f"{name}.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("# ")]


def stopped(text: str) -> bool:
    clean = hygienic(text)
    return any(f.judge_now(clean, Policy(Rating.TEEN)).decision is not Decision.ALLOW for f in FILTERS)


def test_innocent_sentences_pass_but_for_a_few_that_only_a_person_can_tell() -> None:
    lines = sentences("innocent")
    held = [line for line in lines if stopped(line)]
    assert len(held) <= 0.02 * len(lines), held


def test_what_harms_people_is_stopped_also_without_a_listed_word() -> None:
    passed = [line for line in sentences("harmful") if not stopped(line)]
    assert passed == []
