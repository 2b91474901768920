"""The engine as whoever watches over the bot hears it: when it is asked, when it begins, what it took."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from core import observation
from core.engine import Around, Piece, Priority, Request


class HeardEngine(Around):
    """An engine with a stage `engine` around each answer. The same port, the same answers."""

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
