"""Whatever somebody writes, it stays text."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from core.errors import EngineFailed
from inference.tokens import Vocabulary
from tests.inference.models import tokenizer
from tests.voices import CONTROLS

SPECIALS = (*CONTROLS, "<s>", "</s>", "<think>", "</think>", "<|im_start|>", "<|", "|>", "<", ">", "▁", "  ", "\n\n")


def byte_level(folder: Path) -> Vocabulary:
    """As our own model and GPT-2 have it."""
    tokenizer(*CONTROLS).save(str(folder / "tokenizer.json"))
    return Vocabulary(folder / "tokenizer.json")


def not_special(folder: Path) -> Vocabulary:
    """Control tokens that are not marked as special, as Qwen3 has them, and a run of blanks as GPT-NeoX has it."""
    made = tokenizer("<|im_start|>", "<|im_end|>")
    made.add_tokens([AddedToken("<think>", special=False), AddedToken("</think>", special=False)])
    made.add_tokens([AddedToken("    ", special=False)])
    made.save(str(folder / "tokenizer.json"))
    return Vocabulary(folder / "tokenizer.json")


def in_the_base(folder: Path) -> Vocabulary:
    """Control tokens that are also words of the base vocabulary, as Llama 2 has them."""
    letters = [chr(code) for code in range(32, 127)] + ["▁"]
    pieces = [("<unk>", 0.0), ("<s>", -0.1), ("</s>", -0.1), *((letter, -5.0) for letter in letters)]
    pieces += [(f"<0x{byte:02X}>", -9.0) for byte in range(256)]
    made = Tokenizer(models.Unigram(pieces, 0, byte_fallback=True))
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    made.add_special_tokens(["<unk>", "<s>", "</s>"])
    made.save(str(folder / "tokenizer.json"))
    return Vocabulary(folder / "tokenizer.json")


@pytest.fixture(params=[byte_level, not_special, in_the_base])
def vocabulary(request: pytest.FixtureRequest, tmp_path: Path) -> Vocabulary:
    made: Vocabulary = request.param(tmp_path)
    return made


texts = st.lists(st.one_of(st.sampled_from(SPECIALS), st.text(max_size=8)), max_size=8).map("".join)
once = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@once
@given(text=texts)
def test_no_text_becomes_a_control_token(vocabulary: Vocabulary, text: str) -> None:
    ids = vocabulary.encode(text)
    assert vocabulary.plain(ids) == list(ids)


@once
@given(text=texts)
def test_text_comes_back_as_it_was(vocabulary: Vocabulary, text: str) -> None:
    blank = str.maketrans({"▁": " "})
    assert vocabulary.decode(vocabulary.encode(text)).translate(blank) == text.translate(blank)


@once
@given(text=texts, cuts=st.lists(st.integers(1, 3)))
def test_text_that_is_read_little_by_little_adds_up(vocabulary: Vocabulary, text: str, cuts: list[int]) -> None:
    ids, reader, read = list(vocabulary.encode(text)), vocabulary.reader(), ""
    for cut in cuts:
        read += reader.read(ids[:cut])
        del ids[:cut]
    assert read + reader.read(ids, last=True) == vocabulary.decode(vocabulary.encode(text))


def test_half_a_character_is_held_back_and_said_at_the_end(tmp_path: Path) -> None:
    vocabulary = byte_level(tmp_path)
    ids = vocabulary.encode("é")
    reader = vocabulary.reader()
    assert len(ids) == 2
    assert reader.read(ids[:1]) == ""
    assert reader.read((), last=True) == "\ufffd" == vocabulary.decode(ids[:1])


def test_control_tokens_have_names_and_leave_no_text(tmp_path: Path) -> None:
    vocabulary = byte_level(tmp_path)
    write = vocabulary.control("<|write|>")
    assert vocabulary.encode_markup("<|write|>") == (write,)
    assert vocabulary.decode((*vocabulary.encode("sea"), write)) == "sea"
    with pytest.raises(KeyError):
        vocabulary.control("<|no such token|>")


def test_a_fingerprint_tells_vocabularies_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = byte_level(tmp_path / "one"), not_special(tmp_path / "two")
    assert one.fingerprint == byte_level(tmp_path / "one").fingerprint != two.fingerprint


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", '{"added_tokens": 3}'])
def test_a_broken_tokenizer_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "tokenizer.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(EngineFailed, match=r"tokenizer\.json"):
        Vocabulary(file)
