"""The real storyteller, woken once for the whole test run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

import inference
from inference.vllm import EngineOptions, VllmEngine
from tests.inference.models import llama


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped model, or one with random weights where none is shipped yet."""
    shipped = Path(inference.__file__).parent / "model"
    if (shipped / "model.safetensors").is_file():
        return shipped
    return llama(tmp_path_factory.mktemp("model") / "llama")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def storyteller_engine(model_folder: Path) -> AsyncIterator[VllmEngine]:
    """vLLM in this process, awake. Tests that use it run in the session's event loop."""
    engine = VllmEngine(
        EngineOptions(model=str(model_folder), max_num_seqs=8, max_num_batched_tokens=1024, max_queued=8)
    )
    engine.start()
    await engine.ready()
    yield engine
    await engine.close()
