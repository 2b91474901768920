"""The one deep call: `Storyteller.perform`. Everything that a platform can ask for goes through it."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Mapping
from weakref import WeakValueDictionary

from tenacity import AsyncRetrying, RetryError, retry_if_exception_type, stop_after_delay, wait_random_exponential

from core import operation, operations  # noqa: F401 - importing the operations fills the table
from core.engine import Engine
from core.errors import StoreError, Withheld
from core.moderation import Cleared, Gate, phrase
from core.operation import Effect, Operation
from core.session import Limits, Session, Watch
from core.store import Moved, Store
from core.story import Glimpse, House, Place, Reply, Stage, Turn

_AGAIN = AsyncRetrying(
    retry=retry_if_exception_type(Moved), wait=wait_random_exponential(0.01, max=1), stop=stop_after_delay(30)
)
"""A turn is performed again when another process wrote to the same story meanwhile."""


class Storyteller:
    """Performs turns. Holds no story between two of them; any process may serve any turn."""

    def __init__(
        self, *, store: Store, gate: Gate, engine: Engine, secret: str = "", limits: Limits | None = None
    ) -> None:
        self.engine = engine
        self._store = store
        self._gate = gate
        self._secret = secret
        self._limits = limits or Limits()
        self._locks: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()

    async def perform(
        self, name: str, turn: Turn, arguments: Mapping[str, str] | None = None, *, watch: Watch | None = None
    ) -> Reply:
        """Perform one operation and return what to say.

        Exactly once: a turn whose id was performed before returns the stored reply and does nothing. One turn
        at a time for each story, in order of arrival. Raises `StoryError`, whose notice is for the contributor
        alone; then, and when cancelled, nothing has happened.
        """
        wanted = operation.find(name)
        values = wanted.read(arguments or {})
        show = watch or _ignore
        if wanted.effect is not Effect.CHANGES:
            return await self._once(wanted, turn, values, show)
        async with self._in_order(turn.place, show):
            try:
                return await _AGAIN.copy()(self._once, wanted, turn, values, show)
            except RetryError:
                raise StoreError("Somebody else kept changing this story just now. Please try again.") from None

    async def undelivered(self, platform: str) -> list[tuple[Place, Reply]]:
        """Replies that were committed but, as far as we know, never shown. Oldest first."""
        return await self._store.undelivered(platform)

    async def delivered(self, reply: Reply) -> None:
        """Say that people have seen this reply."""
        if reply.post is not None:
            await self._store.delivered(reply.post)

    async def _once(self, wanted: Operation, turn: Turn, values: dict[str, str], watch: Watch) -> Reply:
        earlier, house, story = await self._store.arrive(turn)
        if earlier is not None:
            return earlier
        session = Session(
            turn=turn,
            author=await self._name(turn.contributor.name, house),
            house=house,
            story=story,
            store=self._store,
            gate=self._gate,
            engine=self.engine,
            salt=self._salt(turn.place),
            limits=self._limits,
            watch=watch,
        )
        cleared = {key: await self._gate.clear(value, house.rating) for key, value in values.items()}
        reply = await wanted.perform(session, **cleared)
        if session.change.empty and not session.wrote:
            return reply
        return await self._store.commit(turn, wanted.name, house, story, session.change, reply)

    async def _name(self, name: str, house: House) -> Cleared:
        try:
            return await self._gate.clear(" ".join(name.split())[:64], house.rating) or phrase("somebody")
        except Withheld:
            return phrase("somebody")

    def _salt(self, place: Place) -> str:
        tenant = f"{self._secret}\0{place.platform}\0{place.workspace}"
        return hashlib.sha256(tenant.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @contextlib.asynccontextmanager
    async def _in_order(self, place: Place, watch: Watch) -> AsyncIterator[None]:
        lock = self._locks.setdefault(place, asyncio.Lock())
        if lock.locked():
            watch(Glimpse(Stage.WAITING, phrase("")))
        async with lock:
            yield


def _ignore(_glimpse: Glimpse) -> None:
    pass
