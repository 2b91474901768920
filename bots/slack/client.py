"""The one client by which everything is asked of Slack's Web API, and what it does when Slack does not answer.

It waits where Slack asks it to, and tries again where Slack falls over, unless that could show people a thing twice:
whoever posts looks first whether it arrived (`posting.Spot`).
"""

from collections.abc import Awaitable, Callable, Mapping
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
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bots.leaving import released
from bots.settings import Settings
from bots.slack.clock import Clock
from bots.slack.watched import Limits
from core.release import Door

ONCE = frozenset(
    {
        *("chat.postMessage", "chat.postEphemeral", "chat.startStream", "chat.appendStream", "chat.stopStream"),
        "files.completeUploadExternal",
    }
)
"""Methods that must not be called twice for one thing: what they do is seen by people each time."""


_UNSEEN = frozenset(
    {"action_id", "block_id", "callback_id", "channel", "channel_id", "channels", "client_msg_id", "cursor"}
    | {"external_id", "file_id", "filetype", "hash", "highlight_type", "id", "image_url", "include_all_metadata"}
    | {"inclusive", "latest", "metadata", "oldest", "parse", "private_metadata", "recipient_team_id"}
    | {"recipient_user_id", "response_type", "style", "team_id", "thread_ts", "token", "trigger_id", "ts", "type"}
    | {"url", "user", "user_id", "users", "view_id"}
)
"""Keys of a request under which nothing stands that anybody reads."""


class Client(AsyncWebClient):
    """Slack's own client, with the last door in it. Nothing of ours reaches the Web API by another."""

    door: Door | None = None
    """None where nothing is said, as when only the connection is tried."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.clock = Clock()
        """Slack's time; shared with every client that is `like` it."""

    async def api_call(self, api_method: str, **given: Any) -> AsyncSlackResponse:
        """As the library's, once every text in the request has its verdict."""
        if self.door is not None:
            for part in ("json", "params", "data"):
                if isinstance(given.get(part), dict):
                    given[part] = await released(self.door, given[part], unseen=_UNSEEN)
        elif api_method.startswith(("chat.", "views.", "files.", "assistant.")):
            raise RuntimeError("nothing is said without the last door")
        answer = await super().api_call(api_method, **given)
        self.clock.heard(str(answer.headers.get("Date", "")))
        return answer

    @classmethod
    def like(
        cls, other: AsyncWebClient, *, door: Door | None = None, token: str | None = None, hasty: bool = False
    ) -> "Client":
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
        made.door = door or (other.door if isinstance(other, Client) else None)
        if isinstance(other, Client):
            made.clock = other.clock
        return made


def client(settings: Settings, token: str | None = None, *, door: Door | None = None, **more: Any) -> Client:
    """The client that speaks for whoever's token it is."""
    handlers = [Limits(), _Connection(), AsyncRateLimitErrorRetryHandler(max_retry_count=2), _Outage(max_retry_count=2)]
    base = f"{settings.slack_api_base.rstrip('/')}/"
    made = Client(token=token, base_url=base, retry_handlers=handlers, **more)
    made.door = door
    return made


def ours(own: Client) -> Callable[..., Awaitable[None]]:
    """Middleware: bolt makes a client of its own for each request; listeners get one that shares what `own` has."""

    async def middleware(context: AsyncBoltContext, next: Any) -> None:  # noqa: A002 - bolt's name
        context["client"] = found = Client.like(context.client, door=own.door)
        found.clock = own.clock
        await next()

    return middleware


async def hook(door: Door, url: str, body: Mapping[str, Any]) -> int:
    """Use a response_url; the status that it answers with."""
    shown = await released(door, dict(body), unseen=_UNSEEN)
    return int((await AsyncWebhookClient(url, timeout=10).send_dict(shown)).status_code)


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
