"""The corpus on disk: documents as memory-mapped tokens."""

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


def write_corpus(folder: Path, tokenizer: Tokenizer, documents: Documents) -> None:
    """Encode the documents into ``folder``; an older corpus there is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    start = 0
    spans: dict[str, npt.NDArray[np.int64]] = {}
    with (folder / "tokens.bin").open("wb") as tokens, (folder / "weights.bin").open("wb") as weights:
        for kind, some in documents.items():
            rows = []
            for ids, counts in encode(tokenizer, some):
                tokens.write(np.asarray(ids, np.uint16).tobytes())
                weights.write(np.asarray(counts, np.uint8).tobytes())
                rows.append((start, start + len(ids)))
                start += len(ids)
            spans[kind] = np.asarray(rows, np.int64).reshape(-1, 2)
    np.savez(folder / "spans.npz", **spans)  # type: ignore[arg-type]


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
