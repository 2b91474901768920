"""Which rules go with which request: spec, strict, documented limits, our own policy."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.loopback.slack import limits, policy
from tests.loopback.slack.contracts import Contracts
from tests.loopback.slack.rules import Json

_HOOK = {
    "text", "blocks", "attachments", "response_type", "replace_original", "delete_original", "thread_ts", "mrkdwn",
    "metadata", "unfurl_links", "unfurl_media", "link_names", "parse",
}  # fmt: skip
_ACKS = {
    "slash_commands": _HOOK,
    "block_actions": _HOOK,
    "view_submission": {"response_action", "errors", "view"},
    "block_suggestion": {"options", "option_groups"},
}


@dataclass(frozen=True)
class Finding:
    """Something wrong with a request; `error` is what Slack answers, None where it would accept it."""

    layer: str
    sentence: str
    error: str | None = None


def request(contracts: Contracts, method: str, body: Json) -> Iterator[Finding]:
    """All that is wrong with a request of the Web API, or with what was sent to a response_url."""
    if method == "response_url":
        wrong = [("strict", f"unknown argument {key!r}") for key in body if key not in _HOOK]
    else:
        wrong = list(contracts.request(method, body))
    wrong_blocks = list(contracts.blocks(body.get("blocks")))
    yield from (Finding("spec", each, "invalid_blocks") for each in wrong_blocks)
    if wrong_blocks:
        wrong = [(layer, each) for layer, each in wrong if not each.startswith("blocks/")]
    yield from (Finding(layer, each, "invalid_arguments" if layer == "spec" else None) for layer, each in wrong)
    if isinstance(body.get("view"), dict):
        yield from (Finding("spec", each, "invalid_arguments") for each in contracts.view(body["view"]))
    if not wrong_blocks and not any(layer == "spec" for layer, _ in wrong):
        yield from (Finding("limits", each.sentence, each.error) for each in limits.arguments(method, body))
    yield from (Finding("policy", each) for each in policy.arguments(method, body))


def ack(contracts: Contracts, kind: str, body: Json) -> Iterator[Finding]:
    """All that is wrong with the payload of an acknowledgement."""
    for key in body:
        if key not in _ACKS.get(kind, set()):
            yield Finding("strict", f"unknown key {key!r}")
    if kind == "block_suggestion":
        if len(body.get("options") or []) > 100 or len(body.get("option_groups") or []) > 100:
            yield Finding("limits", "more than 100 options")
        return
    yield from (Finding("spec", each) for each in contracts.blocks(body.get("blocks")))
    if isinstance(body.get("view"), dict):
        yield from (Finding("spec", each) for each in contracts.view(body["view"]))
    yield from (Finding("limits", each.sentence) for each in limits.arguments("ack", body))
    yield from (Finding("policy", each) for each in policy.arguments("ack", body))
