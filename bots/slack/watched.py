"""What whoever watches over the bot hears of Slack: how late acknowledgements are, its 429s, its socket."""

import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncBoltContext
from slack_bolt.response import BoltResponse
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState

from bots.probes import connection
from bots.slack.turns import PLATFORM
from core import observation


class TimedAck(AsyncAck):
    """An acknowledgement that tells how long it took from where the request came in."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._began = time.monotonic()

    async def __call__(self, *args: Any, **kwargs: Any) -> BoltResponse:
        """Acknowledge."""
        response = await super().__call__(*args, **kwargs)
        observation.note("acknowledged", platform=PLATFORM, seconds=time.monotonic() - self._began)
        return response


async def acknowledging(context: AsyncBoltContext, next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002 - bolt's
    """Middleware: listeners get an acknowledgement that is timed."""
    context["ack"] = TimedAck()
    await next()


class Limits(AsyncRetryHandler):
    """Tells of every 429. Whether to try again is left to the handlers after it."""

    async def can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        """Never by itself."""
        if response is not None and response.status_code == 429:
            observation.note("limited", platform=PLATFORM)
        return False


def connected(handler: AsyncSocketModeHandler) -> contextlib.AbstractContextManager[None]:
    """While the block lasts, Slack is connected if the socket is."""

    async def probe() -> bool:
        return bool(await handler.client.is_connected())

    return connection(PLATFORM, probe)
