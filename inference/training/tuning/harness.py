"""Scores an adapter by the evaluation harness: the same cases for it and for its base, from one engine."""

import asyncio
import dataclasses
import shutil
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

from core.engine import PLAIN, Around, Engine, Piece, Request
from core.errors import EngineError
from inference.adapters import FIGURES, Adapter, AdapterRefused, check_base
from inference.evaluation.cases import Case, load_cases
from inference.evaluation.errors import EvaluationError
from inference.evaluation.scoring import score
from inference.evaluation.verdict import compare
from inference.figures import Figure, FiguresError, write_figures
from inference.folder import ModelFolder
from inference.training.errors import TrainingError
from inference.vllm import EngineOptions, VllmEngine

_TOGETHER = 1 << 15
"""Tokens: sixteen cases of two thousand."""


class Speaking(Around):
    """An engine that always uses one of its voices."""

    def __init__(self, engine: Engine, voice: str) -> None:
        super().__init__(engine)
        self._voice = voice

    async def close(self) -> None:
        """Nothing: the engine belongs to somebody else."""

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """In this voice."""
        request = dataclasses.replace(request, id=f"{request.id}-{self._voice}", voice=self._voice)
        async with aclosing(self._engine.stream(request)) as pieces:
            async for piece in pieces:
                yield piece


async def gains(engine: Engine, voice: str, cases: Sequence[Case], *, seed: int = 0) -> list[Figure]:
    """The figures of a voice against the plain one, on the same cases, with paired intervals."""
    new = await score(Speaking(engine, voice), cases, seed=seed, voice=voice)
    old = await score(Speaking(engine, PLAIN), cases, seed=seed, voice=PLAIN)
    return [
        Figure(
            name=found.name,
            better="lower" if new.figures[found.name].measure.better == "lower" else "higher",
            base=found.old,
            adapter=found.new,
            low=found.low,
            high=found.high,
            count=len(new.figures[found.name].counts),
        )
        for found in compare(new, old).differences
    ]


def score_adapter(folder: Path, model: Path, data: Path, *, size: int, seed: int) -> list[Figure]:
    """Score the adapter in a folder and add the figures to those it has. TrainingError says what is wrong."""
    try:
        adapter, base = Adapter.read(folder), ModelFolder.find(str(model))
        check_base(adapter, base)
        cases = load_cases(data, size=size, seed=seed)
        with tempfile.TemporaryDirectory() as registry:
            shutil.copytree(folder, Path(registry) / adapter.name)
            found = asyncio.run(_scored(base.path, Path(registry), adapter.name, cases, seed))
        kept = {each.name: each for each in adapter.figures()} | {each.name: each for each in found}
        write_figures(folder / FIGURES, list(kept.values()))
    except (AdapterRefused, EvaluationError, FiguresError, OSError) as error:
        raise TrainingError(str(error)) from error
    except EngineError as error:
        raise TrainingError(str(error.notice)) from error
    return found


async def _scored(model: Path, registry: Path, voice: str, cases: Sequence[Case], seed: int) -> list[Figure]:
    # All prompts of one step fit: on a CPU vLLM 0.32 dies of a seeded request whose prompt is computed in two parts.
    engine = VllmEngine(EngineOptions(model=str(model), adapters=registry, max_num_batched_tokens=_TOGETHER))
    engine.start()
    try:
        await engine.ready()
        return await gains(engine, voice, cases, seed=seed)
    finally:
        await engine.close()
