"""Nobody can write a control token: not of the shipped model, nor of the families that operators serve.

The lists are those of the published tokenizer files; the vocabularies around them are small ones of our own.
"""

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, normalizers

import inference
from inference.tokens import Vocabulary
from tests.inference.models import tokenizer

SHIPPED = Path(inference.__file__).parent / "model" / "tokenizer.json"
FAMILIES: dict[str, tuple[str, ...]] = {
    "chatml (Qwen)": (
        "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
        "<|box_end|>",
        "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>",
        "<|video_pad|>",
        "<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>",
        "<|repo_name|>",
        "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>",
    ),
    "llama 3": (
        "<|begin_of_text|>", "<|end_of_text|>", "<|finetune_right_pad_id|>", "<|start_header_id|>", "<|end_header_id|>",
        "<|eom_id|>", "<|eot_id|>", "<|python_tag|>", *(f"<|reserved_special_token_{i}|>" for i in range(12)),
    ),
    "gemma": (
        "<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>", "<start_of_image>",
        "<end_of_image>",
        *(f"<unused{i}>" for i in range(8)), "[multimodal]", "[@BOS@]",
    ),
    "mistral": (
        "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
        "[/TOOL_RESULTS]",
        "[TOOL_CALLS]", "[IMG]", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]", "[SYSTEM_PROMPT]",
        "[/SYSTEM_PROMPT]",
    ),
    "harmony (gpt-oss)": (
        "<|startoftext|>", "<|endoftext|>", "<|return|>", "<|constrain|>", "<|channel|>", "<|start|>", "<|end|>",
        "<|message|>",
        "<|call|>", "<|endofprompt|>",
    ),
}  # fmt: skip
EVERY = tuple(dict.fromkeys(name for names in FAMILIES.values() for name in names))
PARTS = (
    "<",
    ">",
    "|",
    "<|",
    "|>",
    "[",
    "]",
    "/",
    "</",
    "[/",
    "im_start",
    "INST",
    "s",
    " ",
    "\n",
    "\u200b",
    "＜",
    "｜",
    "＞",
    "é",
    "故事",
)


@pytest.fixture(scope="module", params=["shipped", *FAMILIES, "folding"])
def vocabulary(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    if request.param == "shipped":
        return Vocabulary(SHIPPED)
    file = tmp_path_factory.mktemp("family") / "tokenizer.json"
    if request.param == "folding":  # a family that reads full-width letters as plain ones, in its control tokens too
        made = tokenizer()
        made.normalizer = normalizers.NFKC()
        made.add_tokens([AddedToken(name, normalized=True) for name in FAMILIES["chatml (Qwen)"]])
    else:
        made = tokenizer(*FAMILIES[request.param])
    made.save(str(file))
    return Vocabulary(file)


@cache
def whole(file: Path) -> Tokenizer:
    """The tokenizer as others load it."""
    return Tokenizer.from_file(str(file))


@cache
def controls(file: Path) -> dict[str, int]:
    return {token["content"]: token["id"] for token in json.loads(file.read_text("utf-8"))["added_tokens"]}


texts = st.lists(st.one_of(st.sampled_from((*EVERY, *PARTS)), st.text(max_size=6)), max_size=10).map("".join)
inside_each_other = st.tuples(st.sampled_from(EVERY), st.sampled_from(EVERY), st.integers(1, 6)).map(
    lambda three: three[0][: three[2]] + three[1] + three[0][three[2] :]
)
unhurried = settings(deadline=None, max_examples=100)


def test_each_list_is_that_of_its_file(vocabulary: Vocabulary) -> None:
    named = controls(vocabulary._file)
    assert named
    for name, number in named.items():
        if name.strip():
            assert vocabulary.encode_markup(name) == (number,)


@unhurried
@given(text=st.one_of(texts, inside_each_other))
def test_what_people_write_never_becomes_a_control_token(vocabulary: Vocabulary, text: str) -> None:
    numbers = set(controls(vocabulary._file).values())
    assert numbers.isdisjoint(vocabulary.encode(text))


def test_every_name_of_every_family_stays_text(vocabulary: Vocabulary) -> None:
    for name in (*EVERY, *controls(vocabulary._file)):
        ids = vocabulary.encode(f"She said {name} and left")
        assert vocabulary.plain(ids) == list(ids)


@unhurried
@given(text=st.one_of(texts, inside_each_other))
def test_what_must_be_sent_as_text_is_defused_for_the_whole_tokenizer(vocabulary: Vocabulary, text: str) -> None:
    numbers = set(controls(vocabulary._file).values())
    defused = vocabulary.defused(text)
    assert numbers.isdisjoint(whole(vocabulary._file).encode(defused, add_special_tokens=False).ids)
    assert defused.replace(" ", "") == text.replace(" ", "")
    assert vocabulary.defused(defused) == defused


def test_ordinary_text_needs_no_defusing(vocabulary: Vocabulary) -> None:
    for text in ("She went in.", "a < b > c | d", "[note] «so» <3", ""):
        assert vocabulary.defused(text) == text
