"""The home tab: my stories, what waits for me, what is set, and how to begin."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio

from bots.slack import home
from core.database import Database
from core.moderation import phrase
from core.place import Place, Telling, Workspace
from core.story import Story
from tests.bots.slack.served import process
from tests.bots.slack.test_web import slack  # noqa: F401 - the fixture with our manifest
from tests.loopback.slack import Channel, LoopbackSlack, User
from tests.voices import Voice


@dataclass
class Club:
    """Two people and their channels."""

    slack: LoopbackSlack
    ana: User
    ben: User
    tales: Channel

    async def ask(self, who: User, line: str, where: Channel | None = None) -> None:
        """Use the command."""
        await (await self.slack.command(who, where or self.tales, line)).done()


@pytest_asyncio.fixture
async def club(slack: LoopbackSlack, database: Database, engine: Voice) -> AsyncIterator[Club]:  # noqa: F811
    async with process(slack, database, engine) as (here, _):
        slack.http_to(f"{here}/slack/events")
        ana, ben = slack.user("ana", admin=True), slack.user("ben", locale="zh-CN")
        yield Club(slack, ana, ben, slack.channel("tales", ana, ben))


async def test_somebody_new_sees_how_to_begin(club: Club) -> None:
    shown = await club.slack.open_home(club.ana)
    assert "You have not written in a story yet" in shown.text
    assert "/story start" in shown.text
    assert "Start a story" in shown.labels
    form = await club.slack.click(club.ana, shown, "Start a story")
    await club.slack.until(lambda: bool(club.ana.modals))
    await club.slack.submit(club.ana, form.opened, {"title": "The Lamp", "where": club.tales})
    await club.slack.until(lambda: any("The Lamp" in each.text for each in club.tales.messages))


async def test_a_new_wording_waits_for_the_passages_author_alone(club: Club, engine: Voice) -> None:
    await club.ask(club.ben, "start The Lamp")
    await club.ask(club.ana, "add Mara found a lamp.")
    engine.say("Mara found a shining lamp.")
    await club.ask(club.ben, "refine more light")
    sentence = "A new wording of your passage 1 waits for your consent"
    assert sentence in (await club.slack.open_home(club.ana)).text
    assert "等你同意" not in (await club.slack.open_home(club.ben)).text
    await club.ask(club.ana, "review accept")
    assert sentence not in (await club.slack.open_home(club.ana)).text


async def test_a_story_waits_for_whoever_did_not_write_last(club: Club) -> None:
    await club.ask(club.ana, "start The Lamp")
    await club.ask(club.ana, "add Mara found a lamp.")
    assert "Nothing waits for you." in (await club.slack.open_home(club.ana)).text
    await club.ask(club.ben, "add It would not go out.")
    waiting, _, rest = (await club.slack.open_home(club.ana)).text.partition("Settings")
    assert "The Lamp" in waiting.partition("Waiting for you")[2]
    assert "2 passages" in waiting
    assert "anywhere" in rest
    assert "等你" in (await club.slack.open_home(club.ben)).text


async def test_nobody_sees_a_story_in_which_they_never_wrote(club: Club) -> None:
    secret = club.slack.channel("secret", club.ana, private=True)
    await club.ask(club.ana, "start The Plot", secret)
    await club.ask(club.ana, "start The Lamp")
    await club.ask(club.ben, "show")
    assert "The Plot" not in (shown := await club.slack.open_home(club.ben)).text
    assert "The Lamp" not in shown.text
    assert "The Plot" in (await club.slack.open_home(club.ana)).text


async def test_a_title_pings_nobody(club: Club) -> None:
    await club.ask(club.ana, "start <!channel> *loud* @here & https://evil.example")
    shown = await club.slack.open_home(club.ana)
    assert "loud" in shown.text


def test_a_view_with_many_long_stories_stays_within_slacks_limits() -> None:
    title = phrase("{x}", x=phrase("a<&>" * 100))
    stories = [
        Telling(
            Place(platform="slack", workspace="T1", channel=f"C{n}"),
            Story(n, title, phrase(""), phrase("Ana"), ended=n % 2 == 0, head=n, passages=n),
            "U2",
        )
        for n in range(15)
    ]
    chosen = Workspace(channels=frozenset(f"C{n}" for n in range(500)))
    drawn = home.blocks(stories, chosen, "U1", "en", "storycircle")
    assert len(drawn) <= 100
    assert all(len(each["text"]["text"]) <= 3000 for each in drawn if "text" in each)
