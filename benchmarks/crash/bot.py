"""The bot as a process that can be started, killed, and started again."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Life:
    """One process from its start to its end."""

    def __init__(self, pid: int, over: "asyncio.Task[int]") -> None:
        self.pid = pid
        self.over = over
        """Done once the process has ended; its exit code, negative for a signal."""

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.over.done()

    async def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send it a signal and wait for its end."""
        if not self.ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
        return await self.over


class Nursery:
    """Starts lives, one at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def born(self, platform: str, environment: Mapping[str, str], log: Path) -> Life:
        """Start the bot for a platform."""
        life = {"argv": [platform], "env": dict(environment), "log": str(log)}
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(life)}\n".encode())
        await self._process.stdin.drain()
        pid = int(await self._line())
        return Life(pid, asyncio.create_task(self._end()))

    async def _end(self) -> int:
        return int(await self._line())

    async def _line(self) -> str:
        assert self._process.stdout is not None
        return (await self._process.stdout.readline()).decode().strip()


@contextlib.asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """A process that bots are forked from, while the block lasts."""
    clean = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "PYTHONPATH", "LANG")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.crash.nursery"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=clean | {"TOKENIZERS_PARALLELISM": "false"},
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).strip() == b"ready"
    try:
        yield Nursery(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
