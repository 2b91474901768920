"""A child that tells a story and is killed in the middle of it. Run as a program by `test_crash.py`.

It imports everything once, then forks for each number that it reads: the fork performs a few turns on a real
database file and kills itself with SIGKILL when it has taken that many steps. A step is one of its event loop,
or one of the database's threads: a statement that begins, or a commit.
"""

import asyncio
import os
import selectors
import signal
import sys
from asyncio import SelectorEventLoop

from sqlalchemy import Engine, event

from core.database import Database
from core.engine import Request
from core.errors import StoryError
from tests.kit import storyteller, turn
from tests.voices import ScriptedEngine

TURNS: tuple[tuple[str, dict[str, str]], ...] = (
    ("start", {"title": "The Lamp"}),
    ("add", {"text": "Mara climbed the stairs."}),
    ("continue", {"direction": "a ship answers"}),
    ("lore add", {"name": "Mara", "fact": "keeps the light"}),
    ("refine", {"how": "shorter"}),
    ("undo", {}),
    ("add", {"text": "The last word."}),
)


def answer(request: Request) -> str:
    """The same answer whether or not the process was killed before."""
    return (
        "A ship answered." if ScriptedEngine().control("<|refine|>") in request.prompt else "A ship answered from afar."
    )


class DoomedLoop(SelectorEventLoop):
    """Kills the process before the step of this number."""

    def __init__(self, doomsday: int) -> None:
        super().__init__(selectors.DefaultSelector())
        self._doomsday = doomsday
        self.steps = 0
        event.listen(Engine, "before_cursor_execute", self.step)
        event.listen(Engine, "commit", self.step)

    def step(self, *_: object) -> None:
        """Called before each of them."""
        if self.steps == self._doomsday:
            os.kill(os.getpid(), signal.SIGKILL)
        self.steps += 1

    def _run_once(self) -> None:
        self.step()
        super()._run_once()  # type: ignore[misc]


async def tell(file: str) -> None:
    """Perform all turns; a turn that was performed before does nothing. Prints a line when all of it is shown."""
    database = await Database.open(f"sqlite+aiosqlite:///{file}")
    teller = storyteller(database, ScriptedEngine(answer))
    for number, (operation, arguments) in enumerate(TURNS):
        try:
            reply = await teller.perform(operation, turn(request_id=f"turn-{number}"), arguments)
        except StoryError as error:
            sys.exit(error.notice)
        os.write(1, f"{operation}\n".encode())
        await teller.delivery.delivered(reply)
    await database.close()


def live(doomsday: int, file: str) -> None:
    """Tell the story, in a loop that dies; say how many steps it took if it does not."""
    loop = DoomedLoop(doomsday)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(tell(file))
    os.write(1, f"steps {loop.steps}\n".encode())


def main() -> None:
    """Each line is `doomsday file`; -1 means never. Answers what was shown, then `done` and the exit status."""
    for line in sys.stdin:
        doomsday, _, file = line.strip().partition(" ")
        child = os.fork()
        if child == 0:
            live(int(doomsday), file)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        os.write(1, f"done {status}\n".encode())


if __name__ == "__main__":
    main()
