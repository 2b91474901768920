"""One interaction, from the acknowledgement (which waits for nothing) to the last message of its reply."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping

import discord

from bots import sentences
from bots.discord import layout, outbox, trouble, withdrawing
from bots.discord.controls import appeal_buttons, buttons, stop_button
from bots.discord.page import Page
from bots.discord.posting import file_of
from bots.discord.reception import Reception
from bots.discord.stream import Stream
from bots.discord.trouble import LOST, Code, code
from bots.discord.turns import PLATFORM
from bots.discord.watched import age
from bots.line import Ticket
from bots.reception import Work
from bots.sentences import speak
from core import faults, observation, release
from core.errors import StoreError, StoryError, Withheld
from core.operation import OPERATIONS
from core.place import Turn
from core.reply import Alert, Glimpse, Reply

_SHOWN_AS_WRITTEN = frozenset({"continue", "retry"})
"""Operations whose text is shown while it is written. Others may throw away what the storyteller wrote."""
_RETRIED = 0.9
"""Seconds from which on a second acknowledgement is our own: the library sends one again after a second."""


def private(name: str) -> bool:
    """Whether the reply to an operation is for whoever asked alone, as far as is known before."""
    return OPERATIONS[name].private


class Exchange:
    """One interaction and what is said back."""

    def __init__(self, reception: Reception, interaction: discord.Interaction) -> None:
        self.reception = reception
        self.interaction = interaction
        self.locale = str(interaction.locale)
        """Of what the person alone reads."""
        self.here = str(interaction.guild_locale or interaction.locale)
        """Of what everybody reads."""
        self._ticket: Ticket | None = None
        """When its reply may be shown."""

    async def accept(self, *, private: bool, quiet: bool = False) -> Page | None:
        """Acknowledge. None if the interaction is not for us to answer: seen before, or answered by another.

        It shows that we are thinking, and so has its place in the channel from now on; a `quiet` press shows nothing.
        """
        if not self.reception.first_sight(str(self.interaction.id)):
            return None
        if not self.reception.taking:
            await self._turn_away()
            return None
        page = Page(self.interaction, private=private)
        began = time.monotonic()
        try:
            with self.reception.acknowledging():
                shown = await self.interaction.response.defer(ephemeral=private, thinking=not quiet)
            observation.note("acknowledged", platform=PLATFORM, seconds=age(self.interaction))
        except discord.HTTPException as error:
            trouble.note(error)
            return self._unacknowledged(error, page, time.monotonic() - began, quiet=quiet)
        except (*LOST, discord.InteractionResponded) as error:
            trouble.note(error)
            page.late()
            return page
        return page if quiet else Page(self.interaction, private=private, deferred=shown.message_id if shown else 0)

    async def ask(self, form: discord.ui.Modal) -> None:
        """Answer with a form."""
        if not self.reception.first_sight(str(self.interaction.id)):
            return
        if not self.reception.taking:
            await self._turn_away()
            return
        try:
            await self.interaction.response.send_modal(form)
        except (*LOST, discord.InteractionResponded) as error:
            trouble.note(error)

    async def nod(self) -> None:
        """Acknowledge a press that does nothing."""
        try:
            await self.interaction.response.defer()
        except (*LOST, discord.InteractionResponded) as error:
            trouble.note(error)

    async def replace(self, content: str) -> None:
        """Answer a press by writing its message anew, without buttons."""
        if not self.reception.first_sight(str(self.interaction.id)):
            return
        try:
            await self.interaction.response.edit_message(content=content, view=None)
        except (*LOST, discord.InteractionResponded) as error:
            trouble.note(error)

    @observation.stage("exchange", told=lambda *_: {"platform": PLATFORM})
    async def perform(self, page: Page, name: str, turn: Turn, arguments: Mapping[str, str]) -> Reply | None:
        """Perform a turn, show it while it is written, and what comes of it. None if it was refused or stopped."""

        async def draw(glimpse: Glimpse) -> None:
            look = layout.sketch(glimpse, self.locale if page.private else self.here, text=text)
            await page.sketch(look, stop_button(turn.id, self.here))

        await self.reception.courtesy()
        self.here = await self.reception.language(turn.place.workspace) or self.here
        text = name in _SHOWN_AS_WRITTEN
        stream = Stream(draw, text=text)
        work = Work(turn, asyncio.create_task(self._in_line(name, turn, arguments, stream)))
        try:
            with self.reception.working(work), release.to(turn.place, adult=turn.adult):
                async with stream:
                    reply = await work.task
        except StoryError as error:
            await self.refuse(page, error)
            return None
        except asyncio.CancelledError:
            if (own := asyncio.current_task()) is not None and own.cancelling():
                raise
            return await self._stopped(page, name, turn)
        else:
            await self.show(page, name, reply, turn)
            return reply
        finally:
            if self._ticket is not None:
                self._ticket.leave()

    async def _in_line(self, name: str, turn: Turn, arguments: Mapping[str, str], stream: Stream) -> Reply:
        line = self.reception.line
        try:
            reply = await self.reception.storyteller.perform(name, turn, arguments, watch=stream.watch)
        except asyncio.CancelledError:  # it may be whole all the same
            self._ticket = line.ticket(turn.place)
            raise
        self._ticket = line.behind(reply, turn.place)
        return reply

    async def show(self, page: Page, name: str, reply: Reply, turn: Turn) -> None:
        """Show a reply for good. What cannot be shown stays in the outbox, and the person is told."""
        if reply.private and not page.private:
            await page.withdraw()
            page.private = True
        try:
            with release.to(turn.place, adult=turn.adult, vouched=reply.vouched):
                if not await self._write_below(page, name, reply):
                    return  # another process shows it, in this message if it can
        except (*LOST, StoreError) as error:
            if not page.private and not page.settled:
                await page.withdraw()
            channel = f"<#{self.interaction.channel_id}>"
            await page.whisper(trouble.sentence(error, self.locale, channel))
            if code(error) not in trouble.NEVER:
                return
        await self.delivered(reply, page.messages)
        if reply.posted is not None:
            async with self._ticket or contextlib.nullcontext():
                await outbox.post(self.reception, self.interaction.client, reply.posted)
        if reply.withdraws is not None:
            account = await withdrawing.carry_out(self.reception, self.interaction.client, reply.withdraws)
            await page.whisper(account.told(self.locale, withdrawing.link))
        if reply.alert and reply.post is not None:
            told = Alert(turn.place, reply.post, reply.alert, turn.source, discord.utils.utcnow())
            await outbox.alert(self.reception, self.interaction.client, told)

    async def refuse(self, page: Page, error: StoryError) -> None:
        """Say privately why nothing was done, and take away what everybody saw of it."""
        appeal = error.appeal if isinstance(error, Withheld) else None
        view = None if appeal is None else appeal_buttons(appeal, self.locale)
        await self.whisper(page, error.notice, view)
        if isinstance(error, Withheld) and error.alert is not None:
            await outbox.alert(self.reception, self.interaction.client, error.alert)

    async def whisper(self, page: Page, notice: str, view: discord.ui.View | None = None) -> None:
        """Say something privately, and take away what everybody saw."""
        if not page.private:
            await page.withdraw()
        await page.whisper(layout.notice(notice), view)

    async def delivered(self, reply: Reply, messages: list[str]) -> None:
        """Note that the reply has been seen; if that fails, it is shown once more at the next start."""
        try:
            await self.reception.storyteller.delivery.delivered(reply, messages)
        except StoreError as error:
            trouble.note(error)

    async def _write_below(self, page: Page, name: str, reply: Reply) -> bool:
        """Write it so that it stands below all that was told before it. False if another process does."""
        if self._ticket is None or page.private:
            await self._write(page, name, reply)
            return True
        channel = self.interaction.channel_id or 0
        async with self._ticket:
            if not await self.reception.may_show(reply):
                return False
            if not self.reception.stands_last(channel, page.first):
                await page.withdraw()
            elif page.first and len(layout.sheets(reply.blocks, self.here, most=page.most).contents) == 1:
                self.reception.stands(channel, page.first)
                self._ticket.leave()  # its only message is there already: nothing can come between
            await self._write(page, name, reply)
            for each in page.messages:
                self.reception.stands(channel, int(each))
        return True

    async def _write(self, page: Page, name: str, reply: Reply) -> None:
        locale = self.locale if page.private else self.here
        view = buttons(name, reply, locale)
        try:
            await _fill(page, layout.sheets(reply.blocks, locale, most=page.most).together_with(reply.file), view)
        except discord.HTTPException as error:
            if code(error) != Code.FOLLOW_UPS_SPENT:
                raise
            trouble.note(error)
            await _fill(page, layout.sheets(reply.blocks, locale, most=1), view)

    async def _stopped(self, page: Page, name: str, turn: Turn) -> Reply | None:
        reply = await self.reception.storyteller.replied(turn)
        if reply is not None:
            await self.show(page, name, reply, turn)
            return reply
        try:
            await page.draw(f"-# {speak(sentences.STOPPED, self.here)}", None)
        except LOST as error:
            trouble.note(error)
        return None

    async def _turn_away(self) -> None:
        try:
            await self.interaction.response.send_message(speak(sentences.STOPPING, self.locale), ephemeral=True)
        except LOST as error:
            trouble.note(error)

    def _unacknowledged(self, error: discord.HTTPException, page: Page, seconds: float, *, quiet: bool) -> Page | None:
        """How to go on when Discord did not take the acknowledgement."""
        if code(error) == Code.ANSWERED:
            if seconds < _RETRIED:
                return None
            return page if quiet else Page(self.interaction, private=page.private, deferred=0)
        page.late()
        return page


async def carefully(exchange: Exchange, page: Page, do: Callable[[], Awaitable[object]]) -> None:
    """Do what an interaction asks for. A mistake of ours becomes a private sentence with a number."""
    try:
        await do()
    except StoryError as error:
        await exchange.refuse(page, error)
    except Exception as error:  # the border: whatever it is, nobody is left waiting
        await exchange.whisper(page, trouble.mistake(error, exchange.locale))


async def _fill(page: Page, written: layout.Sheets, view: discord.ui.View | None) -> None:
    *_, last = range(len(written.contents))
    for index, content in enumerate(written.contents):
        if index:
            faults.hit("between_parts")
        put = page.draw if index == 0 else page.add
        if index == last:
            await put(content, view, file_of(written))
        else:
            await put(content, None)
