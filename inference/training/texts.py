"""The texts of a data folder: read, cut into sentences, and the plainest of them chosen."""

import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

from inference.training.errors import TrainingError
from inference.training.tokenizer import END_OF_TEXT

_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)]*\s+(?=[\"'“‘(]*[A-Z0-9])")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Prof|Sr|Jr)\.\s+$")


def read_documents(path: Path) -> list[str]:
    """The documents of a zstd text file, parted by ``<|endoftext|>``."""
    return [text for text in (part.strip() for part in _read(path).split(END_OF_TEXT)) if text]


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a zstd JSONL file; TrainingError names the line that is broken."""
    for number, line in enumerate(_read(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise TrainingError(f"Line {number} of {path} is not valid JSON: {error.msg}.") from error
        if not isinstance(record, dict):
            raise TrainingError(f"Line {number} of {path} is not a JSON object.")
        yield record


def _read(path: Path) -> str:
    if not path.is_file():
        raise TrainingError(f"There is no file {path}: point --data at the folder that holds the stories.")
    try:
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
            return io.TextIOWrapper(stream, encoding="utf-8", errors="replace").read()
    except zstandard.ZstdError as error:
        raise TrainingError(f"The file {path} is damaged: {error}.") from error


def split_sentences(text: str) -> list[str]:
    """Sentences of a text, trimmed, with inner white space made single."""
    text = " ".join(text.split())
    sentences, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if _ABBREVIATION.search(text[start : match.end()]):
            continue
        sentences.append(text[start : match.end()].strip())
        start = match.end()
    sentences.append(text[start:].strip())
    return [sentence for sentence in sentences if sentence]


def speeches_whole(sentences: list[str]) -> list[str]:
    """Join what belongs to one speech, so that no piece begins or ends inside quotation marks."""
    joined: list[str] = []
    opened = False
    for sentence in sentences:
        if opened and count_words(joined[-1]) < 60:
            joined[-1] += " " + sentence
        else:
            joined.append(sentence)
        opened = joined[-1].count('"') % 2 == 1 or joined[-1].count("“") > joined[-1].count("”")
    return joined


def count_words(text: str) -> int:
    """Words parted by white space."""
    return len(text.split())


def story_texts(data: Path) -> list[str]:
    """Clean texts for a tokenizer: all of tier A, and samples of B and C."""
    rng = random.Random(0)  # noqa: S311  no secret
    texts = read_documents(data / "train_A_simple.txt.zst")
    for name, number, letters in (("train_B_stories.txt.zst", 2500, 3000), ("train_C_childlit.txt.zst", 300, 6000)):
        more = read_documents(data / name)
        texts += [text[:letters] for text in rng.sample(more, min(number, len(more)))]
    texts += [str(record["explanation"]) for record in read_records(data / "explain_story_summary.jsonl.zst")]
    return texts


def plainest(texts: list[str], common: int = 2000, rare: float = 0.07) -> list[str]:
    """The texts of which at most a share of ``rare`` words is not among the ``common`` most frequent of all.

    A run of an hour on a CPU reads so little that it learns more from plain texts alone.
    """
    words = [re.findall(r"[a-z']+", text.lower()) for text in texts]
    known = {word for word, _ in Counter(word for some in words for word in some).most_common(common)}
    return [
        text for text, some in zip(texts, words, strict=True)
        if sum(word not in known for word in some) <= rare * len(some)
    ]  # fmt: skip
