"""Ordinary messages in a story's thread, where an admin switched that on: new, edited and deleted ones.

What is said out of character (`((…))`, `//`, `ooc:`) never leaves this module. Slack tells of ordinary messages only
where the manifest asks for that (`slack-manifest --messages`).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext

from bots.sentences import speak
from bots.slack import controls, layout, presses, trouble, turns, wording
from bots.slack.exchange import Exchange
from bots.slack.reception import Reception
from bots.slack.turns import PLATFORM, Asked, Pointed
from core.errors import NotListening, StoryError

Json = Mapping[str, Any]
_ASIDE = re.compile(r"\s*(\(\(|//|ooc\b\s*:)", re.IGNORECASE)
_KINDS = (None, "thread_broadcast", "file_share")
_COUNTED = "book"


async def heard(reception: Reception, context: AsyncBoltContext, event: Json) -> None:
    """A message was written, edited or deleted in a channel."""
    with reception.flow():
        await _heard(reception, context, event)


async def _heard(reception: Reception, context: AsyncBoltContext, event: Json) -> None:
    match event.get("subtype"):
        case "message_changed":
            inner = {**event["message"], "channel": event["channel"]}
            edited = (inner.get("edited") or {}).get("ts")
            if edited and inner.get("text") != event["previous_message"].get("text"):
                asked = turns.of_message(context, inner)
                await _counted(reception, replace(asked, id=f"edit {asked.channel}:{asked.message}:{edited}"), inner)
        case "message_deleted":
            await _deleted(reception, turns.of_message(context, {**event["previous_message"], **_place(event)}))
        case kind if kind in _KINDS:
            await _counted(reception, turns.of_message(context, event), event)


def _place(event: Json) -> Json:
    return {"channel": event["channel"], "ts": event["deleted_ts"]}


async def _counted(reception: Reception, asked: Asked, message: Json) -> None:
    """Take it as a passage, or as a new wording of the one that came from it, if it counts."""
    text = message.get("text") or ""
    ours = message.get("bot_id") or not asked.user or f"<@{asked.bot}" in text  # a mention comes as one, too
    if ours or not text.strip() or _ASIDE.match(text) or not reception.taking:
        return
    if not await _listens(reception, asked) or not reception.first_sight(asked.id):
        return
    exchange = Exchange(reception, asked)
    try:
        await _perform(exchange, text)
    except NotListening:
        return
    except StoryError as error:
        await exchange.refuse(error.notice)


async def _listens(reception: Reception, asked: Asked) -> bool:
    """Whether it stands in the thread of a story, on a server whose admin wants messages to count."""
    if not asked.thread or not (await reception.storyteller.servers.settings(PLATFORM, asked.workspace)).messages:
        return False
    place = await reception.heads.place(asked)
    return await reception.heads.head(place) == asked.thread


async def _perform(exchange: Exchange, text: str) -> None:
    asked, reception = exchange.asked, exchange.reception
    place = await reception.heads.place(asked)
    passage = None
    if asked.id.startswith("edit "):
        passage = await reception.storyteller.delivery.passage_at(place, asked.message)
        if passage is None:
            return
    asking = turns.turn(asked, place, await exchange.person(), Pointed(passage, asked.message))
    arguments = {"text": await presses.words(exchange, text)}
    name = "add" if passage is None else "edit"
    reply = await reception.storyteller.perform(name, replace(asking, plain=True), arguments)
    await exchange.delivered(reply, [])  # the message itself shows the passage
    if passage is None and not reply.private:
        await _mark(asked)


async def _deleted(reception: Reception, asked: Asked) -> None:
    """Where a passage came from a message that is gone, people are asked what becomes of it."""
    if not reception.taking or not asked.thread or not reception.first_sight(f"deleted {asked.id}"):
        return
    exchange = Exchange(reception, replace(asked, id=f"deleted {asked.id}"))
    passage = await reception.storyteller.delivery.passage_at(await reception.heads.place(asked), asked.message)
    if passage is None or not asked.user:
        return
    await exchange.person()
    buttons = controls.row((controls.REMOVE, controls.KEEP), str(passage), exchange.here)
    try:
        await exchange.spot(asked.thread).post(layout.notice(speak(wording.MESSAGE_DELETED, exchange.here), buttons))
    except trouble.LOST as error:
        trouble.note(error)


async def _mark(asked: Asked) -> None:
    try:
        await asked.client.reactions_add(channel=asked.channel, timestamp=asked.message, name=_COUNTED)
    except trouble.LOST as error:
        trouble.note(error)
