"""response_urls: five uses in half an hour, for messages outside of the Web API."""

import time

from tests.loopback.slack import acks, views
from tests.loopback.slack.errors import ApiError
from tests.loopback.slack.exchange import Hook
from tests.loopback.slack.ledger import Request
from tests.loopback.slack.message import Message
from tests.loopback.slack.platform import Platform
from tests.loopback.slack.rules import Json


def use(platform: Platform, number: int, body: Json, request: Request) -> None:
    """Do what was sent to a response_url. Raises used_url and expired_url as a 404."""
    hook = platform.hooks.get(number)
    if hook is None:
        raise ApiError("invalid_url", status=404)
    request.team = hook.exchange.user.team.id
    try:
        _use(platform, hook, body)
    except ApiError as error:
        hook.exchange.errors.append(error.error)
        hook.exchange.touch()
        raise
    hook.exchange.touch()


def _use(platform: Platform, hook: Hook, body: Json) -> None:
    if hook.uses >= platform.rules.hook_uses:
        raise ApiError("used_url", status=404)
    if time.monotonic() > hook.ends:
        raise ApiError("expired_url", status=404)
    hook.uses += 1
    findings = platform.judge("response_url", body)
    if findings:
        raise ApiError(findings[0].error or "invalid_payload", status=400)
    source = hook.exchange.source
    replaced = source if isinstance(source, Message) and source.by_app else hook.posted
    if body.get("delete_original"):
        if replaced:
            platform.erased(replaced)
        return
    if not any(body.get(key) for key in ("text", "blocks", "attachments")):
        raise ApiError("no_text", status=400)
    if body.get("replace_original") and replaced and not replaced.deleted:
        before = platform.message_json(replaced)
        replaced.raw = body.get("text") or ""
        replaced.blocks = views.named(body.get("blocks") or [])
        replaced.attachments = body.get("attachments") or []
        platform.changed(replaced, before)
        return
    posted = acks.said(platform, hook.exchange, body, body.get("thread_ts"))
    if posted:
        hook.posted = posted
