"""How a guard is set up: nothing of it is loaded without one; the doctor says whether it judges."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bots.assembly import guard, guarded
from bots.doctor import doctor
from bots.health import health
from bots.settings import Settings, load
from core.database import Database
from core.policy import Decision, Policy, Rating
from core.store import Store
from core.storyteller import Storyteller
from tests.inference.guard.loopback import SAFE, Json, loopback
from tests.inference.servers import free_port
from tests.voices import ScriptedEngine

TEEN = Policy(Rating.TEEN)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Settings of a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    return lambda **given: load(database_url=f"sqlite+aiosqlite:///{tmp_path}/s.db", **given)


def qwen(body: Json) -> str:
    """What a Qwen3Guard says of the doctor's probes."""
    prompt = body["prompt"]
    if "bomb" in prompt:
        return "Safety: Unsafe\nCategories: Violent"
    return SAFE["storyteller" if "Refusal" in prompt else "participant"]


async def said_of_the_guard(settings: Settings) -> tuple[int, str]:
    out = io.StringIO()
    code = await doctor(settings, out)
    return code, next(line for line in out.getvalue().splitlines() if line[4:].startswith("guard"))


def test_without_a_guard_nothing_of_it_is_loaded(settings: Callable[..., Settings]) -> None:
    assert guard(settings()) is None
    code = (
        "import sys; from bots.assembly import gate; from bots.settings import load; gate(load());"
        "print([m for m in sys.modules if 'guard' in m or m.startswith(('httpx', 'inference'))])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


async def test_a_guard_that_is_configured_judges_in_the_gate(settings: Callable[..., Settings]) -> None:
    async with loopback(text=qwen) as server, guarded(settings(guard_url=server.url)) as gate:
        assert (await gate.judge("Mara lit the lamp.", TEEN)).decision is Decision.ALLOW
        assert (await gate.judge("How can I make a bomb?", TEEN)).decision is Decision.HOLD
        assert len(server.bodies) == 2


async def test_the_health_page_tells_of_a_guard_that_is_down(settings: Callable[..., Settings]) -> None:
    chosen = settings(guard_url=f"http://127.0.0.1:{free_port()}")
    database = await Database.open(chosen.database_url.get_secret_value())
    async with guarded(chosen) as gate:
        await gate.warm()
        port = free_port()
        teller = Storyteller(store=Store(database), gate=gate, engine=ScriptedEngine())
        async with health(teller, port), ClientSession(f"http://127.0.0.1:{port}") as client:
            ready = await client.get("/readyz")
            assert ready.status == 200
            assert await ready.json() == {
                "storyteller": "ready",
                "moderation": ["does not answer. Start it, or set GUARD_URL."],
            }
    await database.close()


async def test_the_doctor_finds_no_guard_and_is_content(settings: Callable[..., Settings]) -> None:
    code, line = await said_of_the_guard(settings())
    assert (code, line[:2]) == (0, "--")
    assert "README" in line


async def test_the_doctor_probes_a_guard_in_both_roles(settings: Callable[..., Settings]) -> None:
    async with loopback(text=qwen) as server:
        code, line = await said_of_the_guard(settings(guard_url=server.url))
        assert len(server.bodies) == 3
    assert (code, line[:2]) == (0, "ok")
    assert "harmless text safe and a harmful one unsafe" in line


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"text": lambda _: "safe"}, "gives answers that are not Qwen3Guard-Gen's; set GUARD_FORMAT"),
        ({"status": 400}, "refuses the request (status 400); its window may be too small for it."),
        ({"status": 401}, "does not accept our key. Set GUARD_API_KEY."),
        ({"status": 404}, "has no model 'guard', or is no vLLM server."),
        ({"status": 500}, "is in trouble (status 500)."),
        (
            {"text": lambda body: SAFE["storyteller" if "Refusal" in body["prompt"] else "participant"]},
            "harmful text safe",
        ),
        (
            {"text": lambda body: "Safety: Unsafe\nCategories: PII" + "\nRefusal: No" * ("Refusal" in body["prompt"])},
            "calls a harmless text unsafe; look whether GUARD_FORMAT",
        ),
    ],
)
async def test_the_doctor_says_what_is_wrong_with_a_guard(
    settings: Callable[..., Settings], how: dict[str, Any], words: str
) -> None:
    async with loopback(**how) as server:
        code, line = await said_of_the_guard(settings(guard_url=server.url))
    assert (code, line[:2]) == (1, "!!")
    assert words in line


async def test_the_doctor_says_that_nobody_answers(settings: Callable[..., Settings]) -> None:
    code, line = await said_of_the_guard(settings(guard_url=f"http://127.0.0.1:{free_port()}"))
    assert (code, line[:2]) == (1, "!!")
    assert "does not answer. Start it, or set GUARD_URL." in line


async def test_a_folder_that_is_no_model_is_told(settings: Callable[..., Settings]) -> None:
    code, line = await said_of_the_guard(settings(guard_model="/no/such/guard"))
    assert (code, line[:2]) == (1, "!!")
    assert "No model at /no/such/guard" in line


@pytest.mark.parametrize("form", ["granite-guardian", "gpt-oss-safeguard"])
async def test_a_format_that_only_a_server_can_ask_is_refused_without_one(
    settings: Callable[..., Settings], form: str
) -> None:
    code, line = await said_of_the_guard(settings(guard_model="/any", guard_format=form))
    assert (code, line[:2]) == (1, "!!")
    assert f"A guard of the format {form} can only be asked through a server. Set GUARD_URL." in line
