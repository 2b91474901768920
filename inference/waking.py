"""How vLLM wakes up: a thread that imports it, makes the engine and forks its core, and what can go wrong meanwhile.

Knows nothing of requests; `inference.vllm` speaks to the engine that comes out of it.
"""

import asyncio
import contextlib
import logging
import os
import platform
import re
import secrets
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.engine import Profile
from core.errors import EngineError, EngineFailed
from core.wording import said
from inference.adapters import Adapter, Served
from inference.child import Cord
from inference.folder import ModelFolder
from inference.template import ChatTemplate

GIB = 1 << 30

GOODBYE_SECONDS = 10
"""How long closing waits for an engine that is just being made."""

EXPLANATIONS = {
    r"out of memory|(available|free|kv cache) memory|memory utilization|'EngineCore': -9": said(
        "There is not enough memory for the model. "
        "Choose a smaller one with ENGINE_MODEL, or lower ENGINE_WINDOW or ENGINE_CPU_CACHE_GIB."
    ),
    r"max_model_len": said("ENGINE_WINDOW is larger than this model allows. Lower it, or leave it out."),
    r"World size .* larger than the number|out of bounds for \d+ devices": said(
        "ENGINE_TENSOR_PARALLEL is larger than the number of GPUs here. Lower it, or leave it out."
    ),
    r"divisible by tensor parallel": said(
        "This model cannot be divided among so many GPUs. Set ENGINE_TENSOR_PARALLEL to 2, 4 or 8, or leave it out."
    ),
    r"safetensors|HeaderTooSmall|InvalidHeader": said(
        "The weights of the model cannot be read. Download the model again, or set ENGINE_MODEL to another one."
    ),
}
"""What vLLM's complaints mean to the person who runs us."""

log = logging.getLogger("vllm")


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """How to run a model. The defaults suit a small model on one CPU core."""

    model: str
    """A model folder, or the hub name of a model that was downloaded before."""
    name: str | None = None
    """What people see. None: the folder's own name."""
    window: int | None = None
    """Tokens of prompt and answer together. None: what the folder says."""
    max_num_seqs: int = 32
    """Answers written at the same time. In-process vLLM has poor defaults for this and the next, so they are ours."""
    max_num_batched_tokens: int = 2048
    """Tokens computed in one step: the most that one long prompt can delay the others."""
    max_queued: int = 64
    """Requests that may wait beyond `max_num_seqs`, before `EngineBusy`."""
    stream_interval: int = 4
    """Tokens that are handed over at once, after the first. One by one they cost this process more than all else."""
    gpu_memory_utilization: float = 0.9
    cpu_cache_gib: float = 0.5
    """Room for the prefix cache on a CPU. (A GPU uses what `gpu_memory_utilization` leaves.)"""
    cpu_block_size: int = 32
    """Tokens per cache block on a CPU; vLLM's own 128 would recompute up to 127 tokens each turn."""
    cpu_threads: int = 1
    """Compute threads on a CPU. More threads than free cores make every model many times slower."""
    tensor_parallel: int = 1
    """GPUs that hold one copy of the model together, for a model that is too large for one."""
    quantization: str | None = None
    kv_cache_dtype: str = "auto"
    load_format: str = "auto"
    """How weights are read; "dummy" makes up some, to measure a shape without its model."""
    dtype: str = "auto"
    """Of the weights in memory. "auto" is the checkpoint's own, except on a CPU that cannot compute with bfloat16."""
    adapters: Path | None = None
    """The folder of adapters. None: `adapters`, if there is one."""
    adapter: str | None = None
    """The adapter for stories that chose none. None: what the registry says is in use."""


@dataclass(frozen=True)
class Voice:
    """What the waking thread brings."""

    llm: Any
    template: ChatTemplate | None


class Sleeper:
    """The thread that wakes vLLM up, which takes long and blocks, and the cord of the process that it forks."""

    def __init__(
        self,
        options: EngineOptions,
        folder: ModelFolder,
        profile: Profile,
        served: Served,
        rise: Callable[["Voice | EngineError"], None],
    ) -> None:
        self._options, self._folder, self._profile, self._rise = options, folder, profile, rise
        self._served = served
        self._cord = Cord(self._hear)
        self._last_words: deque[str] = deque(maxlen=100)
        self._unwanted, self._forking = threading.Event(), threading.Event()
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._outcome: Voice | EngineError | None = None
        self._thread = threading.Thread(target=self._run, name="engine-waking", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    async def give_up(self) -> None:
        """Stop waking, and end the child if there is one.

        Importing cannot be broken off without spoiling the modules for this process, so the thread is left to it; it
        forks nothing afterwards, and ends with the program.
        """
        self._unwanted.set()
        self._cord.cut()
        if self._forking.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), timeout=GOODBYE_SECONDS)

    def _run(self) -> None:
        try:
            self._outcome = self._wake()
        except EngineError as error:
            self._outcome = error
        except BaseException as error:  # whatever vLLM raises, somebody waits for the outcome
            self._cord.hear_out()
            self._outcome = _explained(error, self._last_words)
        if self._unwanted.is_set() and isinstance(self._outcome, Voice):
            self._outcome.llm.shutdown()
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now
            self._loop.call_soon_threadsafe(self._done)

    def _done(self) -> None:
        """Hand the outcome over for good: vLLM's finalizer complains if anybody holds it at the end of the program."""
        outcome, self._outcome = self._outcome, None
        self._over.set()
        if outcome is not None:
            self._rise(outcome)

    def _wake(self) -> Voice:
        _quiet()
        with warnings.catch_warnings(), self._cord.around_forks():
            warnings.simplefilter("ignore")
            _environment(self._options)
            _imported()
            self._still_wanted()
            template = None
            if self._profile.form == "chat":
                template = ChatTemplate.load(self._folder.path, self._folder.vocabulary())
            self._forking.set()
            self._still_wanted()
            return Voice(_awaken(self._options, self._folder, self._profile, self._served), template)

    def complaint(self) -> str:
        """What the engine core said before it died."""
        self._cord.hear_out()
        return "; ".join(_complaints(self._last_words)) or "It was killed without a word."

    def _hear(self, line: str) -> None:
        if line:
            self._last_words.append(line)
            log.info("%s", line)

    def _still_wanted(self) -> None:
        if self._unwanted.is_set():
            raise EngineFailed(said("The storyteller was shut down while waking."))


def _quiet() -> None:
    """vLLM logs to the logger `vllm` alone, and its many warnings on a good day only if somebody reads INFO."""
    log.setLevel(logging.INFO if logging.getLogger(__name__).isEnabledFor(logging.INFO) else logging.ERROR)
    if not log.handlers:
        log.addHandler(logging.NullHandler())  # or Python would print what nobody has asked for


def _environment(options: EngineOptions) -> None:
    """What vLLM and torch read while they are imported. Settings of the person who runs us go first."""
    for name, value in {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_CONFIGURE_LOGGING": "0",
        "VLLM_PLUGINS": "",  # none: each would be one more import
        "TOKENIZERS_PARALLELISM": "false",  # or it warns on the terminal after a fork
        "OMP_NUM_THREADS": str(options.cpu_threads),
    }.items():
        os.environ.setdefault(name, value)


def _imported() -> None:
    """Import vLLM: nearly all the time that waking takes. Raises `EngineFailed` if it is not installed."""
    try:
        import vllm.v1.engine.async_llm  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("vllm"):
            raise
        raise EngineFailed(
            said("vLLM is not installed here. Run: pip install 'storycircle[cpu]' (or [gpu]).")
        ) from error


def _awaken(options: EngineOptions, folder: ModelFolder, profile: Profile, served: Served) -> Any:
    """An `AsyncLLM` whose core runs in a process forked from this one.

    On a GPU that is vLLM's default. On a CPU vLLM starts two more processes (core and worker) by spawning, each of
    which imports everything again, to set OpenMP's threads per process. With one thread there is nothing to set, so
    the core is forked and computes by itself: a third of the time and of the memory.
    """
    from vllm.engine.arg_utils import AsyncEngineArgs  # noqa: PLC0415
    from vllm.platforms import current_platform  # noqa: PLC0415
    from vllm.v1.engine.async_llm import AsyncLLM  # noqa: PLC0415

    on_cpu = current_platform.is_cpu()
    if on_cpu and options.tensor_parallel > 1:
        raise EngineFailed(
            said(
                "ENGINE_TENSOR_PARALLEL divides a model among GPUs, and this machine computes on its CPU. Leave it out."
            )
        )
    if on_cpu:
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"  # read only to choose the executor: keeps "uni"
    arguments = _arguments(options, folder, profile) | (_cpu_arguments(options) if on_cpu else {})
    arguments |= _adapter_arguments(served.adapters, on_cpu=on_cpu)
    config = AsyncEngineArgs(**arguments).create_engine_config()
    if on_cpu:
        os.environ["VLLM_WORKER_MULTIPROC_METHOD"] = "fork"  # the CPU platform has just set "spawn"
    return AsyncLLM.from_vllm_config(config, disable_log_stats=True)


def _arguments(options: EngineOptions, folder: ModelFolder, profile: Profile) -> dict[str, Any]:
    return {
        "model": str(folder.path),
        "served_model_name": profile.name,
        "max_model_len": profile.window,
        "max_num_seqs": options.max_num_seqs,
        "max_num_batched_tokens": options.max_num_batched_tokens,
        "max_num_queued_reqs": options.max_num_seqs + options.max_queued,  # vLLM counts the running ones too
        "stream_interval": options.stream_interval,
        "gpu_memory_utilization": options.gpu_memory_utilization,
        "tensor_parallel_size": options.tensor_parallel,
        "quantization": options.quantization,
        "kv_cache_dtype": options.kv_cache_dtype,
        "dtype": options.dtype,
        "load_format": options.load_format,
        "enable_prefix_caching": True,
        "prefix_caching_hash_algo": "sha256",  # salts are a border between workspaces, so no weak hash
        "scheduling_policy": "priority",
        "skip_tokenizer_init": True,  # we send ids and read ids
        "seed": secrets.randbelow(1 << 31),  # vLLM's own is 0: the same stories after every start
        "use_tqdm_on_load": False,
        "disable_log_stats": True,
        "enable_log_requests": False,
    }


def _adapter_arguments(adapters: Sequence[Adapter], *, on_cpu: bool) -> dict[str, Any]:
    """Room for several adapters in one batch; nothing, and no cost, if there are none.

    On a CPU with one place more than there are adapters: vLLM 0.32 computes an answer without an adapter, in a batch
    with others, by the last place (index -1), which therefore has to stay empty.
    """
    if not adapters:
        return {}
    most = max(each.rank for each in adapters)
    return {
        "enable_lora": True,
        "max_lora_rank": next((rank for rank in _RANKS if rank >= most), most),
        "max_loras": len(adapters) + 1 if on_cpu else min(len(adapters), _AT_ONCE),
        "max_cpu_loras": len(adapters) + 1,
    }


_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Those that vLLM has room for."""
_AT_ONCE = 8
"""Adapters in one step of the engine; answers with others wait for the next. Each takes memory of its own."""


def _cpu_arguments(options: EngineOptions) -> dict[str, Any]:
    return {
        "enforce_eager": True,  # compiling costs half a minute at every first start and gains little at this size
        "distributed_executor_backend": "uni",
        "kv_cache_memory_bytes": int(options.cpu_cache_gib * GIB),  # explicit: no profiling run
        "block_size": options.cpu_block_size,
        "dtype": _cpu_dtype(options.dtype),
    }


def _cpu_dtype(wanted: str) -> str:
    """float32 where bfloat16 would be emulated: measured 3 times as fast with 32 answers at once on AVX2."""
    import torch  # noqa: PLC0415

    emulated = not torch.cpu._is_avx512_bf16_supported()  # vLLM asks the same
    return "float32" if wanted == "auto" and platform.machine() == "x86_64" and emulated else wanted


def _complaints(lines: Iterable[str]) -> list[str]:
    """The lines that end a traceback."""
    return [line[:300] for line in lines if re.match(r"(\w+\.)*\w*(Error|Exception): ", line)]


def _explained(error: BaseException, last_words: Iterable[str]) -> EngineFailed:
    """One sentence for what vLLM says, in its core or here, when it cannot start."""
    complaints = [*_complaints(last_words), " ".join(f"{type(error).__name__}: {error}".split())[:300]]
    for pattern, sentence in EXPLANATIONS.items():
        if any(re.search(pattern, line, re.IGNORECASE) for line in complaints):
            return EngineFailed(sentence)
    return EngineFailed(said("The model could not be loaded. {complaint}", complaint=complaints[0]))
