"""Personal data, from outside. Every value is invented or reserved for examples."""

import pytest

from core.filters.personal import PersonalFilter
from core.moderation import Decision, Rating

FILTER = PersonalFilter()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Write to anna.b@example.org please", "e-mail address"),
        ("I am anna at example dot org", "e-mail address"),
        ("anna (at) example [dot] com", "e-mail address"),
        ("Call me: +44 20 7946 0018", "telephone number"),
        ("my number is (212) 555-0123", "telephone number"),
        ("Ruf an: 030 / 901820-12", "telephone number"),
        ("I live at 12 Rowan Tree Lane", "postal address"),
        ("Ich wohne Lindenstraße 14", "postal address"),
        ("add me, my snap is quiet_fox7", "account name"),
        ("Discord: quiet.fox", "account name"),
        ("4111 1111 1111 1111", "card number"),
        ("xoxb-" + "1" * 12 + "-abcdef", "access token"),
        ("-----BEGIN PRIVATE KEY-----", "access token"),
    ],
)
def test_personal_data_is_blocked_in_a_class_and_held_for_adults(text: str, reason: str) -> None:
    verdict = FILTER.judge_now(text, Rating.G)
    assert verdict.decision is Decision.BLOCK
    assert reason in verdict.reasons
    assert FILTER.judge_now(text, Rating.MATURE).decision is Decision.HOLD


@pytest.mark.parametrize(
    "text",
    [
        "He looked at the dot on the map, and at Anna.",
        "In 1984, on 2024-11-24, 300 knights rode 12 leagues down the lane.",
        "The password was 12345678 and the code 4-8-15-16-23-42.",
        "Version 10.0.12.255 of 1,000,000 stars.",
        "They lived in Baker Street, long ago; 7 dwarfs went their way.",
        "The discord between them grew; the telegram said: come home.",
        "She met @fox in the wood.",
        "",
    ],
)
def test_stories_pass(text: str) -> None:
    assert FILTER.judge_now(text, Rating.G).decision is Decision.ALLOW


async def test_long_text_is_judged_too() -> None:
    text = "All was well. " * 1000 + "anna.b@example.org"
    assert (await FILTER.judge(text, Rating.PG)).decision is Decision.BLOCK


@pytest.mark.parametrize(
    "text", ["@" * 100_000, "1 " * 50_000, "a@" * 50_000, "\ud800@\x00", "12 A " * 20_000], ids=range(5)
)
def test_hostile_text_gets_a_verdict(text: str) -> None:
    assert FILTER.judge_now(text, Rating.G).decision in Decision
