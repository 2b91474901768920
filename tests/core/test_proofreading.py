"""Spelling: slips are mended, and whatever somebody may have meant stays."""

import pytest

from core.proofreading import proofread


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("The keper definately recieved a wierd letter.", "The keeper definitely received a weird letter."),
        ("they went back althogh it rained", "they went back although it rained"),
        ("She beleived him.", "She believed him."),
    ],
)
def test_a_slip_becomes_the_word_that_was_meant(typed: str, meant: str) -> None:
    assert proofread(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "Mara asked Bramwick and Assipattle to come.",
        "The grey harbour, my favourite colour, lay in the centre of the theatre; it was appetising and moulded.",
        "He was travelling in pyjamas and she was fulfilling a dream with skilful vapours.",
        "He was goin' home, didn't he, with nothin' but a tick-tock.",
        "Der alte Mann ging langsam durch den dunklen Wald und sah nichts.",
        "灯塔的灯灭了。",
        "",
    ],
)
def test_names_british_words_dialect_and_other_languages_stay(text: str) -> None:
    assert proofread(text) == text


def test_a_word_that_the_story_uses_again_is_meant_so() -> None:
    assert proofread("The keper rang.") == "The keeper rang."
    assert proofread("The keper rang.", ["A keper is an old word for a guard."]) == "The keper rang."
