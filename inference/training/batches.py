"""Endless training rows out of a corpus, in an order that a checkpoint can go on from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from inference.training.corpus import Corpus
from inference.training.settings import Phase

_CUT = ("story", "prose")
"""Kinds whose documents are worth something when they are cut."""


@dataclass(frozen=True)
class Batch:
    """Token ids (rows, length), next-token ids and their loss weights (0 to 1), each of the same shape."""

    inputs: Tensor
    targets: Tensor
    weights: Tensor

    def to(self, device: str) -> "Batch":
        """The same on a device."""
        return self if device == "cpu" else Batch(*(each.to(device, non_blocking=True) for each in vars(self).values()))

    def pin_memory(self) -> "Batch":
        """The same in memory from which a GPU copies while it computes."""
        return Batch(*(each.pin_memory() for each in vars(self).values()))


class BatchSampler:
    """Packs whole documents into rows, kinds mixed by share of tokens; story text fills what is left of a row."""

    def __init__(self, corpus: Corpus, seed: int) -> None:
        self._corpus = corpus
        self._rng = np.random.default_rng(seed)
        self._cursors: dict[str, int] = {}
        self._order_seed = seed
        self._orders: dict[tuple[str, int], npt.NDArray[np.int64]] = {}

    def state_dict(self) -> dict[str, Any]:
        """The place in the data."""
        return {"rng": self._rng.bit_generator.state, "cursors": dict(self._cursors)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from that place."""
        self._rng.bit_generator.state = state["rng"]
        self._cursors = dict(state["cursors"])

    def _next(self, kind: str) -> tuple[int, int]:
        spans = self._corpus.spans[kind]
        cursor = self._cursors.get(kind, 0)
        self._cursors[kind] = cursor + 1
        epoch, place = divmod(cursor, len(spans))
        if (kind, epoch) not in self._orders:
            seed = (self._order_seed, epoch, *kind.encode())
            self._orders = {key: order for key, order in self._orders.items() if key[0] != kind}
            self._orders[kind, epoch] = np.random.default_rng(seed).permutation(len(spans))
        start, end = spans[self._orders[kind, epoch][place]]
        return int(start), int(end)

    def _row(self, length: int, kinds: list[str], chances: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
        room = length
        parts: list[tuple[int, int]] = []
        while room > 0:
            kind = kinds[int(self._rng.choice(len(kinds), p=chances))]
            start, end = self._next(kind)
            if end - start > room:
                if kind in _CUT and not parts:
                    start = end - room  # the end of a long story keeps its request and answer
                elif kind not in _CUT:
                    if end - start > length:
                        continue
                    start, end = self._next("story")
                end = min(end, start + room)
            parts.append((start, end))
            room -= end - start
        return parts

    def next_batch(self, rows: int, length: int, shares: dict[str, float]) -> Batch:
        """The next ``rows`` rows of ``length`` tokens."""
        kinds = [kind for kind in shares if len(self._corpus.spans.get(kind, ()))]
        lengths = [min(length, float(np.diff(self._corpus.spans[kind]).mean())) for kind in kinds]
        chances = np.array([shares[kind] / size for kind, size in zip(kinds, lengths, strict=True)])
        chances /= chances.sum()
        tokens = np.empty((rows, length + 1), np.int64)
        weights = np.empty((rows, length + 1), np.float32)
        for row in range(rows):
            parts = self._row(length + 1, kinds, chances)
            tokens[row] = np.concatenate([self._corpus.tokens[start:end] for start, end in parts])
            weights[row] = np.concatenate([self._corpus.weights[start:end] for start, end in parts]) / 100
        ids = torch.from_numpy(tokens)
        return Batch(ids[:, :-1], ids[:, 1:], torch.from_numpy(weights[:, 1:]))


class _Rows(IterableDataset[tuple[Batch, dict[str, Any]]]):
    """The batches of one phase, each with the sampler's place after it."""

    def __init__(self, sampler: BatchSampler, phase: Phase) -> None:
        self._sampler = sampler
        self._phase = phase

    def __iter__(self) -> Iterator[tuple[Batch, dict[str, Any]]]:
        while True:
            batch = self._sampler.next_batch(self._phase.rows, self._phase.length, self._phase.shares)
            yield batch, self._sampler.state_dict()


class Ahead:
    """Batches that another process packs while the last ones are computed: a GPU would have to wait for them."""

    def __init__(self, sampler: BatchSampler) -> None:
        self._sampler = sampler
        self._phase: Phase | None = None
        self._rows: Iterator[tuple[Batch, dict[str, Any]]] = iter(())

    def next_batch(self, phase: Phase) -> Batch:
        """The next batch of a phase. The sampler is then where it would be if it had made this one itself."""
        if phase is not self._phase:
            self._phase = phase
            rows = _Rows(self._sampler, phase)
            pinned = torch.cuda.is_available()
            loader = DataLoader(rows, batch_size=None, num_workers=1, prefetch_factor=16, pin_memory=pinned)
            self._rows = iter(loader)
        batch, place = next(self._rows)
        self._sampler.load_state_dict(place)
        return batch
