"""Training: the tokenizer keeps text and control tokens apart, the stream is laid out as promised, runs go on."""

import json
import random
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from inference.folder import ModelFolder
from inference.training.__main__ import main
from inference.training.batches import Ahead, BatchSampler
from inference.training.corpus import encode_documents, open_corpus, write_corpus
from inference.training.documents import DocumentMaker, extractive_questions, quoted
from inference.training.errors import TrainingError
from inference.training.export import export
from inference.training.network import weights_of
from inference.training.noise import add_noise, find_names, rename
from inference.training.optim import orthogonalize
from inference.training.recipes import KINDS, make_documents
from inference.training.settings import Phase, Settings
from inference.training.stream import TOKEN_IDS, Fact, Piece, Story, Written, encode, render, story_pieces, task_pieces
from inference.training.texts import plainest, read_records, speeches_whole, split_sentences
from inference.training.tokenizer import SPECIAL_TOKENS, encode_texts, load_tokenizer, train_tokenizer
from inference.training.train import Trainer, load_checkpoint

STORY = (
    "Once upon a time there was a small owl named Wanjiru. She lived in an old oak with her brother Osman. "
    "One day Wanjiru found a shiny key under the leaves, and she wanted to know what it opened. "
    'She asked Osman, "Did you lose this key?" But Osman shook his head and said it was not his. '
    "So the two owls flew over the river, past the mill, to the house of the wise badger. "
    "The badger looked at the key for a long time. Then he opened a little box, and inside was a silver bell. "
    "Wanjiru rang the bell and all the animals came to dance. From that day on, Osman kept the key around his neck."
)
TINY = (Phase(0.5, 2, 32, {"story": 0.7, "refine": 0.3}), Phase(1.0, 2, 48, {"story": 0.5, "refine": 0.5}))


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
    write_corpus(folder, [encode_documents(tokenizer, documents)])
    return folder


def tiny(corpus_folder: Path, folder: Path) -> Trainer:
    folder.mkdir(exist_ok=True)
    size = Settings(budget_s=12, layers=1, hidden=16, mlp=32, heads=1, vocab_size=400, phases=TINY)
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
    together = Story(("Once.", Fact("Osman", "an owl"), Written("it rains", "It rained."), "Then."))
    assert render(story_pieces(together)) == (
        "<|endoftext|><|title|><|passage|>Once.<|lore|>Osman: an owl"
        "<|continue|>it rains<|write|>It rained.<|end|><|passage|>Then."
    )


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
    sentences, continued = split_sentences(STORY), 0
    for seed in range(30):
        pieces = DocumentMaker(seed).story(STORY)
        written = pieces[-2].text
        if pieces[-2].token == "<|write|>":
            continued += 1
            assert 40 <= len(written.split()) <= 115
            assert len(split_sentences(written)) <= len(sentences)
            assert written[-1] in '.!?"'
    assert continued > 5


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.zst"
    path.write_bytes(zstandard.compress(b'{"a": 1}\n\n{"a": \n'))
    with pytest.raises(TrainingError, match=r"Line 3 of .*rows\.jsonl\.zst is not valid JSON"):
        list(read_records(path))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with every file that training reads, as small as can be."""
    folder = tmp_path / "data"
    folder.mkdir()
    for tier in ("A_simple", "B_stories", "C_childlit"):
        stories = "<|endoftext|>".join([STORY, STORY.replace("owl", "fox")] * 4)
        (folder / f"train_{tier}.txt.zst").write_bytes(zstandard.compress(stories.encode()))
    fields = {"character": "an owl", "setting": "a wood", "challenge": "a lost key", "outcome": "all dance",
              "teaching": "asking helps"}  # fmt: skip
    question = {"story": "owl", "context": STORY, "question": "Who found a key?", "answer": "Wanjiru"}
    rows: dict[str, list[dict[str, object]]] = {
        "explain_story_qa_fairytaleqa": [{**question, "split": split} for split in ("train", "val")],
        "explain_fable_fields_templated": [{"story": STORY, "fields": fields, "split": "train"}],
        "explain_story_summary": [{"story": STORY, "explanation": "An owl finds a key.", "split": "train"}],
        "write_with_constraints": [{"fable": STORY, "constraints": {"title": "The Bell"}, "split": "train"}],
        "storybooks_en_ccby_pd": [{"title": "The Key", "text": STORY}],
        "validation": [{"tier": tier, "text": STORY, "title": "Held out"} for tier in ("A_simple", "B", "C")],
    }
    for name, some in rows.items():
        lines = "\n".join(json.dumps(row) for row in some)
        (folder / f"{name}.jsonl.zst").write_bytes(zstandard.compress(lines.encode()))
    return folder


def test_every_kind_of_document_comes_out_of_a_data_folder_and_none_out_of_what_is_held_out(data: Path) -> None:
    documents = make_documents(data, 1)
    assert set(documents) == set(KINDS)
    assert [kind for kind, some in documents.items() if not some] == ["prose"], "which is for a GPU"
    assert documents == make_documents(data, 1)
    told = json.dumps([piece.text for some in documents.values() for pieces in some for piece in pieces])
    assert "The Bell" in told
    assert "The Key" not in told, "a storybook whose text is held out"


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # inside torch, when it begins to compile
def test_a_model_is_made_from_a_data_folder_to_a_model_folder(data: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    assert main(["pretrain", "--data", str(data), "--out", out, "--minutes", "0", "--vocab-size", "500"]) == 0
    assert main(["evaluate", "--out", out]) == 0
    assert main(["export", "--out", out, "--model", str(tmp_path / "model")]) == 0
    profile = ModelFolder(tmp_path / "model").profile(ModelFolder(tmp_path / "model").vocabulary())
    assert profile.name == "Llama Storycircle 4M"
    assert profile.form == "stream-2"
    assert "Built with Llama" in (tmp_path / "model" / "README.md").read_text("utf-8")


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
        if len(part) == 7:  # in the second phase
            first.stop()
    second = tiny(corpus_folder, tmp_path / "parts")
    second.load()
    part += [row["loss"] for row in second.run(clock)]
    assert len(losses) == 12
    assert part == losses
    assert not list(tmp_path.rglob("*.tmp"))


def test_the_state_that_does_best_on_held_out_text_is_kept_though_the_run_goes_on(
    corpus_folder: Path, tmp_path: Path
) -> None:
    corpus = open_corpus(corpus_folder)
    size = Settings(
        budget_s=12,
        layers=1,
        hidden=16,
        mlp=32,
        heads=1,
        vocab_size=400,
        phases=TINY,
        evaluate_s=1,
        evaluate_documents=2,
        muon_lr=0.5,
    )
    trainer = Trainer(corpus, corpus, tmp_path, size)
    told = [row for row in trainer.run(count().__next__) if "held_out/story" in row]
    means = [(row["held_out/story"] + row["held_out/refine"]) / 2 for row in told]
    assert len(means) > 3
    kept = load_checkpoint(tmp_path, best=True)
    assert kept["progress"]["best"] == pytest.approx(min(*means, trainer.progress.best))
    trainer.load(best=True)
    losses = trainer.evaluate(size.evaluate_documents)
    assert sum(losses.values()) / 2 == pytest.approx(kept["progress"]["best"], rel=1e-4)


def test_what_is_left_out_while_training_is_there_when_it_is_measured(corpus_folder: Path, tmp_path: Path) -> None:
    size = Settings(budget_s=1, layers=1, hidden=16, mlp=32, heads=1, vocab_size=400, phases=TINY, dropout=0.5)
    trainer = Trainer(open_corpus(corpus_folder), None, tmp_path, size)
    torch.nn.init.normal_(trainer.model.model.layers[0].mlp.down_proj.weight)
    batch = BatchSampler(open_corpus(corpus_folder), 1).next_batch(2, 32, {"story": 1.0})
    trainer.model.train()
    assert trainer.loss(batch) != trainer.loss(batch)
    trainer.model.eval()
    assert trainer.loss(batch) == trainer.loss(batch)


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


def test_a_run_begins_with_an_exported_model_and_notes_what_that_had_seen(
    tokenizer: Tokenizer, corpus_folder: Path, tmp_path: Path
) -> None:
    first = tiny(corpus_folder, tmp_path / "first")
    tokenizer.save(str(tmp_path / "first" / "tokenizer.json"))
    list(first.run(count(step=2).__next__))
    export(tmp_path / "first", tmp_path / "model")
    noted = json.loads((tmp_path / "model" / "storyteller.json").read_text("utf-8"))
    assert noted["name"].startswith("Llama")
    assert (noted["max_model_len"], noted["trained"]["steps"]) == (48, 6)
    second = tiny(corpus_folder, tmp_path / "second")
    second.begin_with(weights_of(tmp_path / "model"), noted["trained"])
    for name, weight in second.model.state_dict().items():
        torch.testing.assert_close(weight, first.model.state_dict()[name], rtol=0.01, atol=0.01)  # bfloat16 on disk
    second.save()
    assert load_checkpoint(tmp_path / "second")["progress"]["before"]["steps"] == 6
    wider = Trainer(
        open_corpus(corpus_folder), None, tmp_path, Settings(budget_s=1, hidden=32, heads=1, vocab_size=400)
    )
    with pytest.raises(TrainingError, match="another size"):
        wider.begin_with(weights_of(tmp_path / "model"), {})
    with pytest.raises(TrainingError, match="no model to begin with"):
        weights_of(tmp_path)


def test_a_loss_that_is_no_number_ends_the_run_and_the_last_checkpoint_stays(
    corpus_folder: Path, tmp_path: Path
) -> None:
    trainer = tiny(corpus_folder, tmp_path)
    trainer.save()
    before = (tmp_path / "checkpoint.pt").read_bytes()
    with torch.no_grad():
        trainer.model.lm_head.weight[0] = float("nan")
    with pytest.raises(TrainingError, match="not a number"):
        list(trainer.run(count().__next__))
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_bfloat16_computes_nearly_the_same_loss(corpus_folder: Path) -> None:
    size = Settings(budget_s=1, layers=1, hidden=16, mlp=32, heads=1, vocab_size=400, phases=TINY)
    batch = BatchSampler(open_corpus(corpus_folder), 1).next_batch(2, 32, {"story": 1.0})
    exact, rough = (
        Trainer(open_corpus(corpus_folder), None, Path(), replace(size, bfloat16=bfloat16))
        for bfloat16 in (False, True)
    )
    with rough._autocast():
        loss = rough.loss(batch)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, exact.loss(batch), rtol=0.02, atol=0)
    rough.step()
    assert all(parameter.dtype == torch.float32 for parameter in rough.model.parameters())


def test_orthogonalized_updates_have_singular_values_near_one_another() -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalize(torch.randn(3, 24, 48)))
    assert values.min() > 0.2
    assert values.max() < 1.6


def test_rows_are_full_and_targets_are_the_next_tokens(corpus_folder: Path) -> None:
    batch = BatchSampler(open_corpus(corpus_folder), 1).next_batch(3, 40, {"story": 0.5, "refine": 0.5})
    assert batch.inputs.shape == batch.targets.shape == batch.weights.shape == (3, 40)
    assert np.array_equal(batch.inputs[:, 1:], batch.targets[:, :-1])


def test_batches_made_ahead_are_the_same_and_leave_the_sampler_where_it_would_be(corpus_folder: Path) -> None:
    beside, ahead = (BatchSampler(open_corpus(corpus_folder), 1) for _ in range(2))
    batches = Ahead(ahead)
    for phase in (TINY[0], TINY[0], TINY[1]):
        expected = beside.next_batch(phase.rows, phase.length, phase.shares)
        assert torch.equal(batches.next_batch(phase).inputs, expected.inputs)
        assert ahead.state_dict() == beside.state_dict()


def test_texts_shared_among_processes_are_all_read_once(data: Path) -> None:
    whole = make_documents(data, 1, every_text=True)
    parts = [make_documents(data, 1, every_text=True, part=(n, 2)) for n in range(2)]
    assert all(whole.values())
    for kind in ("story", "prose"):
        assert sum(len(part[kind]) for part in parts) == len(whole[kind])


def test_no_piece_of_a_story_begins_inside_a_speech() -> None:
    sentences = split_sentences('He came. "Stop! It is late," she said. "Go! Now!" He went.')
    assert len(sentences) == 6
    assert speeches_whole(sentences) == ["He came.", '"Stop! It is late," she said.', '"Go! Now!"', "He went."]
    never_closed = ['"Once.', *(["And so it was."] * 40)]
    assert max(len(each.split()) for each in speeches_whole(never_closed)) < 70


def test_a_title_is_made_of_the_texts_own_words() -> None:
    for seed in range(5):
        title = DocumentMaker(seed).title(STORY + " He put the key away. Then Wanjiru lost the key.")
        assert title in ("Wanjiru and the Key", "Wanjiru's Key", "Wanjiru and the Bell", "Wanjiru's Bell")
    assert DocumentMaker(1).title("It rained.") == ""


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


def test_an_answer_becomes_the_sentence_that_bears_it_or_stays_as_it_is() -> None:
    assert quoted("A silver bell.", STORY) == "Then he opened a little box, and inside was a silver bell."
    assert quoted("He felt lonely.", STORY) == "He felt lonely."
