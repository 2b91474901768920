"""Puts the parts together as the settings say: database, gate, engine, storyteller."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from bots.hearing import HeardEngine
from bots.settings import Settings
from bots.tracing import tracing
from core.database import Database
from core.engine import Engine
from core.errors import EngineError
from core.filters.personal import PersonalFilter
from core.filters.words import WordFilter
from core.moderation import Gate
from core.session import Limits
from core.store import Store
from core.storyteller import Storyteller

if TYPE_CHECKING:
    from inference.vllm import EngineOptions


@asynccontextmanager
async def storyteller(settings: Settings) -> AsyncIterator[Storyteller]:
    """A storyteller with all its parts; they are stopped and closed at the end, whatever happens.

    The engine is not started yet, so that a prompt can come first. Raises `StoryError` if a part is unusable.
    """
    async with AsyncExitStack() as parts:
        database = await Database.open(settings.database_url.get_secret_value())
        parts.push_async_callback(database.close)
        await parts.enter_async_context(tracing(settings))
        voice = engine(settings)
        parts.push_async_callback(voice.close)
        await parts.enter_async_context(settling(voice))
        yield Storyteller(
            store=Store(database, rating=settings.rating),
            gate=gate(settings),
            engine=HeardEngine(voice),
            secret=settings.secret.get_secret_value(),
            limits=Limits(settings.first_words_seconds, settings.turn_seconds),
        )


@asynccontextmanager
async def settling(voice: Engine) -> AsyncIterator[None]:
    """Once the engine is awake, let the garbage collector leave alone what is there by then, as long as this lasts.

    It has some million objects of torch and vLLM, and looking through them holds everybody up for half a second.
    """
    task = asyncio.create_task(_freeze(voice))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        gc.unfreeze()


async def _freeze(voice: Engine) -> None:
    with contextlib.suppress(EngineError):
        await voice.ready()
    gc.freeze()


def gate(settings: Settings) -> Gate:
    """The moderation gate with every filter that is configured."""
    return Gate([WordFilter(), PersonalFilter()], limit_seconds=settings.moderation_seconds)


def engine(settings: Settings) -> Engine:
    """The engine that the settings name: a vLLM server if there is a URL, else vLLM in this process."""
    if settings.engine_url:
        from inference.remote import RemoteEngine, RemoteOptions  # noqa: PLC0415 - load only what is used

        key = settings.engine_api_key
        return RemoteEngine(
            RemoteOptions(
                url=settings.engine_url,
                served_name=settings.engine_served_name,
                api_key=key.get_secret_value() if key else None,
                tokenizer=settings.engine_tokenizer or settings.engine_model,
            )
        )
    from inference.vllm import VllmEngine  # noqa: PLC0415

    return VllmEngine(vllm_options(settings))


def vllm_options(settings: Settings) -> "EngineOptions":
    """The settings of vLLM in this process."""
    from inference.vllm import EngineOptions  # noqa: PLC0415

    return EngineOptions(
        model=settings.engine_model,
        window=settings.engine_window,
        max_num_seqs=settings.engine_max_seqs,
        max_num_batched_tokens=settings.engine_max_batched_tokens,
        max_queued=settings.engine_max_queued,
        gpu_memory_utilization=settings.engine_gpu_memory,
        cpu_cache_gib=settings.engine_cpu_cache_gib,
        quantization=settings.engine_quantization,
        kv_cache_dtype=settings.engine_kv_cache_dtype,
    )
