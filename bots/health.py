"""`/healthz` (the process answers) and `/readyz` (the storyteller can write), for whatever watches over the bot.

Trouble with moderation is told on `/readyz` and changes nothing else: texts are held, and people are told so, which
needs this process.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from bots.settings import SettingsError
from core.engine import EngineState
from core.storyteller import Storyteller


@asynccontextmanager
async def health(storyteller: Storyteller, port: int) -> AsyncIterator[None]:
    """Answer on this port of this machine while the block lasts.

    Raises `SettingsError` if the port is in use.
    """
    runner = web.AppRunner(_application(storyteller), access_log=None)
    await runner.setup()
    try:
        await _listen(runner, port)
        yield
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
    except OSError as error:
        raise SettingsError(
            f"HEALTH_PORT is {port}, which cannot be used: another program listens there, or it is reserved "
            f"({error.strerror}). Set it to a free port, or leave it out."
        ) from None


def _application(storyteller: Storyteller) -> web.Application:
    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        state = storyteller.engine.state
        troubles = {"moderation": storyteller.troubles} if storyteller.troubles else {}
        return web.json_response({"storyteller": state, **troubles}, status=200 if state is EngineState.READY else 503)

    application = web.Application()
    application.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz)])
    return application
