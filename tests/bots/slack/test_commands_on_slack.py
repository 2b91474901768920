"""Every operation by every way in: the command in the channel, and a mention in the story's thread."""

import asyncio
import time
from pathlib import Path

import pytest

from bots.slack import controls, forms
from bots.slack.manifest import manifest
from core.database import Database
from core.operation import OPERATIONS
from inference.vllm import VllmEngine
from tests.bots.slack.conftest import Scene, application
from tests.bots.slack.served import process
from tests.loopback.slack import Channel, Exchange, LoopbackSlack
from tests.voices import Voice

PLAYED = (
    "start The Lamp of Harrow Bay | a girl finds a lamp that will not go out",
    "add Mara was a little girl. She finded a old lamp in the the house.",
    "refine fix grammar",
    "continue the lamp glows | short",
    "retry",
    "rate good | it kept the lamp",
    "settings voice plain",
    "explain what did Mara find?",
    "recap",
    "show",
    "edit 1 | Mara was a little girl. She found an old lamp.",
    "undo",
    "redo",
    "lore add Mara | is nine years old",
    "lore list",
    "lore forget Mara",
    "settings show",
    "settings length short",
    "settings rating g",
    "why",
    "remove 2",
    "report Nothing, only trying.",
    "setup | | | | | | free",
    "settings lines spiders",
    "settings lines |",
    "review list",
    "review approve 1",
    "review reword 1 | Mara was a girl.",
    "review reject 1",
    "review log",
    "review ask 1",
    "review gentler 1",
    "review post 1",
    "review block U0LBNOBODY | Only trying.",
    "review unblock U0LBNOBODY",
    "review accept 1",
    "review keep",
    "mydata export",
    "mydata delete",
    "about",
    "help",
    "end",
    "list",
    "resume",
    "mydata export",
    "mydata delete",
    "mydata delete keep | confirm",
)


def operation(line: str) -> str:
    """The operation that a line asks for."""
    words = line.split()
    return next(name for name in (" ".join(words[:2]), words[0]) if name in OPERATIONS)


def answered(asked: Exchange) -> bool:
    """It has its last words: nobody is still thinking, waiting or writing."""
    return asked.completed and bool(asked.text) and not asked.text.rstrip().endswith("…")


def test_the_list_is_whole() -> None:
    assert {operation(line) for line in PLAYED} == set(OPERATIONS)


async def play(slack: LoopbackSlack, seconds: float) -> None:
    """The whole list, by commands and then inside a thread."""
    ana = slack.user("ana", admin=True)
    typed, told = slack.channel("typed", ana), slack.channel("told", ana)
    for line in PLAYED:
        asked = await slack.command(ana, typed, line)
        await asked.until(answered, seconds)
        assert "went wrong on my side" not in asked.text, line
    opening = (await slack.say(ana, told, "Shall we tell one?")).said
    for line in PLAYED:
        asked = await slack.mention(ana, told, line, thread=opening)
        await asked.until(answered, seconds)
        assert "went wrong on my side" not in asked.text, line
    assert [each.text for each in told.messages] == ["Shall we tell one?"]
    assert typed.messages[0].text.startswith("The Lamp of Harrow Bay")


async def test_every_operation_works_by_command_and_inside_a_thread(
    slack: LoopbackSlack, database: Database, engine: Voice
) -> None:
    async with application(slack, database, engine):
        await play(slack, 10)


@pytest.mark.engine
@pytest.mark.timeout(400)
@pytest.mark.asyncio(loop_scope="session")
async def test_every_operation_works_on_slack_with_the_real_storyteller(
    storyteller_engine: VllmEngine, tmp_path: Path
) -> None:
    """In Socket Mode, and over HTTP with the manifest that is shipped and no scope more."""
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/socket.db")
    async with LoopbackSlack() as slack, application(slack, database, storyteller_engine):
        await play(slack, 60)
    await database.close()
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/http.db")
    async with (
        LoopbackSlack(manifest=manifest("https://stories.example.org")) as slack,
        process(slack, database, storyteller_engine) as (here, _),
    ):
        slack.http_to(f"{here}/slack/events")
        await play(slack, 60)
    await database.close()


def test_every_form_fits_and_can_be_read_again() -> None:
    for name in OPERATIONS:
        if not OPERATIONS[name].params:
            continue
        form = forms.Form(name, "C1", "1.2", about=3, source="4.5", given={"number": "1"})
        shown = form.shown("zh-CN")
        assert forms.read(shown["private_metadata"]) == form
        assert len(shown["title"]["text"]) <= 24


def test_ids_of_buttons_carry_only_ids() -> None:
    (row,) = controls.row((controls.CONTINUE, controls.UNDO), "12", "en")
    assert [(each["action_id"], each["value"]) for each in row["elements"]] == [
        ("story:continue", "12"),
        ("story:undo", "12"),
    ]


async def test_what_nobody_listens_to_is_acknowledged(scene: Scene) -> None:
    reaction = await scene.slack.react(scene.ben, scene.last, "thumbsup")
    said = await scene.slack.say(scene.ben, scene.channel, "Lovely weather.")
    edited = await scene.slack.edit(said.said, "Lovely, lovely weather.")
    await scene.slack.delete(said.said)
    await scene.slack.idle()
    assert all(each.acked_after is not None for each in (reaction, said, edited))


async def test_a_burst_is_acknowledged_in_time(scene: Scene) -> None:
    asked = await asyncio.gather(
        *(scene.slack.command(scene.ana, scene.channel, f"show {n % 2 + 1}") for n in range(100))
    )
    assert all(each.acked_after is not None for each in asked)


def told(channels: list[Channel]) -> int:
    """How many passages of the storyteller stand in these channels."""
    return sum("the storyteller" in each.text for channel in channels for each in channel.everything)


async def test_at_twice_the_rates_nobody_is_refused_and_everybody_is_served(database: Database, engine: Voice) -> None:
    async with LoopbackSlack(ratelimit_scale=0.05) as slack:
        people = [slack.user(f"u{number}") for number in range(4)]
        channels = [slack.channel(f"c{number}", *people) for number in range(4)]
        async with application(slack, database, engine, scale=0.05):
            for person, channel in zip(people, channels, strict=True):
                await (await slack.command(person, channel, "start The Lamp")).done()
            began = time.monotonic()
            asked = []
            for number in range(40):  # forty turns in three seconds, where streams are for twenty
                asked.append(await slack.command(people[number % 4], channels[number % 4], "continue"))
                await asyncio.sleep(max(0, began + number * 0.075 - time.monotonic()))
            await slack.until(lambda: told(channels) == 40, 30)
            streamed = len(slack.called(r"chat\.startStream"))
            print("streamed", streamed, "of 40;", len(slack.requests), "requests")
            assert not [each for each in slack.violations if "429" in each]
