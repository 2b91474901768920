"""The port through which the product asks for words.

It knows tokens, not stories: a prompt is a list of token ids, an answer is a stream of pieces. The prompt is
built in `core.prompts`; implementations live in `inference` and pass one contract test suite. Encoding works
from the moment an engine is made; writing works once `ready()` has returned.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

TokenIds = tuple[int, ...]
"""Token ids of one text or one prompt, in the served model's vocabulary."""

Form = Literal["stream", "stream-2", "chat"]
"""How a model wants to be asked: our own control tokens, or an instruct model's chat template.

In the second stream form, as in a chat, what the storyteller was asked for stays before the passage that it wrote.
"""


PLAIN = "plain"
"""The voice of the model itself, without an adapter."""


class EngineState(StrEnum):
    """Where an engine stands. `FAILED` is final for an engine in this process; a server may come back."""

    WAKING = "waking"
    READY = "ready"
    FAILED = "failed"
    CLOSED = "closed"


@dataclass(frozen=True)
class Profile:
    """What is known of a model before its weights are loaded."""

    name: str
    """The name shown to people, e.g. "Llama Storycircle 8M"."""
    form: Form
    window: int
    """Tokens of prompt and answer together, at most."""
    tokenizer: str
    """Fingerprint of the vocabulary. Stored token ids are valid only for the same fingerprint."""
    voices: tuple[str, ...] = ()
    """Names that a story can choose from: `PLAIN` and the adapters; none if there is only the model itself."""

    @property
    def small(self) -> bool:
        """Whether it is one of our own forms, which small models have: they guess, drift and end early."""
        return self.form != "chat"


@dataclass(frozen=True)
class Frame:
    """The token ids that a chat template puts between texts, so that a conversation only ever grows at its end.

    `before` user `after` assistant `back` user `after` assistant …
    """

    before: TokenIds
    """The rules, and all else that comes before the first user's text."""
    after: TokenIds
    """From the end of a user's text to where the assistant's begins."""
    back: TokenIds
    """From the end of an assistant's text to where the next user's begins."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How to choose tokens. Penalties count generated tokens only, so that names in a story stay free."""

    max_tokens: int
    min_tokens: int = 0
    temperature: float = 0.8
    min_p: float = 0.05
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    seed: int | None = None


class Priority:
    """Lower goes first (vLLM's convention)."""

    MODERATION = -10
    TURN = 0
    BACKGROUND = 10


@dataclass(frozen=True, kw_only=True)
class Request:
    """One thing to write."""

    id: str
    """Unique among running requests."""
    prompt: TokenIds
    sampling: Sampling
    salt: str
    """Keeps one workspace's cached prefixes apart from another's. At most 128 of `[A-Za-z0-9_-]`."""
    session: str
    """The story: a router sends requests of one session to one worker."""
    priority: int = Priority.TURN
    voice: str = ""
    """One of the profile's voices; empty (or one that is not there any more) for the engine's own choice."""


@dataclass(frozen=True)
class Piece:
    """Some more of an answer. The last piece has a `finish`."""

    text: str
    ids: TokenIds
    finish: Literal["stop", "length", "repetition"] | None = None
    cached_tokens: int | None = None
    """Prompt tokens that the engine did not have to compute, if it says so."""


class Engine(Protocol):
    """A voice. Made cheap, started once, used by many turns at the same time."""

    @property
    def profile(self) -> Profile:
        """What the served model is."""
        ...

    @property
    def state(self) -> EngineState:
        """Where the engine stands now."""
        ...

    def start(self) -> None:
        """Begin to wake up in the background, inside the running event loop. Never blocks."""
        ...

    async def ready(self) -> None:
        """Wait until it can write. Raises `EngineFailed` with the reason if it never will."""
        ...

    async def close(self) -> None:
        """Stop everything that was started. Safe to call at any time, more than once."""
        ...

    def encode(self, text: str) -> TokenIds:
        """Token ids of plain text. Never contains a control token, whatever the text says."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """The text of token ids, control tokens left out."""
        ...

    def control(self, name: str) -> int:
        """The id of one control token, e.g. `<|write|>`. Raises KeyError if the model has no such token."""
        ...

    def frame(self, rules: str) -> Frame:
        """What the chat template puts between the texts of a conversation, with `rules` as the system text.

        Only for models of the chat form, after `ready()`.
        """
        ...

    def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """Write. Waits for `ready()` first.

        Closing the generator (or cancelling the task that reads it) really stops the engine's work on it.
        Raises `EngineBusy` when the queue is full, `EngineFailed` when the engine is or becomes dead.
        """
        ...


class Around:
    """An engine around another: all of its port but `stream`, handed on."""

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
        """What the chat template puts between the texts of a conversation."""
        return self._engine.frame(rules)
