"""The application behind HTTP, as one process of several that a balancer might have."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientSession

from bots.settings import Settings
from bots.slack import web
from bots.slack.reception import Reception
from core.database import Database
from core.engine import Engine
from tests.kit import storyteller
from tests.loopback.slack import LoopbackSlack


def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def settings(slack: LoopbackSlack, **more: Any) -> Settings:
    given = {
        "slack_signing_secret": slack.signing_secret,
        "slack_bot_token": slack.bot_token,
        "slack_api_base": slack.api_base,
        "slack_authorize_url": slack.authorize_url,
        "slack_port": port(),
        **more,
    }
    return Settings(_env_file=None, **given)  # type: ignore[call-arg]


@contextlib.asynccontextmanager
async def process(
    slack: LoopbackSlack, database: Database, engine: Engine, **more: Any
) -> AsyncIterator[tuple[str, Reception]]:
    """One process of ours: its address, and its reception."""
    teller = storyteller(database, engine)
    chosen, reception = settings(slack, **more), Reception(teller)
    task = asyncio.create_task(web.run(teller, chosen, patience=1.0, reception=reception))
    here = f"http://127.0.0.1:{chosen.slack_port}"
    try:
        async with ClientSession() as client:
            while not task.done():
                with contextlib.suppress(OSError):
                    async with client.get(f"{here}/healthz") as answer:
                        assert await answer.json() == {"status": "ok"}
                        break
                await asyncio.sleep(0.02)
        if task.done():
            task.result()
        yield here, reception
        await reception.drain(patience=5.0)
        await slack.idle()
    finally:
        task.cancel()
        await asyncio.wait([task])
