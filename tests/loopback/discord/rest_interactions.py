"""REST: callbacks of interactions and the webhooks that follow them."""

from tests.loopback.discord.errors import refused
from tests.loopback.discord.exchange import (
    CHOICES,
    DEFERRED,
    DEFERRED_UPDATE,
    MESSAGE,
    MODAL,
    UPDATE,
    Exchange,
    Modal,
)
from tests.loopback.discord.message import EPHEMERAL, Message
from tests.loopback.discord.posting import create, fill, numbered, thinking
from tests.loopback.discord.routes import Answer, Call, Routes
from tests.loopback.discord.rules import Json

routes = Routes()
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"


@routes("POST", "/interactions/{interaction_id}/{interaction_token}/callback")
async def callback(call: Call) -> Answer:
    """The first answer to an interaction."""
    exchange = call.platform.exchanges.get(call.arguments["interaction_token"])
    if exchange is None or str(exchange.id) != call.arguments["interaction_id"]:
        raise refused(10062)
    kind, data = call.body["type"], call.body.get("data") or {}
    exchange.may_answer(kind)
    _respond(call, exchange, kind, data)
    exchange.acked_at = call.request.at
    exchange.response = call.body
    exchange.completed = kind != DEFERRED
    exchange.touch()
    call.platform.ledger.pulse.beat()
    if call.request.query.get("with_response", "").lower() not in ("1", "true"):
        return Answer(204)
    return Answer(200, _callback_json(call, exchange, kind))


def _respond(call: Call, exchange: Exchange, kind: int, data: Json) -> None:
    ephemeral = bool((data.get("flags") or 0) & EPHEMERAL)
    match kind:
        case _ if kind == MESSAGE:
            exchange.message = create(call, exchange.channel, data, exchange=exchange, ephemeral=ephemeral)
            call.platform.written(exchange.message)
        case _ if kind == DEFERRED:
            exchange.message = call.platform.written(thinking(call, exchange, ephemeral=ephemeral))
        case _ if kind in (DEFERRED_UPDATE, UPDATE):
            exchange.message = exchange.source
            if kind == UPDATE and exchange.source:
                _edit(call, exchange.source, data)
        case _ if kind == CHOICES:
            exchange.choices = data.get("choices") or []
        case _ if kind == MODAL:
            exchange.modal = Modal(exchange, data["custom_id"], data["title"], numbered(data["components"]))


def _callback_json(call: Call, exchange: Exchange, kind: int) -> Json:
    interaction: Json = {"id": str(exchange.id), "type": exchange.kind}
    body: Json = {"interaction": interaction}
    if kind in (MESSAGE, DEFERRED, UPDATE) and exchange.message:
        interaction["response_message_id"] = str(exchange.message.id)
        interaction["response_message_loading"] = exchange.message.thinking
        interaction["response_message_ephemeral"] = exchange.message.ephemeral
    if kind in (MESSAGE, UPDATE) and exchange.message:
        body["resource"] = {"type": kind, "message": call.platform.message_json(exchange.message)}
    return body


def _open(call: Call) -> Exchange:
    exchange = call.platform.exchange(call.arguments["webhook_token"])
    if call.arguments["webhook_id"] != str(call.platform.world.application_id):
        raise refused(10015)
    exchange.may_write()
    return exchange


def _edit(call: Call, message: Message, body: Json) -> None:
    was_thinking = message.thinking
    fill(call, message, body)
    if was_thinking:
        message.at = call.request.at
    call.platform.changed(message)
    if was_thinking:
        message.edits.clear()
        message.edited = None


@routes("POST", _WEBHOOK)
async def follow_up(call: Call) -> Answer:
    """A further message. The first one after a deferral becomes the response."""
    exchange = _open(call)
    if exchange.orphaned and exchange.message:
        message = exchange.message
        _edit(call, message, call.body)
        exchange.completed = True
    else:
        exchange.may_follow_up()
        ephemeral = bool((call.body.get("flags") or 0) & EPHEMERAL)
        message = create(call, exchange.channel, call.body, exchange=exchange, ephemeral=ephemeral)
        call.platform.written(message)
        exchange.followups.append(message)
    exchange.touch()
    return Answer(200, call.platform.message_json(message))


def _original(exchange: Exchange) -> Message:
    message = exchange.message
    if message is None or message.deleted:
        raise refused(10008)
    return message


def _one(call: Call, exchange: Exchange) -> Message:
    key = call.arguments.get("message_id")
    if key is None:
        return _original(exchange)
    for message in (exchange.message, *exchange.followups):
        if message and str(message.id) == key and not message.deleted:
            return message
    raise refused(10008)


@routes("GET", _WEBHOOK + "/messages/@original")
@routes("GET", _WEBHOOK + "/messages/{message_id}")
async def get_message(call: Call) -> Answer:
    """A message of the interaction."""
    exchange = _open(call)
    return Answer(200, call.platform.message_json(_one(call, exchange)))


@routes("PATCH", _WEBHOOK + "/messages/@original")
@routes("PATCH", _WEBHOOK + "/messages/{message_id}")
async def edit_message(call: Call) -> Answer:
    """Edit a message of the interaction; whether it is ephemeral cannot be changed."""
    exchange = _open(call)
    message = _one(call, exchange)
    _edit(call, message, call.body)
    if message is exchange.message:
        exchange.completed = True
    exchange.touch()
    return Answer(200, call.platform.message_json(message))


@routes("DELETE", _WEBHOOK + "/messages/@original")
@routes("DELETE", _WEBHOOK + "/messages/{message_id}")
async def delete_message(call: Call) -> Answer:
    """Delete a message of the interaction."""
    exchange = _open(call)
    message = _one(call, exchange)
    call.platform.erased(message)
    if message is exchange.message:
        exchange.completed = True
    exchange.touch()
    return Answer(204)
