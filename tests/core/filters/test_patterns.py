"""Patterns of a server, lines and veils of a story, from outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadArgument
from core.filters.patterns import (
    LONGEST_PATTERN,
    MOST_LINES,
    MOST_PATTERNS,
    LineFilter,
    PatternFilter,
    check,
    check_line,
)
from core.moderation import Gate
from core.policy import ALLOWED, Decision, Policy, Rating
from tests.core.filters import masks

PATTERNS, LINES = PatternFilter(), LineFilter()


def stops(pattern: str, text: str) -> bool:
    return PATTERNS.judge_now(text, Policy(Rating.MATURE, patterns=(pattern,))).decision is Decision.BLOCK


def crosses(line: str, text: str) -> bool:
    return LINES.judge_now(text, Policy(Rating.MATURE, lines=(line,))).decision is Decision.BLOCK


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\bpineapple\w*", "Two PINEAPPLES, please."),
        (r"pineapple", "Two p!n3appl3s"),
        (r"pineapple", "p.i.n.e.a.p.p.l.e"),
        (r"pineapple", "p i n e a p p l e"),
        (r"pineapple", "pіnеаpplе"),
        (r"pineapple", "pine**apple**"),
        (r"pineapple", "pine||apple||"),
        (r"pineapple", "pine\u200bapple"),
        (r"\d{4}-secret", "the 1234-Secret"),
        ("秘密", "这是秘密。"),
        (r"(a+)+$", "a" * 5000),
    ],
)
def test_a_pattern_stops_a_text_and_its_disguises(pattern: str, text: str) -> None:
    assert stops(pattern, text)


def test_a_pattern_stops_nothing_else() -> None:
    assert not stops("pineapple", "An apple and a pine.")
    assert PATTERNS.judge("anything", Policy(Rating.G)) is ALLOWED


@pytest.mark.parametrize("pattern", ["(", "a{2000}", "(?=a)b", r"(a)\1", "[", "\ud800"])
def test_a_pattern_that_cannot_be_used_is_refused_with_a_sentence(pattern: str) -> None:
    with pytest.raises(BadArgument, match="not a pattern that I can use"):
        check(pattern)


@pytest.mark.parametrize("pattern", ["", "a*", "(x|)", "^"])
def test_a_pattern_that_matches_nothing_at_all_is_refused(pattern: str) -> None:
    with pytest.raises(BadArgument, match="empty text"):
        check(pattern)


@pytest.mark.parametrize("pattern", [".", "e", r"\w+", "[aeiou]"])
def test_a_pattern_that_would_stop_every_story_is_refused(pattern: str) -> None:
    with pytest.raises(BadArgument, match="ordinary sentences"):
        check(pattern)


def test_too_long_and_too_many_are_refused() -> None:
    with pytest.raises(BadArgument, match="shorten"):
        check("x" * (LONGEST_PATTERN + 1))
    with pytest.raises(BadArgument, match="Take one away"):
        check("x1y", others=["y"] * MOST_PATTERNS)
    with pytest.raises(BadArgument, match="Take one away"):
        check_line("spiders", others=["y"] * MOST_LINES)
    check("x1y", others=["y"] * (MOST_PATTERNS - 1))


async def test_a_stored_pattern_that_is_broken_holds_the_text() -> None:
    verdict = await Gate([PATTERNS]).judge("anything", Policy(Rating.G, patterns=("(",)))
    assert verdict.decision is Decision.HOLD


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("spiders", "A spider sat there."),
        ("spider", "Spiders everywhere!"),
        ("Spiders", "SPIDERS"),
        ("harm to animals", "They spoke of harm to an... no, harm  to\nanimals."),
        ("harm to animals", "harm-to-animals"),
        ("fairy", "Fairies came"),
        ("mice", "a mouse ran"),
        ("church", "two churches"),
        ("café", "The CAFE was shut"),
        ("spiders", "s.p.i.d.e.r.s"),
        ("spiders", "s p i d e r"),
        ("spiders", "sp1d3rs"),
        ("spiders", "spіdеrs"),
        ("spiders", "spi**de**rs"),
        ("spiders", "spiiiiiders"),
        ("蜘蛛", "房间里有一只蜘蛛。"),
        ("蜘蛛", "蜘 蛛"),
        ("пауки", "Там были Пауки."),
    ],
)
def test_a_line_is_found_as_people_write_it_and_in_disguise(line: str, text: str) -> None:
    assert crosses(line, text)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("ant", "The giant wanted plants."),
        ("rat", "He rated the pirate."),
        ("harm to animals", "No harm came. The animals slept."),
        ("spiders", "Cider was spilled aside."),
        ("war", "It was warm; she was aware."),
        ("ben", "been"),
    ],
)
def test_a_line_is_a_whole_word(line: str, text: str) -> None:
    assert not crosses(line, text)


def test_a_veil_is_softened_and_a_line_is_stopped_under_every_rating() -> None:
    for rating in Rating:
        policy = Policy(rating, lines=("spiders",), veils=("kissing",))
        assert LINES.judge_now("A spider.", policy).reasons == ("a line of this story",)
        veiled = LINES.judge_now("They were kissing.", policy)
        assert (veiled.decision, veiled.reasons) == (Decision.SOFTEN, ("a veil of this story",))
        assert LINES.judge_now("They were kissing spiders.", policy).decision is Decision.BLOCK
    assert LINES.judge("A spider.", Policy(Rating.G)) is ALLOWED


@pytest.mark.parametrize("phrase", ["", "  ", "!!", "a", "ab", "x" * 61])
def test_what_is_no_phrase_cannot_be_a_line(phrase: str) -> None:
    with pytest.raises(BadArgument):
        check_line(phrase)


def test_what_people_leave_out_can_be_a_line() -> None:
    for phrase in ("spiders", "harm to animals", "蜘蛛", "пауки", "war", "gore & blood"):
        check_line(phrase)


@pytest.mark.parametrize(
    "name", ["leet one", "dots between", "nothing between", "cyrillic", "spoiler part", "circled", "lines between"]
)
def test_lines_are_seen_through_disguises_of_every_kind(name: str) -> None:
    import random

    dice = random.Random(3)
    seen = [crosses("spiders", f"Then {masks.SINGLE[name]('spiders', dice)} came") for _ in range(6)]
    assert all(seen)


@given(st.text(max_size=200), st.text(min_size=1, max_size=20))
def test_every_text_gets_a_verdict(text: str, line: str) -> None:
    policy = Policy(Rating.G, lines=(line,), veils=(line,))
    assert LINES.judge_now(text, policy).decision in Decision
