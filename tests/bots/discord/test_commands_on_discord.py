"""The commands that Discord is told of."""

from core.database import Database
from core.operation import OPERATIONS
from tests.bots.discord.conftest import Scene, application
from tests.loopback.discord import LoopbackDiscord
from tests.voices import Voice


async def test_every_operation_is_a_command(scene: Scene) -> None:
    story = scene.discord.commands["story"]
    names = set()
    for option in story["options"]:
        if option["type"] == 1:
            names.add(option["name"])
        names |= {f"{option['name']} {each['name']}" for each in option.get("options", []) if each["type"] == 1}
    assert names == set(OPERATIONS)
    assert {"Explain this passage", "Add to the story", "Report"} <= set(scene.discord.commands)


async def test_commands_can_be_used_everywhere_by_servers_and_by_people(scene: Scene) -> None:
    for each in scene.discord.commands.values():
        assert sorted(each["contexts"]) == [0, 1, 2]
        assert sorted(each["integration_types"]) == [0, 1]


async def test_options_have_their_types(scene: Scene) -> None:
    options = {
        f"{command['name']} {each['name']}": each
        for command in scene.discord.commands["story"]["options"]
        for each in command.get("options", [])
    }
    assert options["start title"]["max_length"] == 100 and options["start title"]["required"]
    assert options["start thread"]["type"] == 5
    assert options["show page"]["type"] == 4 and options["show page"]["min_value"] == 1
    assert [each["value"] for each in options["continue length"]["choices"]] == ["short", "medium", "long"]
    assert options["resume title"]["autocomplete"]
    assert (options["setup moderators"]["type"], options["setup channels"]["type"]) == (8, 7)
    assert not options["add text"].get("required")


async def test_several_shards_tell_one_story(database: Database, engine: Voice) -> None:
    async with LoopbackDiscord(shards=2) as discord:
        guilds = [discord.guild(f"G{n}") for n in range(2)]
        ana = discord.user("ana")
        async with application(discord, database, engine) as app:
            for guild in guilds:
                guild.join(ana)
                channel = guild.text_channel("stories")
                scene = Scene(app, engine, channel, ana, ana)
                await scene.ask("start", title=guild.name)
                assert guild.name in scene.said[0]


async def test_a_new_server_is_greeted_once_where_that_is_allowed(scene: Scene) -> None:
    guild = scene.discord.guild("New here")
    await scene.discord.gateway.reconnect()
    await scene.ask("show")
    hello = [each for each in scene.discord.seen_by_people() if "Hello!" in each]
    assert len(hello) <= 1 and guild.installed


async def test_descriptions_are_in_every_language_and_names_in_one(scene: Scene) -> None:
    options = {each["name"]: each for each in scene.discord.commands["story"]["options"]}
    assert {"en-US", "zh-CN", "zh-TW"} <= set(options["continue"]["description_localizations"])
    assert not any(each.get("name_localizations") for each in options.values())


async def test_private_words_are_in_the_readers_language_and_public_ones_in_the_servers(scene: Scene) -> None:
    guild = scene.channel.guild
    assert guild is not None
    li = scene.discord.user("li", locale="zh-CN")
    guild.join(li)
    refused = await scene.ask("undo", by=li, where=guild.text_channel("empty"))
    await refused.says("这里没有")
    await scene.ask("end", by=scene.ana)
    assert "The end, after 1 passage" in scene.said[-1]
    await scene.ask("resume", by=scene.ana)
    await scene.ask("setup", by=guild.owner, language="zh")
    await scene.ask("end", by=scene.ana)
    assert "全文完" in scene.said[-1]


def test_no_description_is_too_long() -> None:
    for each in OPERATIONS.values():
        assert len(each.summary) <= 100
        assert all(len(param.description) <= 100 for param in each.params)
