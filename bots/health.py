"""Three pages for whatever watches over the bot: `/healthz`, `/readyz` and `/metrics`.

`/healthz` says that the process answers. `/readyz` says whether the storyteller can write and each platform is
connected; both have to be, for 200. `/metrics` is read by Prometheus. Nothing that anybody wrote is on any of them.

Trouble with moderation is told on `/readyz` and changes nothing else: texts are held, and people are told so, which
needs this process.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from bots.metrics import Metrics
from bots.probes import Probes, probed
from bots.settings import SettingsError
from core.engine import EngineState
from core.observation import observed
from core.storyteller import Storyteller


@asynccontextmanager
async def health(storyteller: Storyteller, port: int, host: str = "127.0.0.1") -> AsyncIterator[None]:
    """Answer on this port while the block lasts, and count what happens inside of it.

    Raises `SettingsError` if the port is in use.
    """
    metrics = Metrics()
    with probed() as probes, observed(metrics):
        runner = web.AppRunner(_application(storyteller, probes, metrics), access_log=None)
        await runner.setup()
        try:
            await _listen(runner, host, port)
            yield
        finally:
            await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise SettingsError(
            f"HEALTH_PORT is {port}, which cannot be used: another program listens there, or it is reserved "
            f"({error.strerror}). Set it to a free port, or leave it out."
        ) from None


def _application(storyteller: Storyteller, probes: Probes, metrics: Metrics) -> web.Application:
    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        state, connected = storyteller.engine.state, await probes.asked()
        ready = state is EngineState.READY and all(connected.values())
        troubles = {"moderation": storyteller.troubles} if storyteller.troubles else {}
        words = {name: "connected" if up else "disconnected" for name, up in connected.items()}
        return web.json_response({"storyteller": state, **words, **troubles}, status=200 if ready else 503)

    async def numbers(_request: web.Request) -> web.Response:
        page = await metrics.page(storyteller, await probes.asked())
        return web.Response(body=page, headers={"Content-Type": metrics.content_type})

    application = web.Application()
    application.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", numbers)])
    return application
