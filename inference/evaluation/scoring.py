"""Scores a voice on cases: any engine, and the simple voices that it has to be better than."""

from collections.abc import Sequence

from core.engine import Engine
from core.prompts import Task
from core.text import sentences
from inference.evaluation.asking import Answer, ask
from inference.evaluation.cases import Case
from inference.evaluation.figures import Figures, measured


async def score(engine: Engine, cases: Sequence[Case], *, seed: int = 0, voice: str = "") -> Figures:
    """The figures of an engine that is awake or waking, with or without an adapter. Raises the `EngineError`s."""
    return measured(voice or engine.profile.name, cases, await ask(engine, cases, seed=seed))


async def score_without_task(engine: Engine, cases: Sequence[Case], *, seed: int = 0) -> Figures:
    """The same weights without being told the task: what training for the tasks has brought. Stream form only."""
    return measured("without task", cases, await ask(engine, cases, seed=seed, bare=True))


def score_simple(cases: Sequence[Case]) -> Figures:
    """Voices that need no model: the passage as it is for refine, the first three sentences for explain."""
    asked = [case for case in cases if case.task in (Task.REFINE, Task.EXPLAIN)]
    return measured("copy / lead-3", asked, [_simple(case) for case in asked])


def _simple(case: Case) -> Answer:
    if case.task is Task.REFINE:
        return Answer(case.passages[-1])
    return Answer(" ".join(sentences(" ".join(case.passages))[:3]))
