"""views.* and assistant.threads.*: modals, home tabs, the assistant's container."""

import time

from tests.loopback.slack import views
from tests.loopback.slack.errors import ApiError
from tests.loopback.slack.exchange import Exchange
from tests.loopback.slack.message import View
from tests.loopback.slack.methods import Call, Methods
from tests.loopback.slack.rules import Json
from tests.loopback.slack.world import AssistantThread

methods = Methods()


def _exchanged(call: Call) -> Exchange:
    """The exchange of a trigger_id, which is then used up."""
    trigger = call.platform.triggers.get(str(call.body.get("trigger_id")))
    if trigger is None:
        raise ApiError("invalid_trigger_id")
    error = "exchanged_trigger_id" if trigger.used else "expired_trigger_id" if time.monotonic() > trigger.ends else ""
    if error:
        trigger.exchange.errors.append(error)
        trigger.exchange.touch()
        raise ApiError(error)
    return trigger.exchange


def _used(call: Call) -> None:
    call.platform.triggers[call.body["trigger_id"]].used = True


@methods("views.open")
def _open(call: Call) -> Json:
    exchange = _exchanged(call)
    if call.body["view"]["type"] != "modal":
        raise ApiError("invalid_arguments")
    view = views.make(call.platform, call.app, exchange.user, call.body["view"])
    _used(call)
    views.show(exchange, view, push=False)
    return _answer(call, view)


@methods("views.push")
def _push(call: Call) -> Json:
    exchange = _exchanged(call)
    below = exchange.user.modals
    if not below:
        raise ApiError("not_found")
    if len(below) >= views.STACK:
        raise ApiError("push_limit_reached")
    view = views.make(call.platform, call.app, exchange.user, call.body["view"], below[-1])
    _used(call)
    views.show(exchange, view, push=True)
    return _answer(call, view)


@methods("views.update")
def _update(call: Call) -> Json:
    body, world = call.body, call.platform.world
    external = body.get("external_id")
    found = world.views.get(str(body.get("view_id")))
    if external:
        found = next((e for e in world.views.values() if e.open and e.body.get("external_id") == external), None)
    if found is None or not found.open:
        raise ApiError("not_found")
    views.update(call.platform, call.app, found, body["view"], body.get("hash"))
    for each in call.platform.attention.exchanges[-200:]:
        if each.view is found or each.source is found:
            each.view = found
            each.touch()
    call.platform.ledger.pulse.beat()
    return _answer(call, found)


@methods("views.publish")
def _publish(call: Call) -> Json:
    if call.body["view"]["type"] != "home":
        raise ApiError("invalid_arguments")
    user = call.user(call.body["user_id"])
    return _answer(call, views.publish(call.platform, call.app, user, call.body["view"], call.body.get("hash")))


def _answer(call: Call, view: View) -> Json:
    return {"view": views.as_json(call.platform, call.app, view)}


def _thread(call: Call) -> AssistantThread | None:
    """The assistant's conversation; None for a thread in a channel. invalid_thread_ts if there is neither."""
    channel = call.channel(call.body["channel_id"])
    ts = str(call.body["thread_ts"])
    found = call.platform.world.assistants.get((channel.id, ts))
    if found is None and ts not in channel.by_ts:
        raise ApiError("invalid_thread_ts")
    return found


@methods("assistant.threads.setStatus", "chat:write", "assistant:write")
def _status(call: Call) -> Json:
    thread = _thread(call)
    status = str(call.body["status"])
    if thread:
        thread.status = status
        thread.statuses.append(status)
    channel = call.channel(call.body["channel_id"])
    for each in call.platform.attention.at_work_in(channel, str(call.body["thread_ts"])):
        each.statuses.append(status)
        each.touch()
    call.platform.ledger.pulse.beat()
    return {}


@methods("assistant.threads.setTitle", "assistant:write")
def _title(call: Call) -> Json:
    thread, channel = _thread(call), call.channel(call.body["channel_id"])
    if thread is None and channel.kind != "im":
        raise ApiError("invalid_thread_ts")
    if thread:
        thread.title = str(call.body["title"])
    call.platform.world.titles[channel.id, str(call.body["thread_ts"])] = str(call.body["title"])
    call.platform.ledger.pulse.beat()
    return {}


@methods("assistant.threads.setSuggestedPrompts", "assistant:write")
def _prompts(call: Call) -> Json:
    if "thread_ts" not in call.body:  # an agent's, who has conversations and no container
        call.platform.world.prompts[call.channel(call.body["channel_id"]).id] = list(call.body["prompts"])
        call.platform.ledger.pulse.beat()
        return {}
    thread = _thread(call)
    if thread is None:
        raise ApiError("invalid_thread_ts")
    thread.prompts = list(call.body["prompts"])
    for each in call.platform.attention.at_work_in(thread.channel, thread.ts):
        each.touch()
    call.platform.ledger.pulse.beat()
    return {}
