"""What whoever watches over the bot hears of Discord."""

from bots.probes import probed
from core.database import Database
from core.observation import observed
from tests.bots.discord.conftest import application
from tests.bots.discord.test_trouble_on_discord import ORIGINAL
from tests.kit_watching import Notebook
from tests.loopback.discord import LoopbackDiscord
from tests.voices import Voice


async def test_acknowledgements_exchanges_and_429s_are_told(database: Database, discord: LoopbackDiscord) -> None:
    guild, ana = discord.guild("Harrow"), discord.user("ana")
    guild.join(ana)
    channel = guild.text_channel("stories")
    notebook = Notebook()
    with observed(notebook):
        async with application(discord, database, Voice()):
            await (await discord.slash(ana, channel, "story start", title="The Lamp")).done()
            assert [facts["platform"] for facts in notebook.of("acknowledged")] == ["discord"]
            assert 0 <= float(notebook.of("acknowledged")[0]["seconds"]) < 60
            assert notebook.of("limited") == []
            discord.faults.add("PATCH", ORIGINAL, status=429, via=False)
            await (await discord.slash(ana, channel, "story add", text="A bell rang.")).says("It is kept, and I will")
    assert notebook.of("limited") == [{"platform": "discord"}]
    stages = [name for name, _ in notebook.stages]
    assert stages.index("exchange") < stages.index("turn") < stages.index("commit")
    assert ("post", {"platform": "discord"}) in notebook.stages


async def test_it_is_connected_while_its_gateway_is(database: Database, discord: LoopbackDiscord) -> None:
    with probed() as probes:
        assert await probes.asked() == {}
        async with application(discord, database, Voice()):
            assert await probes.asked() == {"discord": True}
        assert await probes.asked() == {"discord": False}
