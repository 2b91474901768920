"""The application in `deploy/ray/` on a Ray of this machine, asked by our own engine over HTTP.

Needs `ray` on the path (`pip install 'ray[serve]' pandas pyarrow`, beside vLLM); it takes minutes to start.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.engine import Request, Sampling
from inference.remote import RemoteEngine, RemoteOptions
from tests.inference.servers import free_port

RAY = shutil.which("ray")
APPLICATION = Path(__file__).parent.parent.parent / "deploy" / "ray" / "application.py"
STARTS = 900.0
"""Seconds that Ray and vLLM may take to start on a busy machine."""

PROGRAM = """
import importlib.util, sys
import ray
from ray import serve

ray.init(num_cpus=8, include_dashboard=False)
spec = importlib.util.spec_from_file_location("application", sys.argv[1])
application = importlib.util.module_from_spec(spec)
spec.loader.exec_module(application)
serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[2])})
serve.run(application.app)
print("It is served.", flush=True)
sys.stdin.read()
serve.shutdown()
ray.shutdown()
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.engine,
    pytest.mark.timeout(1000),
    pytest.mark.skipif(RAY is None, reason="ray is not installed: pip install 'ray[serve]' pandas pyarrow"),
]


@pytest.fixture
def served(model_folder: Path, tmp_path: Path) -> Iterator[str]:
    """The address of the application with the shipped model, on one CPU; it may still be waking."""
    port = free_port()
    told = {"MODEL": str(model_folder), "DEVICE": "cpu", "REPLICAS_MAX": "1", "HF_HUB_OFFLINE": "1"}
    told |= {"OMP_NUM_THREADS": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "VLLM_CPU_KVCACHE_SPACE": "1"}
    told |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "RAY_raylet_start_wait_time_s": "180"}
    told |= {"RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "300"}  # its five seconds are too short for a busy machine
    assert RAY is not None
    command = [str(Path(RAY).parent / "python"), "-c", PROGRAM, str(APPLICATION), str(port)]
    with (tmp_path / "ray.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=os.environ | told)
    try:
        _wait(tmp_path / "ray.log", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(60)


def _wait(log: Path, process: "subprocess.Popen[bytes]") -> None:
    """Until every replica is ready; the list of models is there long before that."""
    end = time.monotonic() + STARTS
    while time.monotonic() < end:
        assert process.poll() is None, "Ray did not start; see ray.log"
        if b"It is served." in log.read_bytes():
            return
        time.sleep(1)
    pytest.fail("Ray took too long to start")


async def test_a_story_is_written_by_ray_and_its_beginning_stays_in_the_cache(served: str, model_folder: Path) -> None:
    engine = RemoteEngine(RemoteOptions(url=served, tokenizer=model_folder, silence_seconds=60))
    engine.start()
    await engine.ready()
    found = []
    for number in range(3):
        prompt = tuple((17 + i) % 3000 + 50 for i in range(200 + 20 * number))
        request = Request(id=f"r{number}", prompt=prompt, sampling=Sampling(max_tokens=8), salt="w", session="story-1")
        pieces = [piece async for piece in engine.stream(request)]
        assert sum(len(piece.ids) for piece in pieces)
        assert pieces[-1].finish is not None
        found.append(pieces[-1].cached_tokens or 0)
    await engine.close()
    assert all(cached >= 160 for cached in found[1:]), found
