"""The health pages, over a real socket."""

from pathlib import Path

import pytest
from aiohttp import ClientSession

from bots.health import health
from bots.settings import SettingsError
from core.database import Database
from core.engine import EngineState
from core.moderation import Gate
from core.store import Store
from core.storyteller import Storyteller
from tests.inference.servers import free_port
from tests.voices import ScriptedEngine


async def test_healthz_answers_and_readyz_says_whether_the_storyteller_can_write(tmp_path: Path) -> None:
    port, voice = free_port(), ScriptedEngine()
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'stories.db'}")
    teller = Storyteller(store=Store(database), gate=Gate([]), engine=voice)
    async with health(teller, port), ClientSession(f"http://127.0.0.1:{port}") as client:
        assert (await client.get("/healthz")).status == 200
        voice.state = EngineState.WAKING
        waking = await client.get("/readyz")
        assert (waking.status, await waking.json()) == (503, {"storyteller": "waking"})
        voice.state = EngineState.READY
        assert (await client.get("/readyz")).status == 200
        with pytest.raises(SettingsError, match=f"HEALTH_PORT is {port}"):
            async with health(teller, port):
                pass
    await database.close()
