"""Puts the parts together as the settings say: database, gate, engine, storyteller."""

import asyncio
import contextlib
import datetime as dt
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from bots.hearing import HeardEngine
from bots.settings import BUNDLED_MODEL, Settings, SettingsError
from bots.tracing import tracing
from core import helplines
from core.compaction import compacting
from core.database import Database
from core.engine import Engine
from core.erasure import Erasure
from core.errors import EngineError, EngineFailed
from core.fairness import FairEngine
from core.filters.danger import DangerFilter
from core.filters.links import LinkFilter
from core.filters.patterns import LineFilter, PatternFilter
from core.filters.personal import PersonalFilter, redacted
from core.filters.words import WordFilter
from core.learning import Learning
from core.moderation import Gate, Guard
from core.plot import PlotReader
from core.quotas import Allowance, Quotas
from core.retention import Retention, tidying
from core.store import Store
from core.storyteller import Storyteller
from core.tombstones import Book
from core.wording import said
from core.writing import Limits

if TYPE_CHECKING:
    from inference.guard.local import GuardEngine
    from inference.guard.model import GuardModel
    from inference.guard.server import GuardServer
    from inference.vllm import EngineOptions

log = logging.getLogger(__name__)


@asynccontextmanager
async def storyteller(settings: Settings, *, limited: bool = True) -> AsyncIterator[Storyteller]:
    """A storyteller with all its parts; they are stopped and closed at the end, whatever happens.

    Without `limited` nobody has a quota and nothing is tidied away, as for somebody at their own terminal.

    The engine is not started yet, so that a prompt can come first. Raises `StoryError` if a part is unusable.
    """
    async with AsyncExitStack() as parts:
        database = await Database.open(settings.database_url.get_secret_value())
        parts.push_async_callback(database.close)
        await parts.enter_async_context(tracing(settings))
        voice = engine(settings)
        parts.push_async_callback(voice.close)
        await parts.enter_async_context(settling(voice))
        if limited and (old := helplines.stale(lines(settings), dt.datetime.now(dt.UTC).date())):
            log.warning("%d helplines were not verified in the last 180 days; docs/safety.md says how", len(old))
        erasure = erasures(settings, database)
        await erasure.repeat()
        if limited:
            await parts.enter_async_context(tidying(database, retention(settings)))
        plot = plot_reader(settings)
        if plot is not None:
            parts.push_async_callback(plot.close)
        doorkeeper = await parts.enter_async_context(guarded(settings, after=voice))
        queue = fair(voice, settings)
        yield Storyteller(
            store=Store(database, rating=settings.rating, life=settings.lease_seconds),
            gate=doorkeeper,
            engine=HeardEngine(queue),
            busy=queue.busy,
            secret=settings.secret.get_secret_value(),
            limits=Limits(settings.first_words_seconds, settings.turn_seconds),
            quotas=Quotas(allowance(settings), database) if limited else None,
            erasure=erasure,
            learning=Learning(database, permission=settings.discord_training_permission, redact=redacted),
            plot=plot,
            helplines=lines(settings),
            compaction=await parts.enter_async_context(compacting()),
        )


def erasures(settings: Settings, database: Database) -> Erasure:
    """Forgets people, and knows where that is noted: beside the database if it is a file."""
    address = make_url(settings.database_url.get_secret_value())
    path = settings.forgotten_file
    if path is None and address.get_backend_name() == "sqlite" and address.database:
        path = Path(address.database).with_suffix(".forgotten")
    return Erasure(database, secret=settings.secret.get_secret_value(), book=Book(path))


def lines(settings: Settings) -> tuple[helplines.Helpline, ...]:
    """The helplines. Raises `SettingsError` if the operator's file cannot be used."""
    if settings.helplines_file is None:
        return helplines.HELPLINES
    try:
        return helplines.read(settings.helplines_file)
    except helplines.HelplinesError as error:
        raise SettingsError(str(error)) from None


def allowance(settings: Settings) -> Allowance:
    """How often the storyteller may be asked."""
    s = settings
    return Allowance(s.quota_person_minute, s.quota_person_day, s.quota_channel_minute, s.quota_server_minute)


def retention(settings: Settings) -> Retention:
    """How long what is no story is kept."""
    return Retention(
        verdicts=settings.keep_verdicts_days,
        held=settings.keep_held_days,
        held_in_class=settings.keep_held_class_days,
        posts=settings.keep_posts_days,
        audit=settings.keep_audit_days,
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


def gate(settings: Settings, *guards: Guard) -> Gate:
    """The moderation gate with every filter that needs no model, and these guards.

    Our own addresses, and numbers of people who help, are in what we draw; so those filters judge what is new alone.
    """
    return Gate(
        [WordFilter(), PatternFilter(), LineFilter()],
        once=[DangerFilter(), PersonalFilter(), LinkFilter()],
        guards=guards,
        redact=redacted,
        limit_seconds=_gate_seconds(settings),
    )


@asynccontextmanager
async def guarded(settings: Settings, *, after: Engine | None = None) -> AsyncIterator[Gate]:
    """The gate with a guard model too, if one is configured; the model is let go of at the end.

    A guard in this process wakes up once `after` is awake, since two at a time would fight for the same cores; with
    nothing to wait for, it is awake when the block begins. Raises `EngineFailed` if the guard cannot be used.
    """
    model = guard(settings)
    if model is None:
        yield gate(settings)
        return
    from core.filters.guard import GuardFilter  # noqa: PLC0415 - load only what is used

    waking = asyncio.create_task(_wake(model, after))
    try:
        if after is None:
            await waking
            await model.ready()
        yield gate(settings, GuardFilter(model))
    finally:
        waking.cancel()
        await asyncio.wait([waking])
        await model.close()


def guard(settings: Settings) -> "GuardModel | None":
    """The guard model that the settings name: served if there is a URL, else in this process; None if there is none.

    Raises `EngineFailed` if it is a folder that cannot be used, or a model that only a server can ask.
    """
    if not _guarded(settings):
        return None
    from inference.guard.formats import FORMATS, SERVED_ONLY  # noqa: PLC0415
    from inference.guard.model import GuardModel  # noqa: PLC0415

    if not settings.guard_url and settings.guard_format in SERVED_ONLY:
        raise EngineFailed(
            said(
                "A guard of the format {format} can only be asked through a server. Set GUARD_URL.",
                format=settings.guard_format,
            )
        )
    return GuardModel(_way(settings), FORMATS[settings.guard_format], seconds=settings.guard_seconds)


def _way(settings: Settings) -> "GuardServer | GuardEngine":
    key = settings.guard_api_key
    if settings.guard_url:
        from inference.guard.server import GuardServer, ServerOptions  # noqa: PLC0415

        return GuardServer(
            ServerOptions(
                url=settings.guard_url,
                model=settings.guard_model,
                api_key=key.get_secret_value() if key else None,
            )
        )
    from inference.folder import ModelFolder  # noqa: PLC0415
    from inference.guard.local import GuardEngine  # noqa: PLC0415
    from inference.vllm import EngineOptions, VllmEngine  # noqa: PLC0415

    model = str(settings.guard_model)
    options = EngineOptions(
        model=model, gpu_memory_utilization=settings.guard_gpu_memory, cpu_cache_gib=settings.engine_cpu_cache_gib
    )
    return GuardEngine(VllmEngine(options), ModelFolder.find(model).vocabulary())


async def _wake(model: "GuardModel", after: Engine | None) -> None:
    if after is not None:
        with contextlib.suppress(EngineError):
            await after.ready()
    model.start()


def _gate_seconds(settings: Settings) -> float:
    """A guard gives up by itself first, so that it is known to be slow."""
    return max(settings.moderation_seconds, settings.guard_seconds + 1 if _guarded(settings) else 0)


def _guarded(settings: Settings) -> bool:
    return bool(settings.guard_url or settings.guard_model)


def plot_reader(settings: Settings) -> PlotReader | None:
    """Reads plot events with the bundled model, whichever model tells; None if it has no head for them."""
    if not settings.plot_events:
        return None
    from inference.plot_process import PlotProcess  # noqa: PLC0415 - load only what is used

    return PlotProcess.of(Path(BUNDLED_MODEL))


def fair(voice: Engine, settings: Settings) -> FairEngine:
    """The engine, with workspaces taking turns at it."""
    return FairEngine(voice, at_once=settings.engine_max_seqs, waiting=settings.engine_max_queued)


def engine(settings: Settings) -> Engine:
    """The engine that the settings name: a vLLM server if there is a URL, else vLLM in this process."""
    if settings.engine_url:
        from inference.remote import RemoteEngine, RemoteOptions  # noqa: PLC0415 - load only what is used

        key = settings.engine_api_key
        return RemoteEngine(
            RemoteOptions(
                url=settings.engine_url,
                served_name=settings.engine_served_name,
                adapter=settings.engine_adapter,
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
        tensor_parallel=settings.engine_tensor_parallel,
        quantization=settings.engine_quantization,
        kv_cache_dtype=settings.engine_kv_cache_dtype,
        adapters=settings.engine_adapters,
        adapter=settings.engine_adapter,
    )
