"""The terminal's main loop: one line, one turn; Ctrl-C stops a turn, SIGTERM everything."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path

from rich.console import Console

from bots.console.circle import GREETING, Circle
from bots.console.keyboard import Person, Pipe
from bots.console.screens import LiveScreen, PlainScreen
from core.storyteller import Storyteller

STOPPED = "Stopped. Everything that was told before is kept; what was still being written is not."


async def run(storyteller: Storyteller, *, channel: str) -> int:
    """Tell stories until the input ends. The exit code: 0, or 1 if something asked for could not be done."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        return await _with_person(storyteller, channel)
    return await _with_pipe(storyteller, channel)


async def _with_pipe(storyteller: Storyteller, channel: str) -> int:
    circle = Circle(storyteller, PlainScreen(sys.stdout), channel)
    storyteller.start()
    await circle.catch_up()
    pipe = Pipe(sys.stdin.buffer)
    while (line := await pipe.line()) is not None and await circle.hear(line):
        pass
    return 1 if circle.failed else 0


async def _with_person(storyteller: Storyteller, channel: str) -> int:
    screen = LiveScreen(Console(), Path.cwd())
    circle = Circle(storyteller, screen, channel)
    person = Person(lambda: circle.name, lambda: f" the storyteller is {storyteller.engine.state} ")
    await circle.open_book()
    screen.say(GREETING)
    await circle.catch_up()
    # The engine takes both hands for a while; the prompt comes first.
    asyncio.get_running_loop().call_later(0.2, storyteller.start)
    staying = True
    while staying and (line := await person.line()) is not None:
        staying = await _stoppable(circle.hear(line), screen)
    return 1 if circle.failed else 0


async def _stoppable(hearing: Coroutine[None, None, bool], screen: LiveScreen) -> bool:
    """One turn, which Ctrl-C stops without leaving."""
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(hearing)
    loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        if (current := asyncio.current_task()) is not None and current.cancelling():
            raise
        screen.say(STOPPED)
        return True
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        screen.settle()
