"""A PostgreSQL server stops, crashes or falls silent, and comes back: a sentence, and nothing lost or doubled."""

import signal
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from core.database import Database
from core.storyteller import Storyteller
from tests.core.outage import Crowd, Server, server_in
from tests.kit import storyteller, turn
from tests.voices import ScriptedEngine


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of our own, since other tests need theirs to run."""
    with server_in(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest_asyncio.fixture
async def teller(server: Server) -> AsyncIterator[Storyteller]:
    """A storyteller on it, who gives a silent server a second."""
    database = await Database.open(server.url, answer_seconds=1.0)
    yield storyteller(database, ScriptedEngine())
    await database.close()


@pytest.mark.parametrize("ended", [signal.SIGINT, signal.SIGQUIT])
async def test_a_server_that_comes_back_has_every_turn_once(
    server: Server, teller: Storyteller, ended: signal.Signals
) -> None:
    async with Crowd(teller, ended.name) as crowd:
        await crowd.until(kept=5)
        await server.stop(ended)
        await crowd.until(refused=3)
        await server.start()
        await crowd.until(kept=5)
    await crowd.ask_again()
    for place, requests in crowd.asked.items():
        shown = await teller.perform("list", turn(place))
        assert shown.blocks[0].text.startswith(f"{len(requests)} passages")


async def test_a_server_that_falls_silent_keeps_nobody_waiting_for_ever(server: Server, teller: Storyteller) -> None:
    async with Crowd(teller, "silent") as crowd:
        await crowd.until(kept=1)
        server.signal(signal.SIGSTOP)
        try:
            await crowd.until(refused=1)
        finally:
            server.signal(signal.SIGCONT)
        await crowd.until(kept=1)
