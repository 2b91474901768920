"""The manners of the engine's own process: it keeps off the terminal and never outlives the bot.

vLLM runs its engine core in a process that is forked from ours. Without manners such a process writes to our
terminal, takes the Ctrl-C that was meant for us, keeps our connections to Discord and Slack open, and lives on when
we are killed.
Knows processes, not engines.
"""

import contextlib
import logging
import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path


class Cord:
    """Between us and one child: a pipe for what the child has to say, and a line whose loss ends the child."""

    def __init__(self, listen: Callable[[str], None]) -> None:
        """`listen` is called with every line the child writes, in a thread of its own."""
        self._life, self._childs_life = socket.socketpair()
        self._ear, self._childs_mouth = os.pipe()
        self._listener = threading.Thread(target=self._hear, args=(listen,), name="engine-log", daemon=True)

    @contextlib.contextmanager
    def around_forks(self) -> Iterator[None]:
        """Processes forked by this thread within the block hang on this cord."""
        _teach_forks()
        self._listener.start()
        _here.cord = self
        try:
            yield
        finally:
            del _here.cord
            self._childs_life.close()
            os.close(self._childs_mouth)

    def cut(self) -> None:
        """End the child, wherever it stands. Safe to call more than once."""
        self._life.close()

    def hear_out(self) -> None:
        """Wait until a dead child's last words have been heard, but not for long."""
        self._listener.join(timeout=2)

    def tie(self) -> None:
        """In the child, right after the fork: adopt the cord and let go of everything else that is the parent's."""
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # the parent decides what Ctrl-C means
        self._speak()
        self._drop_sockets()
        threading.Thread(target=self._follow, name="cord", daemon=True).start()

    def _speak(self) -> None:
        """Standard output, standard error and log lines go to the pipe."""
        os.dup2(self._childs_mouth, 1)
        os.dup2(self._childs_mouth, 2)
        sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
        sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
        logging.basicConfig(force=True, stream=sys.stderr, level=logging.WARNING, format="%(message)s")

    def _drop_sockets(self) -> None:
        """Replace inherited sockets, so that a connection that the parent closes is closed.

        They are replaced and not closed: a number that is free could be given to a new file, which the parent's
        old socket object would then close.
        """
        nothing = os.open(os.devnull, os.O_RDWR)
        for entry in list(Path("/dev/fd").iterdir()):
            fd = int(entry.name)
            with contextlib.suppress(OSError):
                if fd != self._childs_life.fileno() and stat.S_ISSOCK(os.fstat(fd).st_mode):
                    os.dup2(nothing, fd)

    def _follow(self) -> None:
        """Die with the parent. SIGKILL, as nothing here is worth saving and everything else can hang."""
        with contextlib.suppress(OSError):
            self._childs_life.recv(1)
        os.kill(os.getpid(), signal.SIGKILL)

    def _hear(self, listen: Callable[[str], None]) -> None:
        with os.fdopen(self._ear, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                listen(line.rstrip())


_here = threading.local()


@cache
def _teach_forks() -> None:
    os.register_at_fork(after_in_child=_after_fork)


def _after_fork() -> None:
    cord: Cord | None = _here.__dict__.pop("cord", None)
    if cord is not None:
        cord.tie()
