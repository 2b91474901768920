"""Summaries are made behind everybody's turns, before a story outgrows the window; no person ever waits for one.

When little room is left, the oldest passages that are given in full are summarised, the engine computes the beginning
of the next prompts with that summary at low priority, and only then is it kept: from that moment prompts begin with it.
Until then, and if anything fails or the process dies, prompts begin as they did.

A chat model is asked for the summary, and of what it says only what the passages bear out is kept. A small model of the
stream form makes things up, so there sentences are picked from the passages.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from core.errors import EngineError, StoryError, Withheld
from core.evidence import claims
from core.moderation import Cleared, own
from core.prompts import Order, Task, summary_tokens
from core.rejudging import HIDDEN
from core.session import Session
from core.story import Layer, Passage, Summary
from core.summaries import chain, condensed, to_fold

log = logging.getLogger(__name__)

_MOST = 200
"""Passages of one summary; in a story that was told without the storyteller those before are left out, as ever."""
_PARTS = len(Layer)
"""Summaries that a prompt has at most: a scene, a chapter, the whole."""


class Compaction:
    """The tasks in which summaries are made, one at a time for each story."""

    def __init__(self, *, at_once: int = 2) -> None:
        self._room = asyncio.Semaphore(at_once)
        self._running: dict[int, asyncio.Task[None]] = {}

    def begin(self, story_id: int, work: Callable[[], Awaitable[None]]) -> None:
        """Have it done in the background, unless something is already being done for this story."""
        if story_id not in self._running:
            task = asyncio.create_task(self._do(work))
            self._running[story_id] = task
            task.add_done_callback(lambda _: self._running.pop(story_id, None))

    async def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        async with self._room:
            try:
                await work()
            except StoryError as error:
                log.info("no summary was made: %s", type(error).__name__)
            except Exception:
                log.exception("a summary could not be made")

    async def settled(self) -> None:
        """Wait until nothing is being done any more."""
        while self._running:
            await asyncio.wait(self._running.values())

    async def close(self) -> None:
        """Give up what is being done."""
        for task in self._running.values():
            task.cancel()
        await self.settled()


@asynccontextmanager
async def compacting() -> AsyncIterator[Compaction]:
    """Tasks for summaries, given up at the end."""
    compaction = Compaction()
    try:
        yield compaction
    finally:
        await compaction.close()


async def compact(session: Session) -> None:
    """Summarise the oldest passages that are given in full, if they are too many, and let prompts begin with that.

    Raises the `StoryError`s of whatever went wrong; then everything is as it was.
    """
    passages = await session.passages(limit=max(_MOST, session.engine.profile.window // 16))
    before = chain(passages, await session.known_summaries())
    covered = before[-1].last if before else 0
    uncovered = [each for each in passages if each.number > covered]
    old = uncovered[: session.writer.prompts.too_many(uncovered)][-_MOST:]
    if not old:
        return
    if not before or before[-1].through != old[0].parent:
        before = []  # there is a gap
    scene = await _scene(session, old, before)
    if scene is None:
        return
    made, after, known = [scene], [*before, scene], dict[int, str]()
    while parts := to_fold(after):
        known |= {each.id: str(each.text) for each in parts if each.id}
        folded = await _folded(session, parts)
        if folded is None:
            break
        made, after = [*made, folded], [*after[: -len(parts)], folded]
    with contextlib.suppress(EngineError):  # then the first to ask pays for it, as without a summary
        await session.warm(passages, after)
    sources = {each.id: str(each.text) for each in old if each.text != HIDDEN}
    policy = session.policy.key
    await session.store.keep_summaries(session.story.id, made, passages=sources, folded=known, policy=policy)


async def _scene(session: Session, old: Sequence[Passage], before: Sequence[Summary]) -> Summary | None:
    text = await _told(session, old, before) or await _picked(session, [each.text for each in old])
    if not text:
        return None
    return Summary(Layer.SCENE, old[0].number, old[-1].number, old[0].parent, old[-1].id, text)


async def _folded(session: Session, parts: Sequence[Summary]) -> Summary | None:
    """One summary of some."""
    text = await _picked(session, [each.text for each in parts])
    if not text:
        return None
    first, last = parts[0], parts[-1]
    return Summary(Layer(last.layer + 1), first.first, last.last, first.after, last.through, text)


async def _told(session: Session, old: Sequence[Passage], before: Sequence[Summary]) -> Cleared | None:
    """What a chat model says, as far as the passages bear it out; None if nothing of it is worth keeping."""
    if session.engine.profile.small:
        return None
    tokens = _tokens(session)
    about = own(f"passages {old[0].number} to {old[-1].number}")
    order = Order(Task.RECAP, about, tokens * 2 // 3, room=tokens)
    try:
        writing = await session.write(order, old, before=before)
        found = claims(writing.text, old) if writing else []
        return await session.cleared(" ".join(each.text for each in found)) if found else None
    except (EngineError, Withheld):
        return None


async def _picked(session: Session, texts: Sequence[str]) -> Cleared | None:
    """Sentences of these texts. Raises `Withheld` if they cannot stand side by side here."""
    tokens = _tokens(session)
    shown = [each for each in texts if each != HIDDEN]
    text = condensed(shown, lambda short: len(session.engine.encode(short)) <= tokens)
    return await session.cleared(text) if text else None


def _tokens(session: Session) -> int:
    """What one summary may take."""
    return summary_tokens(session.engine.profile.window) // _PARTS
