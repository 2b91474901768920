"""The last door: every text that goes to a platform, exactly as it is drawn there, leaves by it.

Each adapter's client hands over all the texts of a request before the request is sent. What may be shown where it
goes has, by the time it is sent, a row in the table `verdict`: its SHA-256 under the policy of that place as it is
now. What may not be shown is replaced by a sentence of our own. If the row cannot be written nothing is sent, but
for our own fixed sentences, on which the verdict was passed when they were written.
"""

import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

from core import observation, wording
from core.errors import StoreError
from core.moderation import Gate
from core.place import Place
from core.policy import STRICTEST, Decision, Policy
from core.store import Store
from core.wording import Language, said

HELD_BACK = said("(This was held back: it goes beyond what this channel allows.)")

_PIECE = 50_000
"""Characters that are judged at once."""
_REMEMBERED = 20_000
"""Verdicts that this process knows to be stored."""


@dataclass(frozen=True)
class Destination:
    """Where what is sent now will be read."""

    place: Place
    adult: bool = False
    """The platform lets only adults in there."""
    vouched: bool = False
    """A moderator has let part of it pass, or is to look at it."""


_bound_for: ContextVar[Destination | None] = ContextVar("bound_for", default=None)


@contextlib.contextmanager
def to(place: Place, *, adult: bool = False, vouched: bool = False) -> Iterator[None]:
    """Everything that is sent inside of this block, and by tasks begun in it, is read in `place`.

    What is sent outside of any such block is judged by the strictest policy.
    """
    token = _bound_for.set(Destination(place, adult, vouched))
    try:
        yield
    finally:
        _bound_for.reset(token)


class Door:
    """One for all stories; see the module."""

    def __init__(self, gate: Gate, store: Store) -> None:
        self._gate = gate
        self._store = store
        self._stored: OrderedDict[tuple[str, bytes], None] = OrderedDict()

    @observation.stage("release")
    async def released(self, texts: Collection[str]) -> dict[str, str]:
        """What is to be sent for each of `texts`: itself, or that it was held back.

        Raises `StoreError` if a verdict cannot be stored; then none of them may be sent.
        """
        policy = await self._policy()
        shown = {text: await self._judged(text, policy) for text in dict.fromkeys(texts)}
        wanted = {(policy.key, digest(text)): text for text in shown.values() if text}
        new = {key: text for key, text in wanted.items() if key not in self._stored}
        if not new:
            return shown
        try:
            await self._store.records.allow(policy.key, [each for _, each in new])
        except StoreError:
            if all(each in fixed() for _, each in new):
                return shown
            raise
        self._remember(new)
        return shown

    async def _policy(self) -> Policy:
        where = _bound_for.get()
        if where is None:
            return STRICTEST
        try:
            return await self._store.policy(where.place, adult=where.adult, vouched=where.vouched)
        except StoreError:
            return STRICTEST

    async def _judged(self, text: str, policy: Policy) -> str:
        if not text or (policy.key, digest(text)) in self._stored:
            return text
        for piece in _pieces(text):
            if (await self._gate.judge(piece, policy, drawn=True)).decision is not Decision.ALLOW:
                return str(HELD_BACK)
        return text

    async def known(self, text: str) -> bool:
        """Whether a text may have been sent: a verdict on exactly it is stored, or was passed when it was written."""
        return digest(text) in fixed() or await self._store.records.allowed(digest(text))

    def _remember(self, new: Collection[tuple[str, bytes]]) -> None:
        self._stored.update(dict.fromkeys(new))
        while len(self._stored) > _REMEMBERED:
            self._stored.popitem(last=False)


def _pieces(text: str) -> Iterator[str]:
    """A text as it is judged: whole, or if it is as long as a file, piece by piece, so that no filter is too slow."""
    start = 0
    while len(text) - start > _PIECE:
        end = max(text.rfind(each, start, start + _PIECE) for each in "\n ") + 1 or start + _PIECE
        yield text[start:end]
        start = end
    yield text[start:]


def digest(text: str) -> bytes:
    """SHA-256 of a text as it is sent."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


@cache
def fixed() -> frozenset[bytes]:
    """Digests of all sentences of our own that have no parts, in every language. A test judges each of them."""
    return frozenset(digest(sentence) for sentence in wording.fixed(*Language))
