"""The gate: nothing reaches a person unless it was cleared here.

`Cleared` is a string that has passed. Only this module makes one, so that raw text in a reply, a title or a
lore entry is a type error. A filter gives evidence; the channel's rating decides; the strictest filter wins.
A filter that breaks or runs past its time limit counts as a hold: when we cannot tell, we do not post.

This module does not know any word list; filters live beside it and are given to the gate.
"""

import asyncio
import hashlib
import html
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import NewType, Protocol

from core import observation, wording
from core.errors import Withheld
from core.policy import ALLOWED, STRICTEST, Decision, Policy, Verdict
from core.text import hygienic, sentence_end
from core.wording import Language, said

log = logging.getLogger(__name__)

_REDACTED_AT_ONCE = 1_000
"""Characters that are redacted on the event loop; more goes to a thread."""
_AWAKE_BY = 60.0
"""Seconds that filters may take to read what they need."""
_REMEMBERED = 20_000
"""Texts whose verdict is known without asking again, while this process lives."""

Cleared = NewType("Cleared", str)
"""Text that may be shown. Made only by this module."""


class Filter(Protocol):
    """Something that judges text. `name` appears in reasons when it breaks or is slow."""

    @property
    def name(self) -> str:
        """A short word, e.g. `words`."""
        ...

    def judge(self, text: str, policy: Policy) -> Verdict | Awaitable[Verdict]:
        """The verdict on `text` under `policy`, or the promise of one, which may take its time; the gate has a limit.

        A short text is best judged at once: each promise costs the turn more than reading a sentence does.
        """
        ...


_Judge = Callable[[str, Policy], Verdict | Awaitable[Verdict]]
_Asked = tuple[Filter, "Verdict | asyncio.Future[Verdict]"]


class Guard(Filter, Protocol):
    """A filter that takes long: a model. It may judge the storyteller's words otherwise than people's."""

    def judge(self, text: str, policy: Policy, *, told: bool = False) -> Verdict | Awaitable[Verdict]:
        """As of every filter. `told`: the storyteller wrote it."""
        ...


class Gate:
    """All filters together. Keeps nothing of any story, so one serves them all.

    Those in `once`, and the `guards`, judge what is new, and not how it is drawn on a platform. `redact` takes out of a
    text what is never to be stored, and leaves a mark in its place.
    """

    def __init__(
        self,
        filters: Sequence[Filter],
        *,
        once: Sequence[Filter] = (),
        guards: Sequence[Guard] = (),
        redact: Callable[[str], str] = str,
        limit_seconds: float = 5.0,
    ) -> None:
        self._redact = redact
        self._filters = tuple(filters)
        self._once = tuple(once)
        self._guards = tuple(guards)
        self._limit = limit_seconds
        self._passed: OrderedDict[tuple[bool, bool, str, bytes], None] = OrderedDict()
        self._awake = asyncio.Event()
        self._awake.set()

    @observation.stage("judge", outcome=lambda verdict: {"decision": verdict.decision})
    async def judge(
        self, text: str, policy: Policy, *, drawn: bool = False, told: bool = False, again: bool = False
    ) -> Verdict:
        """Ask every filter, even after one has said no, and merge what they say.

        `drawn`: the text is made of parts that were judged before, so `once` and the guards are not asked again.
        `told`: the storyteller wrote it.
        `again`: it comes with every turn, as a name does. That such a text or a drawn one passed is remembered.
        """
        await self._awake.wait()
        if not (drawn or again):
            return await self._by_all(text, policy, told=told)
        key = drawn, told, policy.key, hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        if key in self._passed:
            return ALLOWED
        asked = self._judged(self._filters, text, policy, []) if drawn else self._by_all(text, policy, told=told)
        verdict = await asked
        if verdict == ALLOWED:
            self._passed[key] = None
            if len(self._passed) > _REMEMBERED:
                self._passed.popitem(last=False)
        return verdict

    async def _by_all(self, text: str, policy: Policy, *, told: bool = False) -> Verdict:
        guards = [(each, self._ask(each, partial(each.judge, told=told), text, policy)) for each in self._guards]
        return await self._judged(self._filters + self._once, text, policy, guards)

    async def _judged(
        self,
        filters: Sequence[Filter],
        text: str,
        policy: Policy,
        guards: Sequence[_Asked],
        limit: float | None = None,
    ) -> Verdict:
        """What the filters say, and the guards that were asked already, so that they think meanwhile."""
        asked = [*guards, *((each, self._ask(each, each.judge, text, policy)) for each in filters)]
        late = [answer for _, answer in asked if isinstance(answer, asyncio.Future)]
        try:
            if late:
                await asyncio.wait(late, timeout=limit or self._limit)
        finally:
            for each in late:
                each.cancel()  # has no effect on one that is done
        verdict = ALLOWED
        for source, answer in asked:
            verdict |= answer if isinstance(answer, Verdict) else self._outcome(source, answer)
        return verdict

    async def warm(self) -> None:
        """Have every filter read what it needs. Texts wait meanwhile: the limit is for judging, not for reading."""
        self._awake.clear()
        try:
            await self._judged(self._filters + self._once, "warm", STRICTEST, [], limit=_AWAKE_BY)
        finally:
            self._awake.set()
        await self.judge("warm", STRICTEST)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What keeps filters from judging at the moment, for whoever watches over the bot."""
        return tuple(
            trouble
            for each in (*self._filters, *self._once, *self._guards)
            if (trouble := getattr(each, "trouble", ""))
        )

    async def redacted(self, text: str) -> str:
        """`text` without what is never to be stored, such as telephone numbers."""
        if len(text) <= _REDACTED_AT_ONCE:
            return self._redact(text)
        return await asyncio.to_thread(self._redact, text)

    async def clear(self, text: str, policy: Policy, *, told: bool = False, again: bool = False) -> Cleared:
        """Return `text`, cleaned of invisible trickery, as `Cleared`; or raise `Withheld` with reasons.

        `told`: the storyteller wrote it. `again`: it comes with every turn. Where there is no text there is nothing
        to judge.
        """
        if not (clean := hygienic(text)):
            return Cleared(clean)
        verdict = await self.judge(clean, policy, drawn=policy.vouched, told=told, again=again)
        if verdict.decision is not Decision.ALLOW:
            raise Withheld(_notice(verdict), reasons=verdict.reasons, unsure=verdict.decision is Decision.HOLD)
        return Cleared(clean)

    async def release(
        self, pieces: AsyncIterator[str], policy: Policy, *, whole: bool = False
    ) -> AsyncGenerator[Cleared, None]:
        """Yield the storyteller's text so far each time one more whole sentence of it has passed; `whole`: at its end.

        Each judgement covers everything so far, so that nothing slips through between two sentences.
        The last value is the whole text, cut at its last sentence end if there is one.
        Raises `Withheld` at the first sentence that does not pass, of which nothing was yielded.
        """
        draft, shown = "", ""
        async for piece in pieces:
            draft += piece
            if not whole and (end := sentence_end(draft, behind=len(shown))):
                shown = draft[:end]
                yield await self.clear(shown, policy, told=True)
        if whole:
            draft = draft[: sentence_end(draft) or None]
        tail = draft.rstrip()
        if not shown and tail:
            yield await self.clear(tail, policy, told=True)

    def _ask(self, each: Filter, judge: _Judge, text: str, policy: Policy) -> "Verdict | asyncio.Future[Verdict]":
        try:
            verdict = judge(text, policy)
        except Exception as error:
            return _broken(each, error)
        return verdict if isinstance(verdict, Verdict) else asyncio.ensure_future(verdict)

    def _outcome(self, each: Filter, answer: "asyncio.Future[Verdict]") -> Verdict:
        if not answer.done() or answer.cancelled():
            log.warning("filter %s ran past its limit of %.1f s", each.name, self._limit)
            return Verdict(Decision.HOLD, (said("{name} filter too slow", name=each.name),))
        if (error := answer.exception()) is not None:
            return _broken(each, error)
        return answer.result()


def _broken(each: Filter, error: BaseException) -> Verdict:
    # The exception's text may quote the story, so only its type is logged.
    log.warning("filter %s broke: %s", each.name, type(error).__name__)
    return Verdict(Decision.HOLD, (said("{name} filter broken", name=each.name),))


def phrase(template: str, **parts: Cleared | int) -> Cleared:
    """A fixed sentence of our own with cleared parts in it. `template` must be a literal (a test sees to it).

    Parts are put in with `str.format`; their own braces are left alone.
    """
    return Cleared(wording.own(template, **parts))


def joined(separator: str, parts: Sequence[Cleared]) -> Cleared:
    """Cleared parts, joined. `separator` must be a literal."""
    return Cleared(wording.joined(separator, parts))


def own(text: str) -> Cleared:
    """Our own words that are not in place as a literal: an operation's summary, a setting's value."""
    return Cleared(wording.own(text))


def translated(text: Cleared, language: Language) -> Cleared:
    """What we said, in `language`; what people and models wrote stays as it is."""
    return Cleared(wording.translated(text, language))


def escaped(text: Cleared) -> Cleared:
    """The same text as HTML writes it."""
    return Cleared(html.escape(text))


def excerpt(part: str, *, of: Cleared) -> Cleared:
    """A part of a cleared text. Raises ValueError if it is not one."""
    if part not in of:
        raise ValueError("not a part of the cleared text")
    return Cleared(part)


def stored(text: str) -> Cleared:
    """Text read back from the store, where only cleared text is written. For `core.rows` alone."""
    return Cleared(text)


def _notice(verdict: Verdict) -> str:
    reasons = wording.joined(", ", map(wording.own, verdict.reasons)) or said("this channel's rating")
    if verdict.decision is Decision.HOLD:
        return said(
            "I kept that text back, since a person should look at it first ({reasons}). Nothing was stored.",
            reasons=reasons,
        )
    return said(
        "I kept that text back ({reasons}): it goes beyond what this channel allows. Nothing was stored.",
        reasons=reasons,
    )
