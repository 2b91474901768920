"""The word filter, from outside: what it stops, what it leaves alone, and what it does with broken input."""

import asyncio
import re
from collections.abc import Callable

import pytest

from core.filters.words import WordFilter
from core.filters.words import WordFilter as FromTheDoor
from core.moderation import Gate
from core.policy import Decision, Policy, Rating
from tests.core.disguises import DOUBLE, SINGLE

BAD = ("bastard", "bollocks", "arsehole", "wanker", "bullshit", "buggered")
"""Mild and unmistakable words are enough to try a disguise on."""
INNOCENT = (
    "grassland",
    "cockpit",
    "button",
    "passage",
    "titanium",
    "document",
    "assassin",
    "therapist",
    "raccoon",
    "peacock",
)

BEYOND_REPAIR = {
    "no vowels",
    "middle starred",
    "super",
    "swapped",
    "backwards",
    "mixed",
    "hidden spoiler",
    "cut by a line",
    "pieces of two",
}
"""Disguises after which an innocent word may well look like another word, or none."""


@pytest.fixture(scope="module")
def words() -> WordFilter:
    return WordFilter()


@pytest.fixture(scope="module")
def flags(words: WordFilter) -> Callable[..., bool]:
    def judge(text: str, rating: Rating = Rating.G) -> bool:
        return words.judge_now(text, Policy(rating)).decision is not Decision.ALLOW

    return judge


@pytest.mark.parametrize("name", SINGLE)
def test_a_listed_word_is_found_in_one_disguise(name: str, flags: Callable[..., bool]) -> None:
    found = [flags(f"Then he said {SINGLE[name](word)} to us.") for word in BAD]
    assert sum(found) >= len(BAD) - 2, f"{name}: {dict(zip(BAD, found, strict=True))}"


@pytest.mark.parametrize("name", DOUBLE)
def test_a_listed_word_is_found_in_two_disguises_at_once(name: str, flags: Callable[..., bool]) -> None:
    found = [flags(f"Then he said {DOUBLE[name](word)} to us.") for word in BAD]
    assert sum(found) >= len(BAD) - 2, f"{name}: {dict(zip(BAD, found, strict=True))}"


@pytest.mark.parametrize("name", [n for n in SINGLE if n not in BEYOND_REPAIR and not n.startswith("vowels ")])
def test_an_innocent_word_in_disguise_stays_innocent(name: str, flags: Callable[..., bool]) -> None:
    flagged = [word for word in INNOCENT if flags(f"Then he saw the {SINGLE[name](word)} again.")]
    assert len(flagged) <= 1, f"{name}: {flagged}"


@pytest.mark.parametrize(
    "text",
    [
        "He is from Scunthorpe, she from Penistone, they from Cockermouth.",
        "The assassins sat in the cockpit, analysing a cocktail.",
        "Dickens passed the butterscotch; Hitchcock embarrassed the class.",
        "The therapist bought shiitake, titanium and a brass basset hound.",
        "She graduated magna cum laude, and Moby Dick was her favourite.",
        "There was a chink in the armour, and the pussy willow bloomed.",
        "Dick asked Mr. Dong, and Fanny laughed.",
        "Who re-read it? As says the pen, is it so?",
        "He'll tell, she'll show, we'll go; it's a shell.",
        "In 1984 he paid $455 for 80 as 6-2-0 rolled by.",
        "He/she clicked a link: [the map](https://example.org/a_b_c) *and* `saw` **it**.",
        "x = a*b*c + [i][j] // 2  # 4 u 2 c",
        "",
    ],
)
def test_ordinary_writing_passes_even_in_a_class(text: str, flags: Callable[..., bool]) -> None:
    assert not flags(text)


def test_the_rating_decides_what_a_mild_word_means(words: WordFilter) -> None:
    decisions = [words.judge_now("You bastard!", Policy(rating)).decision for rating in Rating]
    assert decisions == [Decision.BLOCK, Decision.SOFTEN, Decision.ALLOW, Decision.ALLOW]


def test_strong_words_are_softened_for_teens_and_allowed_for_adults(words: WordFilter) -> None:
    decisions = [words.judge_now("What bullshit.", Policy(rating)).decision for rating in Rating]
    assert decisions == [Decision.BLOCK, Decision.BLOCK, Decision.SOFTEN, Decision.ALLOW]


def test_a_writer_who_wants_to_die_is_held_for_a_person_at_every_rating(words: WordFilter) -> None:
    for rating in Rating:
        verdict = words.judge_now("i want to kill myself", Policy(rating))
        assert verdict.decision is Decision.HOLD
        assert verdict.reasons == ("self-harm",)


@pytest.mark.parametrize("text", ["She looked for child porn.", "i know where you live", "he will shoot up the school"])
def test_children_and_threats_are_blocked_at_every_rating(text: str, words: WordFilter) -> None:
    assert {words.judge_now(text, Policy(rating)).decision for rating in Rating} == {Decision.BLOCK}


def test_reasons_are_kinds_and_never_the_word(words: WordFilter) -> None:
    verdict = words.judge_now("You b4st4rd, what bullsh1t", Policy(Rating.G))
    assert set(verdict.reasons) == {"mild profanity", "profanity"}


@pytest.mark.parametrize("text", ["你这个混蛋", "混 蛋", "混*蛋", "混\u200b蛋", "他真是個王八蛋！", "好笨蛋啊"])
def test_chinese_words_are_found_with_and_without_something_between(text: str, flags: Callable[..., bool]) -> None:
    assert flags(text)


@pytest.mark.parametrize(
    "text",
    ["妈妈的书在生日那天送到了。", "七口山上有一家老店，刚度很好。", "他把船靠背后的岸边停下。", "你妈妈来了吗？"],
)
def test_innocent_chinese_passes(text: str, flags: Callable[..., bool]) -> None:
    assert not flags(text)


@pytest.mark.parametrize("text", ["So ein Scheiß, verdammte Scheisse", "quelle merde", "che cazzo", "блядь"])
def test_other_languages_are_known_where_two_lists_agree(text: str, flags: Callable[..., bool]) -> None:
    assert flags(text)


@pytest.mark.parametrize(
    "text", ["Kannst du mir bitte die Scheibe geben? Nicht?", "команда ждёт момента", "Je t'en prie, ma tante."]
)
def test_innocent_words_of_other_languages_pass(text: str, flags: Callable[..., bool]) -> None:
    assert not flags(text)


@pytest.mark.parametrize(
    "text",
    [
        "\x00" * 1000,
        "\ud800\udfff broken \udc00",
        "a" + "\u0301" * 100_000,
        "|" * 100_000,
        "<" * 100_000,
        "&#" * 50_000,
        "[" * 50_000 + "](" * 10_000,
        "%zz%%%41%",
        "a b " * 50_000,
        "\u202e\u2066\U000e0041" * 1000,
        "👨‍👩‍👧‍👦" * 10_000,
        "f" * 1_000_000,
        "1" * 100_000,
        ".   -   " * 12_000,
        "\\0" * 50_000,
        "41" * 50_000 + "g",
        "b (a) " * 20_000,
        "a then " * 15_000,
    ],
    ids=range(18),
)
def test_broken_and_hostile_text_gets_a_verdict(text: str, words: WordFilter) -> None:
    assert words.judge_now(text, Policy(Rating.G)).decision in Decision


def test_a_word_is_found_behind_a_megabyte(flags: Callable[..., bool]) -> None:
    assert flags("All was well. " * 70_000 + "You bastard.")


def test_a_word_is_found_under_a_tower_of_marks_and_beside_lone_surrogates(flags: Callable[..., bool]) -> None:
    assert flags("\ud800 b" + "\u0300" * 40 + "astard \x00")


@pytest.mark.parametrize(
    "text",
    [
        "The bitch had six puppies in the straw.",
        "They ate faggots and peas in the old inn.",
        "Mr Dyke met Mrs. Cummings.",
        "Slut, sa läraren, och stängde boken.",
        "I want to die of shame.",
        "路口交通很拥挤，妈妈打了我几巴掌。",
        "我想死你了！",
    ],
)
def test_a_word_with_two_senses_passes_where_others_show_the_harmless_one(
    text: str, flags: Callable[..., bool]
) -> None:
    assert not flags(text, Rating.TEEN)


@pytest.mark.parametrize("text", ["You bitch!", "What a faggot.", "That dyke again", "you slut", "她要口交"])
def test_the_same_words_are_found_without_such_company(text: str, flags: Callable[..., bool]) -> None:
    assert flags(text, Rating.TEEN)


def test_a_word_that_is_quoted_to_condemn_it_passes_for_teens_and_waits_for_a_person_in_a_class(
    words: WordFilter,
) -> None:
    decisions = [
        words.judge_now("Calling somebody a faggot is hateful.", Policy(rating)).decision
        for rating in (Rating.G, Rating.TEEN)
    ]
    assert decisions == [Decision.HOLD, Decision.ALLOW]
    assert words.judge_now("He is hateful, the faggot.", Policy(Rating.TEEN)).decision is Decision.BLOCK


async def test_a_long_text_does_not_stop_the_event_loop(words: WordFilter) -> None:
    gate = Gate([words])
    await gate.warm()
    ticks = 0

    async def clock() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    ticking = asyncio.create_task(clock())
    verdict = await gate.judge("All was well. " * 50_000 + "You bastard.", Policy(Rating.G))
    ticking.cancel()
    assert verdict.decision is Decision.BLOCK
    assert ticks > 2


def test_the_door_gives_the_same_filter() -> None:
    assert FromTheDoor is WordFilter
    assert WordFilter().name == "words"


def test_every_word_of_our_own_lists_is_written_plainly() -> None:
    from core.filters import lists

    for name, text in vars(lists).items():
        if name.isupper() and not name.startswith("FOREIGN"):
            assert re.fullmatch(r"[a-z0-9 ·:\n]*", text), name
