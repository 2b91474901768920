"""The one deep call: `Storyteller.perform`. Everything that a platform can ask for goes through it."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from weakref import WeakValueDictionary

from tenacity import AsyncRetrying, RetryError, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from core import (  # importing the operations fills the table
    faults,
    observation,
    operation,
    operations,  # noqa: F401
    permission,
    suggestions,
    wording,
)
from core.clearing import Clearing
from core.commit import Moved
from core.compaction import Compaction, compact
from core.engine import Engine, Priority
from core.erasure import Erasure
from core.errors import EngineBusy, MustWait, StoreError, StoryError
from core.helplines import HELPLINES, Helpline
from core.learning import Learning
from core.moderation import Cleared, Gate, own, phrase, translated
from core.operation import Effect, Operation
from core.operations import reviewing
from core.place import House, Place, Turn
from core.plot import PlotReader
from core.prompts import Prompts
from core.quotas import Quotas
from core.refusals import Refusals
from core.release import Door
from core.reply import Block, Glimpse, Posted, Reply, Shape, Stage
from core.session import Session
from core.store import Store
from core.story import THE_STORYTELLER, Passage, Story
from core.suggestions import Suggestion
from core.wording import Language, said
from core.writing import Limits, Watch, Writer

_AGAIN = AsyncRetrying(
    retry=retry_if_exception_type(Moved), wait=wait_random_exponential(0.01, max=1), stop=stop_after_attempt(30)
)
"""A turn is performed again when another process wrote to the same story meanwhile."""


class Storyteller:
    """Performs turns. Holds no story between two of them; any process may serve any turn."""

    def __init__(
        self,
        *,
        store: Store,
        gate: Gate,
        engine: Engine,
        secret: str = "",
        limits: Limits | None = None,
        quotas: Quotas | None = None,
        erasure: Erasure | None = None,
        learning: Learning | None = None,
        plot: PlotReader | None = None,
        helplines: Sequence[Helpline] = HELPLINES,
        compaction: Compaction | None = None,
        busy: Callable[[str], bool] = lambda _salt: False,
    ) -> None:
        """`busy` says of a workspace's salt whether the engine would refuse a turn of it now (`FairEngine.busy`)."""
        self.engine = engine
        self.door = Door(gate, store)
        """What every text goes through on its way to a platform."""
        self._prompts = Prompts(engine)
        self.leases = store.leases
        """What this process may do alone, among others on the same database."""
        self.delivery = store.delivery
        """What people are still to be shown."""
        self.servers = store.servers
        """What is kept of a server as a whole."""
        self.notebook = store.notebook
        """What an adapter wants to know again."""
        self._store = store
        self._gate = gate
        self._refusals = Refusals(store.records, helplines)
        self._clearing = Clearing(gate, self._refusals)
        self._secret = secret
        self._limits = limits or Limits()
        self._quotas = quotas
        self._erasure = erasure
        self._compaction = compaction
        self._learning = learning
        self._plot = plot
        self._busy = busy
        self._warming: asyncio.Task[None] | None = None
        self._locks: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()

    def start(self) -> None:
        """Begin to wake up, in the background, what takes long: the filters and the engine. Once is enough."""
        if self._warming is None:
            self._warming = asyncio.create_task(self._gate.warm())
        self.engine.start()

    @property
    def troubles(self) -> tuple[str, ...]:
        """What keeps texts from being judged at the moment, for whoever watches over the bot."""
        return self._gate.troubles

    @observation.stage(
        "turn", told=lambda _, name, turn, *__, **___: {"operation": name, "platform": turn.place.platform}
    )
    async def perform(
        self, name: str, turn: Turn, arguments: Mapping[str, str] | None = None, *, watch: Watch | None = None
    ) -> Reply:
        """Perform one operation and return what to say.

        Exactly once: a turn whose id was performed before returns the stored reply and does nothing. One turn
        at a time for each story, in order of arrival. Raises `StoryError`, whose notice is for the contributor
        alone; then nothing has happened. When cancelled, the turn is whole or absent; the same id tells which.
        A notice and a private reply are in the contributor's language, other replies in the place's.
        """
        with _said_to(turn):
            return await self._perform(name, turn, arguments or {}, watch or _ignore)

    async def _perform(self, name: str, turn: Turn, arguments: Mapping[str, str], show: Watch) -> Reply:
        wanted = operation.find(name)
        faults.hit("received")
        reply = await self._do(wanted, turn, wanted.read(arguments), show)
        return await self._followed(reply, turn) if reply.follows is not None else reply

    async def _do(self, wanted: Operation, turn: Turn, values: dict[str, str], show: Watch) -> Reply:
        if wanted.effect is not Effect.CHANGES:
            return await self._until_done(wanted, turn, values, show)
        async with self._in_order(turn.place, show):
            return await self._until_done(wanted, turn, values, show)

    async def _followed(self, reply: Reply, turn: Turn) -> Reply:
        """Perform what a moderator let pass, as its author's own turn. Refused now, the moderator is told why."""
        held = await self._store.records.held(turn.place.platform, turn.place.workspace, reply.follows or 0)
        if held is None:
            return reply
        wanted = reviewing.wanted(held)
        try:
            posted = await self._do(wanted, held.turn, wanted.read(held.arguments), _ignore)
        except StoryError as error:
            told = phrase("It could not be posted: {why}", why=own(error.notice))
            return replace(
                reply, blocks=(*reply.blocks, Block(Shape.NOTE, translated(told, Language.of(turn.language))))
            )
        return replace(reply, posted=Posted(held.place, posted, held.turn.id, held.turn.adult))

    async def carry_on(self, platform: str, *, posts: list[int] | None = None) -> None:
        """Perform what was let pass just before a stop, as its author's own turn; it is `undelivered` then.

        Its posts are added to `posts`: nobody shows them yet.

        What is refused now stays as it is: whoever let it pass was told.
        """
        for held in await self._store.records.unposted(platform):
            wanted = reviewing.wanted(held)
            with contextlib.suppress(StoryError):
                reply = await self._do(wanted, held.turn, wanted.read(held.arguments), _ignore)
                if posts is not None and reply.post is not None and not reply.again:
                    posts.append(reply.post)

    async def called(self, turn: Turn) -> Cleared:
        """The contributor's name as it is shown in this place."""
        arrival = await self._store.arrive(turn)
        return await self._clearing.name(turn.contributor.name, arrival.house.policy(arrival.story))

    async def tells(self, turn: Turn) -> bool:
        """Whether a story is open where the turn is. Reads only, and waits for no filter."""
        return (await self._store.arrive(turn)).story is not None

    async def check(self, name: str, turn: Turn) -> None:
        """Raises `NotAllowed` unless the contributor may do this to the passage that the turn is about. Reads only."""
        arrival = await self._store.arrive(turn)
        permission.check(operation.find(name), turn, arrival.house, arrival.story)
        if arrival.story is None or turn.about is None:
            return
        passage = await self._store.version_of(arrival.story, turn.about)
        if passage is not None:
            permission.check_passage(name, turn, arrival.house, arrival.story, passage)

    async def suggest(self, name: str, param: str, turn: Turn, typed: str) -> list[Suggestion]:
        """Values that an argument may take, to choose from while it is typed; at most 25. Reads only."""
        kind = next((p.suggests for p in operation.find(name).params if p.name == param), "")
        known = suggestions.Known(self._store, turn, self.engine.profile.voices)
        return await suggestions.suggest(kind, known, typed)

    async def replied(self, turn: Turn) -> Reply | None:
        """What a turn said if it was performed; None if it never happened, as when it was cancelled in time."""
        return await self._store.replied(turn)

    async def _until_done(self, wanted: Operation, turn: Turn, values: dict[str, str], watch: Watch) -> Reply:
        try:
            return await self._once(wanted, turn, values, watch)
        except Moved:
            pass
        try:
            return await _AGAIN.copy()(self._once, wanted, turn, values, watch)
        except RetryError:
            raise StoreError(said("Somebody else kept changing this story just now. Please try again.")) from None

    async def _once(self, wanted: Operation, turn: Turn, values: dict[str, str], watch: Watch) -> Reply:
        if self._erasure is not None:
            self._erasure.arrived(turn)
        earlier, house, story, last = await self._store.arrive(turn, tokenizer=self.engine.profile.tokenizer)
        if earlier is not None:
            return earlier
        permission.check(wanted, turn, house, story)
        salt = self._salt(turn.place)
        busy = permission.RIGHTS[wanted.name].asks and self._busy(salt)
        if busy and not any(values.values()):
            raise EngineBusy
        if self._quotas is not None:
            await self._quotas.admit(wanted.name, turn, house.workspace.quotas)
        cleared, vouched = await self._clearing.typed(wanted, turn, values, house, story)
        if busy:  # not before: who typed that they are in danger is answered also in a crowd
            raise EngineBusy
        author = await self._clearing.name(turn.contributor.name, house.policy(story))
        begin = partial(self._begin, wanted, turn, house)
        session = self._session(turn, author, house, story, last, watch, begin, vouched=vouched)
        try:
            return await self._ended(wanted, session, cleared)
        except BaseException:
            if session.change.begun:
                await self._store.end(turn, house)
            raise

    async def _ended(self, wanted: Operation, session: Session, cleared: Mapping[str, Cleared]) -> Reply:
        """Perform the operation, and write what came of it."""
        turn, house, change = session.turn, session.house, session.change
        try:
            reply = await wanted.perform(session, **cleared)
        except MustWait as error:
            raise await self._refusals.kept(error, wanted, turn, {"text": error.text}) from None
        reply = _worded(replace(reply, vouched=reply.vouched or session.vouched), turn, house)
        if not change.changes and not session.wrote:
            return reply
        if self._erasure is not None:
            self._erasure.check(turn)
        story = session.open_story
        written = await self._store.commit(turn, wanted.name, house, story, change, reply)
        if session.writer.crowded and story is not None and self._compaction is not None:
            self._compaction.begin(story.id, partial(self._compact, turn, story.id))
        return written

    async def _compact(self, turn: Turn, story_id: int) -> None:
        """Summarise the beginning of the story of a turn that is done, as it stands now."""
        turn = replace(turn, id=f"{turn.id}-summary")
        _, house, story, last = await self._store.arrive(turn, tokenizer=self.engine.profile.tokenizer)
        if story is not None and story.id == story_id:
            author, background = own(THE_STORYTELLER), Priority.BACKGROUND
            await compact(self._session(turn, author, house, story, last, _ignore, _unnoted, priority=background))

    def _session(
        self,
        turn: Turn,
        author: Cleared,
        house: House,
        story: Story | None,
        last: Passage | None,
        watch: Watch,
        begin: Callable[[], Awaitable[bool]],
        *,
        priority: int = Priority.TURN,
        vouched: bool = False,
    ) -> Session:
        writer = Writer(
            turn=turn,
            house=house,
            gate=self._gate,
            engine=self.engine,
            prompts=self._prompts,
            salt=self._salt(turn.place),
            limits=self._limits,
            watch=watch,
            priority=priority,
        )
        return Session(
            turn=turn,
            author=author,
            house=house,
            story=story,
            last=last,
            store=self._store,
            gate=self._gate,
            engine=self.engine,
            writer=writer,
            begin=begin,
            erasure=self._erasure,
            learning=self._learning,
            plot=self._plot,
            vouched=vouched,
            allowance=None if self._quotas is None else self._quotas.allowance,
        )

    async def _begin(self, wanted: Operation, turn: Turn, house: House) -> bool:
        """Note that a turn is being written that everybody is to see; what one person sees is not found again."""
        if wanted.private or not self.leases.holder(turn.place.platform):
            return False
        told = Reply((Block(Shape.NOTE, phrase("Stopped before it was finished; nothing was added.")),))
        return await self._store.begin(turn, wanted.name, house, _worded(told, turn, house))

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


async def _unnoted() -> bool:
    return False


@contextlib.contextmanager
def _said_to(turn: Turn) -> Iterator[None]:
    """An error that leaves is said in the contributor's language."""
    try:
        yield
    except StoryError as error:
        error.notice = wording.translated(error.notice, Language.of(turn.language))
        raise


def _worded(reply: Reply, turn: Turn, house: House) -> Reply:
    """The reply in the contributor's language if it is for them alone, else in the place's, as an alert always is."""
    public = Language.of(house.language or turn.here)
    language = Language.of(turn.language) if reply.private else public
    return replace(
        reply,
        blocks=tuple(_block_in(language, each) for each in reply.blocks),
        alert=tuple(_block_in(public, each) for each in reply.alert),
        file=reply.file and replace(reply.file, text=translated(reply.file.text, language)),
    )


def _block_in(language: Language, block: Block) -> Block:
    label = None if block.label is None else translated(block.label, language)
    return Block(block.shape, translated(block.text, language), label)
