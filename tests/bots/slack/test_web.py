"""Slack over HTTP: signatures, replays, several processes on one database, many workspaces."""

import asyncio
import contextlib
import datetime as dt
import os
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession

import core.operations  # noqa: F401 - fills the table
from bots.settings import SettingsError
from bots.slack import web
from bots.slack.manifest import manifest
from bots.slack.web import delivery
from core import tables
from core.database import Database
from core.engine import EngineState
from tests.bots.slack.served import process, settings
from tests.kit import storyteller
from tests.loopback.slack import LoopbackSlack
from tests.voices import Voice


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    """A loopback Slack that knows our manifest and grants no more than it asks for."""
    async with LoopbackSlack(manifest=manifest("https://stories.example.org")) as loopback:
        yield loopback


@pytest_asyncio.fixture
async def http(slack: LoopbackSlack, database: Database, engine: Voice) -> AsyncIterator[str]:
    """One process, to which Slack delivers."""
    async with process(slack, database, engine) as (here, _):
        slack.http_to(f"{here}/slack/events")
        yield here


async def test_a_story_is_told_over_http(slack: LoopbackSlack, http: str) -> None:
    ana = slack.user("ana")
    tales = slack.channel("tales", ana)
    asked = await (await slack.command(ana, tales, "start The Lamp")).done()
    assert asked.acked_after is not None
    assert asked.acked_after < 1
    assert "The Lamp" in tales.messages[-1].text
    told = await slack.mention(ana, tales, "add Mara found a lamp.", thread=tales.messages[-1])
    await told.says("Mara found a lamp.")
    assert await slack.sender.verify(f"{http}/slack/events")
    await slack.idle()


@pytest.mark.parametrize("signature", ["wrong", "absent", "old"])
async def test_a_request_that_slack_did_not_sign_just_now_changes_nothing(
    slack: LoopbackSlack, http: str, signature: str
) -> None:
    ana = slack.user("ana")
    tales = slack.channel("tales", ana)
    slack.forge(signature)
    asked = await slack.command(ana, tales, "start The Lamp")
    assert asked.status == 401
    assert tales.messages == []


async def test_a_replay_is_acknowledged_and_nothing_else(slack: LoopbackSlack, http: str) -> None:
    ana = slack.user("ana")
    tales = slack.channel("tales", ana)
    started = await (await slack.command(ana, tales, "start The Lamp")).done()
    said = await slack.mention(ana, tales, "add Mara found a lamp.", thread=tales.messages[-1])
    await said.says("Mara found a lamp.")
    await slack.idle()
    requests = len(slack.requests)
    for exchange in (started, said):
        await slack.again(exchange)
        await slack.again(exchange, retry=True)
    await slack.idle()
    assert len(slack.requests) == requests
    assert len(tales.everything) == 3


async def test_two_processes_at_once_make_one_turn_of_one_delivery(
    slack: LoopbackSlack,
    address: str,
    engine: Voice,
) -> None:
    ana = slack.user("ana")
    tales = slack.channel("tales", ana)
    one, two = await Database.open(address), await Database.open(address)
    try:
        async with process(slack, one, engine) as (first, _), process(slack, two, engine) as (second, _):
            slack.http_to(f"{first}/slack/events", f"{second}/slack/events")
            started = await (await slack.command(ana, tales, "start The Lamp")).done()
            engine.gate.clear()
            asked = await slack.command(ana, tales, "continue")
            copies = await slack.again(asked)
            copies += await slack.again(asked, retry=True)
            engine.gate.set()
            await asked.done()
            await slack.again(started)
            await slack.idle()
            told = [each for each in tales.everything if each.by_app]
            assert len(told) == 2
            assert len(engine.requests) == 1
            assert all(each.tried for each in copies)
    finally:
        await one.close()
        await two.close()


async def test_a_stop_that_reaches_another_process_than_the_one_that_writes_says_so_and_stops_nothing(
    slack: LoopbackSlack, postgres_address: str, engine: Voice
) -> None:
    ana = slack.user("ana")
    tales = slack.channel("tales", ana)
    one, two = await Database.open(postgres_address), await Database.open(postgres_address)
    try:
        async with process(slack, one, engine) as (first, _), process(slack, two, engine) as (second, _):
            slack.http_to(f"{first}/slack/events")
            await (await slack.command(ana, tales, "start The Lamp")).done()
            engine.say("Mara found a lamp. " + "It shone and shone. " * 30)
            engine.pace = 0.1
            asked = await slack.command(ana, tales, "continue | long")
            await slack.until(lambda: any(each.labels == ["Stop"] for each in tales.everything), 30)
            stream = next(each for each in tales.everything if each.labels == ["Stop"])
            slack.http_to(f"{second}/slack/events")
            pressed = await slack.click(ana, stream, "Stop")
            await pressed.says("Please press it again", 20)
            assert stream.labels == ["Stop"], "it says that it was stopped, and is not"
            slack.http_to(f"{first}/slack/events")
            await slack.click(ana, stream, "Stop")
            await slack.until(lambda: "Stopped before it was finished" in stream.text, 20)
            await asked.done()
    finally:
        await one.close()
        await two.close()


async def test_a_first_sight_is_one_even_for_many_at_once(address: str) -> None:
    one, two = await Database.open(address), await Database.open(address)
    tellers = [storyteller(each, Voice()) for each in (one, two)]
    try:
        seen = await asyncio.gather(*(tellers[n % 2].notebook.first_sight(f"slack Ev{n // 10}") for n in range(100)))
        assert sum(seen) == 10
        await tellers[0].notebook.unsee("slack Ev1")
        assert await tellers[1].notebook.first_sight("slack Ev1")
    finally:
        await one.close()
        await two.close()


async def test_the_health_pages_say_when_it_is_ready_and_when_it_stops(
    slack: LoopbackSlack, database: Database, engine: Voice
) -> None:
    async with process(slack, database, engine) as (here, reception), ClientSession(here) as client:
        assert (await client.get("/readyz")).status == 200
        engine.state = EngineState.WAKING
        assert (await client.get("/readyz")).status == 503
        engine.state = EngineState.READY
        reception.taking = False
        answer = await client.get("/readyz")
        assert (answer.status, await answer.json()) == (503, {"storyteller": "stopping"})
        assert (await client.get("/slack/install")).status == 404


async def test_a_fault_of_the_database_is_no_acknowledgement_and_the_retry_counts(
    tmp_path: Path, engine: Voice
) -> None:
    file = tmp_path / "story.db"
    database = await Database.open(f"sqlite+aiosqlite:///{file}", lock_seconds=0.05)
    patient = (0.3,) * 20
    async with LoopbackSlack(manifest=manifest("https://stories.example.org"), retry_delays=patient) as slack:
        ana = slack.user("ana")
        tales = slack.channel("tales", ana)
        async with process(slack, database, engine) as (here, _):
            slack.http_to(f"{here}/slack/events")
            with contextlib.closing(sqlite3.connect(file)) as other:
                other.execute("BEGIN EXCLUSIVE")
                said = await slack.mention(ana, tales, "start The Lamp")
                await slack.until(lambda: any(len(each.attempts) > 1 for each in slack.deliveries))
                assert not tales.messages[1:]
                other.rollback()
            await said.says("The Lamp")
            await slack.idle()
            slack.forgive("http_error")
    await database.close()


async def test_what_is_missing_or_wrong_is_one_sentence(
    slack: LoopbackSlack, database: Database, engine: Voice
) -> None:
    teller = storyteller(database, engine)
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"slack_signing_secret": None}, "SLACK_SIGNING_SECRET is not set"),
        ({"slack_bot_token": None}, "SLACK_BOT_TOKEN for one workspace, or SLACK_CLIENT_ID"),
        ({"slack_client_id": "1.2"}, "belong together"),
        ({"slack_port": taken.getsockname()[1]}, "another program listens there"),
        ({"slack_bot_token": "xoxb-wrong"}, "Slack does not accept SLACK_BOT_TOKEN"),
    ]
    for given, sentence in wrong:
        with pytest.raises(SettingsError, match=sentence):
            await web.run(teller, settings(slack, **given))
    taken.close()


def test_a_delivery_is_known_by_what_slack_gives_it() -> None:
    signed = {"X-Slack-Signature": "v0=abc"}
    assert delivery('{"event_id": "Ev1", "type": "event_callback"}', signed) == "slack Ev1"
    assert delivery("command=%2Fstory&trigger_id=1.2.a", signed) == "slack 1.2.a"
    assert delivery("payload=%7B%22trigger_id%22%3A%223.4.b%22%7D", signed) == "slack 3.4.b"
    assert delivery("payload=%7B%22type%22%3A%22view_closed%22%7D", signed) == "slack v0=abc"
    assert delivery('{"type": "url_verification", "challenge": "x"}', signed) == ""
    assert delivery("ssl_check=1&token=x", signed) == ""
    assert delivery("{broken", signed) == "slack v0=abc"
    assert len(delivery(f"trigger_id={'9' * 500}", signed)) < 128


async def test_sigterm_lets_a_passage_finish_and_turns_others_away(
    slack: LoopbackSlack, database: Database, engine: Voice
) -> None:
    chosen, teller = settings(slack), storyteller(database, engine)
    task = asyncio.create_task(web.run(teller, chosen))
    here = f"http://127.0.0.1:{chosen.slack_port}"
    slack.http_to(f"{here}/slack/events")
    ana = slack.user("ana")
    tales, other = slack.channel("tales", ana), slack.channel("other", ana)
    async with ClientSession(here) as client:
        while True:
            with contextlib.suppress(OSError):
                await client.get("/healthz")
                break
            await asyncio.sleep(0.02)
        await (await slack.command(ana, tales, "start The Lamp")).done()
        engine.gate.clear()
        last = await slack.command(ana, tales, "continue")
        while not engine.writing:
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        while (await client.get("/readyz")).status != 503:
            await asyncio.sleep(0.01)
        late = await slack.command(ana, other, "add Mara slept.")
        await late.says("I am being restarted")
        engine.gate.set()
        await last.says("Nobody spoke.")
        await slack.idle()
    assert await task == 143


async def test_a_delivery_is_remembered_for_an_hour(address: str) -> None:
    database = await Database.open(address)
    teller = storyteller(database, Voice())

    async def seen(minutes_ago: int) -> None:
        then = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes_ago)
        await database.write(lambda c: c.execute(tables.sighting.update().values(seen_at=then)).close())

    assert await teller.notebook.first_sight("slack Ev1")
    await seen(59)
    assert not await teller.notebook.first_sight("slack Ev1")
    await seen(61)
    assert await teller.notebook.first_sight("slack Ev1")
    await database.close()


async def test_a_token_holds_whatever_else_stands_in_the_environment(
    slack: LoopbackSlack, database: Database, engine: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "x")
    async with process(slack, database, engine, slack_client_id=None, slack_client_secret=None) as (here, _):
        slack.http_to(f"{here}/slack/events")
        ana = slack.user("ana")
        tales = slack.channel("tales", ana)
        await (await slack.command(ana, tales, "start The Lamp")).done()
        assert "The Lamp" in tales.messages[-1].text
