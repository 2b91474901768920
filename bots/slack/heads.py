"""Which thread belongs to which story. A channel's story has its head in the channel and its passages below it.

The place of such a story is the channel, so that commands typed there and mentions and buttons in the thread mean
the same story. A thread in which a story was begun is a place of its own.
"""

import asyncio
from weakref import WeakValueDictionary

from bots.slack.turns import Asked
from core.notebook import Notebook
from core.place import Place

_OWN, _HEAD = "own", "head"


class Heads:
    """Kept in the database. Only who waits for whom is kept here."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._opening: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()

    def opening(self, place: Place) -> asyncio.Lock:
        """Held from the beginning of a story until its head is known."""
        return self._opening.setdefault(place, asyncio.Lock())

    async def place(self, asked: Asked, *, begins: bool = False) -> Place:
        """The place that is meant. `begins`: a story is begun, which makes an ordinary thread a place of its own."""
        if not asked.thread:
            return asked.place("")
        async with self.opening(asked.place(asked.thread)):
            kind = await self._notebook.noted(_thread_key(asked.place(""), asked.thread))
        own = kind == _OWN or (begins and kind is None)
        return asked.place(asked.thread if own else "")

    async def head(self, place: Place) -> str:
        """The thread in which a place's story is told; empty if it has none yet."""
        if place.thread:
            return place.thread
        async with self.opening(place):
            return await self.known(place)

    async def known(self, place: Place) -> str:
        """The same for whoever holds `opening`; of a channel."""
        return await self._notebook.noted(_head_key(place)) or ""

    async def speaks(self, asked: Asked) -> None:
        """Say in which thread somebody who is alone with the bot begins a story."""
        await self._notebook.note(_latest_key(asked.place("")), asked.thread)

    async def latest(self, asked: Asked) -> str:
        """The thread in which somebody who is alone with the bot last began a story; empty if there is none."""
        return await self._notebook.noted(_latest_key(asked.place(""))) or ""

    async def begun(self, place: Place, ts: str) -> None:
        """Say where a story's head stands, or that a thread has its own story."""
        channel = Place(platform=place.platform, workspace=place.workspace, channel=place.channel)
        if place.thread:
            await self._notebook.note(_thread_key(channel, place.thread), _OWN)
        else:
            await self._notebook.note(_thread_key(channel, ts), _HEAD)
            await self._notebook.note(_head_key(channel), ts)


def _head_key(place: Place) -> str:
    return f"slack head {place.workspace} {place.channel}"


def _latest_key(place: Place) -> str:
    return f"slack talk {place.workspace} {place.channel}"


def _thread_key(place: Place, ts: str) -> str:
    return f"slack thread {place.workspace} {place.channel} {ts}"
