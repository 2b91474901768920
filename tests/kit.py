"""What many tests need: places, turns, and a storyteller on a real database with a scripted voice."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.compaction import Compaction
from core.database import Database
from core.engine import Engine
from core.erasure import Erasure
from core.filters.personal import redacted
from core.learning import Learning
from core.leases import LIFE
from core.moderation import Filter, Gate
from core.place import Contributor, Place, Turn
from core.plot import PlotReader
from core.policy import ALLOWED, Category, Decision, Policy, Verdict
from core.quotas import Allowance, Quotas
from core.reply import Reply, Shape
from core.store import Store
from core.storyteller import Storyteller
from core.tombstones import Book
from core.writing import Limits

ANA, BEN = Contributor("u1", "Ana"), Contributor("u2", "Ben")
HERE = Place(platform="test", workspace="w", channel="c")
ELSEWHERE = Place(platform="test", workspace="w2", channel="c")

_ids = itertools.count()


def turn(place: Place = HERE, who: Contributor = ANA, request_id: str | None = None, **more: Any) -> Turn:
    """A turn with a request id of its own, unless one is given, by somebody who may do everything.

    `more` is as in `Turn`; `admin=False` makes it an ordinary contributor.
    """
    given: dict[str, Any] = {"admin": True} | more
    return Turn(id=request_id or f"request-{next(_ids)}", place=place, contributor=who, **given)


@dataclass
class Forbidding:
    """A filter that knows one word and says `decision` to it."""

    word: str = "forbidden"
    decision: Decision = Decision.BLOCK
    name: str = "forbidding"
    seen: list[str] = field(default_factory=list)

    async def judge(self, text: str, policy: Policy) -> Verdict:
        """Look for the word."""
        self.seen.append(text)
        if policy.vouched:
            return ALLOWED
        return Verdict(self.decision, ("testing",)) if self.word in text else Verdict(Decision.ALLOW)


def storyteller(
    database: Database,
    engine: Engine,
    *filters: Filter,
    limits: Limits | None = None,
    secret: str = "s",
    allowance: Allowance | None = None,
    book: Book | None = None,
    compaction: Compaction | None = None,
    permission: str = "",
    plot: PlotReader | None = None,
    busy: Callable[[str], bool] = lambda _salt: False,
    life: float = LIFE,
) -> Storyteller:
    """A storyteller with a real store."""
    gate = Gate(filters or (Forbidding(),), limit_seconds=0.5)
    return Storyteller(
        store=Store(database, life=life),
        gate=gate,
        engine=engine,
        secret=secret,
        limits=limits,
        quotas=Quotas(allowance, database) if allowance else None,
        erasure=Erasure(database, secret=secret, book=book),
        compaction=compaction,
        learning=Learning(database, permission=permission, redact=redacted),
        plot=plot,
        busy=busy,
    )


async def started(teller: Storyteller, *passages: str, place: Place = HERE) -> None:
    """Begin a story with these passages."""
    await teller.perform("start", turn(place), {"title": "The Lamp"})
    for text in passages:
        await teller.perform("add", turn(place), {"text": text})


async def told(teller: Storyteller, place: Place = HERE) -> list[str]:
    """The passages that stand on the last page of the story."""
    return texts(await teller.perform("show", turn(place)))


def texts(reply: Reply, shape: Shape = Shape.PROSE) -> list[str]:
    """The texts of one shape in a reply."""
    return [str(block.text) for block in reply.blocks if block.shape is shape]


@dataclass
class Evident:
    """A filter that takes words as evidence, and leaves the decision to the policy."""

    words: dict[str, Category]
    name: str = "evident"

    def judge(self, text: str, policy: Policy) -> Verdict:
        """Look for the words."""
        return policy.verdict(category for word, category in self.words.items() if word in text)
