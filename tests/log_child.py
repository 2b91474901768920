"""Logs, in every way that there is, what must never be read: secrets, and what somebody wrote.

The settings come from the environment. Each way is one function; `python -m tests.log_child` goes all of them.
"""

import asyncio
import contextlib
import gc
import logging
import sys
import threading
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import discord
import httpx
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import text

from bots import logs, sentences, together
from bots.settings import Settings, load
from core.database import Database

STORY = "the-dragon-whispered-zanzibar"
"""What somebody wrote."""
log = logging.getLogger("bots.child")


def plain_lines(settings: Settings) -> None:
    for secret in settings.secrets:
        log.error("it is %s", secret)
        log.error(f"it is {secret}")
        log.warning("%r", {"Authorization": f"Bearer {secret}"})
        logging.getLogger("somebody.else").error("it is %r and %s", secret, [secret])
    log.error("postgresql+asyncpg://ana:p%%40ssw0rd-hunter2@host/db")


def shapes(_settings: Settings) -> None:
    """Tokens that are in no setting, as those of workspaces that added the bot."""
    log.error("xoxb-1234567890-canary xoxe.xoxp-1-canary xapp-1-A123-canary xoxp-canary-1")
    log.error("MTIzNDU2Nzg5MDEyMzQ1Njc4.GcAnAr.canarycanarycanarycanarycanarycana")
    log.error("Authorization: Bearer canary.canary, Bot canarycanarycanarycanary, Basic Y2FuYXJ5")
    log.error("postgresql+asyncpg://ana:canary-password@host/db")


def _fall(secret: str) -> None:
    raise ValueError(secret, STORY)


def tracebacks(settings: Settings) -> None:
    for secret in settings.secrets:
        try:
            try:
                _fall(secret)
            except ValueError as error:
                raise RuntimeError(f"{secret} {STORY}") from error
        except RuntimeError as error:
            log.exception("that went wrong")
            log.critical("again", exc_info=error, stack_info=True)
            logging.getLogger("library").exception("and again")
            sentences.mistake(error, "en")
            together._noted("Discord", error)


def elsewhere(settings: Settings) -> None:
    """Threads, destructors, warnings."""
    secret = max(settings.secrets)

    class Falls:
        def __del__(self) -> None:
            raise ValueError(secret, STORY)

    def falls() -> None:
        raise ValueError(secret, STORY)

    thread = threading.Thread(target=falls)
    thread.start()
    thread.join()
    Falls()
    gc.collect()
    logging.captureWarnings(True)
    warnings.warn(f"{secret}", stacklevel=1)


async def tasks(settings: Settings) -> None:
    """A task that nobody waits for falls over."""

    async def falls() -> None:
        raise ValueError(max(settings.secrets), STORY)

    asyncio.get_running_loop().set_debug(True)
    task = asyncio.create_task(falls())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
    asyncio.get_running_loop().call_exception_handler({"message": "x\n" + STORY, "exception": ValueError(STORY)})


async def databases(settings: Settings) -> None:
    database = await Database.open(settings.database_url.get_secret_value())
    said = {"said": STORY}
    await database.read(lambda c: c.execute(text("SELECT :said"), said).all())
    for statement in ("INSERT INTO note VALUES (:said, NULL)", "SELECT :said FROM nowhere"):
        try:
            await database.write(lambda c, s=statement: c.execute(text(s), said))
        except Exception:
            log.exception("the database said no")
    await database.close()


async def requests(settings: Settings) -> None:
    """To a server that is not there."""
    secret, nowhere = max(settings.secrets), "http://127.0.0.1:9"
    with contextlib.suppress(httpx.HTTPError):
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {secret}"}) as client:
            await client.post(nowhere, json={"prompt": STORY})
    with contextlib.suppress(Exception):
        slack = AsyncWebClient(token=secret, base_url=f"{nowhere}/api/", timeout=2)
        await slack.chat_postMessage(channel="C1", text=STORY)
    discord.http.Route.BASE = nowhere
    client = discord.Client(intents=discord.Intents.none())
    with contextlib.suppress(Exception):
        await asyncio.wait_for(client.login(secret), 3)
    await client.close()


WAYS: list[Callable[[Settings], Any]] = [
    *(plain_lines, shapes, tracebacks, elsewhere, tasks, databases, requests),
]


async def _all(settings: Settings) -> None:
    for way in WAYS:
        done = way(settings)
        if isinstance(done, Awaitable):
            await done
        log.error("went %s", way.__name__)


if __name__ == "__main__":
    found = load()
    logs.set_up(found)
    for name in [None, *logging.root.manager.loggerDict]:  # as loud as they can be, whatever was set up
        logging.getLogger(name).setLevel(logging.DEBUG)
    asyncio.run(_all(found))
    log.error("the end")
    if "fall" in sys.argv:
        raise ValueError(max(found.secrets), STORY)
