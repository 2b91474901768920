"""Personal data, from outside. Every value is invented or reserved for examples."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.filters import personal
from core.filters.personal import PersonalFilter, redacted
from core.filters.view import View
from core.moderation import Gate
from core.policy import Decision, Policy, Rating
from core.text import hygienic
from tests.core.filters import people

FILTER = PersonalFilter()
PIECES = (
    *("", "ann at example DoT org", "a@b.cd", "xapp-0123456789", "-----BEGIN PRIVATE KEY-----", "sk-" + "a" * 20),
    *(
        "12 Rowan Lane",
        "Lindenstraße ٣",
        "DİSCORD: a.b1",
        "tıktok is quiet_fox7",
        "my ſnap = fox_7",
        "Kik@a.b",
        "kik:a_9",
    ),
)
"""Personal data, in spellings that a search without regard to case finds all the same."""


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
    verdict = FILTER.judge_now(text, Policy(Rating.G))
    assert verdict.decision is Decision.BLOCK
    assert reason in verdict.reasons
    assert FILTER.judge_now(text, Policy(Rating.MATURE)).decision is Decision.HOLD


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
    assert FILTER.judge_now(text, Policy(Rating.G)).decision is Decision.ALLOW


async def test_long_text_is_judged_too() -> None:
    text = "All was well. " * 1000 + "anna.b@example.org"
    assert (await Gate([FILTER]).judge(text, Policy(Rating.PG))).decision is Decision.BLOCK


@pytest.mark.parametrize(
    "text", ["@" * 100_000, "1 " * 50_000, "a@" * 50_000, "\ud800@\x00", "12 A " * 20_000], ids=range(5)
)
def test_hostile_text_gets_a_verdict(text: str) -> None:
    assert FILTER.judge_now(text, Policy(Rating.G)).decision in Decision


@given(
    st.text(alphabet="dDoOtT.@ iIıİ̇sSſkKKnap 12_-cxMNOAK\n", max_size=60), st.sampled_from(PIECES), st.text(max_size=20)
)
def test_no_search_is_left_out_that_would_have_found_something(before: str, piece: str, after: str) -> None:
    text = before + piece + after
    every = {
        "access token": any(token.search(text) for token in (personal._TOKEN, personal._TRIPLE, personal._KEY)),
        "e-mail address": personal._MAIL.search(text),
        "postal address": any(street.search(text) for _, street in personal._STREETS),
        "account name": personal._HANDLE.search(text),
    }
    assert {kind for kind, found in every.items() if found} <= set(personal.personal_data(text))


def test_every_kind_is_found_when_it_is_written_plainly() -> None:
    missed = [(kind, text) for kind, _, text in people.plain() if kind not in personal.personal_data(text)]
    assert missed == []


def test_most_of_it_is_found_in_disguise() -> None:
    texts = people.disguised()
    missed = [(kind, name, text) for kind, name, text in texts if not list(personal.personal_data(hygienic(text)))]
    assert len(missed) <= 0.05 * len(texts), missed


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Write to anna.b@example.org please", "Write to [e-mail address] please"),
        ("anna at example dot org, she said", "[e-mail address], she said"),
        ("Call (212) 555-0123 or 020 7946 0991.", "Call [telephone number] or [telephone number]."),
        ("Say two one two five five five zero one two three now", "Say [telephone number] now"),
        ("It is ０７７００ ９００４６１!", "It is [telephone number]!"),
        ("ann\u200ba@exam\u200bple.org", "[e-mail address]"),
        ("My snap is quiet_fox7 :)", "My snap is [account name] :)"),
        ("Nothing here, at all. Dot.", "Nothing here, at all. Dot."),
        ("", ""),
    ],
)
def test_redaction_replaces_what_is_personal_where_it_stands_and_leaves_the_rest(text: str, kept: str) -> None:
    assert redacted(text) == kept


@given(st.sampled_from(people.plain() + people.disguised()), st.text(max_size=30))
def test_what_is_redacted_holds_no_personal_data_any_more(value: tuple[str, str, str], after: str) -> None:
    text = f"{value[2]} {after}"
    once = redacted(text)
    if list(personal.personal_data(text)):
        assert once != text
    assert redacted(redacted(once)) == redacted(once)


@given(st.text(max_size=80))
def test_a_text_without_personal_data_is_left_alone(text: str) -> None:
    if not list(personal.personal_data(text)):
        assert redacted(text) == text


@given(st.text(alphabet=st.one_of(st.sampled_from("abcdxyäöü"), st.characters()), max_size=60))
def test_what_is_found_in_a_view_stands_where_it_says(text: str) -> None:
    table = {ord(char): char for char in text} | {ord("ä"): "", ord("ö"): "xyz", ord("ü"): "u"}
    view = View.of(text).translated(table).replaced(re.compile("[cx]+"), "--").replaced(re.compile("d"), "")
    spans = [view.span(at, at + 1) for at in range(len(view.text))]
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert spans == sorted(spans)
    for char, (a, b) in zip(view.text, spans, strict=True):
        assert char in {"-", "y", "z", "u"} or text[a:b] == char
