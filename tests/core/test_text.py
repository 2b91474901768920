"""Text: where sentences end, what may be stored."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import hygienic, sentence_end, sentences, visible


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("She went in. And th", "She went in."),
        ("“Stop!” he cried", ""),
        ("“Stop!” He cried", "“Stop!”"),
        ("He said “Stop.” Then", "He said “Stop.”"),
        ("Mr. Fox saw Dr. Owl", ""),
        ("It was 3.50 at noon", ""),
        ("她走了。然后", "她走了。"),
        ("No end", ""),
        ("Wait… what", ""),
        ("Wait… What", "Wait…"),
        ("A line\nanother", "A line\n"),
        ("Done.", "Done."),
    ],
)
def test_a_sentence_ends_where_a_reader_says_it_ends(text: str, finished: str) -> None:
    assert text[: sentence_end(text)] == finished


def test_sentences_are_cut_and_trimmed_with_the_unfinished_one_last() -> None:
    assert sentences("One came. “Two!” said Mr. Fox. Three wa") == ["One came.", "“Two!” said Mr. Fox.", "Three wa"]


@given(st.text())
def test_hygienic_text_is_storable_and_stays_as_it_is(text: str) -> None:
    clean = hygienic(text)
    clean.encode("utf-8")
    assert "\0" not in clean
    assert hygienic(clean) == clean


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "Zs"))))
def test_ordinary_text_is_only_normalised(text: str) -> None:
    assert hygienic(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("mark", ["\u0301\u0302\u0303", "\u0301\u200d", "\u0489", "\0\u0301"])
def test_towers_of_marks_are_cut_down(mark: str) -> None:
    clean = hygienic("e" + mark * 100)
    assert sum(unicodedata.category(char) in ("Mn", "Me") for char in clean) <= 3
    assert clean == unicodedata.normalize("NFC", clean)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\0b\x07c\ud800d", "abcd"),
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("a" + "".join(chr(0xE0000 + ord(c)) for c in "hidden") + "b", "ab"),
        ("a\u0378b\U0001fffeb", "abb"),
        ("a\u206ab\ufff9c\u180ed", "abcd"),
        ("a\u2028b\u2029c\x85d\r\ne\rf", "a\nb\nc\nd\ne\nf"),
        ("a\u200b\u200b\u200b\u2060b", "a\u200bb"),
        ("❤️" + "".join(chr(0xE0100 + i) for i in range(50)), "❤️"),
        (
            "👩\u200d👩\u200d👧 ❤️\u200d🔥 1️⃣ 🏳️\u200d🌈 می\u200cخواهم",
            "👩\u200d👩\u200d👧 ❤️\u200d🔥 1️⃣ 🏳️\u200d🌈 می\u200cخواهم",
        ),
        ("a" + "\n" * 20 + "b", "a" + "\n" * 20 + "b"),
        ("a" + "\n" * 500 + "b", "a" + "\n" * 20 + "b"),
        ("a" + " \n\t" * 500 + "b", None),
    ],
)
def test_what_only_harms_is_taken_out(text: str, clean: str | None) -> None:
    if clean is None:
        assert hygienic(text).count("\n") <= 20
    else:
        assert hygienic(text) == clean


@pytest.mark.parametrize(("text", "seen"), [("", False), (" \u200b\u2060", False), ("a", True), ("🐳", True)])
def test_what_is_visible(text: str, seen: bool) -> None:
    assert visible(text) is seen


@given(st.text(alphabet='aB .!?…。」”"\n)*', max_size=40), st.integers(0, 40))
def test_an_end_behind_an_earlier_one_is_found_without_reading_all_again(text: str, cut: int) -> None:
    earlier = sentence_end(text[:cut])
    whole = sentence_end(text)
    assert sentence_end(text, behind=earlier) == (whole if whole > earlier else 0)
