"""Who sits around the terminal and what one typed line does. Knows neither keyboard nor screen."""

import contextlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bots.dispatch import is_command, parse
from core.errors import EngineError, StoreError, StoryError
from core.place import Contributor, Place, Turn
from core.reply import Glimpse, Reply
from core.storyteller import Storyteller
from core.wording import said

PLATFORM = "console"
GREETING = (
    "One story, told together. Say who speaks with /as <name>, begin with /story start <title>. "
    "/story help shows the rest, /quit leaves."
)
_ALSO = "In this terminal also: /as <name> says who speaks, /quit leaves, and /undo is enough for /story undo."
_ASIDE = "Only lines that begin with / do something here; what you say at the table is not part of the story."


class Screen(Protocol):
    """Where replies are shown."""

    def show(self, reply: Reply) -> None:
        """A reply, for good. It has been seen when this returns."""
        ...

    def say(self, sentence: str) -> None:
        """A sentence of the bot's own."""
        ...

    def glimpse(self, glimpse: Glimpse) -> None:
        """A look at a turn that is not done yet."""
        ...


@dataclass
class Circle:
    """One terminal. `failed` says whether something that it was asked for could not be done."""

    storyteller: Storyteller
    screen: Screen
    channel: str
    name: str = "Somebody"
    failed: bool = False
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex

    async def hear(self, line: str) -> bool:
        """Do what one line says. False when it says to leave."""
        line = line.strip()
        command, _, rest = line.partition(" ")
        match command.lower():
            case "":
                pass
            case "/quit" | "/exit":
                return False
            case "/as":
                await self._seat(rest)
            case "/story" if rest.strip().lower() in ("quit", "exit"):
                self.screen.say("To leave, type /quit; to close the story, /story end.")
            case "/story":
                await self._tell(rest)
            case other if other.startswith("/") and is_command(other[1:]):
                await self._tell(line[1:])
            case other if other.startswith("/"):
                self.screen.say("Commands begin with /story; type /story help to see them, /quit to leave.")
            case _:
                self.screen.say(_ASIDE)
        return True

    async def catch_up(self) -> None:
        """Show what was told before the last stop but never seen."""
        for missed in await self.storyteller.delivery.undelivered(PLATFORM):
            if missed.place == self.place:
                self.screen.say(said("Told before the last stop, not shown yet:"))
                await self._show(missed.reply)

    async def open_book(self) -> None:
        """Show where the story stands that is told here, if there is one."""
        turn = self._turn(self.name)
        with contextlib.suppress(StoryError):
            if await self.storyteller.tells(turn):  # nobody else waits for the filters here
                await self._show(await self.storyteller.perform("show", turn))

    @property
    def place(self) -> Place:
        """The terminal's own place."""
        return Place(platform=PLATFORM, workspace="local", channel=self.channel)

    async def _seat(self, name: str) -> None:
        name = " ".join(name.split())
        if not name or len(name) > 64:
            self.screen.say("Say who speaks: /as <name>, with at most 64 characters.")
            return
        self.name = await self.storyteller.called(self._turn(name))
        self.screen.say(f"{self.name} speaks now.")

    def _turn(self, name: str) -> Turn:
        return Turn(id=self.new_id(), place=self.place, contributor=Contributor(name, name), admin=True)

    async def _tell(self, line: str) -> None:
        turn = self._turn(self.name)
        try:
            typed = parse(line)
            await self._show(
                await self.storyteller.perform(typed.operation, turn, typed.arguments, watch=self.screen.glimpse)
            )
            if typed.operation == "help" and not typed.arguments:
                self.screen.say(_ALSO)
        except StoryError as error:
            self.failed = self.failed or isinstance(error, (EngineError, StoreError))
            self.screen.say(error.notice)

    async def _show(self, reply: Reply) -> None:
        self.screen.show(reply)
        with contextlib.suppress(StoreError):  # then it is shown once more at the next start
            await self.storyteller.delivery.delivered(reply)
        if reply.posted is not None:
            await self._show(reply.posted.reply)
