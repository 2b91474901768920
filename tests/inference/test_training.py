"""Training: the tokenizer keeps text and control tokens apart, the stream is laid out as promised, runs go on."""

import random
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from inference.training.__main__ import main
from inference.training.batches import BatchSampler
from inference.training.corpus import open_corpus, write_corpus
from inference.training.documents import DocumentMaker, extractive_questions
from inference.training.errors import TrainingError
from inference.training.noise import add_noise, find_names, rename
from inference.training.optim import orthogonalize
from inference.training.stream import TOKEN_IDS, Piece, Story, encode, render, story_pieces, task_pieces
from inference.training.texts import plainest, read_records, split_sentences
from inference.training.tokenizer import SPECIAL_TOKENS, encode_texts, load_tokenizer, train_tokenizer
from inference.training.train import Phase, Settings, Trainer, grow, make_model

STORY = (
    "Once upon a time there was a small owl named Wanjiru. She lived in an old oak with her brother Osman. "
    "One day Wanjiru found a shiny key under the leaves, and she wanted to know what it opened. "
    'She asked Osman, "Did you lose this key?" But Osman shook his head and said it was not his. '
    "So the two owls flew over the river, past the mill, to the house of the wise badger. "
    "The badger looked at the key for a long time. Then he opened a little box, and inside was a silver bell. "
    "Wanjiru rang the bell and all the animals came to dance. From that day on, Osman kept the key around his neck."
)
TINY = (Phase(0.5, 1, 2, 32, {"story": 0.7, "refine": 0.3}), Phase(1.0, 2, 2, 48, {"story": 0.5, "refine": 0.5}))


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    train_tokenizer([STORY], 400).save(str(path))
    return load_tokenizer(path)


@pytest.fixture(scope="module")
def corpus_folder(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    maker = DocumentMaker(3)
    documents = {
        "story": [maker.story(STORY) for _ in range(8)],
        "refine": [maker.rewrite("teh owl", "", "The owl.") for _ in range(8)],
    }
    write_corpus(folder, tokenizer, documents)
    return folder


def tiny(corpus_folder: Path, folder: Path) -> Trainer:
    folder.mkdir(exist_ok=True)
    size = Settings(budget_s=12, hidden=16, mlp=32, heads=1, vocab_size=400, phases=TINY)
    return Trainer(open_corpus(corpus_folder), None, folder, size)


@settings(max_examples=200, deadline=None)
@given(st.text())
@example("  leading and trailing  \n\n")
@example("从前有一只狐狸。🦊👩‍👩‍👧 1234 é ŋ")
@example("<|write|><|endoftext|>")
def test_every_text_comes_back(tokenizer: Tokenizer, text: str) -> None:
    (ids,) = encode_texts(tokenizer, [text])
    assert tokenizer.decode(ids, skip_special_tokens=False) == text


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*SPECIAL_TOKENS, " ", "<|", "write", "|>"])).map("".join))
def test_no_text_becomes_a_special_token(tokenizer: Tokenizer, text: str) -> None:
    (ids,) = encode_texts(tokenizer, [text])
    assert min(ids, default=len(SPECIAL_TOKENS)) >= len(SPECIAL_TOKENS)


def test_special_tokens_have_the_ids_of_their_places_and_digits_stand_alone(tokenizer: Tokenizer) -> None:
    assert [tokenizer.token_to_id(token) for token in SPECIAL_TOKENS] == list(range(len(SPECIAL_TOKENS)))
    (ids,) = encode_texts(tokenizer, ["2026"])
    assert [tokenizer.decode([number]) for number in ids] == ["2", "0", "2", "6"]


def test_the_stream_is_laid_out_as_the_bot_sends_it() -> None:
    story = Story((" Once. ", "Then."), "The Key", "Before.", (("Osman", "an owl"),))
    assert render([*story_pieces(story), *task_pieces("continue", "it rains", "It rained.")]) == (
        "<|endoftext|><|title|>The Key<|summary|>Before.<|lore|>Osman: an owl<|passage|>Once.<|passage|>Then."
        "<|continue|>it rains<|write|>It rained.<|end|>"
    )
    assert render(story_pieces(Story(("Once.",)))) == "<|endoftext|><|title|><|passage|>Once."


def test_only_what_the_model_shall_write_counts_fully(tokenizer: Tokenizer) -> None:
    noisy = Piece("<|passage|>", "teh owl <|end|>", 0)
    ((ids, weights),) = encode(tokenizer, [[noisy, *task_pieces("refine", "fix grammar", "The owl.")]])
    write = ids.index(TOKEN_IDS["<|write|>"])
    assert not any(weights[: write + 1])
    assert set(weights[write + 1 :]) == {100}
    assert ids.count(TOKEN_IDS["<|end|>"]) == 1
    assert ids[-1] == TOKEN_IDS["<|end|>"]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9))
def test_noise_never_misspells_a_name(seed: int) -> None:
    noisy = add_noise(STORY, random.Random(seed), 0.3).lower()
    for name in find_names(STORY):
        assert noisy.count(name.lower()) == STORY.count(name)


def test_names_are_found_and_given_one_new_name_throughout() -> None:
    assert find_names(STORY) == ["Wanjiru", "Osman"]
    first, second = rename([STORY, "Osman slept."], random.Random(5), 1.0, STORY)
    assert "Osman" not in first + second
    assert second.split()[0] in first


def test_a_continue_document_holds_the_story_and_whole_sentences(tokenizer: Tokenizer) -> None:
    sentences = split_sentences(STORY)
    for seed in range(30):
        pieces = DocumentMaker(seed).story(STORY)
        written = next((piece.text for piece in pieces if piece.token == "<|write|>"), "")
        if written:
            assert 40 <= len(written.split()) <= 115
            assert len(split_sentences(written)) <= len(sentences)
            assert written[-1] in '.!?"'


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.zst"
    path.write_bytes(zstandard.compress(b'{"a": 1}\n\n{"a": \n'))
    with pytest.raises(TrainingError, match=r"Line 3 of .*rows\.jsonl\.zst is not valid JSON"):
        list(read_records(path))


def test_missing_folders_are_told_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tokenizer", "--data", str(tmp_path / "nowhere"), "--out", str(tmp_path)]) == 1
    assert "point --data at the folder" in capsys.readouterr().err
    assert main(["export", "--out", str(tmp_path), "--model", str(tmp_path / "model")]) == 1
    assert "There is no tokenizer" in capsys.readouterr().err


def test_a_resumed_run_gives_the_same_losses(corpus_folder: Path, tmp_path: Path) -> None:
    whole = tiny(corpus_folder, tmp_path / "whole")
    losses = [row["loss"] for row in whole.run(count().__next__)]
    first = tiny(corpus_folder, tmp_path / "parts")
    clock = count().__next__
    part = []
    for row in first.run(clock):
        part.append(row["loss"])
        if len(part) == 7:  # past the point where the model was deepened
            first.stop()
    second = tiny(corpus_folder, tmp_path / "parts")
    second.load()
    part += [row["loss"] for row in second.run(clock)]
    assert len(losses) == 12
    assert part == losses
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_full_disk_at_a_checkpoint_is_told_and_the_old_checkpoint_stays(
    corpus_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = tiny(corpus_folder, tmp_path)
    trainer.save()
    before = (tmp_path / "checkpoint.pt").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("inference.training.train.torch.save", full)
    with pytest.raises(TrainingError, match="No space left"):
        trainer.save()
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_a_deepened_model_computes_the_same() -> None:
    model = make_model(Settings(budget_s=1, hidden=16, mlp=32, heads=1, vocab_size=64), 2)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    ids = torch.arange(12)[None]
    before = model(input_ids=ids).logits
    grow(model, 5)
    assert len(model.model.layers) == 5
    torch.testing.assert_close(model(input_ids=ids).logits, before)


def test_orthogonalized_updates_have_singular_values_near_one_another() -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalize(torch.randn(3, 24, 48)))
    assert values.min() > 0.2
    assert values.max() < 1.6


def test_rows_are_full_and_targets_are_the_next_tokens(corpus_folder: Path) -> None:
    batch = BatchSampler(open_corpus(corpus_folder), 1).next_batch(3, 40, {"story": 0.5, "refine": 0.5})
    assert batch.inputs.shape == batch.targets.shape == batch.weights.shape == (3, 40)
    assert np.array_equal(batch.inputs[:, 1:], batch.targets[:, :-1])


def test_plain_texts_are_those_of_common_words() -> None:
    plain = ["The dog ran to the tree and the dog sat down."] * 20
    rare = "Obsidian labyrinths perplexed antediluvian cartographers."
    assert plainest([*plain, rare], common=8) == plain


def test_a_question_is_answered_by_a_sentence_of_the_text() -> None:
    text = "There was a little girl named Lily. Lily was sad because her ball was gone. She wanted to find the ball."
    asked = dict(extractive_questions(text, random.Random(1)))
    assert "It is about a little girl named Lily." in asked.values()
    assert "Lily was sad because her ball was gone." in asked.values()
    for question, answer in asked.items():
        assert question
        assert answer in text or answer.startswith(("It is about", "Lily is"))
