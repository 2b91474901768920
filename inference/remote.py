"""The voice of a vLLM server: the same port over `/v1/completions`, with token ids both ways.

Works with `vllm serve` and with routers in front of it (Ray Serve, vllm-router, LiteLLM); a story sends its name along,
so that a router can keep it on one worker. The vocabulary is read from a folder here, as text must become the same
tokens whatever server is asked.
"""

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from core import faults
from core.engine import PLAIN, EngineState, Piece, Profile, Request
from core.errors import EngineBusy, EngineError, EngineFailed, EngineTimeout
from core.wording import said
from inference.answer import Answer, refusal, wishes
from inference.folder import ModelFolder
from inference.template import ChatTemplate, Worded

BUSY = (429, 503)
"""What servers say when too many are waiting: as a status, or within a stream that was already begun."""


@dataclass(frozen=True, kw_only=True)
class RemoteOptions:
    """Which server to ask, and how."""

    url: str
    """Base address, with or without the final `/v1`."""
    tokenizer: str | Path
    """Folder (or downloaded hub name) with the served model's tokenizer, config and chat template."""
    served_name: str | None = None
    """Which of the server's models. None: the first that it names."""
    adapter: str | None = None
    """Which of the server's adapters for stories that chose none. None: the model itself."""
    api_key: str | None = None
    name: str | None = None
    """What people see. None: the folder's own name."""
    greetings: int = 7
    """Attempts to connect while waking, half a second apart at first and doubling: 7 last about half a minute."""
    connect_seconds: float = 5.0
    silence_seconds: float = 120.0
    """The longest wait for the next word."""


class RemoteEngine(Worded):
    """The port `core.engine.Engine` over HTTP.

    The server's death is not final: its state is what the last attempt has seen, and every request is an attempt.
    """

    def __init__(self, options: RemoteOptions) -> None:
        self._options = options
        self._url = options.url.rstrip("/").removesuffix("/v1")
        self._folder = ModelFolder.find(str(options.tokenizer))
        self._vocabulary = self._folder.vocabulary()
        self._profile = self._folder.profile(self._vocabulary, name=options.name)
        self._stop_ids = self._folder.stop_ids()
        self._model, self._default = options.served_name or "", PLAIN
        self._state, self._reason = EngineState.WAKING, ""
        self._settled = asyncio.Event()
        self._waking: asyncio.Task[None] | None = None
        self._template = None
        self._http = self._client()

    @property
    def profile(self) -> Profile:
        """What the served model is. The window is the server's, once it has answered."""
        return self._profile

    @property
    def state(self) -> EngineState:
        """Where the server stood at the last attempt."""
        return self._state

    def start(self) -> None:
        """Begin to look for the server."""
        if self._waking is None and self._state is EngineState.WAKING:
            self._waking = asyncio.get_running_loop().create_task(self._wake())

    async def ready(self) -> None:
        """Wait until the server has answered. Raises `EngineFailed` if it does not, or serves something else."""
        await self._settled.wait()
        if self._state is not EngineState.READY:
            raise EngineFailed(self._reason)

    async def close(self) -> None:
        """Hang up."""
        self._state, self._reason = EngineState.CLOSED, said("The storyteller has been shut down.")
        self._settled.set()
        if self._waking is not None:
            self._waking.cancel()
            await asyncio.wait([self._waking])
        await self._http.aclose()

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """Write. Closing the generator closes the connection, which makes the server stop."""
        await self._settled.wait()
        if self._state is EngineState.FAILED:
            await self._try(self._greet(self._http))
        await self.ready()
        with self._translating():
            async with contextlib.aclosing(self._pieces(request)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _pieces(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The answer. The last piece waits for the server's count of cached tokens, which comes after it."""
        answer = Answer(self._vocabulary, self._stop_ids)
        last: Piece | None = None
        faults.hit("before_engine")
        async with self._asked(request) as response:
            async for event in _events(response):
                cached = _cached(event)
                if last is not None and cached is not None:
                    last = dataclasses.replace(last, cached_tokens=cached)
                for choice in event["choices"]:
                    piece = answer.piece(_ids(choice), choice["finish_reason"], cached)
                    faults.hit("writing")
                    if piece.finish is None:
                        yield piece
                    else:
                        last = piece
        if last is None:
            raise EngineError(
                said("The connection to the storyteller's server broke off. Your story is safe; try again.")
            )
        faults.hit("written")
        yield last

    @contextlib.asynccontextmanager
    async def _asked(self, request: Request) -> AsyncIterator[httpx.Response]:
        headers = {"X-Session-ID": request.session, "x-litellm-session-id": request.session}
        body = self._body(request)
        async with self._http.stream("POST", "/v1/completions", headers=headers, json=body) as response:
            if response.status_code == 400:
                raise refusal(request, self._profile)
            self._check(response)
            yield response

    def _body(self, request: Request) -> dict[str, Any]:
        return {
            "model": self._voice(request.voice),
            "prompt": request.prompt,
            **wishes(request.sampling, self._stop_ids),
            "cache_salt": request.salt or None,
            "priority": request.priority,
            "session_id": request.session,
            "request_id": request.id,
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_token_ids": True,
        }

    async def _wake(self) -> None:
        """Greet the server, which may itself be still waking, and read the chat template meanwhile."""
        if self._profile.form == "chat":
            await self._try(self._read_template())
        async with self._client(retries=self._options.greetings) as patient:
            await self._try(self._greet(patient))
        self._settled.set()

    async def _read_template(self) -> None:
        self._template = await asyncio.to_thread(ChatTemplate.load, self._folder.path, self._vocabulary)

    async def _greet(self, http: httpx.AsyncClient) -> None:
        """Ask what is served, and become ready if it is what we want."""
        with self._translating():
            response = await http.get("/v1/models")
            self._check(response)
            cards = response.json()["data"]
            served = {str(each["id"]): each.get("max_model_len") for each in cards}
            adapters = [str(each["id"]) for each in cards if each.get("parent")]
        self._choose(served)
        self._offer([name for name in adapters if name != self._model])

    def _choose(self, served: dict[str, int | None]) -> None:
        # Another model than before would read our tokens as other words.
        wanted = self._options.served_name or self._model or next(iter(served), "")
        if wanted not in served:
            names = ", ".join(served) or said("nothing")
            raise self._failed(
                said(
                    "The server at {url} serves {names}, not {wanted}. Set ENGINE_SERVED_NAME.",
                    url=self._url,
                    names=names,
                    wanted=wanted,
                )
            )
        self._model = wanted
        window = min(served[wanted] or self._profile.window, self._profile.window)
        self._profile = dataclasses.replace(self._profile, window=window)
        if self._state is not EngineState.CLOSED:
            self._state = EngineState.READY

    def _offer(self, adapters: list[str]) -> None:
        """Stories can choose among the server's adapters (`vllm serve --enable-lora --lora-modules name=folder`)."""
        chosen = self._options.adapter or PLAIN
        if chosen != PLAIN and chosen not in adapters:
            names = ", ".join(adapters) or said("nothing")
            raise self._failed(
                said(
                    "The server at {url} serves no adapter {name}, but {names}. Set ENGINE_ADAPTER.",
                    url=self._url,
                    name=chosen,
                    names=names,
                )
            )
        self._default = chosen
        self._profile = dataclasses.replace(self._profile, voices=(PLAIN, *adapters) if adapters else ())

    def _voice(self, wanted: str) -> str:
        """What the server calls a voice."""
        voice = wanted if wanted in self._profile.voices else self._default
        return self._model if voice == PLAIN else voice

    async def _try(self, attempt: Any) -> None:
        """Await it; a failure is not raised here but the reason that `ready()` gives."""
        try:
            await attempt
        except EngineError as error:
            self._failed(error.notice)

    def _check(self, response: httpx.Response) -> None:
        """Raise the error that a status means."""
        match response.status_code:
            case 200:
                return
            case status if status in BUSY:
                raise EngineBusy
            case 401 | 403:
                raise self._failed(
                    said("The server at {url} does not accept our key. Set ENGINE_API_KEY.", url=self._url)
                )
            case 404:
                raise self._failed(
                    said(
                        "The server at {url} has no model {model!r}, or is no vLLM server.",
                        url=self._url,
                        model=self._model,
                    )
                )
            case status:
                raise EngineError(
                    said("The storyteller's server is in trouble (status {status}). Your story is safe.", status=status)
                )

    @contextlib.contextmanager
    def _translating(self) -> Iterator[None]:
        """Foreign exceptions become errors for people here."""
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise self._failed(
                said("Nothing answers at {url}. Start the server, or set ENGINE_URL.", url=self._url)
            ) from error
        except httpx.TimeoutException as error:
            raise EngineTimeout from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise EngineError(
                said("The connection to the storyteller's server broke off. Your story is safe.")
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineError(said("The server at {url} does not talk like a vLLM server.", url=self._url)) from error

    def _failed(self, reason: str) -> EngineFailed:
        if self._state is not EngineState.CLOSED:
            self._state, self._reason = EngineState.FAILED, reason
        return EngineFailed(reason)

    def _client(self, retries: int = 0) -> httpx.AsyncClient:
        """A pooled client. `retries` count for connecting only: nothing that was sent is ever sent again."""
        key = self._options.api_key
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
        return httpx.AsyncClient(
            base_url=self._url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(self._options.silence_seconds, connect=self._options.connect_seconds),
            transport=httpx.AsyncHTTPTransport(retries=retries, limits=limits),
        )


async def _events(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """The JSON of each server-sent event. Raises `EngineError` if the server reports one in the middle."""
    async for line in response.aiter_lines():
        data = line.removeprefix("data:").strip()
        if not line.startswith("data:") or data == "[DONE]":
            continue
        event: dict[str, Any] = json.loads(data)
        if "error" in event:
            raise EngineBusy if event["error"].get("code") in BUSY else EngineError
        yield event


def _ids(choice: dict[str, Any]) -> list[int]:
    ids = choice.get("token_ids")
    if ids is None and choice["text"]:
        raise EngineError(
            said("The storyteller's server gives text without token ids. It has to be a recent vLLM server.")
        )
    return ids or []


def _cached(event: dict[str, Any]) -> int | None:
    """Prompt tokens that were in the cache. Servers say so if started with `--enable-prompt-tokens-details`."""
    details = (event.get("usage") or {}).get("prompt_tokens_details") or {}
    return details.get("cached_tokens")
