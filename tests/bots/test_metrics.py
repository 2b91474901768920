"""What is counted of turns, through the real storyteller and a real database, and read over a real socket."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bots.health import health
from bots.hearing import HeardEngine
from bots.probes import connection
from core.database import Database
from core.errors import EngineBusy, StoryError, Withheld
from core.filters.words import WordFilter
from core.moderation import Gate
from core.observation import note
from core.place import Contributor, Place, Turn
from core.store import Store
from core.storyteller import Storyteller
from tests.inference.servers import free_port
from tests.voices import ScriptedEngine

SECRET_WORDS = "xylophonic"
PERSON, CHANNEL = "u-8675309", "c-424242"


def turn(number: int, platform: str = "discord") -> Turn:
    return Turn(
        id=f"t{number}",
        place=Place(platform=platform, workspace="w", channel=CHANNEL),
        contributor=Contributor(PERSON, "Ana"),
    )


class Watched:
    """A storyteller whose pages can be read."""

    def __init__(self, teller: Storyteller, voice: ScriptedEngine, port: int) -> None:
        self.teller, self.voice, self._port = teller, voice, port

    async def page(self, path: str = "metrics") -> str:
        async with ClientSession() as client, client.get(f"http://127.0.0.1:{self._port}/{path}") as response:
            return await response.text()

    async def status(self, path: str) -> int:
        async with ClientSession() as client, client.get(f"http://127.0.0.1:{self._port}/{path}") as response:
            return response.status

    async def value(self, series: str) -> float:
        match = re.search(rf"^{re.escape(series)} (\S+)$", await self.page(), re.MULTILINE)
        return float(match[1]) if match else 0.0


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'stories.db'}")
    voice, port = ScriptedEngine(), free_port()
    teller = Storyteller(store=Store(database), gate=Gate([WordFilter()]), engine=HeardEngine(voice))
    async with health(teller, port):
        yield Watched(teller, voice, port)
    await database.close()


async def story(watched: Watched) -> None:
    await watched.teller.perform("start", turn(1), {"title": "The Lamp"})
    await watched.teller.perform("add", turn(2), {"text": f"A lamp of {SECRET_WORDS} light burned."})


async def test_turns_are_counted_by_operation_and_outcome(watched: Watched) -> None:
    await story(watched)
    with pytest.raises(Withheld):
        await watched.teller.perform("add", turn(3), {"text": "You fucking bitch."})
    with pytest.raises(StoryError):
        await watched.teller.perform("no such thing", turn(4))
    done = 'storycircle_turns_total{operation="add",outcome="done",platform="discord"}'
    assert await watched.value(done) == 1
    assert await watched.value(done.replace("done", "withheld")) == 1
    other = 'storycircle_turns_total{operation="other",outcome="unknownoperation",platform="discord"}'
    assert await watched.value(other) == 1
    assert await watched.value('storycircle_turns_in_progress{platform="discord"}') == 0


async def test_the_engines_tokens_and_first_words_are_counted(watched: Watched) -> None:
    await story(watched)
    await watched.teller.perform("continue", turn(3))
    prompt = len(watched.voice.requests[-1].prompt)
    assert await watched.value("storycircle_engine_prompt_tokens_total") == prompt
    assert await watched.value("storycircle_engine_generated_tokens_total") == len("The sea was quiet. Nobody spoke.")
    assert await watched.value('storycircle_engine_requests_total{outcome="done"}') == 1
    assert await watched.value('storycircle_first_text_seconds_count{platform="discord"}') == 1
    assert await watched.value("storycircle_engine_waiting") == 0
    assert await watched.value("storycircle_engine_writing") == 0


async def test_a_busy_engine_leaves_nothing_in_the_queue(watched: Watched) -> None:
    await story(watched)
    watched.voice.capacity = 0
    with pytest.raises(EngineBusy):
        await watched.teller.perform("continue", turn(3))
    assert await watched.value('storycircle_engine_requests_total{outcome="enginebusy"}') == 1
    assert await watched.value("storycircle_engine_waiting") == 0


async def test_verdicts_are_counted_by_decision(watched: Watched) -> None:
    await story(watched)
    allowed = await watched.value('storycircle_verdicts_total{decision="allow"}')
    with pytest.raises(Withheld):
        await watched.teller.perform("add", turn(3), {"text": "You fucking bitch."})
    await story_goes_on(watched)
    assert await watched.value('storycircle_verdicts_total{decision="allow"}') > allowed > 0
    assert sum([await watched.value(f'storycircle_verdicts_total{{decision="{d}"}}') for d in REFUSING]) >= 1


REFUSING = ("soften", "hold", "block")


async def story_goes_on(watched: Watched) -> None:
    await watched.teller.perform("add", turn(9), {"text": "The keeper slept."})


async def test_what_adapters_tell_is_counted(watched: Watched) -> None:
    note("acknowledged", platform="slack", seconds=0.02)
    note("limited", platform="discord")
    note("limited", platform=f"made up {SECRET_WORDS}")
    assert await watched.value('storycircle_ack_seconds_count{platform="slack"}') == 1
    assert await watched.value('storycircle_platform_rate_limited_total{platform="discord"}') == 1
    assert await watched.value('storycircle_platform_rate_limited_total{platform="other"}') == 1


async def test_the_outbox_is_as_old_as_its_oldest_reply_that_nobody_saw(watched: Watched) -> None:
    async def up() -> bool:
        return True

    with connection("discord", up):
        first = await watched.teller.perform("start", turn(1), {"title": "The Lamp"})
        second = await watched.teller.perform("add", turn(2), {"text": "A lamp burned."})
        waiting = 'storycircle_outbox_waiting{platform="discord"}'
        assert await watched.value(waiting) == 2
        assert await watched.value('storycircle_outbox_age_seconds{platform="discord"}') > 0
        for reply in (first, second):
            await watched.teller.delivery.delivered(reply)
        assert await watched.value(waiting) == 0
        assert await watched.value('storycircle_outbox_age_seconds{platform="discord"}') == 0


async def test_it_is_ready_only_while_every_platform_is_connected(watched: Watched) -> None:
    up = True

    async def probe() -> bool:
        return up

    async def broken() -> bool:
        raise OSError("half closed")

    assert await watched.status("readyz") == 200
    with connection("slack", probe):
        assert await watched.status("readyz") == 200
        assert '"slack": "connected"' in await watched.page("readyz")
        up = False
        assert await watched.status("readyz") == 503
        assert '"slack": "disconnected"' in await watched.page("readyz")
        assert await watched.value('storycircle_platform_connected{platform="slack"}') == 0
    with connection("slack", broken):
        assert await watched.status("readyz") == 503
    assert await watched.status("healthz") == 200


async def test_no_words_no_ids_and_no_more_series_however_many_places_there_are(watched: Watched) -> None:
    await story(watched)
    await watched.teller.perform("continue", turn(3))
    one = await watched.page()
    for each in (SECRET_WORDS, PERSON, CHANNEL, "Ana", "Lamp", "sea was quiet"):
        assert each not in one
    for number in range(20):
        where = Place(platform="discord", workspace=f"server {number}", channel=f"channel {number}")
        asked = Turn(id=f"x{number}", place=where, contributor=Contributor(f"u{number}", f"N{number}"))
        await watched.teller.perform("start", asked, {"title": "Another"})
    assert len((await watched.page()).splitlines()) == len(one.splitlines())
