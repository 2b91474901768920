"""Alone with the bot: a private rehearsal of one person with the storyteller, a story for each conversation.

There Slack has no commands, so what is typed is read as one or as a passage. A passage is answered by the storyteller.
A conversation is a thread below a message to the bot, or, for apps made before Slack had agents, one in the assistant's
container.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncAssistant, AsyncBoltContext, AsyncSetSuggestedPrompts

from bots.dispatch import Typed, parse
from bots.sentences import speak
from bots.slack import layout, markup, presses, trouble
from bots.slack.exchange import Exchange, carefully
from bots.slack.layout import label
from bots.slack.manifest import COMMAND, PROMPTS
from bots.slack.reception import Reception
from bots.slack.trouble import LOST
from bots.slack.turns import Asked, Pointed, of_message, turn, workspace
from core.errors import NoStory
from core.operation import OPERATIONS
from core.place import Place, Turn
from core.reply import Shape
from core.wording import said

Json = dict[str, Any]
_TITLE = 80
"""Characters of a first message that can be a story's title, and of a conversation's."""

HELLO = said(
    "Here we rehearse alone, and nobody else reads it. Send me a title and the story begins; then write passages, and "
    "I go on after each. `continue`, `refine`, `undo` and all other commands work here without a slash."
)
PROMPTED = said("For a beginning")
REHEARSAL = said("A rehearsal")


def listen(app: AsyncApp, reception: Reception) -> None:
    """Rehearse with whoever opens the container. Threads of a direct message come here too."""
    assistant = AsyncAssistant()
    assistant.thread_started(_started(reception))
    assistant.thread_context_changed(_ignore)
    assistant.user_message(_heard(reception))
    app.assistant(assistant)


def command(text: str) -> Typed | None:
    """The command that a message is; None if it is a passage.

    It is one behind `/story`, as the name of an operation alone, and where it begins with such a name in small
    letters, as prose hardly ever does. Raises `BadInput` if the command is not as it should be.
    """
    line = text.strip()
    if line.lower().startswith(COMMAND):
        return parse(line[len(COMMAND) :])
    names = {each for one in OPERATIONS.values() for each in (one.name, one.alias) if each}
    first, two = line.partition(" ")[0], " ".join(line.split()[:2])
    if line.lower() in names or first in names or two in names:
        return parse(line)
    return None


def _started(reception: Reception) -> Callable[..., Awaitable[None]]:
    async def started(
        context: AsyncBoltContext, payload: Json, set_suggested_prompts: AsyncSetSuggestedPrompts
    ) -> None:
        opened = payload["assistant_thread"]
        asked = Asked(
            id=f"container {opened['channel_id']}:{opened['thread_ts']}",
            client=context["client"],
            workspace=workspace(context),
            user=opened["user_id"],
            channel=opened["channel_id"],
            thread=opened["thread_ts"],
        )
        if not reception.first_sight(asked.id):
            return
        with reception.flow():
            exchange = Exchange(reception, asked)
            await exchange.person()
            await exchange.whisper(layout.notice(speak(HELLO, exchange.locale)))
            title = speak(PROMPTED, exchange.locale)
            await _kindly(set_suggested_prompts(prompts=_prompts(exchange.locale), title=title))

    return started


def _prompts(locale: str) -> list[dict[str, str]]:
    return [{"title": speak(title, locale), "message": message} for title, message in PROMPTS]


async def opened(reception: Reception, context: AsyncBoltContext, event: Json) -> None:
    """Somebody looks at their conversations with the bot: show what can be said."""
    person = await reception.people.person(context.client, workspace(context), str(event["user"]))
    prompts, title = _prompts(person.locale), speak(PROMPTED, person.locale)
    channel = str(event["channel"])
    await _kindly(
        context.client.assistant_threads_setSuggestedPrompts(channel_id=channel, prompts=prompts, title=title)
    )


async def begin(reception: Reception, asked: Asked, text: str) -> None:
    """A message to the bot alone, outside of any thread, that is no command for an earlier story: a conversation
    begins below it.
    """
    below = replace(asked, thread=asked.message)
    await reception.heads.speaks(below)
    await _take(reception, below, text)


def _heard(reception: Reception) -> Callable[..., Awaitable[None]]:
    async def heard(context: AsyncBoltContext, payload: Json) -> None:
        asked = of_message(context, payload)
        if "subtype" in payload or not asked.user or not reception.first_sight(asked.id):
            return
        with reception.flow():
            await _take(reception, asked, payload.get("text") or "")

    return heard


async def _take(reception: Reception, asked: Asked, text: str) -> None:
    exchange = Exchange(reception, asked)
    if await presses.taken(exchange):
        await carefully(exchange, lambda: _answer(exchange, text))


async def _answer(exchange: Exchange, text: str) -> None:
    """Do what a message asks for, in the story of its conversation."""
    asked, reception = exchange.asked, exchange.reception
    await exchange.person()
    place = await reception.heads.place(asked, begins=True)
    text = await presses.words(exchange, markup.after_mention(text, asked.bot))
    typed = command(text)
    if typed is not None:
        await exchange.perform(typed.operation, typed.arguments, place=place)
        if typed.operation == "start":
            await _entitle(exchange, place)
    else:
        await _passage(exchange, place, text)


async def _passage(exchange: Exchange, place: Place, text: str) -> None:
    """Take a message as a passage, and let the storyteller go on after it. The message itself is what shows it.

    Where no story is open, a short message is the title of a new one, and a long one its first passage.
    """
    asked, reception = exchange.asked, exchange.reception
    asking = await _turn(exchange, place)
    try:
        reply = await reception.storyteller.perform("add", asking, {"text": text})
    except NoStory:
        short = len(text) <= _TITLE and "\n" not in text.strip()
        opening = Exchange(reception, replace(asked, id=f"{asked.id} opening"))
        await opening.perform("start", {"title": text if short else speak(REHEARSAL, exchange.locale)}, place=place)
        await _entitle(opening, place)
        if short:
            return
        reply = await reception.storyteller.perform("add", asking, {"text": text})
    await exchange.delivered(reply, [asked.message])
    answer = Exchange(reception, replace(asked, id=f"{asked.id} answer"))
    await answer.perform("continue", {}, place=place)


async def _turn(exchange: Exchange, place: Place) -> Turn:
    asked = exchange.asked
    who = await exchange.reception.people.person(
        asked.client, asked.workspace, asked.user, fallback=asked.user_name, home=asked.home
    )
    return turn(asked, place, who, Pointed(source=asked.message))


async def _entitle(exchange: Exchange, place: Place) -> None:
    """Give the conversation the title of the story that was begun, as it was cleared."""
    reply = await exchange.reception.storyteller.replied(await _turn(exchange, place))
    if reply is not None and reply.blocks and reply.blocks[0].shape is Shape.TITLE:
        asked, title = exchange.asked, label(reply.blocks[0].text, most=_TITLE)
        await _kindly(
            asked.client.assistant_threads_setTitle(channel_id=asked.channel, thread_ts=asked.thread, title=title)
        )


async def _ignore() -> None:
    """Which channel the person looks at is nothing to us."""


async def _kindly(request: Awaitable[object]) -> None:
    """Ask Slack for what is only an ornament."""
    try:
        await request
    except LOST as error:
        trouble.note(error)
