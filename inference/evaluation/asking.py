"""Asks an engine what the bot would ask it: the same prompts, the same way of choosing tokens."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from core.engine import Engine, Priority, Request, Sampling
from core.evidence import respelt
from core.moderation import own, phrase
from core.prompts import Material, Order, Task, compose
from core.story import Kind, Lore, Passage, Story
from inference.evaluation.cases import Case

SAMPLING = {
    Task.CONTINUE: Sampling(max_tokens=0, temperature=0.7, min_p=0.05),
    Task.REFINE: Sampling(max_tokens=0, temperature=0.0, min_p=0.1),
    Task.EXPLAIN: Sampling(max_tokens=0, temperature=0.0, min_p=0.1),
    Task.RECAP: Sampling(max_tokens=0, temperature=0.3, min_p=0.1),
}
"""As in `core.writing`; a test sees to it."""
_WORDS = {Task.CONTINUE: 80, Task.EXPLAIN: 70, Task.RECAP: 80}
_TAILS = {f"<|{task}|>" for task in Task}


@dataclass(frozen=True)
class Answer:
    """What was written, and whether the writer came to an end by itself ("stop")."""

    text: str
    finish: str = "stop"


def order(case: Case, engine: Engine) -> Order:
    """The order that the bot would place."""
    if case.task is not Task.REFINE:
        return Order(case.task, own(case.asked), _WORDS[case.task])
    last = case.passages[-1]
    return Order(case.task, own(case.asked), len(last.split()), room=len(engine.encode(last)) * 3 // 2 + 16)


def material(case: Case, engine: Engine) -> Material:
    """The case's story as the bot would have it in its database."""
    passages, before = [], 0
    for number, text in enumerate(case.passages, start=1):
        ids = engine.encode(text)
        passages.append(
            Passage(number, number, number - 1 or None, Kind.ADDED, "ana", phrase("Ana"), own(text), before, ids)
        )
        before += len(ids) + 1
    last = passages[-1].id if passages else None
    story = Story(1, own(case.title), own(case.premise), phrase("Ana"), False, last, len(passages))
    lore = [Lore(number, own(name), own(fact)) for number, (name, fact) in enumerate(case.lore)]
    return Material(story, lore, passages)


def request(case: Case, engine: Engine, *, seed: int = 0, bare: bool = False) -> Request:
    """The engine's request for a case.

    With `bare`, for a model of our own stream form, without the task's tail: only the story, to be gone on with.
    """
    placed = order(case, engine)
    ids = compose(engine, material(case, engine), placed).ids
    if bare:
        tail = max(place for place, each in enumerate(ids) if each == engine.control(f"<|{case.task}|>"))
        ids = (*ids[:tail], engine.control("<|passage|>"))
    least = placed.least_tokens if engine.profile.small else 0
    sampling = replace(SAMPLING[case.task], max_tokens=placed.answer_tokens, min_tokens=least, seed=seed)
    return Request(
        id=f"{case.id}-{seed}{'-bare' if bare else ''}",
        prompt=ids,
        sampling=sampling,
        salt="evaluation",
        session=case.id,
        priority=Priority.BACKGROUND,
    )


async def ask(
    engine: Engine, cases: Sequence[Case], *, seed: int = 0, bare: bool = False, together: int = 16
) -> list[Answer]:
    """The answers to all cases, in order, at most `together` of them written at the same time.

    Raises the `EngineError`s.
    """
    await engine.ready()
    room = asyncio.Semaphore(together)

    async def one(case: Case) -> Answer:
        async with room:
            answer = await _answer(engine, request(case, engine, seed=seed, bare=bare))
            told = case.task in (Task.EXPLAIN, Task.RECAP)  # where the bot mends names too
            return replace(answer, text=respelt(answer.text, case.passages)) if told else answer

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(case)) for case in cases]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return [task.result() for task in tasks]


async def _answer(engine: Engine, wanted: Request) -> Answer:
    text, finish = "", "stop"
    async with aclosing(engine.stream(wanted)) as pieces:
        async for piece in pieces:
            text += piece.text
            finish = piece.finish or finish
    return Answer(text.strip(), finish)
