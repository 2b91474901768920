"""The engine as whoever watches over the bot hears it: when it is asked, when it begins, what it took."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from core import observation
from core.engine import Engine, EngineState, Frame, Piece, Priority, Profile, Request, TokenIds


class HeardEngine:
    """An engine with a stage `engine` around each answer. The same port, the same answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def profile(self) -> Profile:
        """What the served model is."""
        return self._engine.profile

    @property
    def state(self) -> EngineState:
        """Where the engine stands now."""
        return self._engine.state

    def start(self) -> None:
        """Begin to wake up in the background."""
        self._engine.start()

    async def ready(self) -> None:
        """Wait until it can write. Raises `EngineFailed` with the reason if it never will."""
        await self._engine.ready()

    async def close(self) -> None:
        """Stop everything that was started."""
        await self._engine.close()

    def encode(self, text: str) -> TokenIds:
        """Token ids of plain text."""
        return self._engine.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of token ids."""
        return self._engine.decode(ids)

    def control(self, name: str) -> int:
        """The id of one control token. Raises KeyError if the model has no such token."""
        return self._engine.control(name)

    def frame(self, rules: str) -> Frame:
        """What the chat template puts around one user message."""
        return self._engine.frame(rules)

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """Write, and tell of it."""
        asked_by = "turn" if request.priority <= Priority.TURN else "background"
        course = observation.begin("engine", prompt_tokens=len(request.prompt), asked_by=asked_by)
        tokens, cached = 0, 0
        try:
            async with aclosing(self._engine.stream(request)) as pieces:
                async for piece in pieces:
                    if not tokens and piece.ids:
                        course.started()
                    tokens += len(piece.ids)
                    cached = piece.cached_tokens or cached
                    yield piece
        except BaseException as error:
            course.end({"generated_tokens": tokens, "cached_tokens": cached}, error)
            raise
        course.end({"generated_tokens": tokens, "cached_tokens": cached}, None)
