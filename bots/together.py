"""Every platform that is configured, in one process with one storyteller (`python -m bots run`).

One platform that falls over is said once and tried again where that can help; the others' turns go on. SIGTERM and
Ctrl-C are heard by all of them, and each finishes what is being written.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVarTuple

from bots.settings import Settings, SettingsError
from bots.stopping import FAILED, INTERRUPTED, LATER, MISUSED, SIGNALS, TERMINATED
from core.errors import StoryError
from core.storyteller import Storyteller

log = logging.getLogger(__name__)
Heard = TypeVarTuple("Heard")

Platform = Callable[[Storyteller, Settings], Awaitable[int]]
"""Tells stories on one platform until a signal comes, and returns the exit code."""

PAUSES = (5.0, 15.0, 60.0, 300.0)
"""Seconds before a platform is tried again, each time it could not be reached; the last of them from then on."""
_MISTAKES = 4
"""How often in a row a platform may fall over by a mistake of ours; more often would not help."""
_WELL = 600.0
"""Seconds after which a platform is taken to have been well."""
_DRAINED = 45.0
"""Seconds that platforms have to stop in order, more than the patience of each; then they are cut off."""

_NONE = (
    "No platform is configured. Set DISCORD_TOKEN for Discord, or SLACK_APP_TOKEN and SLACK_BOT_TOKEN for Slack (or "
    "both); `make play` tells stories in this terminal without any."
)
_AGAIN = "I will go on trying."
_FELL = "That went wrong on my side ({error}, see the log)."
_OVER = "I will not try again."


class SharedSignals(asyncio.SelectorEventLoop):
    """An event loop in which several tasks can hear the same signal. Each takes away its own handler alone."""

    def __init__(self) -> None:
        super().__init__()
        self._hearing: dict[int, dict[asyncio.Task[Any] | None, Callable[[], object]]] = {}

    def add_signal_handler(self, sig: int, callback: Callable[[*Heard], object], *args: *Heard) -> None:
        """Call it at the signal, beside what other tasks have added."""
        self._hearing.setdefault(sig, {})[asyncio.current_task(self)] = partial(callback, *args)
        super().add_signal_handler(sig, self._heard, sig)

    def remove_signal_handler(self, sig: int) -> bool:
        """Take away what this task added; outside of any task, everything."""
        task, hearing = asyncio.current_task(self), self._hearing.get(sig, {})
        found = bool(hearing) if task is None else hearing.pop(task, None) is not None
        if task is None or not hearing:
            self._hearing.pop(sig, None)
            super().remove_signal_handler(sig)
        return found

    def _heard(self, sig: int) -> None:
        for each in list(self._hearing.get(sig, {}).values()):
            each()


def configured(settings: Settings) -> dict[str, Platform]:
    """The platforms for which anything is set, by name. Raises `SettingsError` if there is none."""
    found: dict[str, Platform] = {}
    if settings.discord_token:
        found["Discord"] = discord
    if settings.slack_app_token or settings.slack_bot_token or settings.slack_signing_secret:
        found["Slack"] = slack
    if not found:
        raise SettingsError(_NONE)
    return found


async def discord(storyteller: Storyteller, settings: Settings) -> int:
    """Tell stories on Discord."""
    from bots.discord import run  # noqa: PLC0415 - each platform loads only what it needs

    return await run(storyteller, settings)


async def slack(storyteller: Storyteller, settings: Settings) -> int:
    """Tell stories on Slack: over HTTP if there is a signing secret and no app-level token, else in Socket Mode."""
    if settings.slack_signing_secret and not settings.slack_app_token:
        from bots.slack import web  # noqa: PLC0415

        return await web.run(storyteller, settings)
    from bots.slack import run as socket_mode  # noqa: PLC0415

    return await socket_mode(storyteller, settings)


def main(together: Callable[[], Awaitable[int]]) -> int:
    """Run it in an event loop in which all platforms hear the same signals. Returns the exit code."""

    async def done() -> int:
        return await together()

    with asyncio.Runner(loop_factory=SharedSignals) as runner:
        try:
            return runner.run(done())
        except asyncio.CancelledError:  # asked twice to stop
            return TERMINATED


async def run(
    storyteller: Storyteller, platforms: Mapping[str, Platform], settings: Settings, pauses: tuple[float, ...] = PAUSES
) -> int:
    """Tell stories on all platforms until a signal comes or none is left. Returns the exit code.

    That of the signal; or, when none is left, 2 if one has wrong settings, else 1.
    """
    stop = Stop()
    stop.listen()
    kept = [
        asyncio.create_task(_kept(name, each, storyteller, settings, stop, pauses)) for name, each in platforms.items()
    ]
    try:
        everything = asyncio.ensure_future(asyncio.wait(kept))
        stopped = asyncio.create_task(stop.heard.wait())
        await asyncio.wait([everything, stopped], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait([everything], timeout=_DRAINED)
        stopped.cancel()
        everything.cancel()
        codes = [each.result() for each in kept if each.done()]
        return stop.code or (MISUSED if MISUSED in codes else FAILED)
    finally:
        for each in kept:
            each.cancel()
        await asyncio.wait(kept)
        stop.forget()


class Stop:
    """Whether a signal has come. The platforms hear it by themselves; this is for the pauses between."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self.code = 0

    def listen(self) -> None:
        """From now on."""
        loop = asyncio.get_running_loop()
        for number, code in SIGNALS:
            loop.add_signal_handler(number, self._come, code)

    def forget(self) -> None:
        """No longer."""
        loop = asyncio.get_running_loop()
        for number, _ in SIGNALS:
            loop.remove_signal_handler(number)

    def _come(self, code: int) -> None:
        self.code = self.code or code
        self.heard.set()

    async def within(self, seconds: float) -> bool:
        """Wait so long; whether it came meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self.heard.wait()
        except TimeoutError:
            return False
        return True


async def _kept(
    name: str, platform: Platform, storyteller: Storyteller, settings: Settings, stop: Stop, pauses: tuple[float, ...]
) -> int:
    """Run one platform, and again where that is sensible. Returns the code with which it ended for good."""
    failures = mistakes = 0
    while True:
        begun = time.monotonic()
        try:
            code, said = await platform(storyteller, settings), ""
        except SettingsError as error:
            return _said(name, str(error), MISUSED)
        except StoryError as error:
            code, said = LATER, error.notice
        except Exception as error:  # the border: one platform's fault is not the others'
            code, said, mistakes = FAILED, _FELL.format(error=type(error).__name__), mistakes + 1
            _noted(name, error)
        if stop.heard.is_set() or code in (TERMINATED, INTERRUPTED):
            return code
        if time.monotonic() - begun > _WELL:
            failures, mistakes = 0, min(mistakes, 1)
        if mistakes > _MISTAKES:
            return _said(name, f"{said} {_OVER}", FAILED)
        if not failures:  # it is said once, not with each try
            _said(name, f"{said} {_AGAIN}".strip(), code)
        failures += 1
        if await stop.within(pauses[min(failures, len(pauses)) - 1]):
            return code


def _said(name: str, sentence: str, code: int) -> int:
    print(f"{name}: {sentence}", file=sys.stderr, flush=True)
    return code


def _noted(name: str, error: Exception) -> None:
    """Log where it happened, and nothing that anybody wrote."""
    steps: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        steps.append(f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    log.error("%s fell over: %s at %s", name, type(error).__name__, " ".join(steps[-8:]))
