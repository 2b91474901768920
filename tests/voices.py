"""A voice that says what it is told: the engine port without a model, for tests of everything above it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing

from core.engine import EngineState, Form, Frame, Piece, Profile, Request, TokenIds
from core.errors import EngineBusy, EngineError, EngineFailed

CONTROLS = (
    *("<|endoftext|>", "<|title|>", "<|summary|>", "<|lore|>", "<|passage|>", "<|continue|>", "<|refine|>"),
    *("<|explain|>", "<|recap|>", "<|name|>", "<|label|>", "<|write|>", "<|end|>"),
)
DEFAULT = "The sea was quiet. Nobody spoke."

Script = Iterable[str | EngineError] | Callable[[Request], str]


class ScriptedEngine:
    """Answers from a script, a word at a time; bytes are its tokens.

    `script` is a list of answers (an error in it is raised in its turn) or a function of the request; at the
    end of a list it says `DEFAULT`. `gate` is an event that each word waits for; it is set from the start.
    """

    def __init__(self, script: Script = (), *, form: Form = "stream", window: int = 4096) -> None:
        self.profile = Profile("A scripted voice", form, window, "bytes")
        self.state = EngineState.READY
        self.requests: list[Request] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.writing = 0
        self.capacity = 1000
        self._answers = None if callable(script) else iter(script)
        self._script = script

    def start(self) -> None:
        """It is always awake, unless a test says otherwise."""

    async def ready(self) -> None:
        """Raises `EngineFailed` once it has failed or was closed."""
        while self.state is EngineState.WAKING:
            await asyncio.sleep(0)
        if self.state is not EngineState.READY:
            raise EngineFailed

    async def close(self) -> None:
        """Nothing to stop."""
        self.state = EngineState.CLOSED

    def encode(self, text: str) -> TokenIds:
        """UTF-8 bytes."""
        return tuple(text.encode("utf-8", "replace"))

    def decode(self, ids: Sequence[int]) -> str:
        """Bytes to text; control tokens are left out."""
        return bytes(i for i in ids if i < 256).decode("utf-8", "replace")

    def control(self, name: str) -> int:
        """Numbers above all bytes."""
        try:
            return 256 + CONTROLS.index(name)
        except ValueError:
            raise KeyError(name) from None

    def frame(self, rules: str) -> Frame:
        """A template as instruct models have it."""
        before, after, back = f"<system>{rules}</system><user>", "</user><assistant>", "</assistant><user>"
        return Frame(self.encode(before), self.encode(after), self.encode(back))

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The next answer of the script."""
        await self.ready()
        if self.writing >= self.capacity:
            raise EngineBusy
        self.requests.append(request)
        answer = self._next(request)
        if isinstance(answer, EngineError):
            raise answer
        self.writing += 1
        try:
            for piece in self._pieces(answer, request):
                await self.gate.wait()
                if self.state is not EngineState.READY:
                    raise EngineFailed
                yield piece
        finally:
            self.writing -= 1

    def _next(self, request: Request) -> str | EngineError:
        if self._answers is None:
            assert callable(self._script)
            return self._script(request)
        return next(self._answers, DEFAULT)

    def _pieces(self, answer: str, request: Request) -> Iterable[Piece]:
        words = answer.split(" ")
        left = request.sampling.max_tokens
        for index, word in enumerate(words):
            text = word if index == 0 else f" {word}"
            ids = self.encode(text)[:left]
            left -= len(ids)
            if not left:
                yield Piece(self.decode(ids), ids, "length", 0)
                return
            yield Piece(text, ids)
        yield Piece("", (), "stop", 0)


class Voice(ScriptedEngine):
    """A scripted voice that takes its time over each word."""

    pace = 0.0

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The next answer of the script, slowly."""
        async with aclosing(super().stream(request)) as pieces:
            async for piece in pieces:
                if self.pace:
                    await asyncio.sleep(self.pace)
                yield piece

    def say(self, *answers: str) -> None:
        """What comes next."""
        self._answers = iter(answers)
