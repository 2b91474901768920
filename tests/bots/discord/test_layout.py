"""Splitting, markup and what replies look like."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.discord import layout, markup
from bots.discord.layout import sheets, written
from bots.discord.pieces import pieces, width
from core.moderation import Cleared
from core.reply import Block, Shape

WORDS = st.sampled_from(
    ["sea", "**bold**", "*soft*", "~~gone~~", "||secret||", "__under__", "`code here`", "\n\n", "\n", "The end.",
     "<:wave:123456789012345678>", "<https://a.example/b_c>",
     "潮が満ちた。", "👩‍👩‍👧", "🇩🇪", "é" * 3, "```py\nx = 1\n```",
     "**bold that goes on", "*a", "_", "||", "-# small", "x" * 50]
)  # fmt: skip


def block(shape: Shape, text: str, label: str | None = None) -> Block:
    """A block as operations make it."""
    return Block(shape, Cleared(text), Cleared(label) if label else None)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=120), st.integers(60, 300))
def test_no_piece_is_too_long_and_nothing_is_lost(words: list[str], limit: int) -> None:
    text = markup.story(" ".join(words))
    found = pieces(text, limit=limit)
    assert all(width(each) <= limit for each in found)
    letters = re.sub(r"[\W_]+", "", re.sub(r"```\w*\n", "", text))
    assert re.sub(r"[\W_]+", "", re.sub(r"```\w*\n", "", "".join(found))) == letters


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=120), st.integers(60, 300))
def test_marks_are_closed_in_every_piece(words: list[str], limit: int) -> None:
    for each in pieces(markup.story(" ".join(words)), limit=limit):
        assert markup.sealed(each) == each, each


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab *_~|`\\<>@#-\n[]()", max_size=200))
def test_sealing_twice_is_sealing_once(text: str) -> None:
    once = markup.sealed(text)
    assert markup.sealed(once) == once


def test_a_cut_goes_to_a_paragraph_then_to_a_sentence_then_to_a_word() -> None:
    assert pieces("a" * 60 + "\n\n" + "b" * 60, limit=100) == ["a" * 60, "b" * 60]
    assert pieces("It was dark. " * 12, limit=100)[0].endswith("dark.")
    assert pieces("word " * 40, limit=100)[0].endswith("word")


def test_an_emoji_of_several_characters_stays_whole() -> None:
    family = "👩‍👩‍👧"
    found = pieces(family * 60, limit=100)
    assert "".join(found) == family * 60
    assert all(each.startswith("👩") and each.endswith("👧") for each in found)


def test_bold_over_a_cut_is_closed_and_opened_again() -> None:
    found = pieces("**" + "sea " * 50 + "sea**", limit=100)
    assert all(each.startswith("**") and each.endswith("**") for each in found)


def test_code_over_a_cut_is_closed_and_opened_again() -> None:
    found = pieces("```py\n" + "x = 1\n" * 50 + "```", limit=100)
    assert all(each.startswith("```py\n") and each.endswith("\n```") for each in found)


def test_a_caption_never_stands_alone() -> None:
    text = "The sea was quiet. " * 5 + "It rose.\n-# 1 · Ana"
    assert not pieces(text, limit=100)[-1].startswith("-#")


@pytest.mark.parametrize(
    "evil",
    [
        "@everyone",
        "@here",
        "<@1234567890>",
        "<@!1>",
        "<@&1>",
        "<#1>",
        "<t:0:R>",
        "<id:home>",
        "</story add:1>",
        "[a](b)",
    ],
)
def test_nothing_refers_pings_or_hides_an_address(evil: str) -> None:
    assert evil not in markup.story(f"see {evil} there")
    assert evil not in markup.name(evil)


def test_a_story_keeps_its_own_markup() -> None:
    text = "# Part\n**She** ran, *fast*, ~~away~~ ||home||.\n> He said\n`run`"
    assert markup.story(text) == text


def test_small_print_and_endless_quotes_cannot_be_faked() -> None:
    assert markup.story("Hello.\n-# 4 · the storyteller") == "Hello.\n\\-# 4 · the storyteller"
    assert markup.story(">>> all") == "\\>>> all"


def test_a_reply_has_headings_captions_and_small_notes() -> None:
    blocks = [
        block(Shape.TITLE, "The *Lamp*"),
        block(Shape.PROSE, "A *lamp*.", "1 · A_na_"),
        block(Shape.NOTE, "Go on."),
    ]
    assert written(blocks) == "## The \\*Lamp\\*\nA *lamp*.\n-# 1 · A\\_na\\_\n\n-# Go on."


def test_a_refinement_shows_what_changed() -> None:
    blocks = [block(Shape.OLD, "a old lamp shone", "1 · Ana"), block(Shape.NEW, "an old lamp shone", "refined")]
    assert written(blocks) == "~~a~~ **an** old lamp shone\n-# 1 · Ana · refined"


def test_two_wordings_that_differ_much_stand_one_after_the_other() -> None:
    blocks = [block(Shape.OLD, "it was so dark", "1 · Ana"), block(Shape.NEW, "Night fell", "refined")]
    assert written(blocks) == "Night fell\n-# 1 · Ana · refined\n\n> it was so dark"


def test_more_than_the_most_messages_come_as_a_file() -> None:
    blocks = [block(Shape.PROSE, "The sea was quiet. " * 90, f"{n} · Ana") for n in range(8)]
    assert len(sheets(blocks, "en", most=10).contents) == 8
    short = sheets(blocks, "en", most=5)
    assert len(short.contents) == 1 and short.file is not None
    assert short.file.count("quiet") == 720


def test_a_label_is_one_short_line() -> None:
    assert layout.label("a\nb") == "a b"
    assert width(layout.label("word " * 100)) <= 80
