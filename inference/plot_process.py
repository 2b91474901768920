"""Plot events from a process of its own: begun when somebody asks first, and in nobody's way.

It needs memory and a core of its own for some seconds, so it is never begun before that; it ends with this process.
What it has read is kept, also where nobody waited for it: whoever asks again has it at once.
"""

import asyncio
import json
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import Sequence
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from core.errors import EngineFailed
from core.plot import PlotEvent
from core.wording import said
from inference.events import FOLDER, HEAD, checked

log = logging.getLogger(__name__)

_KEPT = 20_000
"""Passages of which more are not kept: then all are forgotten."""


class PlotProcess:
    """A `core.plot.PlotReader`. It knows English alone; what is not written in Latin letters has no events."""

    def __init__(self, model: Path) -> None:
        self._model = model
        self._process: Process | None = None
        self._one = asyncio.Lock()
        self._known: dict[bytes, PlotEvent] = {}
        self._asked: deque[list[bytes]] = deque()
        self._closed = False

    @classmethod
    def of(cls, model: Path) -> "PlotProcess | None":
        """For a model with a head for plot events beside it; None if there is none, or it is for other weights.

        Nor where torch is not installed, as beside a vLLM server.
        """
        if not (model / FOLDER / HEAD).exists() or find_spec("torch") is None:
            return None
        try:
            checked(model / FOLDER, model)
        except EngineFailed as error:
            log.warning("%s", error.notice)
            return None
        return cls(model)

    @property
    def pid(self) -> int | None:
        """The process's id; None while there is none."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def events(self, passages: Sequence[str]) -> list[PlotEvent]:
        """One for each passage, in order. Raises `EngineFailed` if the process cannot tell."""
        readable = {_print(each): each for each in passages if _latin(each)}
        async with self._one:
            if len(self._known) > _KEPT:
                self._known.clear()
            try:
                if not readable.keys() <= self._known.keys():
                    await self._read(readable)
            except (OSError, ValueError) as error:
                self._end()
                raise EngineFailed(said("The process that reads plot events has ended.")) from error
            return [self._known.get(_print(each), PlotEvent.NONE) for each in passages]

    async def close(self) -> None:
        """End the process."""
        self._closed = True
        if (process := self._end()) is not None:
            await process.wait()

    async def _read(self, readable: dict[bytes, str]) -> None:
        """Have the process read what is neither known nor asked, and wait until all is known."""
        process = await self._running()
        assert process.stdin is not None  # noqa: S101 - it was asked for
        assert process.stdout is not None  # noqa: S101 - the same
        asked = self._known.keys() | set().union(*self._asked)
        if new := [each for each in readable if each not in asked]:
            self._asked.append(new)
            process.stdin.write(json.dumps([readable[each] for each in new]).encode() + b"\n")
            await process.stdin.drain()
        while not readable.keys() <= self._known.keys():
            labels = json.loads(await process.stdout.readline())
            self._known.update(zip(self._asked.popleft(), map(PlotEvent, labels), strict=True))

    async def _running(self) -> Process:
        if self._closed:
            raise OSError
        if self._process is None or self._process.returncode is not None:
            self._asked.clear()
            command = sys.executable, "-m", "inference.events", str(self._model)
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True
            )
        return self._process

    def _end(self) -> Process | None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
        return process


def _print(text: str) -> bytes:
    """What a passage is known by."""
    return sha256(text.encode()).digest()


def _latin(text: str) -> bool:
    """Whether most of a text's letters are those of English."""
    letters = [char for char in text if char.isalpha()]
    return sum(char.isascii() for char in letters) * 10 > len(letters) * 9
