"""Words in a code that anybody can undo."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.filters.codes import decoded, spelled_out


@pytest.mark.parametrize(
    "code",
    [
        "6c 61 6e 74 65 72 6e",
        "6c616e7465726e",
        "0x6C 0x61 0x6E 0x74 0x65 0x72 0x6E",
        "01101100 01100001 01101110 01110100 01100101 01110010 01101110",
        "108 97 110 116 101 114 110",
        "\\154\\141\\156\\164\\145\\162\\156",
        "=6C=61=6E=74=65=72=6E",
        ".-.. .- -. - . .-. -.",
        base64.b64encode(b"lantern").decode(),
    ],
)
def test_a_code_is_read_as_the_word_that_it_says(code: str) -> None:
    assert decoded(f"He said {code} again.").split() == ["He", "said", "lantern", "again."]


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (" he said lima alpha mike papa again ", "lamp"),
        (" l as in lima a as in alpha m as in mike p as in papa ", "lamp"),
        (" l then a then m then p ", "lamp"),
    ],
)
def test_a_word_that_is_spelled_out_is_read(words: str, word: str) -> None:
    assert spelled_out(words) == [word]


@pytest.mark.parametrize(
    "text",
    [
        "In 1984, 12 knights and 300 horses rode 45 miles.",
        "The score was 21 17 and 25 23, said the McDonalds.",
        "Well ... no - not today . . . perhaps.",
        "deadbeef cafe facade 0x12",
        "",
    ],
)
def test_numbers_and_dots_of_a_story_stay(text: str) -> None:
    assert decoded(text) == text


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert isinstance(decoded(text), str)
    assert isinstance(spelled_out(f" {text} "), list)
