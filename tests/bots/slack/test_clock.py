"""Our clock is an hour ahead: nothing is told twice on Slack, whose own clock says where to look."""

import datetime as dt
import time

import pytest
from sqlalchemy import select, update

from bots.slack.clock import Clock
from core import tables
from core.database import Database
from tests.bots.slack.conftest import Scene, application

HOUR = 3600.0


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our clock shows an hour more from now on."""
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + HOUR)


def test_slacks_time_is_what_its_answers_say(ahead: None) -> None:
    clock, right = Clock(), time.time() - HOUR
    assert clock.time() - right == pytest.approx(HOUR, abs=10)
    clock.heard("not a date")
    assert clock.time() - right == pytest.approx(HOUR, abs=10)
    clock.heard(time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(right)))
    assert clock.time() - right == pytest.approx(0, abs=10)


async def test_what_slack_took_without_an_answer_is_found_by_slacks_time(scene: Scene, ahead: None) -> None:
    scene.slack.faults.add(r"chat\.postMessage", after=True, drop=True)
    await scene.ask("add A bell rang.")
    assert [each for each in scene.told if "A bell rang" in each] == ["A bell rang.\n2 · Ana"]


async def test_what_stands_already_is_found_after_a_restart_by_what_stands_above_it(
    scene: Scene, database: Database
) -> None:
    await scene.ask("add A bell rang.")
    await scene.app.end()
    late = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=HOUR)
    newest = select(tables.turn.c.id).order_by(tables.turn.c.id.desc()).limit(1).scalar_subquery()
    await database.write(lambda c: c.execute(update(tables.turn).values(created_at=late)))
    unnoted = update(tables.post).where(tables.post.c.turn_id == newest).values(delivered_at=None)
    await database.write(lambda c: c.execute(unnoted))
    async with application(scene.slack, database, scene.engine) as scene.app:
        await scene.idle()
        assert [each for each in scene.told if "A bell rang" in each] == ["A bell rang.\n2 · Ana"]
