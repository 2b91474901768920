"""The one client by which everything is asked of Slack's Web API, and what it does when Slack does not answer.

It waits where Slack asks it to, and tries again where Slack falls over, unless that could show people a thing twice:
whoever posts looks first whether it arrived (`posting.Spot`).
"""

from typing import Any

from aiohttp import ClientConnectorError
from slack_bolt.async_app import AsyncBoltContext
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient

from bots.settings import Settings
from bots.slack.watched import Limits

ONCE = frozenset(
    {
        *("chat.postMessage", "chat.postEphemeral", "chat.startStream", "chat.appendStream", "chat.stopStream"),
        "files.completeUploadExternal",
    }
)
"""Methods that must not be called twice for one thing: what they do is seen by people each time."""


class Client(AsyncWebClient):
    """Slack's own client. Nothing of ours reaches the Web API by another."""

    @classmethod
    def like(cls, other: AsyncWebClient, *, token: str | None = None, hasty: bool = False) -> "Client":
        """A client with another's connections. `hasty`: it does not wait when Slack says that it is too much."""
        made = cls(
            token=token or other.token,
            base_url=other.base_url,
            timeout=other.timeout,
            ssl=other.ssl,
            proxy=other.proxy,
            session=other.session,
            trust_env_in_session=other.trust_env_in_session,
            headers=dict(other.headers),
            retry_handlers=[Limits(), _Connection()] if hasty else other.retry_handlers,
            logger=other.logger,
        )
        made.default_params = dict(other.default_params)
        return made


def client(settings: Settings, token: str | None = None, **more: Any) -> Client:
    """The client that speaks for whoever's token it is."""
    handlers = [Limits(), _Connection(), AsyncRateLimitErrorRetryHandler(max_retry_count=2), _Outage(max_retry_count=2)]
    base = f"{settings.slack_api_base.rstrip('/')}/"
    return Client(token=token, base_url=base, retry_handlers=handlers, **more)


async def ours(context: AsyncBoltContext, next: Any) -> None:  # noqa: A002 - bolt's name
    """Middleware: bolt makes a client of its own for each request; listeners get ours."""
    context["client"] = Client.like(context.client)
    await next()


class _Connection(AsyncConnectionErrorRetryHandler):
    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        """A request that never left may be sent again, whatever it is."""
        again = isinstance(error, ClientConnectorError) or not _once(request)
        return again and await super()._can_retry_async(state=state, request=request, response=response, error=error)


class _Outage(AsyncServerErrorRetryHandler):
    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if _once(request):
            return False
        return await super()._can_retry_async(state=state, request=request, response=response, error=error)


def _once(request: HttpRequest) -> bool:
    return request.url.rpartition("/")[2] in ONCE
