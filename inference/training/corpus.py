"""The corpus on disk: documents as memory-mapped tokens."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from inference.training.documents import Documents
from inference.training.errors import TrainingError
from inference.training.stream import encode


@dataclass(frozen=True)
class Corpus:
    """Memory-mapped documents: ``tokens`` and ``weights`` (0 to 100) of one length, and (start, end) by kind."""

    tokens: npt.NDArray[np.uint16]
    weights: npt.NDArray[np.uint8]
    spans: dict[str, npt.NDArray[np.int64]]


@dataclass(frozen=True)
class Encoded:
    """Documents of one kind, end to end: ``tokens`` and ``weights`` of one length, and the length of each document."""

    tokens: npt.NDArray[np.uint16]
    weights: npt.NDArray[np.uint8]
    lengths: npt.NDArray[np.int64]


def encode_documents(tokenizer: Tokenizer, documents: Documents) -> dict[str, Encoded]:
    """Documents as tokens, by kind."""
    encoded = {}
    for kind, some in documents.items():
        pairs = encode(tokenizer, some)
        encoded[kind] = Encoded(
            np.fromiter((i for ids, _ in pairs for i in ids), np.uint16),
            np.fromiter((w for _, weights in pairs for w in weights), np.uint8),
            np.array([len(ids) for ids, _ in pairs], np.int64),
        )
    return encoded


def write_corpus(folder: Path, parts: Iterable[dict[str, Encoded]]) -> None:
    """Write encoded documents into ``folder``, one part after the other; an older corpus there is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    start = 0
    spans: dict[str, list[npt.NDArray[np.int64]]] = defaultdict(list)
    with (folder / "tokens.bin").open("wb") as tokens, (folder / "weights.bin").open("wb") as weights:
        for part in parts:
            for kind, some in part.items():
                tokens.write(some.tokens.tobytes())
                weights.write(some.weights.tobytes())
                ends = start + np.cumsum(some.lengths)
                spans[kind].append(np.stack((ends - some.lengths, ends), axis=1))
                start += len(some.tokens)
    by_kind = {kind: np.concatenate(each) for kind, each in spans.items()}
    np.savez(folder / "spans.npz", **by_kind)  # type: ignore[arg-type]


def open_corpus(folder: Path) -> Corpus:
    """Open a written corpus; TrainingError if it is not there."""
    if not (folder / "spans.npz").is_file():
        raise TrainingError(f"There is no corpus in {folder}: run the corpus command first.")
    with np.load(folder / "spans.npz") as spans:
        by_kind = {kind: spans[kind] for kind in spans.files}
    return Corpus(
        np.memmap(folder / "tokens.bin", np.uint16, mode="r"), np.memmap(folder / "weights.bin", np.uint8, mode="r"),
        by_kind,
    )  # fmt: skip
