"""Two vLLM servers behind vllm-router: each story stays on one of them, and the loss of one loses no story.

Needs `vllm-router` (`pip install vllm-router`, in an environment of its own if you like) and memory for two servers.
"""

import asyncio
import contextlib
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from core.database import Database
from core.engine import Request, Sampling
from core.errors import EngineError
from core.moderation import Gate
from core.place import Contributor, Place, Turn
from core.store import Store
from core.storyteller import Storyteller
from inference.remote import RemoteEngine, RemoteOptions
from tests.inference.servers import Worker, free_port, said, small_server, vllm_worker
from tests.inference.test_remote import SSE, answering, engine_at, event, outcome
from tests.kit import Forbidding

ROUTER = shutil.which("vllm-router")
STARTS = 400.0
"""Seconds that two servers may take to start on a busy machine."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.engine,
    pytest.mark.timeout(900),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(ROUTER is None, reason="vllm-router is not installed: pip install vllm-router"),
]


class Fleet:
    """Two servers, the router before them, and an engine that speaks to the router."""

    def __init__(self, workers: list[Worker], engine: RemoteEngine) -> None:
        self.workers, self.engine = workers, engine

    async def counts(self) -> list[int]:
        """How many answers each server has begun to write since it started; -1 for one that is gone."""
        return [await _count(each) for each in self.workers]

    async def home(self, session: str, number: int) -> tuple[int, int]:
        """Ask for four tokens; which server gave them, and how many prompt tokens it had in its cache."""
        before = await self.counts()
        prompt = tuple((17 * int(session) + i) % 3000 + 50 for i in range(96 + 8 * number))
        request = Request(
            id=f"{session}-{number}", prompt=prompt, sampling=Sampling(max_tokens=4), salt="w", session=session
        )
        cached = 0
        async for piece in self.engine.stream(request):
            cached = piece.cached_tokens or cached
        after = await self.counts()
        return next(i for i in (0, 1) if after[i] > before[i]), cached


async def _count(worker: Worker) -> int:
    async with httpx.AsyncClient() as client:
        try:
            page = (await client.get(f"{worker.url}/metrics")).text
        except httpx.HTTPError:
            return -1
    return sum(int(float(n)) for n in re.findall(r"^vllm:time_to_first_token_seconds_count\{.*\} (\S+)$", page, re.M))


@contextlib.contextmanager
def router(urls: list[str], log: Path) -> Iterator[str]:
    """The address of a router before these servers."""
    port, numbers = free_port(), free_port()
    assert ROUTER is not None
    options = ["--host", "127.0.0.1", "--port", str(port), "--prometheus-port", str(numbers)]
    options += ["--policy", "consistent_hash", "--worker-startup-timeout-secs", str(int(STARTS))]
    options += ["--worker-startup-check-interval", "1", "--health-check-interval-secs", "2"]
    with log.open("wb") as output:
        process = subprocess.Popen([ROUTER, "--worker-urls", *urls, *options], stdout=output, stderr=output)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    """Awake; the servers wake up one after the other, which is quicker on few cores."""
    folder = tmp_path_factory.mktemp("fleet")
    with contextlib.ExitStack() as parts:
        workers = []
        for number in (0, 1):
            workers.append(parts.enter_context(vllm_worker(model_folder, folder / f"worker{number}.log")))
            await _answers(f"{workers[-1].url}/health")
        address = parts.enter_context(router([each.url for each in workers], folder / "router.log"))
        await _answers(f"{address}/v1/models")
        engine = RemoteEngine(RemoteOptions(url=address, tokenizer=model_folder, silence_seconds=60))
        engine.start()
        await engine.ready()
        yield Fleet(workers, engine)
        await engine.close()


async def _answers(url: str) -> None:
    async with asyncio.timeout(STARTS), httpx.AsyncClient(timeout=20) as client:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(url)).status_code == 200:
                    return
            await asyncio.sleep(0.5)


async def test_each_story_stays_on_its_server_and_in_its_cache(fleet: Fleet) -> None:
    homes: dict[str, int] = {}
    turns = away = uncached = 0
    for number in range(5):
        for session in map(str, range(1, 21)):
            home, cached = await fleet.home(session, number)
            if session in homes:
                turns += 1
                away += home != homes[session]
                uncached += cached < 64
            homes.setdefault(session, home)
    assert set(homes.values()) == {0, 1}, "the stories should be on both"
    assert away <= turns * 0.01
    assert uncached <= turns * 0.01


async def test_a_server_that_dies_in_the_middle_of_a_turn_loses_no_story(fleet: Fleet, tmp_path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'stories.db'}")
    teller = Storyteller(store=Store(database), gate=Gate([Forbidding()]), engine=fleet.engine)
    where = Place(platform="test", workspace="w", channel="c")

    def turn(name: str) -> Turn:
        return Turn(id=name, place=where, contributor=Contributor("u", "Ana"), admin=True)

    await teller.perform("start", turn("1"), {"title": "The Lamp"})
    await teller.perform("add", turn("2"), {"text": "Mara found a lamp. She was happy."})
    before = await fleet.counts()
    await teller.perform("explain", turn("3"), {"question": "What did Mara find?"})
    after = await fleet.counts()
    home = next(i for i in (0, 1) if after[i] > before[i])

    writing = asyncio.Event()
    turning = asyncio.create_task(
        teller.perform("continue", turn("4"), {"length": "long"}, watch=lambda look: look.text and writing.set())  # type: ignore[func-returns-value, arg-type]
    )
    await asyncio.wait([turning, asyncio.create_task(writing.wait())], return_when=asyncio.FIRST_COMPLETED)
    fleet.workers[home].kill()
    finished = True
    try:
        await turning
    except EngineError as error:
        finished = False
        assert "Your story is safe" in error.notice or "try again" in error.notice.casefold(), error.notice
    if not finished:  # cleanly told: nothing has happened, and the same request can be made again
        await _until_served(teller, turn("4"))
    shown = await teller.perform("show", turn("5"))
    assert "Mara found a lamp" in " ".join(block.text for block in shown.blocks)
    assert (await fleet.counts())[home] == -1
    await database.close()


async def test_a_router_without_servers_is_told_in_a_sentence_and_serves_again_once_one_is_back(
    model_folder: Path, tmp_path: Path
) -> None:
    port, good = free_port(), answering(said(200, event(70, finish="stop"), SSE))
    with contextlib.ExitStack() as parts:
        async with small_server(good, port) as url:
            address = parts.enter_context(router([url], tmp_path / "router.log"))
            await _answers(f"{address}/v1/models")
        async with engine_at(address, model_folder) as engine:
            for _ in range(3):
                with pytest.raises(EngineError) as trouble:
                    await outcome(engine)
                assert trouble.value.notice
            async with small_server(good, port), asyncio.timeout(STARTS):
                while not await _served(engine):
                    await asyncio.sleep(0.5)


async def _served(engine: RemoteEngine) -> bool:
    try:
        return bool(await outcome(engine))
    except EngineError:
        return False


async def _until_served(teller: Storyteller, turn: Turn) -> None:
    """The router takes some seconds to notice. Each refusal meanwhile is a sentence for people."""
    async with asyncio.timeout(120):
        while True:
            try:
                await teller.perform("continue", turn, {"length": "short"})
            except EngineError as error:
                assert error.notice
                await asyncio.sleep(0.5)
            else:
                return
