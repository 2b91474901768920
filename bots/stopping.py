"""How a command ends: its exit codes, and the signals that ask it to."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

OK, FAILED, MISUSED, LATER, INTERRUPTED, TERMINATED = 0, 1, 2, 75, 130, 143
"""Done · could not do its job · wrong settings or arguments · try again later · Ctrl-C · SIGTERM."""
SIGNALS = ((signal.SIGTERM, TERMINATED), (signal.SIGINT, INTERRUPTED))
PATIENCE = 20.0
"""Seconds that passages being written have to finish when the bot is to stop."""


@contextlib.asynccontextmanager
async def stop_signal() -> AsyncIterator["asyncio.Future[int]"]:
    """A future that has the exit code once SIGTERM or Ctrl-C has come; a second one ends at once."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[int] = loop.create_future()
    own = asyncio.current_task()

    def heard(code: int) -> None:
        if not stop.done():
            stop.set_result(code)
        elif own is not None:
            own.cancel()

    for number, code in SIGNALS:
        loop.add_signal_handler(number, heard, code)
    try:
        yield stop
    finally:
        for number, _ in SIGNALS:
            loop.remove_signal_handler(number)
