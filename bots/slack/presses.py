"""What a pressed button, a sent form or an entry of a menu does. Everything is read from what Slack sends with it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck

from bots import sentences
from bots.reception import Work
from bots.sentences import speak
from bots.slack import controls, forms, layout, markup, trouble, wording
from bots.slack.controls import Control, Pressed
from bots.slack.exchange import Exchange, carefully
from bots.slack.forms import Form
from bots.slack.reception import Reception
from bots.slack.submission import Submission
from bots.slack.turns import PLATFORM, Asked, Pointed
from core.errors import NotAllowed, NotPossible

Json = Mapping[str, Any]


async def pressed(reception: Reception, asked: Asked, body: Json) -> None:
    """Deal with a button."""
    action = (body.get("actions") or [{}])[0]
    found = controls.read(action)
    if found is None or not reception.first_sight(asked.id):
        return
    exchange = Exchange(reception, asked)
    with reception.flow(), reception.press(asked.user, asked.message, f"{found.control.act}:{found.about}") as first:
        if first and await taken(exchange):
            await carefully(exchange, lambda: _press(exchange, found))


async def sent(reception: Reception, asked: Asked, form: Form, view: Json, ack: AsyncAck) -> None:
    """Deal with a form that was sent."""
    if not reception.first_sight(asked.id):
        await ack()
        return
    exchange = Exchange(reception, asked)
    given = {**form.given, **forms.values(view)}
    given.pop(forms.WHERE, None)
    with reception.flow():
        async with Submission(exchange, ack, replace(form, given=given)):
            if await taken(exchange):
                await carefully(exchange, lambda: _perform_form(exchange, form, given))


async def shortcut(reception: Reception, asked: Asked, callback_id: str, body: Json) -> None:
    """Deal with an entry of a menu."""
    if not reception.first_sight(asked.id):
        return
    exchange, message = Exchange(reception, asked), body.get("message") or {}
    with reception.flow():
        if callback_id == "start_story":
            await open_form(exchange, Form("start"))
        elif callback_id == "report_message":
            await open_form(exchange, Form("report", asked.channel, asked.thread, source=asked.message))
        elif callback_id == "explain_passage" and await taken(exchange):
            await carefully(exchange, lambda: _explain(exchange))
        elif callback_id == "add_message" and await taken(exchange):
            await carefully(exchange, lambda: _add(exchange, message))


async def taken(exchange: Exchange) -> bool:
    """Whether new turns are begun; if not, the person is told."""
    if exchange.reception.taking:
        return True
    await exchange.person()
    await exchange.refuse(speak(sentences.STOPPING, exchange.locale))
    return False


async def open_form(exchange: Exchange, form: Form) -> None:
    """Open a form at once. Where Slack has waited too long, a button tries again."""
    asked = exchange.asked
    locale = exchange.reception.people.locale(asked.workspace, asked.user)
    try:
        await asked.client.views_open(trigger_id=asked.trigger, view=form.shown(locale))
    except trouble.LOST as error:
        await exchange.person()
        if trouble.code(error) in trouble.LATE:
            trouble.note(error)
            button = controls.row((controls.OPEN,), replace(form, given={}).written, exchange.locale)
            await exchange.whisper(layout.notice(speak(wording.FORM_TOO_LATE, exchange.locale)), button)
        else:
            await exchange.whisper(layout.notice(trouble.sentence(error, exchange.locale, exchange.reception.name)))


async def _press(exchange: Exchange, found: Pressed) -> None:
    asked = exchange.asked
    match found.control:
        case controls.STOP:
            await _stop(exchange, found.about)
        case controls.KEEP:
            await exchange.person()
            await _written_over(exchange, speak(wording.KEPT, exchange.here))
        case controls.OPEN:
            if (form := forms.read(found.about)) is not None:
                await open_form(exchange, form)
        case Control(form=name) if name:
            form = Form(name, asked.channel, asked.thread, about=_passage(found), given=_given(found))
            await open_form(exchange, form)
        case control:
            await exchange.perform(control.operation, _given(found), Pointed(about=_passage(found)))


def _given(found: Pressed) -> dict[str, str]:
    """The arguments that a button gives."""
    control = found.control
    return dict(control.fixed) | ({control.argument: found.about} if control.argument else {})


def _passage(found: Pressed) -> int | None:
    """The passage that a button is about."""
    return None if found.control.argument else found.passage


async def _stop(exchange: Exchange, turn_id: str) -> None:
    """Stop the turn that is being written, if the person may. One that nobody writes any more is marked."""
    work = exchange.reception.work(turn_id)
    await exchange.person()
    if work is None and await exchange.reception.storyteller.leases.under_way(PLATFORM, turn_id):
        await exchange.whisper(layout.notice(speak(sentences.ELSEWHERE, exchange.locale)))
    elif work is None:
        await _written_over(exchange, speak(sentences.STOPPED, exchange.here))
    elif await _may_stop(exchange, work):
        work.task.cancel()
    else:
        await exchange.whisper(layout.notice(speak(sentences.NOT_YOURS, exchange.locale)))


async def _written_over(exchange: Exchange, sentence: str) -> None:
    """Put a sentence in place of the message whose button was pressed."""
    asked = exchange.asked
    try:
        await exchange.spot(asked.thread).update(asked.message, layout.notice(sentence))
    except trouble.LOST as error:
        trouble.note(error)


async def _may_stop(exchange: Exchange, work: Work) -> bool:
    asked = exchange.asked
    if work.turn.contributor.id.rpartition(":")[2] == asked.user or asked.direct:
        return True
    who = await exchange.reception.people.person(asked.client, asked.workspace, asked.user, home=asked.home)
    if who.admin and not who.stranger:
        return True
    workspace = await exchange.reception.storyteller.servers.settings(PLATFORM, asked.workspace)
    return asked.user in workspace.moderators


async def _perform_form(exchange: Exchange, form: Form, arguments: dict[str, str]) -> None:
    about = form.about
    if about is None and form.source:
        about = await _passage_at(exchange, form.source)
    await exchange.perform(form.operation, arguments, Pointed(about, form.source))


async def _explain(exchange: Exchange) -> None:
    await exchange.person()
    passage = await _passage_at(exchange, exchange.asked.message)
    if passage is None:
        raise NotPossible(speak(sentences.NO_PASSAGE_THERE, exchange.locale))
    await exchange.perform("explain", {}, Pointed(about=passage))


async def _add(exchange: Exchange, message: Json) -> None:
    asked = exchange.asked
    await exchange.person()
    if message.get("user") != asked.user:
        raise NotAllowed(speak(sentences.NOT_YOUR_MESSAGE, exchange.locale))
    text = await words(exchange, re.sub(rf"^\s*<@{re.escape(asked.bot)}>\s*", "", message.get("text") or ""))
    if not text.strip():
        raise NotPossible(speak(sentences.NOTHING_WRITTEN, exchange.locale))
    await exchange.perform("add", {"text": text}, Pointed(source=asked.message))


async def _passage_at(exchange: Exchange, message: str) -> int | None:
    place = await exchange.reception.heads.place(exchange.asked)
    return await exchange.reception.storyteller.delivery.passage_at(place, message)


async def words(exchange: Exchange, text: str) -> str:
    """What somebody typed, with people by their names."""
    asked = exchange.asked
    names = await exchange.reception.people.names(asked.client, asked.workspace, markup.mentioned(text))
    return markup.read(text, names)
