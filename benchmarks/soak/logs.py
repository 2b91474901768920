"""The log's disk is full, or nobody listens to what is printed."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

from benchmarks.crash.bot import ROOT
from benchmarks.crash.stage import answer
from benchmarks.crash.voice import loopback_engine
from tests.loopback.discord import LoopbackDiscord


async def log_full(_draw: random.Random, folder: Path, _turns: int) -> str:
    """39: the log's disk is full, and nobody reads what is printed: stories go on."""
    said = []
    for name, streams in (("full", ">/dev/full 2>&1"), ("closed", ">&- 2>&-")):
        said.append(f"{name}: {await _told_all_the_same(folder / f'{name}.db', streams)}")
    return ", ".join(said)


async def _told_all_the_same(file: Path, streams: str) -> str:
    async with loopback_engine(answer) as engine, LoopbackDiscord(check=False) as discord:
        guild = discord.guild("Harrow")
        ana = discord.user("ana")
        guild.join(ana)
        channel = guild.text_channel("tales")
        environment = {
            "DISCORD_TOKEN": discord.token,
            "DISCORD_API_BASE": discord.api_base,
            "DISCORD_GATEWAY_URL": discord.gateway_url,
            "ENGINE_URL": engine.url,
            "DATABASE_URL": f"sqlite+aiosqlite:///{file}",
            "LOG_FILE": "/dev/full",
            "LOG_LEVEL": "DEBUG",
        }
        command = f"exec {sys.executable} -m bots discord {streams}"
        bot = await asyncio.create_subprocess_shell(command, cwd=ROOT, env=os.environ | environment)
        try:
            await discord.ready(60)
            await discord.registered("story", seconds=60)
            await (await discord.slash(ana, channel, "story start", title="The Lamp")).done(30)
            await (await discord.slash(ana, channel, "story add", text="Mara found it.")).done(30)
            assert "Mara found it." in channel.messages[-1].text
        finally:
            bot.send_signal(signal.SIGTERM)
            code = await asyncio.wait_for(bot.wait(), 60)
        return f"told, ended with {code}"
