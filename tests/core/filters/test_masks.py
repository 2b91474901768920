"""The word filter on a wardrobe of disguises that it was not made from, half of whose kinds nobody tuned on."""

import random
from collections.abc import Callable

import pytest

from core.filters.words import WordFilter
from core.policy import Decision, Policy, Rating
from core.text import hygienic
from tests.core.filters.costumes import KINDS
from tests.core.filters.masks import CARRIERS, SINGLE, Mask, drawn, held_out

BAD = ("bollocks", "arsehole", "wankers", "bullshit", "dickhead", "bitches", "pissing", "jackass")
"""Mild and unmistakable words are enough to try a disguise on."""
INNOCENT = (
    "grassland",
    "button",
    "passage",
    "document",
    "mountain",
    "lantern",
    "kitchen",
    "whistle",
    "thunder",
    "fisherman",
)
GUESSES = {
    "neighbour key",
    "extra key",
    "one left out",
    "swapped",
    "pig latin",
    "reversed",
    "mirrored only",
    "glued behind",
    "no vowels",
}
"""After these, which word it was is a guess."""


@pytest.fixture(scope="module")
def flags() -> Callable[[str], bool]:
    words = WordFilter()
    return lambda text: words.judge_now(hygienic(text), Policy(Rating.G)).decision is not Decision.ALLOW


def found(flags: Callable[[str], bool], masks: dict[str, Mask], words: tuple[str, ...]) -> dict[str, list[bool]]:
    dice = random.Random(5)
    return {name: [flags(dice.choice(CARRIERS).format(mask(w, dice))) for w in words] for name, mask in masks.items()}


def share(found: dict[str, list[bool]]) -> float:
    every = [hit for hits in found.values() for hit in hits]
    return sum(every) / len(every)


def test_each_kind_of_disguise_is_seen_through_for_most_words(flags: Callable[[str], bool]) -> None:
    table = found(flags, {name: mask for name, mask in SINGLE.items() if name not in GUESSES}, BAD)
    weak = {name: sum(hits) for name, hits in table.items() if sum(hits) < len(BAD) - 3}
    assert weak == {}


@pytest.mark.parametrize("held", [False, True])
def test_nearly_every_disguised_word_is_found(held: bool, flags: Callable[[str], bool]) -> None:
    assert share(found(flags, {name: mask for name, mask in SINGLE.items() if held_out(name) is held}, BAD)) >= 0.93


@pytest.mark.parametrize("three", [False, True])
def test_two_and_three_disguises_at_once_are_seen_through(three: bool, flags: Callable[[str], bool]) -> None:
    masks = dict(drawn(number, three=three) for number in range(40))
    assert share(found(flags, masks, BAD)) >= 0.9


def test_innocent_words_in_the_same_disguises_stay_innocent(flags: Callable[[str], bool]) -> None:
    assert share(found(flags, SINGLE, INNOCENT)) <= 0.01


def test_codes_and_mixtures_are_read_too(flags: Callable[[str], bool]) -> None:
    kinds = {name: kind for name, kind in KINDS.items() if not held_out(name)}
    assert share(found(flags, kinds, BAD)) >= 0.9
    assert share(found(flags, KINDS, INNOCENT)) <= 0.02
