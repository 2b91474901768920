"""From a body on the wire (form or JSON) to arguments with the types that a method wants."""

import json
from typing import Any
from urllib.parse import parse_qsl

from tests.loopback.slack.contracts import Contracts
from tests.loopback.slack.rules import Json

_NESTED = ("blocks", "view", "attachments", "metadata", "chunks", "prompts", "files")
_BOOLEANS = {"1": True, "0": False, "true": True, "false": False, "True": True, "False": False}
_FLAGS = (
    "unfurl_links", "unfurl_media", "mrkdwn", "link_names", "reply_broadcast", "include_locale", "inclusive",
    "include_all_metadata", "test",
)  # fmt: skip


def decoded(
    contracts: Contracts, method: str, raw: bytes | dict[str, str], query: dict[str, str], content_type: str
) -> tuple[Json, str]:
    """The arguments and the token among them. `team_id`, which slack-bolt adds to every call, is taken away."""
    body: Json = dict(query)
    if isinstance(raw, dict):
        body |= raw
    elif content_type == "application/json":
        found = json.loads(raw or b"{}")
        body |= found if isinstance(found, dict) else {}
        return _stripped(body)
    else:
        body |= dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True))
    types = contracts.types(method)
    return _stripped({key: _typed(key, value, types.get(key, set())) for key, value in body.items()})


def _stripped(body: Json) -> tuple[Json, str]:
    body.pop("team_id", None)
    return body, str(body.pop("token", ""))


def _typed(key: str, value: Any, kinds: set[str]) -> Any:
    if not isinstance(value, str):
        return value
    if key in _NESTED or (kinds & {"array", "object"} and value[:1] in ("[", "{")):
        return _parsed(value)
    if "array" in kinds and "string" not in kinds:
        return value.split(",")
    return _scalar(key, value, kinds)


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _scalar(key: str, value: str, kinds: set[str]) -> Any:
    if (key in _FLAGS or "boolean" in kinds) and value in _BOOLEANS:
        return _BOOLEANS[value]
    if kinds & {"number", "integer"} and "string" not in kinds and value.lstrip("-").isdigit():
        return int(value)
    return value
