"""Every platform in one process: what one does is nothing to the others, and a signal is heard by all."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import core.operations  # noqa: F401 - fills the table
from bots import stopping, together
from bots.settings import Settings, SettingsError
from core.database import Database
from core.errors import StoreLocked
from core.storyteller import Storyteller
from tests.kit import storyteller
from tests.loopback.discord import LoopbackDiscord
from tests.loopback.slack import LoopbackSlack
from tests.voices import Voice

ROOT = Path(__file__).parent.parent.parent.parent
NO_PAUSE = (0.01,)


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[call-arg]


@pytest.fixture
async def discord() -> AsyncIterator[LoopbackDiscord]:
    async with LoopbackDiscord() as loopback:
        yield loopback


def both(slack: LoopbackSlack, discord: LoopbackDiscord, **more: Any) -> dict[str, Any]:
    return {
        "discord_token": discord.token,
        "discord_api_base": discord.api_base,
        "discord_gateway_url": discord.gateway_url,
        "slack_app_token": slack.app_token,
        "slack_bot_token": slack.bot_token,
        "slack_api_base": slack.api_base,
    } | more


async def stories(slack: LoopbackSlack, discord: LoopbackDiscord) -> tuple[str, str]:
    """Begin a story on both, and return what is said there."""
    ana = slack.user("ana")
    tales = slack.channel("tales", ana)
    begun = await (await slack.command(ana, tales, "start The Lamp")).done()
    guild, ben = discord.guild("Harrow"), discord.user("ben")
    guild.join(ben)
    asked = await discord.slash(ben, guild.text_channel("stories"), "story start", title="The Ship")
    return begun.text or tales.messages[-1].text, (await asked.done()).text


async def test_both_platforms_tell_stories_in_one_process(
    slack: LoopbackSlack, discord: LoopbackDiscord, database: Database, engine: Voice
) -> None:
    chosen = settings(**both(slack, discord))
    teller = storyteller(database, engine)
    task = asyncio.create_task(together.run(teller, together.configured(chosen), chosen))
    await asyncio.gather(slack.connected(), discord.ready())
    on_slack, on_discord = await stories(slack, discord)
    assert "The Lamp" in on_slack
    assert "The Ship" in on_discord
    task.cancel()
    await asyncio.wait([task])


async def test_a_wrong_token_is_said_once_and_the_other_goes_on(
    slack: LoopbackSlack,
    discord: LoopbackDiscord,
    database: Database,
    engine: Voice,
    capsys: pytest.CaptureFixture[str],
) -> None:
    chosen = settings(**both(slack, discord, discord_token="wrong.token.here"))
    teller = storyteller(database, engine)
    task = asyncio.create_task(together.run(teller, together.configured(chosen), chosen, NO_PAUSE))
    await slack.connected()
    ana = slack.user("ana")
    tales = slack.channel("tales", ana)
    await (await slack.command(ana, tales, "start The Lamp")).done()
    assert "The Lamp" in tales.messages[-1].text
    complaint = capsys.readouterr().err
    assert complaint.count("Discord: Discord does not accept DISCORD_TOKEN") == 1
    assert "wrong.token" not in complaint
    task.cancel()
    await asyncio.wait([task])


class Stage:
    """Platforms that do what they are told, for what a real one does only by accident."""

    def __init__(self) -> None:
        self.runs: dict[str, int] = {}
        self.well = asyncio.Event()

    def platform(self, name: str, *outcomes: int | Exception) -> together.Platform:
        """One that ends so, time after time; then it stays."""

        async def run(_teller: Storyteller, _settings: Settings) -> int:
            count = self.runs[name] = self.runs.get(name, 0) + 1
            if count > len(outcomes):
                self.well.set()
                await asyncio.Event().wait()
            outcome = outcomes[count - 1]
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return run

    async def run(self, platforms: dict[str, together.Platform], teller: Storyteller) -> int:
        return await together.run(teller, platforms, settings(), NO_PAUSE)


@pytest.mark.parametrize("outcome", [RuntimeError("secret words"), StoreLocked(), stopping.LATER])
async def test_a_platform_that_falls_over_is_tried_again_and_it_is_said_once(
    database: Database, engine: Voice, capsys: pytest.CaptureFixture[str], outcome: int | Exception
) -> None:
    stage = Stage()
    platforms = {"One": stage.platform("One", outcome, outcome, outcome), "Two": stage.platform("Two")}
    task = asyncio.create_task(stage.run(platforms, storyteller(database, engine)))
    await stage.well.wait()
    while stage.runs["One"] < 4:
        await asyncio.sleep(0.01)
    assert stage.runs["Two"] == 1
    complaint = capsys.readouterr().err
    assert complaint.count("One: ") == 1
    assert "secret words" not in complaint
    task.cancel()
    await asyncio.wait([task])


async def test_when_none_is_left_the_code_says_why(database: Database, engine: Voice) -> None:
    stage, teller = Stage(), storyteller(database, engine)
    broken = [RuntimeError()] * 9
    assert await stage.run({"One": stage.platform("One", *broken)}, teller) == stopping.FAILED
    assert stage.runs["One"] == 5
    wrong = stage.platform("Two", SettingsError("Two is not set."))
    assert await stage.run({"One": stage.platform("Three", *broken), "Two": wrong}, teller) == stopping.MISUSED


def test_what_is_configured_is_what_is_started() -> None:
    assert list(together.configured(settings(discord_token="x"))) == ["Discord"]
    assert list(together.configured(settings(slack_app_token="x", discord_token="x"))) == ["Discord", "Slack"]
    assert list(together.configured(settings(slack_signing_secret="x"))) == ["Slack"]
    with pytest.raises(SettingsError, match="No platform is configured"):
        together.configured(settings())


CHILD = textwrap.dedent(
    """
    import asyncio, sys
    from bots import stopping, together
    from bots.settings import load
    from core.database import Database
    from tests.kit import storyteller
    from tests.voices import ScriptedEngine

    class Slow(ScriptedEngine):
        async def stream(self, request):
            async for piece in super().stream(request):
                await asyncio.sleep(0.3)
                yield piece

    async def main():
        settings = load()
        database = await Database.open(settings.database_url.get_secret_value())
        try:
            teller = storyteller(database, Slow())
            return await together.run(teller, together.configured(settings), settings)
        finally:
            await database.close()

    sys.exit(together.main(main))
    """
)


async def test_sigterm_is_heard_by_both_and_what_is_being_written_is_finished(
    slack: LoopbackSlack, discord: LoopbackDiscord, tmp_path: Path
) -> None:
    given = both(slack, discord, database_url=f"sqlite+aiosqlite:///{tmp_path / 'stories.db'}")
    (tmp_path / ".env").write_text("".join(f"{name.upper()}={value}\n" for name, value in given.items()))
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    child = await asyncio.to_thread(
        subprocess.Popen, [sys.executable, "-c", CHILD], env=env, cwd=tmp_path, stderr=subprocess.PIPE
    )
    try:
        await asyncio.gather(slack.connected(seconds=30), discord.ready())
        ana, ben, guild = slack.user("ana"), discord.user("ben"), discord.guild("Harrow")
        guild.join(ben)
        tales, stories = slack.channel("tales", ana), guild.text_channel("stories")
        await (await slack.command(ana, tales, "start The Lamp")).done()
        await (await discord.slash(ben, stories, "story start", title="The Ship")).done()
        one = await slack.command(ana, tales, "continue")
        two = await discord.slash(ben, stories, "story continue")
        child.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(child.wait, 60) == stopping.TERMINATED
        assert "Nobody spoke." in " ".join(each.text for each in tales.everything), one
        assert "Nobody spoke." in two.text
    finally:
        child.kill()
        _, errors = await asyncio.to_thread(child.communicate)
    assert errors == b""
