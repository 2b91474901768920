"""The way to a guard that a vLLM server serves, or anything else that speaks the same OpenAI-compatible API.

Prompts that we lay out ourselves go to `/v1/completions` as a string without added tokens, the others to
`/v1/chat/completions`. One answer, the likeliest tokens, few of them. Nothing of any text is logged.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from inference.guard.format import Answer, Chat, Question, Script, Unreadable
from inference.guard.model import GuardDown

_REFUSED = (400, 413, 422)
"""What servers say to a request that they do not take, such as a text that does not fit the model's window."""


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """Which server to ask, and how."""

    url: str
    """Base address, with or without the final `/v1`."""
    model: str | None = None
    """Which of the server's models. None: the first that it names."""
    api_key: str | None = None
    connect_seconds: float = 3.0
    silence_seconds: float = 120.0
    """A wait that nobody has any more; each text has a shorter limit of its own."""


class GuardServer:
    """The port `inference.guard.model.Way` over HTTP."""

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self._url = options.url.rstrip("/").removesuffix("/v1")
        self._model = options.model
        key = options.api_key
        self._http = httpx.AsyncClient(
            base_url=self._url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(options.silence_seconds, connect=options.connect_seconds),
            transport=httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=None, max_keepalive_connections=64)),
        )

    @property
    def name(self) -> str:
        """Its address."""
        return f"at {self._url}"

    async def served(self) -> str:
        """The name of the model that is asked. Raises `GuardDown` if the server does not serve it."""
        with self._translating():
            response = await self._http.get("/v1/models")
            self._check(response)
            names = [str(each["id"]) for each in response.json()["data"]]
        wanted = self._options.model or next(iter(names), "")
        if wanted not in names:
            raise GuardDown(f"serves {', '.join(names) or 'nothing'}, not {wanted}. Set GUARD_MODEL.", certain=True)
        return wanted

    async def ask(self, question: Question) -> Answer:
        """The answer. Cancelling it closes the connection, which makes the server stop."""
        if self._model is None:
            self._model = await self.served()
        with self._translating():
            match question.prompt:
                case Script() as script:
                    return _completed(await self._post("/v1/completions", question, _script(script, question)))
                case Chat() as chat:
                    return _replied(await self._post("/v1/chat/completions", question, _chat(chat)))

    def start(self) -> None:
        """Nothing to do: it is asked when there is a text."""

    async def ready(self) -> None:
        """A server is not waited for; what it does not answer is held."""

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def _post(self, path: str, question: Question, more: dict[str, Any]) -> dict[str, Any]:
        body = {"model": self._model, "max_tokens": question.max_tokens, "temperature": 0, "n": 1, "stream": False}
        response = await self._http.post(path, json=body | more)
        if response.status_code in _REFUSED:
            raise Unreadable(
                f"refuses the request (status {response.status_code}); its window may be too small for it."
            )
        self._check(response)
        choice: dict[str, Any] = response.json()["choices"][0]
        return choice

    def _check(self, response: httpx.Response) -> None:
        match response.status_code:
            case 200:
                return
            case 401 | 403:
                raise GuardDown("does not accept our key. Set GUARD_API_KEY.", certain=True)
            case 404:
                gone, self._model = self._model, self._options.model  # it may serve another one by now
                raise GuardDown(f"has no model {gone!r}, or is no vLLM server.", certain=True)
            case 429 | 503:
                raise GuardDown("is too busy.")
            case status:
                raise GuardDown(f"is in trouble (status {status}).")

    @contextlib.contextmanager
    def _translating(self) -> Iterator[None]:
        """Foreign exceptions become our own here."""
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise GuardDown("does not answer. Start it, or set GUARD_URL.", certain=True) from None
        except httpx.TimeoutException:
            raise GuardDown("has fallen silent.") from None
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL):
            raise GuardDown("has broken off the connection.") from None
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError):
            raise GuardDown("does not talk like a vLLM server.") from None


def _script(script: Script, question: Question) -> dict[str, Any]:
    more = {"logprobs": question.likely} if question.likely else {}
    return {"prompt": script.whole, "add_special_tokens": False, **more}


def _chat(chat: Chat) -> dict[str, Any]:
    more = {"reasoning_effort": chat.effort} if chat.effort else {}
    template = {"chat_template_kwargs": dict(chat.template)} if chat.template else {}
    return {"messages": [dict(each) for each in chat.messages], **template, **more}


def _completed(choice: dict[str, Any]) -> Answer:
    firsts = (choice.get("logprobs") or {}).get("top_logprobs") or [{}]
    likely = {str(token): float(probability) for token, probability in firsts[0].items()}
    return Answer(_text(choice["text"]), choice["finish_reason"] == "stop", likely)


def _replied(choice: dict[str, Any]) -> Answer:
    return Answer(_text(choice["message"]["content"]), choice["finish_reason"] == "stop")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Unreadable
    return value
