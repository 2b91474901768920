"""The application as slack-bolt runs it: every listener, each of which acknowledges before it does anything else."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bots.dispatch import Typed, parse
from bots.sentences import speak
from bots.slack import assistant, controls, forms, layout, markup, messages, presses, trouble, turns, watched, wording
from bots.slack.client import Client, ours
from bots.slack.exchange import Exchange, carefully
from bots.slack.forms import Form
from bots.slack.reception import Reception
from bots.slack.turns import Asked
from core.errors import BadInput
from core.wording import Language, translated

COMMAND = "/story"
Json = Mapping[str, Any]
_HELP = (controls.START, controls.SHOW, controls.HELP)


def application(reception: Reception, client: Client, **more: Any) -> AsyncApp:
    """The application with all its listeners. `more` goes to `AsyncApp`: how requests are signed and authorised."""
    app = AsyncApp(client=client, raise_error_for_unhandled_request=False, **more)
    app.middleware(ours(client))
    app.middleware(watched.acknowledging)
    app.command(COMMAND)(_command(reception))
    app.event("app_mention")(_mention(reception))
    app.event("message")(_message(reception))
    app.action(re.compile(rf"^{controls.PREFIX}:"))(_action(reception))
    app.view(forms.CALLBACK)(_form(reception))
    for callback_id in (*controls.SHORTCUTS, *controls.GLOBAL_SHORTCUTS):
        app.shortcut(callback_id)(_shortcut(reception, callback_id))
    return app


def catch_all(app: AsyncApp) -> None:
    """Acknowledge everything that nobody listens to, lest Slack sends it again. Call it after all other listeners."""

    async def unheard(ack: AsyncAck) -> None:
        await ack()

    app.event(re.compile(".*"))(unheard)
    app.action(re.compile(".*"))(unheard)
    app.view(re.compile(".*"))(unheard)
    app.view_closed(re.compile(".*"))(unheard)
    app.shortcut(re.compile(".*"))(unheard)
    app.command(re.compile(".*"))(unheard)

    @app.error
    async def mistaken(error: Exception) -> None:
        trouble.mistake(error, "en")


def _command(reception: Reception) -> Callable[..., Awaitable[None]]:
    async def command(ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        asked = turns.of_command(context, body)
        if not reception.first_sight(asked.id):
            return
        with reception.flow():
            await typed(reception, asked, body.get("text") or "")

    return command


def _mention(reception: Reception) -> Callable[..., Awaitable[None]]:
    async def mention(ack: AsyncAck, event: Json, context: AsyncBoltContext) -> None:
        await ack()
        await _said(reception, turns.of_message(context, event), event)

    return mention


def _message(reception: Reception) -> Callable[..., Awaitable[None]]:
    async def message(ack: AsyncAck, event: Json, context: AsyncBoltContext) -> None:
        """A message to the bot alone is for it, without a mention. Others come as mentions too, or are not for us."""
        await ack()
        direct = event.get("channel_type") == "im" and "subtype" not in event and not event.get("bot_id")
        if direct and not event.get("thread_ts"):
            await _alone(reception, turns.of_message(context, event), event)
        elif event.get("channel_type") in ("channel", "group"):
            await messages.heard(reception, context, event)

    return message


async def _said(reception: Reception, asked: Asked, event: Json) -> None:
    if not asked.user or event.get("bot_id") or event.get("edited") or not reception.first_sight(asked.id):
        return
    with reception.flow():
        await typed(reception, asked, markup.after_mention(event.get("text") or "", asked.bot))


async def _alone(reception: Reception, asked: Asked, event: Json) -> None:
    """A message to the bot alone: a command for the story that was begun last there, or the beginning of another."""
    if not asked.user or not reception.first_sight(asked.id):
        return
    with reception.flow():
        text = event.get("text") or ""
        line = markup.after_mention(text, asked.bot)
        if line.strip() and _begins(text if text.startswith(COMMAND) else line):
            await assistant.begin(reception, asked, line)
        else:
            await typed(reception, replace(asked, thread=await reception.heads.latest(asked)), line)


def _begins(line: str) -> bool:
    """Whether it is prose, or the command that begins a story."""
    try:
        found = assistant.command(line)
    except BadInput:
        return False
    return found is None or found.operation == "start"


async def typed(reception: Reception, asked: Asked, line: str) -> None:
    """Do what was typed behind `/story` or behind a mention."""
    exchange = Exchange(reception, asked)
    try:
        found = parse(_read(line))
    except BadInput as error:
        await exchange.person()
        await _help(exchange, translated_notice(error, exchange.locale))
        return
    if not line.strip():
        await exchange.person()
        await _help(exchange, speak(wording.GREETING, exchange.locale, name=reception.name))
    elif asked.trigger and reception.taking and forms.wants_form(found.operation, found.arguments):
        await presses.open_form(exchange, Form(found.operation, asked.channel, asked.thread, given=found.arguments))
    elif await presses.taken(exchange):
        await carefully(exchange, lambda: _perform(exchange, found, line))


async def _perform(exchange: Exchange, found: Typed, line: str) -> None:
    if not _setting(line) and markup.mentioned(line):
        found = parse(await presses.words(exchange, line))
    await exchange.perform(found.operation, found.arguments)


def _read(line: str) -> str:
    """A line as it is parsed: channels and people by their ids where these are meant."""
    if not _setting(line):
        return markup.read(line)
    return markup.ids(line) if line.lower().startswith("setup") else markup.read(markup.ids(line))


def _setting(line: str) -> bool:
    """Whether channels and people in a line are meant by their ids, not by their names."""
    words = line.lower().split(maxsplit=2)[:2]
    return words[:1] == ["setup"] or words in (["review", "block"], ["review", "unblock"])


async def _help(exchange: Exchange, sentence: str) -> None:
    """What can be done, with buttons for a beginning."""
    await exchange.whisper(layout.notice(sentence), controls.row(_HELP, "", exchange.locale))


def translated_notice(error: BadInput, locale: str) -> str:
    """What was wrong with a typed line, in the reader's language."""
    return translated(error.notice, Language.of(locale))


def _action(reception: Reception) -> Callable[..., Awaitable[None]]:
    async def action(ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        await presses.pressed(reception, turns.of_action(context, body), body)

    return action


def _shortcut(reception: Reception, callback_id: str) -> Callable[..., Awaitable[None]]:
    async def shortcut(ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        await presses.shortcut(reception, turns.of_shortcut(context, body), callback_id, body)

    return shortcut


def _form(reception: Reception) -> Callable[..., Awaitable[None]]:
    async def form(ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        view = body["view"]
        found = forms.read(view.get("private_metadata") or "")
        if found is None:
            await ack()
            return
        channel = found.channel or forms.values(view).get(forms.WHERE, "")
        asked = turns.of_form(context, body, channel=channel, thread=found.thread)
        await presses.sent(reception, asked, found, view, ack)

    return form
