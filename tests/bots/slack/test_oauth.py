"""Many workspaces: they add the bot by themselves, their tokens are renewed and forgotten."""
# ruff: noqa: F811 - fixtures of other modules are taken by name

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from sqlalchemy import MetaData, select
from sqlalchemy.schema import Table

import core.operations  # noqa: F401 - fills the table
from bots.settings import SettingsError
from bots.slack import leaving, oauth
from bots.slack.client import client as web_client
from bots.slack.manifest import manifest
from core import tables
from core.database import Database, guest
from tests.bots.slack.served import process, settings
from tests.bots.slack.test_web import slack  # noqa: F401 - the fixture with our manifest
from tests.kit import storyteller
from tests.loopback.slack import LoopbackSlack, Team
from tests.loopback.slack.world import Installation
from tests.voices import Voice

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk, of aiohttp

URL = "https://stories.example.org"


def many(slack: LoopbackSlack, url: str) -> dict[str, Any]:
    """Settings with which workspaces add the bot by themselves."""
    credentials = {"slack_client_id": slack.client_id, "slack_client_secret": slack.client_secret}
    return credentials | {"slack_bot_token": None, "database_url": url}


@pytest_asyncio.fixture
async def shared(address: str) -> AsyncIterator[Database]:
    opened = await Database.open(address)
    yield opened
    await opened.close()


async def rows(url: str, table: Table) -> list[Any]:
    engine = guest(url)
    async with engine.connect() as connection:
        found = list((await connection.execute(select(table))).mappings())
    await engine.dispose()
    return found


async def added(slack: LoopbackSlack, here: str, team: Team, *, org_wide: bool = False) -> Installation:
    """A workspace adds the bot in the browser."""
    boss = slack.user(f"boss of {team.name}", team, admin=True)
    consent = await slack.consent(f"{here}/slack/install", boss, org_wide=org_wide)
    landed = await consent.approve()
    assert landed.status == 200, landed.text
    return consent.installation


async def test_a_workspace_adds_the_bot_and_tells_a_story_at_once(
    slack: LoopbackSlack,
    address: str,
    shared: Database,
    engine: Voice,
) -> None:
    async with process(slack, shared, engine, **many(slack, address)) as (here, _):
        slack.http_to(f"{here}/slack/events")
        team = slack.team("Harrow school")
        await added(slack, here, team)
        carla = slack.user("carla", team)
        tales = slack.channel("tales", carla, team=team)
        await (await slack.command(carla, tales, "start The Lamp")).done()
        assert "The Lamp" in tales.messages[-1].text
        [bot] = await rows(address, tables.slack_bots)
        assert (bot["team_id"], bot["is_enterprise_install"]) == (team.id, False)
        await slack.idle()


async def test_a_forged_used_or_stranger_state_is_refused_and_a_no_is_taken(
    slack: LoopbackSlack,
    shared: Database,
    engine: Voice,
    address: str,
) -> None:
    async with process(slack, shared, engine, **many(slack, address)) as (here, _):
        boss = slack.user("boss", slack.team("Harrow school"), admin=True)
        install = f"{here}/slack/install"
        assert (await (await slack.consent(install, boss)).approve(state="forged")).status == 400
        assert (await (await slack.consent(install, boss)).approve(cookies=False)).status == 400
        assert (await (await slack.consent(install, boss)).approve(code="wrong")).status == 401
        consent = await slack.consent(install, boss)
        assert (await consent.approve()).status == 200
        assert (await consent.approve()).status == 401
        assert (await (await slack.consent(install, boss)).deny()).status == 200
        assert len(await rows(address, tables.slack_bots)) == 1


async def test_removing_the_bot_deletes_its_tokens_and_keeps_the_story(
    slack: LoopbackSlack,
    shared: Database,
    engine: Voice,
    address: str,
) -> None:
    async with process(slack, shared, engine, **many(slack, address)) as (here, _):
        slack.http_to(f"{here}/slack/events")
        one, other = slack.team("Harrow school"), slack.team("Pinner school")
        for team in (one, other):
            await added(slack, here, team)
        carla = slack.user("carla", one)
        tales = slack.channel("tales", carla, team=one)
        await (await slack.command(carla, tales, "start The Lamp")).done()
        await slack.uninstall(one)
        await slack.idle()
        for table in (tables.slack_bots, tables.slack_installations):
            assert [each["team_id"] for each in await rows(address, table)] == [other.id]
        await added(slack, here, one)
        await (await slack.command(carla, tales, "add Mara found a lamp.")).done()
        assert "Mara found a lamp." in [each.text for each in tales.everything][-1]
        await slack.revoke_tokens(one)
        await slack.idle()
        assert [each["team_id"] for each in await rows(address, tables.slack_bots)] == [other.id]


async def test_stories_of_a_workspace_that_removed_the_bot_are_deleted_after_the_days_that_are_set(
    slack: LoopbackSlack,
    shared: Database,
    engine: Voice,
    address: str,
) -> None:
    chosen = settings(slack, **many(slack, address))
    today = dt.datetime.now(dt.UTC)

    async def look(days_later: int) -> list[str]:
        """Which workspaces have stories after so many days."""
        client = web_client(chosen)
        async with oauth.installations(chosen) as flow:
            await leaving.look(
                teller,
                lambda workspace: oauth.speaker(flow, client, workspace),
                30,
                now=today + dt.timedelta(days=days_later),
            )
        return sorted(await teller.servers.known("slack"))

    teller = storyteller(shared, engine)
    async with process(slack, shared, engine, **many(slack, address)) as (here, _):
        slack.http_to(f"{here}/slack/events")
        grid = slack.enterprise("Schools of London")
        one, other = slack.team("Harrow school"), slack.team("Pinner school")
        sister = slack.team("Eton", enterprise=grid)
        for team in (one, other, sister):
            await added(slack, here, team, org_wide=team is sister)
            carla = slack.user(f"carla of {team.name}", team)
            tales = slack.channel(f"tales of {team.name}", carla, team=team)
            await (await slack.command(carla, tales, "start The Lamp")).done()
            await (await slack.command(carla, tales, "add Mara found a lamp.")).done()
            await (await slack.command(carla, tales, "continue")).done()
            await (await slack.command(carla, tales, "lore add Mara | is nine")).done()
        await slack.idle()
        whole = f"{grid.id}:{sister.id}"
        everyone = sorted([one.id, other.id, whole])
        assert await look(0) == everyone
        await slack.uninstall(one)
        await slack.uninstall(other)
        await slack.idle()
        assert await look(1) == everyone
        await added(slack, here, other)  # in time
        assert await look(30) == everyone
        assert await look(31) == sorted([other.id, whole])
        assert {each["title"] for each in await rows(address, tables.story)} == {"The Lamp"}
        assert len(await rows(address, tables.story)) == 2
        assert len(await rows(address, tables.passage)) == 4


async def test_a_whole_organisation_adds_the_bot_and_removes_it(
    slack: LoopbackSlack,
    shared: Database,
    engine: Voice,
    address: str,
) -> None:
    async with process(slack, shared, engine, **many(slack, address)) as (here, _):
        slack.http_to(f"{here}/slack/events")
        grid = slack.enterprise("Schools of London")
        team, sister = slack.team("Harrow", enterprise=grid), slack.team("Pinner", enterprise=grid)
        await added(slack, here, team, org_wide=True)
        [bot] = await rows(address, tables.slack_bots)
        assert (bot["enterprise_id"], bot["team_id"], bot["is_enterprise_install"]) == (grid.id, None, True)
        for name, each in (("carla", team), ("dan", sister)):
            person = slack.user(name, each)
            tales = slack.channel(f"tales of {name}", person, team=each)
            await (await slack.command(person, tales, f"start The Lamp of {name}")).done()
            assert f"The Lamp of {name}" in tales.messages[-1].text
        await slack.uninstall(team)
        await slack.idle()
        assert await rows(address, tables.slack_bots) == []
        assert await rows(address, tables.slack_installations) == []


async def test_a_token_is_renewed_once_however_many_see_that_it_expires(
    shared: Database,
    engine: Voice,
    address: str,
) -> None:
    async with LoopbackSlack(manifest=manifest(URL), token_rotation=True, token_life=100 * 60) as slack:
        given = many(slack, address)
        async with (
            process(slack, shared, engine, **given) as (one, _),
            process(slack, shared, engine, **given) as (two, _),
        ):
            slack.http_to(f"{one}/slack/events", f"{two}/slack/events")
            team = slack.team("Harrow school")
            await added(slack, one, team)
            # From now on a new token lives long, so that it is renewed once: the first expires too soon for us.
            object.__setattr__(slack.rules, "token_life", 12 * 3600.0)
            people = [slack.user(f"p{n}", team) for n in range(12)]
            tales = slack.channel("tales", *people, team=team)
            before = len(slack.called("oauth.v2.access"))
            asked = await asyncio.gather(*(slack.command(each, tales, "help") for each in people))
            for each in asked:
                await each.says("/story start")
            # The two processes may both try, once each; the second is told that the first was faster.
            assert 1 <= len(slack.called("oauth.v2.access")) - before <= 2
            [bot] = await rows(address, tables.slack_bots)
            assert bot["bot_token"] == next(
                each.token
                for each in slack._platform.world.installations
                if each.team is team and each.state == "active"
            )
            await slack.idle()


async def test_the_stores_work_while_turns_are_written(
    slack: LoopbackSlack,
    shared: Database,
    engine: Voice,
    address: str,
) -> None:
    async with process(slack, shared, engine, **many(slack, address)) as (here, _):
        slack.http_to(f"{here}/slack/events")
        team = slack.team("Harrow school")
        await added(slack, here, team)
        carla = slack.user("carla", team)
        rooms = [slack.channel(f"tales{n}", carla, team=team) for n in range(8)]

        async def told(number: int) -> None:
            await (await slack.command(carla, rooms[number], f"start Lamp {number}")).done()
            await (await slack.command(carla, rooms[number], "add Mara found a lamp.")).done()

        async def joined(number: int) -> None:
            await added(slack, here, slack.team(f"School {number}"))

        await asyncio.gather(*(told(n) for n in range(8)), *(joined(n) for n in range(8)))
        assert all(len(room.everything) == 2 for room in rooms)
        assert len(await rows(address, tables.slack_bots)) == 9


async def test_a_workspace_that_never_added_the_bot_is_told_so(
    slack: LoopbackSlack,
    shared: Database,
    engine: Voice,
    address: str,
) -> None:
    async with process(slack, shared, engine, **many(slack, address)) as (here, _):
        slack.http_to(f"{here}/slack/events")
        ana = slack.user("ana")
        tales = slack.channel("tales", ana)
        asked = await slack.command(ana, tales, "start The Lamp")
        assert tales.messages == []
        assert asked.acked_after is not None
        await slack.idle()


def test_the_tables_are_exactly_those_of_slacks_stores() -> None:
    theirs = MetaData()
    AsyncSQLAlchemyInstallationStore.build_installations_table(theirs, "slack_installations")
    AsyncSQLAlchemyInstallationStore.build_bots_table(theirs, "slack_bots")
    AsyncSQLAlchemyOAuthStateStore.build_oauth_states_table(theirs, "slack_oauth_states")
    for name, table in theirs.tables.items():
        ours = tables.metadata.tables[name]
        assert [(c.name, str(c.type), c.nullable) for c in ours.c] == [
            (c.name, str(c.type), c.nullable) for c in table.c
        ]
        assert [(i.name, i.columns.keys()) for i in ours.indexes] == [(i.name, i.columns.keys()) for i in table.indexes]


def test_half_of_the_credentials_is_named(slack: LoopbackSlack) -> None:
    assert not oauth.wanted(settings(slack))
    with pytest.raises(SettingsError, match="belong together"):
        oauth.wanted(settings(slack, slack_client_secret="x"))
