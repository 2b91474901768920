"""Which rules go with which request: spec, strict, documented limits, our own policy."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.loopback.discord import limits
from tests.loopback.discord.contracts import Contracts
from tests.loopback.discord.rules import Json


@dataclass(frozen=True)
class Finding:
    """Something wrong with a request. Spec and limits are what Discord refuses with 50035."""

    layer: str
    sentence: str

    @property
    def refusable(self) -> bool:
        """Discord would not accept it."""
        return self.layer in ("spec", "limits")


def request(contracts: Contracts, method: str, path: str, query: dict[str, str], body: Any) -> Iterator[Finding]:
    """All that is wrong with a request."""
    wrong = [
        *contracts.query(method, path, query),
        *(contracts.request(method, path, body) if body is not None or method in ("POST", "PUT", "PATCH") else ()),
    ]
    yield from (Finding(layer, sentence) for layer, sentence in wrong)
    if isinstance(body, dict | list) and not any(layer == "spec" for layer, _ in wrong):
        yield from (Finding("limits", each) for each in _limits(method, path, body))
        yield from (Finding("policy", each) for each in _policy(method, path, body))


def messages(method: str, path: str, body: Any) -> Iterator[Json]:
    """The messages in a request."""
    if path == "/interactions/{interaction_id}/{interaction_token}/callback":
        if body.get("type") in (4, 7) and body.get("data"):
            yield body["data"]
    elif path.endswith("/threads") and isinstance(body.get("message"), dict):
        yield body["message"]
    elif method in ("POST", "PATCH") and _is_message(path):
        yield body


def _is_message(path: str) -> bool:
    return path.endswith(("/messages", "/messages/{message_id}", "/messages/@original", "/{webhook_token}"))


def _limits(method: str, path: str, body: Any) -> Iterator[str]:
    if path.endswith(("/commands", "/commands/{command_id}")):
        yield from limits.commands(body if isinstance(body, list) else [body], bulk=isinstance(body, list))
        return
    if path.endswith("/callback") and body.get("type") == 9:
        yield from limits.modal(body["data"])
    for message in messages(method, path, body):
        yield from limits.message(message)


def _policy(method: str, path: str, body: Any) -> Iterator[str]:
    if not isinstance(body, dict):
        return
    for message in messages(method, path, body):
        allowed = message.get("allowed_mentions")
        if allowed is None:
            yield "allowed_mentions is missing"
        elif allowed.get("parse") != [] or any(allowed.get(key) for key in ("users", "roles", "replied_user")):
            yield f"allowed_mentions lets somebody be pinged: {allowed}"
