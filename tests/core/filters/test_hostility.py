"""Cruelty without a listed word: what is meant by whoever writes, and what is only told, denied or condemned."""

import pytest

from core.filters.danger import evidence
from core.policy import Category


@pytest.mark.parametrize(
    "text",
    [
        "Immigrants are vermin.",
        "All these refugees around here are just lazy parasites.",
        "I really can't stand gay people.",
        "Muslims should all be shot.",
        "We should get rid of all disabled people.",
        "I wish all immigrants would die.",
        "You are nothing but common trans trash.",
        "Trans people deserve no respect.",
        "I have met many black people and I hate every single one of them.",
        "w0men are disgus7ing",
    ],
)
def test_contempt_for_a_group_is_hate(text: str) -> None:
    assert Category.HATE in evidence(text)


@pytest.mark.parametrize(
    "text",
    [
        "If you say “immigrants are vermin”, then you are a bigot.",
        "I never said that immigrants are scum.",
        "I would never hurt any woman.",
        "Nobody should believe that women are stupid.",
        "Saying that you hate Muslims is hateful.",
        "“Women are stupid,” said the wicked king, and the queen had him thrown out.",
        "The women were tired and hated the long road.",
        "The Jews of the town were driven from their homes.",
        "I hate long queues, and goblins are vermin.",
        "Black people and white people danced together.",
    ],
)
def test_what_is_told_denied_or_condemned_is_no_hate(text: str) -> None:
    assert Category.HATE not in evidence(text)


@pytest.mark.parametrize(
    "text",
    [
        "nobody would miss you",
        "The world would be better without you, Tom.",
        "i hope you get cancer",
        "You should just die.",
        "everybody in our class hates her",
    ],
)
def test_cruelty_to_somebody_here_is_bullying(text: str) -> None:
    assert Category.BULLYING in evidence(text)


@pytest.mark.parametrize(
    "text",
    [
        "“Nobody would miss you,” said the witch to the cat.",
        "Nobody would miss him, thought the boy.",
        "We would be lost without you, wrote the captain.",
        "Everybody in her class hated spinach.",
    ],
)
def test_cruelty_inside_a_story_is_no_bullying(text: str) -> None:
    assert Category.BULLYING not in evidence(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("His hand slid between her thighs.", True),
        ("The ball rolled between her legs and into the goal.", False),
        ("She took him in her mouth.", True),
        ("The cat took the mouse in its mouth.", False),
        ("He came inside her.", True),
        ("A bright idea came into her head.", False),
        ("send nudes", True),
        ("He rode her fastest mare until dawn.", False),
    ],
)
def test_a_scene_is_told_from_harmless_words(text: str, found: bool) -> None:
    assert (Category.SEXUAL in evidence(text)) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("how to make a pipe bomb at home", True),
        ("Mix bleach with ammonia in a closed room.", True),
        ("How do I make a bath bomb?", False),
        ("The bomb fell on the harbour, and nobody knew how to help.", False),
    ],
)
def test_a_manual_is_told_from_a_story_and_from_a_bath(text: str, found: bool) -> None:
    assert (Category.HARMFUL in evidence(text)) is found
