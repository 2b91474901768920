"""The way to a guard that vLLM runs in this process, beside the storyteller or instead of one.

Goes through the engine port, so that any engine will do. What a judged text says becomes tokens without control
tokens, as everything else that somebody wrote.
"""

import uuid

from core.engine import Engine, EngineState, Priority, Request, Sampling
from core.errors import EngineBusy, EngineError
from inference.guard.format import Answer, Question, Script, Unreadable
from inference.guard.model import GuardDown, GuardWaking
from inference.tokens import Vocabulary


class GuardEngine:
    """The port `inference.guard.model.Way` over an engine. Closing it closes the engine."""

    def __init__(self, engine: Engine, vocabulary: Vocabulary) -> None:
        """`vocabulary` is that of the engine's model."""
        self._engine = engine
        self._vocabulary = vocabulary

    @property
    def name(self) -> str:
        """The model's name."""
        return f"({self._engine.profile.name})"

    async def ask(self, question: Question) -> Answer:
        """The answer, without probabilities. Cancelling it stops the engine's work."""
        if self._engine.state is EngineState.WAKING:
            raise GuardWaking
        if not isinstance(question.prompt, Script):
            raise GuardDown("can only be asked through a vLLM server. Serve it, and set GUARD_URL.", certain=True)
        text, finish = "", None
        try:
            async for piece in self._engine.stream(self._request(question.prompt, question)):
                text, finish = text + piece.text, piece.finish
        except EngineBusy:
            raise GuardDown("is too busy.") from None
        except EngineError:
            if self._engine.state is EngineState.READY:
                raise Unreadable("refuses the request; its window may be too small for it.") from None
            raise GuardDown("is out of order. Start the program again.", certain=True) from None
        return Answer(text, finished=finish == "stop")

    def start(self) -> None:
        """Begin to wake the engine up."""
        self._engine.start()

    async def ready(self) -> None:
        """Wait until the engine is awake. Raises `EngineFailed` if it never will be."""
        await self._engine.ready()

    async def close(self) -> None:
        """Close the engine."""
        await self._engine.close()

    def _request(self, script: Script, question: Question) -> Request:
        markup = self._vocabulary.encode_markup
        return Request(
            id=f"guard-{uuid.uuid4()}",
            prompt=markup(script.before) + self._engine.encode(script.text) + markup(script.after),
            sampling=Sampling(max_tokens=question.max_tokens, temperature=0.0, min_p=0.0),
            salt="guard",
            session="guard",
            priority=Priority.MODERATION,
        )
