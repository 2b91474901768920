"""Where bots are born: a process that has imported everything once, and forks for every life.

Run as a program. Each line on standard input is the life to be led: `{"argv": [...], "env": {...}, "log": file}`.
Answers with the process id, and when it is over with its exit code, negative for a signal. A fork starts in a tenth of
the time that Python needs to import the bot; what runs in it is `python -m bots …` from its first line.
"""

import ctypes
import json
import os
import signal
import sys
from typing import Any

_DIE_WITH_PARENT = 1


def main() -> None:
    """Lead one life after the other."""
    import bots.assembly  # noqa: PLC0415
    import bots.slack  # noqa: F401, PLC0415
    import inference.remote  # noqa: F401, PLC0415

    _die_with_parent()
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _die_with_parent()
            os._exit(_live(json.loads(line)))
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _live(life: dict[str, Any]) -> int:
    from bots.cli import main as bots  # noqa: PLC0415

    os.environ.update(life["env"])
    log = os.open(life["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for own, other in ((0, nothing), (1, log), (2, log)):
        os.dup2(other, own)
    return bots(life["argv"])


def _die_with_parent() -> None:
    """However the parent ends (prctl(2), PR_SET_PDEATHSIG; Linux only)."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)


if __name__ == "__main__":
    main()
