"""What whoever watches over the bot hears of Slack."""

from bots.probes import probed
from core.database import Database
from core.observation import observed
from tests.bots.slack.conftest import application
from tests.kit_watching import Notebook
from tests.loopback.slack import LoopbackSlack
from tests.voices import Voice


async def test_acknowledgements_exchanges_and_429s_are_told(database: Database, slack: LoopbackSlack) -> None:
    ana = slack.user("ana", admin=True)
    channel = slack.channel("tales", ana)
    notebook = Notebook()
    with observed(notebook):
        async with application(slack, database, Voice()):
            await (await slack.command(ana, channel, "start The Lamp")).done()
            assert [facts["platform"] for facts in notebook.of("acknowledged")] == ["slack"]
            assert notebook.of("limited") == []
            slack.faults.add(r"chat\.postMessage", error="ratelimited", retry_after=1)
            await slack.command(ana, channel, "add A bell rang.")
            await slack.until(lambda: bool(channel.messages[0].replies), 15)
    assert notebook.of("limited") == [{"platform": "slack"}]
    stages = [name for name, _ in notebook.stages]
    assert stages.index("exchange") < stages.index("turn") < stages.index("commit")


async def test_it_is_connected_while_its_socket_is(database: Database, slack: LoopbackSlack) -> None:
    with probed() as probes:
        async with application(slack, database, Voice()):
            assert await probes.asked() == {"slack": True}
        assert await probes.asked() == {"slack": False}
