"""The application's home tab: a person's stories, what waits for them, what is set, and how to begin.

Shows only stories that the person began or wrote in, and of these no text but the title.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bots.sentences import speak
from bots.slack import assistant, trouble
from bots.slack.controls import START, row
from bots.slack.layout import label
from bots.slack.manifest import COMMAND
from bots.slack.markup import escaped
from bots.slack.reception import Reception
from bots.slack.trouble import LOST
from bots.slack.turns import PLATFORM, workspace
from core.errors import StoryError
from core.place import Place, Telling, Turns, Workspace
from core.story import Proposal
from core.wording import said

Json = dict[str, Any]
_TITLE = 200

STORIES, WAITING, SETTINGS, HELP = said("Your stories"), said("Waiting for you"), said("Settings"), said("Help")
NO_STORIES = said("You have not written in a story yet. Begin one, or add to one in a channel.")
NOTHING_WAITS = said("Nothing waits for you.")
LINE = said("{title}: {passages} passages, told in {place}")
ENDED = said("{title}: {passages} passages, told in {place}, ended")
CONSENT = said("A new wording of your passage {number} waits for your consent in {place}")
PRIVATELY = said("a private conversation")
EVERYWHERE = said("anywhere")
ANYBODY, ALTERNATELY = said("anybody"), said("not twice in a row")
SET = said("How far stories may go: {rating}. Who writes next: {turns}. Where stories may be told: {channels}.")
USUAL = said("as the operator set it")
SETUP = said("Somebody who manages this workspace can change this with `{command} setup` in a channel.")
HOW = said(
    "`{command} start` begins a story in a channel, `{command} add` adds your passage, and `{command} continue` lets "
    "the storyteller write on. In a thread, where Slack has no commands, mention me: `@{name} continue`. "
    "`{command} help` shows everything."
)


def listen(app: AsyncApp, reception: Reception) -> None:
    """Show the home tab to whoever opens it, and prompts to whoever opens the conversations with the bot."""

    async def opened(context: AsyncBoltContext, event: Json) -> None:
        with reception.flow():
            if event.get("tab") == "messages":
                await assistant.opened(reception, context, event)
            elif event.get("tab") == "home":
                await show(reception, context, str(event["user"]))

    app.event("app_home_opened")(opened)


async def show(reception: Reception, context: AsyncBoltContext, user: str) -> None:
    """Publish the home tab as it is now. What goes wrong is logged; the person sees the tab as it was."""
    here = workspace(context)
    try:
        person = await reception.people.person(context.client, here, user)
        contributor = f"{person.team}:{user}" if person.stranger else user
        tellings = await reception.storyteller.servers.tellings(PLATFORM, here, contributor)
        chosen = await reception.storyteller.servers.settings(PLATFORM, here)
        asked = await reception.storyteller.servers.consents(PLATFORM, here, contributor)
        consents = [_consent(place, each, person.locale) for place, each in asked]
        shown = blocks(tellings, chosen, contributor, person.locale, reception.name, consents)
        view = {"type": "home", "blocks": shown}
        await reception.budget.wait(here, "views.publish")
        await context.client.views_publish(user_id=user, view=view)
    except LOST as error:
        trouble.note(error)
    except StoryError as error:
        trouble.mistake(error, "en")


def blocks(
    tellings: Sequence[Telling],
    chosen: Workspace,
    contributor: str,
    locale: str,
    name: str,
    consents: Sequence[str] = (),
) -> list[Json]:
    """What stands in the home tab of one person. `consents` are lines about wordings that wait for their consent."""
    waiting = [each for each in tellings if _waits(each, contributor)]
    others = [each for each in tellings if each not in waiting]
    return [
        *row((START,), "", locale),
        *_part(
            WAITING, [*consents, *(_line(each, locale) for each in waiting)] or [speak(NOTHING_WAITS, locale)], locale
        ),
        *_part(STORIES, [_line(each, locale) for each in others], locale),
        *([] if tellings else _part(STORIES, [speak(NO_STORIES, locale)], locale)),
        *_part(SETTINGS, [_set(chosen, locale), speak(SETUP, locale, command=COMMAND)], locale),
        *_part(HELP, [speak(HOW, locale, command=COMMAND, name=name)], locale),
    ]


def _waits(telling: Telling, contributor: str) -> bool:
    """Whether somebody else wrote last, so that it is this person's turn."""
    return not telling.story.ended and telling.last_author not in (None, contributor)


def _consent(place: Place, proposal: Proposal, locale: str) -> str:
    return speak(CONSENT, locale, number=proposal.passage.number, place=_place(place.channel, locale))


def _place(channel: str, locale: str) -> str:
    return speak(PRIVATELY, locale) if channel.startswith("D") else f"<#{channel}>"


def _part(title: str, lines: list[str], locale: str) -> Iterator[Json]:
    if lines:
        yield {"type": "header", "text": {"type": "plain_text", "text": speak(title, locale), "emoji": False}}
        yield from ({"type": "section", "text": {"type": "mrkdwn", "text": line, "verbatim": True}} for line in lines)


def _line(telling: Telling, locale: str) -> str:
    story = telling.story
    title = escaped(label(story.title, most=_TITLE)).replace("*", "")
    return speak(
        ENDED if story.ended else LINE,
        locale,
        title=f"*{title}*",
        passages=story.passages,
        place=_place(telling.place.channel, locale),
    )


def _set(chosen: Workspace, locale: str) -> str:
    return speak(
        SET,
        locale,
        rating=str(chosen.rating) if chosen.rating else speak(USUAL, locale),
        turns=speak(ALTERNATELY if chosen.turns is Turns.ALTERNATE else ANYBODY, locale),
        channels=" ".join(f"<#{each}>" for each in sorted(chosen.channels)[:20]) or speak(EVERYWHERE, locale),
    )
