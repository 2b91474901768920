"""What is to be shown for certain: replies that a stop came before, and alerts to moderators.

Nothing is posted that stands there already. A post has its own nonce, for which Discord gives the same message back for
a few minutes; after that, what stands in the channel is read, and our own messages are known again: an answer by the
interaction that it belongs to, any other by its words.
"""

import datetime as dt
from collections.abc import Sequence

import discord

from bots import sentences
from bots.discord import layout, posting, trouble
from bots.discord.controls import buttons
from bots.discord.history import History
from bots.discord.reception import Reception
from bots.discord.turns import PLATFORM, adult, channel_id
from bots.reception import Missed
from bots.sentences import speak
from core import faults, release
from core.errors import StoreError, StoryError
from core.reply import Alert, Posted, Reply, Undelivered

Histories = dict[int, History]
"""What was read so far, by channel."""


async def catch_up(reception: Reception, client: discord.Client, missed: Missed) -> None:
    """Show what was never shown, where it belongs, in its order; then tell moderators what they were not told.

    Private replies are let go: nobody waits for them any more. What Discord does not take now stays for the next
    start; what it never will is let go, as is what somebody deleted already (Discord says so for a nonce it knows).
    What is told meanwhile in the same place comes after it.
    """
    read: Histories = {}
    await missed.replay(lambda each: _caught_up(reception, client, each, read))
    for told in missed.alerts:
        await alert(reception, client, told, read)


async def _caught_up(reception: Reception, client: discord.Client, missed: Undelivered, read: Histories) -> None:
    faults.hit("replaying")
    if not await reception.may_show(missed.reply):
        return
    try:
        ids = [] if missed.reply.private else await _shown(reception, client, missed, read)
    except (*trouble.LOST, StoreError) as error:
        trouble.note(error)
        if trouble.code(error) not in (*trouble.NEVER, trouble.Code.NO_MESSAGE):
            return
        ids = []
    await _delivered(reception, missed.reply, ids)


async def post(reception: Reception, client: discord.Client, posted: Posted) -> None:
    """Show what came of another turn, where it belongs. What Discord does not take stays for the next start."""
    locale, channel = await reception.language(posted.place.workspace) or "en", channel_id(posted.place)
    view = buttons("", posted.reply, locale)
    if not await reception.may_show(posted.reply):
        return
    try:
        with release.to(posted.place, adult=posted.adult, vouched=posted.reply.vouched):
            nonce = f"post-{posted.reply.post}"
            ids = await posting.post(client, channel, posted.reply.blocks, locale=locale, view=view, nonce=nonce)
    except (*trouble.LOST, StoreError) as error:
        trouble.note(error)
        return
    for each in ids:
        reception.stands(channel, int(each))
    await _delivered(reception, posted.reply, ids)


async def alert(reception: Reception, client: discord.Client, told: Alert, read: Histories | None = None) -> None:
    """Tell the moderators, with a way to the message that it is about. Without `read`, it was surely not told before.

    What Discord does not take stays for the next start.
    """
    workspace = await reception.storyteller.servers.settings(PLATFORM, told.place.workspace)
    faults.hit("before_alert")
    try:
        if workspace.alerts is not None and workspace.alerts.isdigit():
            past = None if read is None else await _history(client, int(workspace.alerts), told.since, read)
            with release.to(told.place):
                await _tell(client, int(workspace.alerts), told, workspace.language or "en", past)
        faults.hit("after_alert")
        await reception.storyteller.delivery.alerted(told.post)
    except (*trouble.LOST, StoryError) as error:
        trouble.note(error)


async def _tell(client: discord.Client, channel: int, told: Alert, locale: str, past: History | None) -> None:
    contents = layout.sheets(told.blocks, locale, most=posting.MOST).contents
    for index, content in enumerate((*contents, *_link(told))):
        if past is None or not past.take(content):
            await posting.say(client, channel, content, nonce=f"alert-{told.post}.{index}")


def _link(told: Alert) -> tuple[str, ...]:
    """The address of the message that an alert is about, if it is about one."""
    server = told.place.workspace.partition(":")[0]
    address = f"<https://discord.com/channels/{server}/{channel_id(told.place)}/{told.source}>"
    return (address,) if told.source else ()


async def _delivered(reception: Reception, reply: Reply, ids: Sequence[str]) -> None:
    try:
        await reception.storyteller.delivery.delivered(reply, ids)
    except StoryError as error:
        trouble.note(error)


async def _shown(reception: Reception, client: discord.Client, missed: Undelivered, read: Histories) -> list[str]:
    """See to it that a reply stands in its channel; the ids of its messages."""
    channel = channel_id(missed.place)
    past = await _history(client, channel, _since(missed), read)
    past.forget(await reception.storyteller.delivery.shown(missed.place, past.ids))
    locale = await reception.language(missed.place.workspace) or "en"
    where = release.to(missed.place, adult=adult(client.get_channel(channel)), vouched=missed.reply.vouched)
    for each in await reception.storyteller.delivery.shown_before(missed.reply):
        reception.stands(channel, int(each))
    late = _Late(client, channel, missed, past, locale)
    if not all(reception.stands_last(channel, each) for each in late.standing):
        await late.withdraw()  # something that was told before it had to be posted below it
    with where:
        ids = await late.shown()
    for each in ids:
        reception.stands(channel, int(each))
    return ids


def _since(missed: Undelivered) -> dt.datetime:
    """When a turn was asked for, by Discord's clock where its id says so; ours may be wrong."""
    return discord.utils.snowflake_time(int(missed.turn_id)) if missed.turn_id.isdigit() else missed.told_at


async def _history(client: discord.Client, channel: int, since: dt.datetime, read: Histories) -> History:
    if channel not in read:
        read[channel] = await History.read(client, channel, since)
    return read[channel]


class _Late:
    """A reply that is shown late."""

    def __init__(self, client: discord.Client, channel: int, missed: Undelivered, past: History, locale: str) -> None:
        self._client = client
        self._channel = channel
        self._past = past
        self._locale = locale
        self._nonce = f"post-{missed.reply.post}"
        self._answers = past.answers(missed.turn_id)
        self._view = buttons("", missed.reply, locale)
        self._sheets = layout.sheets(missed.reply.blocks, locale, most=posting.MOST)
        self._file = posting.file_of(self._sheets)

    @property
    def standing(self) -> list[int]:
        """The ids of what stands of it as an answer."""
        return [each.id for each in self._answers]

    async def withdraw(self) -> None:
        """Take away what stands of it; what is gone already is gone."""
        for each in self.standing:
            try:
                await self._client.get_partial_messageable(self._channel).get_partial_message(each).delete()
            except discord.NotFound as error:
                trouble.note(error)
        self._answers = []

    async def shown(self) -> list[str]:
        """Complete what stands there, or post all of it, and say then that it is late."""
        ids = list[str]()
        for index, content in enumerate(self._sheets.contents):
            if index:
                faults.hit("between_parts")
            ids.append(await self._part(index, content, last=index == len(self._sheets.contents) - 1))
        return ids

    async def _part(self, index: int, content: str, *, last: bool) -> str:
        view, file = (self._view, self._file) if last else (None, None)
        standing = self._answers[index] if index < len(self._answers) else None
        if standing is not None:
            if standing.content == content or await self._written_anew(standing.id, content, view, file):
                return str(standing.id)
        elif found := self._past.take(content):
            return found
        elif not index:
            await self._say_that_it_is_late()
        nonce = f"{self._nonce}.{index}"
        message = await posting.say(self._client, self._channel, content, view=view, file=file, nonce=nonce)
        return str(message.id)

    async def _written_anew(
        self, message: int, content: str, view: discord.ui.View | None, file: discord.File | None
    ) -> bool:
        """Finish a message that was begun. False if it is gone, or can no longer be edited."""
        where = self._client.get_partial_messageable(self._channel).get_partial_message(message)
        faults.hit("before_post")
        try:
            await where.edit(content=content, view=view, attachments=[file] if file else [])
        except discord.HTTPException as error:
            if trouble.code(error) not in trouble.REPLACE:
                raise
            trouble.note(error)
            return False
        faults.hit("after_post")
        return True

    async def _say_that_it_is_late(self) -> None:
        late = f"-# {speak(sentences.TOLD_LATE, self._locale)}"
        if not self._past.take(late):
            await posting.say(self._client, self._channel, late, nonce=f"{self._nonce}.late")
