"""Whom the process speaks to: the platforms, the engine and the database, and nobody else, whatever is written."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.database import Database
from core.errors import EngineFailed
from inference.remote import RemoteEngine, RemoteOptions
from tests.bots.discord.conftest import application as on_discord
from tests.bots.slack.conftest import application as on_slack
from tests.inference.models import llama
from tests.inference.servers import MODELS, said, small_server
from tests.loopback.discord import LoopbackDiscord
from tests.loopback.slack import LoopbackSlack
from tests.test_house import FILES, imports, name
from tests.voices import ScriptedEngine

LURE = "See https://lure.example/a.png and http://10.0.0.1/x, ![p](https://lure.example/b.png) or ftp://lure.example."

ADAPTERS = ("bots/discord/", "bots/slack/")
NETWORK = {
    "aiohttp": {"bots/health.py", *(name(file) for file in FILES if name(file).startswith(ADAPTERS))},
    "httpx": {"inference/remote.py", "inference/guard/server.py"},
    "socket": {"bots/doctor.py", "inference/child.py"},
}
"""Who may use a library that speaks to the network. Discord's and Slack's own stay in their adapters (`test_house`)."""
FORBIDDEN = ("requests", "urllib.request", "urllib3", "http.client", "ftplib", "smtplib", "websockets", "socketserver")


class Watching:
    """What the process asks of the network while it is watched. An audit hook cannot be taken away, so it is one."""

    def __init__(self) -> None:
        self.seen: set[Any] | None = None
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.seen is None:
            return
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            self.seen.add(arguments[1][:2])
        elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
            self.seen.add(arguments[:2])
        elif event == "subprocess.Popen":
            self.seen.add(("program", arguments[0]))

    @contextmanager
    def all(self) -> Iterator[set[Any]]:
        """Everything that is seen while this lasts."""
        self.seen = found = set[Any]()
        try:
            yield found
        finally:
            self.seen = None


WATCHING = Watching()


def port(address: str) -> int:
    return int(address.split("://")[1].split("/", maxsplit=1)[0].rpartition(":")[2])


async def test_on_discord_nobody_is_spoken_to_but_discord(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}")
    async with LoopbackDiscord() as discord:
        guild, ana = discord.guild("Harrow"), discord.user("ana")
        guild.join(ana)
        channel = guild.text_channel("stories")
        engine = ScriptedEngine([f"{LURE} It rang."] * 3)
        with WATCHING.all() as seen:
            async with on_discord(discord, database, engine, patience=1.0):
                for line, given in (
                    ("start", {"title": LURE[:90]}),
                    ("add", {"text": LURE}),
                    ("continue", {}),
                    ("show", {}),
                ):
                    await (await discord.slash(ana, channel, f"story {line}", **given)).done(quiet=0.15)
    await database.close()
    assert seen == {("127.0.0.1", port(discord.api_base))}


async def test_on_slack_nobody_is_spoken_to_but_slack(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}")
    async with LoopbackSlack() as slack:
        ana = slack.user("ana", admin=True)
        channel = slack.channel("tales", ana)
        engine = ScriptedEngine([f"{LURE} It rang."] * 3)
        with WATCHING.all() as seen:
            async with on_slack(slack, database, engine, patience=1.0):
                for line in (f"start {LURE[:90]}", f"add {LURE}", "continue", "show"):
                    await (await slack.command(ana, channel, line)).done()
    await database.close()
    assert seen == {("127.0.0.1", port(slack.api_base))}


@pytest.mark.parametrize("file", FILES, ids=name)
def test_libraries_that_speak_to_the_network_stay_where_they_are(file: Path) -> None:
    for module in imports(file):
        assert not module.startswith(FORBIDDEN), f"{name(file)} imports {module}"
        library = module.split(".")[0]
        assert library not in NETWORK or name(file) in NETWORK[library], f"{name(file)} imports {module}"


async def test_an_engine_that_points_elsewhere_is_not_followed(tmp_path: Path) -> None:
    asked = list[str]()

    async def elsewhere(request: str, writer: asyncio.StreamWriter) -> None:
        asked.append(request)
        writer.write(MODELS)

    async with small_server(elsewhere) as other:

        async def pointing(_: str, writer: asyncio.StreamWriter) -> None:
            writer.write(said(307, "", f"Location: {other}/v1/models"))

        async with small_server(pointing) as url:
            engine = RemoteEngine(RemoteOptions(url=url, tokenizer=llama(tmp_path / "model"), api_key="k"))
            engine.start()
            with pytest.raises(EngineFailed):
                await engine.ready()
            await engine.close()
    assert asked == []
