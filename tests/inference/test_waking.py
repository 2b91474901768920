"""How vLLM in this process begins and ends: what goes wrong is said, and nothing is left behind."""

import asyncio
import contextlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.engine import EngineState, Piece, Request, Sampling
from core.errors import EngineFailed
from inference.vllm import EngineOptions, VllmEngine
from inference.waking import _explained

SCRIPT = """
import asyncio, multiprocessing, signal, sys
from inference.vllm import EngineOptions, VllmEngine

async def main():
    engine, stop = VllmEngine(EngineOptions(model=sys.argv[1])), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    engine.start()
    if sys.argv[2] == "awake":
        await engine.ready()
    print(*(child.pid for child in multiprocessing.active_children()), flush=True)
    await stop.wait()
    await engine.close()

asyncio.run(main())
"""


def request(name: str, tokens: int = 600) -> Request:
    return Request(id=name, prompt=(20, 21, 22), sampling=Sampling(max_tokens=tokens), salt="w", session="s")


def cores() -> list[int]:
    """The processes of engine cores that are ours."""
    return [child.pid for child in multiprocessing.active_children() if child.pid and child.name == "EngineCore"]


def alive(pid: int) -> bool:
    """Whether there is such a process that is not just waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


async def until_gone(*pids: int) -> None:
    async with asyncio.timeout(20):
        while any(alive(pid) for pid in pids):
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def started(model: Path, **options: int | float | str) -> AsyncIterator[VllmEngine]:
    """An engine that has begun to wake up. Nothing of it is left afterwards."""
    before = set(cores())
    engine = VllmEngine(EngineOptions(model=str(model), cpu_cache_gib=0.1, **options))  # type: ignore[arg-type]
    engine.start()
    yield engine
    mine = set(cores()) - before
    await engine.close()
    await until_gone(*mine)


def test_a_missing_model_is_named() -> None:
    with pytest.raises(EngineFailed, match=r"No model at /nowhere/at-all\. Set ENGINE_MODEL to a folder"):
        VllmEngine(EngineOptions(model="/nowhere/at-all"))


@pytest.mark.parametrize(("lacking", "words"), [("config.json", "no config.json"), ("model.safetensors", "no weights")])
def test_a_folder_that_is_no_model_is_named(tmp_path: Path, model_folder: Path, lacking: str, words: str) -> None:
    folder = shutil.copytree(model_folder, tmp_path / "copy", ignore=shutil.ignore_patterns(lacking))
    with pytest.raises(EngineFailed, match=f"{folder} is not a model folder: it has {words}"):
        VllmEngine(EngineOptions(model=str(folder)))


async def test_without_vllm_people_are_told_to_install_it(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("vllm", "vllm.v1.engine.async_llm"):
        monkeypatch.setitem(sys.modules, name, None)
    async with started(model_folder) as engine:
        with pytest.raises(EngineFailed, match=r"vLLM is not installed here\. Run: pip install"):
            await engine.ready()
        assert engine.state is EngineState.FAILED


async def test_encoding_needs_no_start_and_closing_needs_none_either(model_folder: Path) -> None:
    engine = VllmEngine(EngineOptions(model=str(model_folder)))
    assert engine.decode(engine.encode("The sea.")) == "The sea."
    assert engine.state is EngineState.WAKING
    await engine.close()
    await engine.close()
    engine.start()
    with pytest.raises(EngineFailed, match="shut down"):
        await anext(engine.stream(request("r")))


@pytest.mark.engine
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cpu_cache_gib": 90000.0}, "not enough memory"),
        ({"window": 1 << 20}, "ENGINE_WINDOW is larger than this model allows"),
        ({"tensor_parallel": 2}, "computes on its CPU"),
        ({"dtype": "float3"}, r"could not be loaded\. .*dtype"),
    ],
)
async def test_an_engine_that_cannot_start_says_why(
    model_folder: Path, options: dict[str, int | float | str], words: str
) -> None:
    engine = VllmEngine(EngineOptions(model=str(model_folder), **options))  # type: ignore[arg-type]
    engine.start()
    with pytest.raises(EngineFailed, match=words):
        await engine.ready()
    await engine.close()


TAKEN = """
import sys
from inference.folder import ModelFolder
from inference.waking import EngineOptions, _arguments, _environment

options = EngineOptions(model=sys.argv[1], tensor_parallel=2)
_environment(options)
from vllm.engine.arg_utils import AsyncEngineArgs

folder = ModelFolder.find(options.model)
profile = folder.profile(folder.vocabulary(), name=None, window=None)
config = AsyncEngineArgs(**_arguments(options, folder, profile)).create_engine_config()
print(config.parallel_config.tensor_parallel_size, config.parallel_config.data_parallel_size)
"""


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_vllm_takes_the_number_of_gpus_for_one_model(model_folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", TAKEN, model_folder], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["2", "1"], done.stderr[-2000:]


@pytest.mark.parametrize(
    ("complaint", "words"),
    [
        ("World size (4) is larger than the number of available GPUs (1) in this node.", "number of GPUs here"),
        ("Total number of attention heads (32) must be divisible by tensor parallel size (3).", "2, 4 or 8"),
    ],
)
def test_what_vllm_says_of_gpus_is_said_with_the_settings_name(complaint: str, words: str) -> None:
    error = _explained(ValueError(complaint), ())
    assert "ENGINE_TENSOR_PARALLEL" in error.notice
    assert words in error.notice


@pytest.mark.engine
@pytest.mark.timeout(300)
async def test_broken_weights_are_named(tmp_path: Path, model_folder: Path) -> None:
    folder = shutil.copytree(model_folder, tmp_path / "copy")
    os.truncate(folder / "model.safetensors", 100_000)
    async with started(folder) as engine:
        with pytest.raises(EngineFailed, match="weights of the model cannot be read"):
            await engine.ready()


@pytest.mark.engine
@pytest.mark.timeout(300)
async def test_a_killed_engine_is_noticed(model_folder: Path) -> None:
    before = set(cores())
    async with started(model_folder) as engine:
        await engine.ready()
        (core,) = set(cores()) - before
        streams = [engine.stream(request(f"r{number}")) for number in range(8)]
        await asyncio.gather(*(anext(stream) for stream in streams))
        os.kill(core, signal.SIGKILL)
        async with asyncio.timeout(20):
            ends = await asyncio.gather(*map(_end, streams))
            assert "has died" in " ".join(ends)  # one or another may have been at its end already
            assert all("has died" in each for each in ends if each)
            with pytest.raises(EngineFailed, match="has died"):
                await anext(engine.stream(request("later")))
        assert engine.state is EngineState.FAILED


async def _end(stream: AsyncIterator[Piece]) -> str:
    """Hear a stream to its end; what went wrong, or nothing."""
    try:
        async for _ in stream:
            pass
    except EngineFailed as error:
        return error.notice
    return ""


@pytest.mark.engine
@pytest.mark.timeout(300)
async def test_an_engine_can_be_closed_while_it_writes(model_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with started(model_folder) as engine:
        await engine.ready()
        streams = [engine.stream(request(f"r{number}")) for number in range(8)]
        await asyncio.gather(*(anext(stream) for stream in streams))
        await engine.close()
        async with asyncio.timeout(20):
            ends = await asyncio.gather(*map(_end, streams))
    assert "shut down" in " ".join(ends)  # one or another may have been at its end already
    assert all("shut down" in each for each in ends if each)
    assert not caplog.records  # vLLM takes it for no death


@pytest.mark.engine
@pytest.mark.timeout(300)
async def test_an_engine_can_be_closed_while_it_wakes(model_folder: Path) -> None:
    before = set(cores())
    async with started(model_folder) as engine:
        while not set(cores()) - before:
            assert engine.state is EngineState.WAKING
            await asyncio.sleep(0.01)
        waiting = asyncio.create_task(engine.ready())
    assert engine.state is EngineState.CLOSED
    with pytest.raises(EngineFailed, match="shut down"):
        await waiting


def program(model: Path, state: str) -> subprocess.Popen[bytes]:
    """A program with an engine, at the head of a process group as in a terminal."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(model), state],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )


def heard(process: subprocess.Popen[bytes]) -> list[int]:
    """The line that the program prints: the processes of its engine."""
    assert process.stdout is not None
    return [int(word) for word in process.stdout.readline().split()]


@pytest.mark.engine
def test_ctrl_c_while_waking_ends_the_program_quietly(model_folder: Path) -> None:
    process = program(model_folder, "waking")
    heard(process)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60) == (b"", b"")
    assert process.returncode == 0


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_ctrl_c_is_the_programs_to_handle(model_folder: Path) -> None:
    """The terminal sends it to the engine's process too, which lets the program end it. Nobody prints anything."""
    process = program(model_folder, "awake")
    children = heard(process)
    assert children
    for child in children:
        os.kill(child, signal.SIGINT)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60) == (b"", b"")
    assert process.returncode == 0
    assert not any(alive(child) for child in children)


@pytest.mark.engine
@pytest.mark.timeout(300)
async def test_a_killed_program_takes_its_engine_along(model_folder: Path) -> None:
    process = program(model_folder, "awake")
    children = await asyncio.to_thread(heard, process)
    assert children
    process.kill()
    assert process.communicate(timeout=60) == (b"", b"")
    await until_gone(*children)
