"""HTTP mode: signed requests to the application's URL, well or badly signed."""

import asyncio
import hashlib
import hmac
import json
import time
from contextlib import AbstractAsyncContextManager
from urllib.parse import urlencode

import aiohttp

from tests.loopback.slack.courier import Failed
from tests.loopback.slack.exchange import Attempt, Delivery
from tests.loopback.slack.rules import Json, Rules

_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


class Sender:
    """Posts to the request URLs, each in its turn, as Slack would to a balancer in front of several processes."""

    def __init__(self, rules: Rules) -> None:
        self.urls: list[str] = []
        self.forgeries: list[str] = []
        """Signatures of the next deliveries: `wrong`, `absent`, `old`, or empty for a good one."""
        self._rules = rules
        self._turn = 0
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The client that plays Slack's servers and people's browsers."""
        if self._session is None:
            jar = aiohttp.DummyCookieJar()
            self._session = aiohttp.ClientSession(cookie_jar=jar, connector=aiohttp.TCPConnector(limit=200))
        return self._session

    async def stop(self) -> None:
        """Close the client."""
        if self._session:
            await self._session.close()

    def headers(self, body: bytes, content_type: str, signature: str = "") -> dict[str, str]:
        """Headers with a signature that is good, `wrong`, `old`, or `absent`."""
        age = self._rules.signature_window + 1 if signature == "old" else 0
        stamp = str(int(time.time() - age))
        secret = "not the secret" if signature == "wrong" else self._rules.signing_secret
        digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": content_type, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
        if signature == "absent":
            return headers
        return headers | {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}

    async def carry(self, delivery: Delivery, attempt: Attempt) -> Json:
        """Post a delivery and return the JSON (or `{"text": ...}`) of an answer 200. Raises Failed."""
        body, content_type = encoded(delivery)
        headers = self.headers(body, content_type, delivery.forged)
        if delivery.sent and not attempt.number:
            body, headers = delivery.sent
        if attempt.number:
            headers |= {"X-Slack-Retry-Num": str(attempt.number), "X-Slack-Retry-Reason": attempt.reason}
        delivery.sent = body, headers
        self._turn += 1
        url = self.urls[self._turn % len(self.urls)]
        attempt.at = time.monotonic()
        try:
            async with asyncio.timeout(self._rules.ack_deadline), self._post(url, body, headers) as answer:
                attempt.status = answer.status
                if answer.status == 200:
                    return _ack(await answer.text(), answer.content_type)
                refusal = "no_retry" if answer.headers.get("X-Slack-No-Retry") == "1" else "http_error"
        except TimeoutError as error:
            raise Failed("timeout") from error
        except aiohttp.ClientError as error:
            raise Failed("connection_failed") from error
        raise Failed(refusal)

    def _post(
        self, url: str, body: bytes, headers: dict[str, str]
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self.session.post(url, data=body, headers=headers, allow_redirects=False)

    async def verify(self, url: str) -> bool:
        """Ask a URL whether it is the application's, as Slack does when it is entered. True if it echoes."""
        challenge = "loopback-challenge"
        body = json.dumps({"type": "url_verification", "token": "loopback", "challenge": challenge}).encode()
        async with self.session.post(url, data=body, headers=self.headers(body, _JSON)) as response:
            return response.status == 200 and challenge in await response.text()


def encoded(delivery: Delivery) -> tuple[bytes, str]:
    """The body of a delivery and its content type: commands are forms, interactions JSON in a form, events JSON."""
    if delivery.kind == "slash_commands":
        return urlencode(delivery.payload).encode(), _FORM
    text = json.dumps(delivery.payload, separators=(",", ":"))
    if delivery.kind == "interactive":
        return urlencode({"payload": text}).encode(), _FORM
    return text.encode(), _JSON


def _ack(text: str, content_type: str) -> Json:
    if not text:
        return {}
    if content_type == _JSON:
        body = json.loads(text)
        return body if isinstance(body, dict) else {}
    return {"text": text}
