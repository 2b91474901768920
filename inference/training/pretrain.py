"""The commands that prepare a corpus, train on it and measure what came out."""

import argparse
import json
import multiprocessing
import os
import shutil
import signal
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from inference.training.corpus import Encoded, encode_documents, open_corpus, write_corpus
from inference.training.errors import TrainingError
from inference.training.network import weights_of
from inference.training.recipes import Part, make_documents, validation_documents
from inference.training.settings import GPU_PHASES, PHASES, Settings
from inference.training.texts import story_texts
from inference.training.tokenizer import load_tokenizer, train_tokenizer
from inference.training.train import Trainer, load_checkpoint


def prepare_tokenizer(data: Path, out: Path, vocab_size: int) -> None:
    """Learn the tokenizer, unless the working folder has one."""
    if (out / "tokenizer.json").is_file():
        return
    if not data.is_dir():
        raise TrainingError(f"There is no folder {data}: point --data at the folder that holds the stories.")
    out.mkdir(parents=True, exist_ok=True)
    train_tokenizer(story_texts(data), vocab_size).save(str(out / "tokenizer.json"))


def prepare_corpus(data: Path, out: Path, vocab_size: int, seed: int, *, every_text: bool = False) -> None:
    """Write the training and held-out corpora, unless the working folder has them."""
    prepare_tokenizer(data, out, vocab_size)
    tokenizer = load_tokenizer(out / "tokenizer.json")
    if not (out / "validation" / "spans.npz").is_file():
        write_corpus(out / "validation", [encode_documents(tokenizer, validation_documents(data, seed + 1))])
    if (out / "corpus" / "spans.npz").is_file():
        return
    number = (os.cpu_count() or 1) if every_text else 1
    parts = [(data, out / "tokenizer.json", seed, every_text, (n, number)) for n in range(number)]
    if number == 1:
        write_corpus(out / "corpus", [_encoded(*parts[0])])
        return
    with ProcessPoolExecutor(number, mp_context=multiprocessing.get_context("spawn")) as pool:
        write_corpus(out / "corpus", pool.map(_encoded, *zip(*parts, strict=True)))


def _encoded(data: Path, tokenizer: Path, seed: int, every_text: bool, part: Part) -> dict[str, Encoded]:
    """A part of the training documents as tokens, made in a process of its own."""
    if part[1] > 1:
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
    documents = make_documents(data, seed + 1000 * part[0], every_text=every_text, part=part)
    return encode_documents(load_tokenizer(tokenizer), documents)


def pretrain(options: argparse.Namespace) -> None:
    """The pretrain command: prepare what is missing, then train, logging to JSONL and TensorBoard."""
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415  tests do without tensorboard

    torch.set_num_threads(options.threads)
    out: Path = options.out
    if options.begin_with:
        _take_tokenizer(options.begin_with, out)
    prepare_corpus(options.data, out, options.vocab_size, options.seed, every_text=options.every_text)
    settings = _settings(options)
    trainer = Trainer(open_corpus(out / "corpus"), open_corpus(out / "validation"), out, settings)
    if options.resume:
        trainer.load()
    elif options.begin_with:
        trainer.begin_with(weights_of(options.begin_with), _trained(options.begin_with))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: trainer.stop())
    writer: Any = SummaryWriter(str(out / "tensorboard"))
    try:
        with (out / "log.jsonl").open("a", encoding="utf-8") as log:
            for row in trainer.run():
                log.write(json.dumps({key: round(value, 5) for key, value in row.items()}) + "\n")
                log.flush()
                for key, value in row.items():
                    writer.add_scalar(key, value, int(row["step"]))
    except OSError as error:
        raise TrainingError(f"The log in {out} could not be written: {error}.") from error
    finally:
        writer.close()


def _settings(options: argparse.Namespace) -> Settings:
    """What was asked for, on what this machine does well."""
    gpu = torch.cuda.is_available()
    phases = GPU_PHASES if options.every_text else PHASES
    return Settings(
        budget_s=options.minutes * 60,
        seed=options.seed,
        layers=options.layers,
        hidden=options.hidden,
        mlp=options.mlp,
        heads=options.hidden // 64,
        kv_heads=options.kv_heads,
        muon_lr=0.02 if options.every_text else 0.01,
        dropout=options.dropout,
        evaluate_s=40.0 if gpu else 300.0,
        evaluate_documents=64 if gpu else 16,
        report_every=25 if gpu else 1,
        vocab_size=options.vocab_size,
        phases=tuple(replace(phase, rows=phase.rows * options.batch) for phase in phases),
        device="cuda" if gpu else "cpu",
        bfloat16=gpu or bool(torch.cpu.get_capabilities().get("avx512_bf16")),
        compiled=gpu or shutil.which("g++") is not None,
    )


def _take_tokenizer(model_folder: Path, out: Path) -> None:
    """A model can only go on in its own tokens."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(model_folder / "tokenizer.json", out / "tokenizer.json")
    except OSError as error:
        raise TrainingError(f"There is no model to begin with in {model_folder}: {error}.") from error


def _trained(model_folder: Path) -> dict[str, float]:
    """What a model folder's weights have seen, as `export` noted it."""
    path = model_folder / "storyteller.json"
    try:
        noted: dict[str, float] = json.loads(path.read_text(encoding="utf-8")).get("trained", {})
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} cannot be read, so this is no model of ours to begin with: {error}") from error
    return noted


def evaluate(folder: Path) -> dict[str, float]:
    """The evaluate command: held-out loss of the best state by kind, also written to ``evaluation.json``."""
    settings = Settings.from_state_dict(load_checkpoint(folder, best=True)["settings"])
    trainer = Trainer(open_corpus(folder / "corpus"), open_corpus(folder / "validation"), folder, settings)
    trainer.load(best=True)
    losses = trainer.evaluate()
    (folder / "evaluation.json").write_text(json.dumps(losses, indent=2) + "\n", encoding="utf-8")
    return losses
