"""From the start of a program to the storyteller's first word: our engine against vLLM as its documentation has it.

    python -m benchmarks.startup [--repeats 3] [--model FOLDER] [--json FILE]

Each repeat starts both in a new process, one after the other, so that both meet the same machine; compare the ratios.
`first` is the first start after an installation, without any compiled Python (as in an image built with
PYTHONDONTWRITEBYTECODE, or after `uv pip install`); the others find what the first one compiled.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

OURS = """
import asyncio, sys
from core.engine import Request, Sampling
from inference.vllm import EngineOptions, VllmEngine

async def main():
    engine = VllmEngine(EngineOptions(model=sys.argv[1]))
    engine.start()
    report("made")
    await engine.ready()
    report("ready")
    sampling = Sampling(max_tokens=4)
    async for piece in engine.stream(Request(id="r", prompt=(20, 21), sampling=sampling, salt="w", session="s")):
        report("word")
        break
    memory()
    await engine.close()
"""

PLAIN = """
import asyncio, sys

async def main():
    from vllm import SamplingParams
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.v1.engine.async_llm import AsyncLLM

    report("made")
    # Without a size for its cache it takes nearly all memory, or refuses to start where others use some.
    engine = AsyncLLM.from_engine_args(AsyncEngineArgs(model=sys.argv[1], kv_cache_memory_bytes=1 << 29))
    report("ready")
    async for output in engine.generate({"prompt_token_ids": [20, 21]}, SamplingParams(max_tokens=4), "r"):
        report("word")
        break
    memory()
    engine.shutdown()
"""

FRAME = """
import os, time, pathlib

def report(event):
    with open(os.environ["REPORT"], "a") as file:
        print(event, time.time(), file=file)

def memory():  # proportional set size of this process and its children: shared pages are counted once
    pids, total = [os.getpid()], 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            pids += [int(child) for child in (task / "children").read_text().split()]
        lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    with open(os.environ["REPORT"], "a") as file:
        print("MiB", total / 1024, file=file)
        print("processes", len(pids), file=file)

if __name__ == "__main__":
    asyncio.run(main())
"""

MODEL = Path(__file__).parent.parent / "inference" / "model"


@dataclass(frozen=True)
class Run:
    """One start of one of the two."""

    arm: str
    first: bool
    measured: dict[str, float]


def main() -> None:
    """Measure, print a table, write JSON."""
    options = _options()
    with tempfile.TemporaryDirectory() as cache:
        runs = [
            Run(arm, repeat == 0, measured(script, options.model, Path(cache) / arm))
            for repeat in range(options.repeats + 1)
            for arm, script in (("ours", OURS), ("plain", PLAIN))
        ]
    if options.json:
        options.json.write_text(json.dumps([asdict(run) for run in runs], indent=1))
    print(table(runs))


def measured(script: str, model: Path, compiled: Path) -> dict[str, float]:
    """Seconds from the start of the process to each event, CPU seconds, and memory once it has spoken."""
    compiled.mkdir(exist_ok=True)
    program, report = compiled / "program.py", compiled / "report"
    program.write_text(script + FRAME)
    report.unlink(missing_ok=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {
        "PYTHONPYCACHEPREFIX": str(compiled / "pyc"),
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "VLLM_CACHE_ROOT": str(compiled / "vllm"),
        "TORCHINDUCTOR_CACHE_DIR": str(compiled / "inductor"),
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "REPORT": str(report),
    }
    before, began = sum(os.times()[2:4]), time.time()
    with (compiled / "log").open("wb") as log:
        subprocess.run([sys.executable, program, model], env=environment, stdout=log, stderr=log, check=True)
    events = dict(line.split() for line in report.read_text().splitlines())
    times = {event: float(events[event]) - began for event in ("made", "ready", "word")}
    sizes = {size: float(events[size]) for size in ("MiB", "processes")}
    return {**times, "cpu": sum(os.times()[2:4]) - before, **sizes}


def table(runs: list[Run]) -> str:
    """Medians in seconds, and how many times as long the plain engine takes."""
    lines = [f"{'start':8}{'to':10}{'ours':>9}{'plain':>9}{'plain/ours':>12}"]
    for first in (True, False):
        for event in ("ready", "word", "cpu", "MiB", "processes"):
            ours, plain = (
                statistics.median(run.measured[event] for run in runs if run.arm == arm and run.first == first)
                for arm in ("ours", "plain")
            )
            name = "first" if first else "later"
            lines.append(f"{name:8}{event:10}{ours:9.1f}{plain:9.1f}{plain / ours:12.2f}")
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3, help="later starts of each (default 3)")
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
