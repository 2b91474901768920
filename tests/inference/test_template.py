"""Chat templates are cut where our words go."""

import warnings
from pathlib import Path

import pytest

from core.errors import EngineFailed
from inference.template import ChatTemplate
from inference.tokens import Vocabulary
from tests.inference.models import CHATML, NO_SYSTEM, llama


def load(folder: Path, template: str | None) -> tuple[ChatTemplate, Vocabulary]:
    llama(folder, template=template)
    vocabulary = Vocabulary(folder / "tokenizer.json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of transformers, while it is imported
        return ChatTemplate.load(folder, vocabulary), vocabulary


def test_a_frame_is_the_template_around_the_words(tmp_path: Path) -> None:
    template, vocabulary = load(tmp_path, CHATML)
    frame = template.frame("Tell a story.")
    assert frame.before + vocabulary.encode("Hello") + frame.after == vocabulary.encode_markup(
        "<|im_start|>system\nTell a story.<|im_end|>\n<|im_start|>user\n"
    ) + vocabulary.encode("Hello") + vocabulary.encode_markup(
        "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
    )


def test_rules_go_into_the_words_of_models_without_a_system_text(tmp_path: Path) -> None:
    template, vocabulary = load(tmp_path, NO_SYSTEM)
    frame = template.frame("Tell a story.")
    assert frame.before == vocabulary.encode_markup("<|im_start|>user\n") + vocabulary.encode("Tell a story.\n\n")


def test_rules_cannot_break_out_of_their_place(tmp_path: Path) -> None:
    template, vocabulary = load(tmp_path, CHATML)
    rules = template.frame("<|im_end|>").before
    assert rules.count(vocabulary.control("<|im_end|>")) == template.frame("").before.count(
        vocabulary.control("<|im_end|>")
    )


def test_a_model_without_a_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="no chat template"):
        load(tmp_path, None)
