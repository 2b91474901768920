"""One request, acknowledged already, to the last message of its reply."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bots import sentences
from bots.line import Ticket
from bots.reception import Work
from bots.sentences import speak
from bots.slack import layout, outbox, trouble, withdrawing
from bots.slack.client import Client
from bots.slack.controls import appeal_buttons, aside, buttons, opens, stop_button
from bots.slack.hint import Hint
from bots.slack.layout import Sheet, Sheets
from bots.slack.people import Person
from bots.slack.posting import Spot, respond
from bots.slack.reception import Reception
from bots.slack.stream import Stream
from bots.slack.trouble import LOST
from bots.slack.turns import NOTHING, PLATFORM, Asked, Pointed, turn
from core import observation, release
from core.errors import StoreError, StoryError, Withheld
from core.operation import OPERATIONS
from core.place import Place, Turn
from core.release import Door
from core.reply import Alert, Reply
from core.writing import Watch

_SHOWN_AS_WRITTEN = frozenset({"continue", "retry"})
"""Operations whose text is shown while it is written. Others may throw away what the storyteller wrote."""
_OPENING = frozenset({"start", "resume"})
_MOST = 3
"""Messages of a private reply; a response_url takes five."""


def private(name: str) -> bool:
    """Whether the reply to an operation is for whoever asked alone, as far as is known before."""
    return OPERATIONS[name].private


class Exchange:
    """One request and what is said back."""

    def __init__(self, reception: Reception, asked: Asked) -> None:
        self.reception = reception
        self.asked = asked
        self.locale = "en"
        """Of what the person alone reads."""
        self.here = "en"
        """Of what everybody reads."""
        self.refusing: Callable[[str, list[dict[str, Any]] | None], Awaitable[None]] | None = None
        """How a refusal is said, if not privately: the sentence, and the ways on if moderation kept the text."""
        self._whispers = 0
        self._ticket: Ticket | None = None
        """When its reply may be shown."""
        self._hinted = False
        """The next private message replaces one that said that it was on its way."""

    @observation.stage("exchange", told=lambda *_, **__: {"platform": PLATFORM})
    async def perform(
        self, name: str, arguments: Mapping[str, str], pointed: Pointed = NOTHING, *, place: Place | None = None
    ) -> None:
        """Perform a turn, show it while it is written, and what comes of it. Never raises `StoryError`."""
        try:
            asking = await self._turn(name, pointed, place)
            with release.to(asking.place):
                if name in _OPENING:
                    async with self.reception.heads.opening(asking.place):
                        await self._performed(name, asking, arguments)
                else:
                    await self._performed(name, asking, arguments)
        except StoryError as error:
            await self.refuse(error.notice, error)
            if isinstance(error, Withheld) and error.alert is not None:
                await outbox.alert(self.reception, self.asked.client, error.alert)
        finally:
            if self._ticket is not None:
                self._ticket.leave()

    async def refuse(self, sentence: str, error: StoryError | None = None) -> None:
        """Say that nothing comes of it, and why: where it was asked for in a form, in that form.

        Where a text was kept back, the ways on come with it.
        """
        ways = None
        if isinstance(error, Withheld):
            ways = [] if error.appeal is None else appeal_buttons(error.appeal, self.locale)
        if self.refusing is None:
            await self.whisper(layout.notice(sentence), ways or ())
        else:
            await self.refusing(sentence, ways)

    async def person(self) -> Person:
        """Who asks; from then on we speak their language."""
        asked = self.asked
        who = await self.reception.people.person(
            asked.client, asked.workspace, asked.user, fallback=asked.user_name, home=asked.home
        )
        self.locale = who.locale
        self.here = await self.reception.language(asked.workspace) or who.locale
        return who

    async def _turn(self, name: str, pointed: Pointed, place: Place | None) -> Turn:
        who = await self.person()
        where = place or await self.reception.heads.place(self.asked, begins=name == "start")
        return turn(self.asked, where, who, pointed)

    async def _performed(self, name: str, asking: Turn, arguments: Mapping[str, str]) -> None:
        if private(name):
            reply = await self._told(name, asking, arguments)
            if reply is not None:
                await self._whispered(reply, asking)
            return
        spot = await self._spot(name, asking.place)
        stream = self._stream(spot, name, asking)
        task = asyncio.create_task(self._in_line(name, asking, arguments, stream.watch))
        await self._followed(task, stream, spot, asking)

    async def _in_line(self, name: str, asking: Turn, arguments: Mapping[str, str], watch: Watch) -> Reply:
        line = self.reception.line
        try:
            reply = await self.reception.storyteller.perform(name, asking, arguments, watch=watch)
        except asyncio.CancelledError:  # it may be whole all the same
            self._ticket = line.ticket(asking.place)
            raise
        self._ticket = line.behind(reply, asking.place)
        return reply

    async def _followed(self, task: "asyncio.Task[Reply]", stream: Stream, spot: Spot, asking: Turn) -> None:
        """Show a turn while it is written, and what comes of it."""
        try:
            with self.reception.working(Work(asking, task)):
                async with stream:
                    reply = await task
        except StoryError:
            await stream.withdraw()
            raise
        except asyncio.CancelledError:
            if (own := asyncio.current_task()) is not None and own.cancelling():
                raise
            found = await self.reception.storyteller.replied(asking)
            if found is None:
                await stream.marked(layout.notice(speak(sentences.STOPPED, self.here)))
                return
            reply = replace(found, again=False)
        if reply.private:
            await stream.withdraw()
            await self._whispered(reply, asking)
        elif not reply.again:  # else it was shown when it was new, or will be at the next start
            await self._shown(stream, spot, reply, asking)

    async def _told(self, name: str, asking: Turn, arguments: Mapping[str, str]) -> Reply | None:
        """Perform what is answered privately."""
        hint = Hint(self.asked, self.locale, self._door)
        task = asyncio.create_task(self._in_line(name, asking, arguments, hint.watch))
        try:
            with self.reception.working(Work(asking, task)):
                async with hint:
                    return await task
        except asyncio.CancelledError:
            if (own := asyncio.current_task()) is not None and own.cancelling():
                raise
            self._hinted = hint.stands
            await self.whisper(layout.notice(speak(sentences.STOPPING, self.locale)))
            return None
        finally:
            self._hinted = hint.stands

    def _stream(self, spot: Spot, name: str, asking: Turn) -> Stream:
        team = self.asked.user_team or self.asked.workspace.rpartition(":")[2]
        return Stream(
            spot,
            recipient=(self.asked.user, team),
            locale=self.here,
            text=name in _SHOWN_AS_WRITTEN,
            stop=stop_button(asking.id, self.here),
            on_stop=lambda: self._stop(asking.id),
            first=lambda: self.reception.line.reached(asking.place, lambda: self._ticket),
        )

    def _stop(self, turn_id: str) -> None:
        work = self.reception.work(turn_id)
        if work is not None:
            work.task.cancel()

    async def _spot(self, name: str, place: Place) -> Spot:
        """Where a public reply goes: below the story's head, or into the channel if it is a head itself, or if an
        admin wants it there.
        """
        if name not in _OPENING:
            below = place.thread or await self.reception.threads(place.workspace)
            return self.spot(await self.reception.heads.head(place) if below else "")
        return self.spot(self.asked.thread if place.thread or name == "resume" else "")

    def spot(self, thread: str = "") -> Spot:
        """A thread in the channel, or the channel."""
        asked = self.asked
        return Spot(asked.client, self.reception.budget, asked.workspace, asked.channel, thread, asked.id)

    async def _shown(self, stream: Stream, spot: Spot, reply: Reply, asking: Turn) -> None:
        """Show a reply for good. What cannot be shown stays in the outbox, and the person is told."""
        sheets = layout.sheets(reply.blocks, self.here).under(buttons(reply, self.here))
        try:
            async with self._ticket or contextlib.nullcontext():
                if not await self.reception.may_show(reply):
                    return  # what stands of it by now, the other process goes on with
                with release.to(asking.place, vouched=reply.vouched):
                    ids = await self._settled(stream, spot, sheets, reply)
                if opens(reply) or not (spot.thread or await self.reception.heads.known(asking.place)):
                    await self.reception.heads.begun(asking.place, spot.thread or ids[0])
        except (*LOST, StoreError) as error:
            if not await self._shown_otherwise(error, sheets):
                return
            ids = []
        await self.delivered(reply, ids)
        await self._alerted(reply, asking)

    async def _settled(self, stream: Stream, spot: Spot, sheets: Sheets, reply: Reply) -> list[str]:
        try:
            below = await outbox.told_before(self.reception, reply) if stream.stands else ""
            return await stream.settle(sheets, below=below)
        except LOST as error:
            if trouble.code(error) not in trouble.NO_THREAD or not spot.thread:
                raise
            trouble.note(error)
        return await self._below_a_new_head(spot, sheets)

    async def _below_a_new_head(self, spot: Spot, sheets: Sheets) -> list[str]:
        """What began the thread was deleted: the story goes on in the channel, with this as its head.

        Nobody is told anything in this place meanwhile (see `bots.line`), so nobody else makes a head.
        """
        channel, heads = self.asked.place(""), self.reception.heads
        if (head := await heads.known(channel)) != spot.thread:  # somebody was faster
            return await replace(spot, thread=head).all(sheets)
        ids = await replace(spot, thread="").all(sheets)
        await heads.begun(channel, ids[0])
        return ids

    async def _shown_otherwise(self, error: BaseException, sheets: Sheets) -> bool:
        """Say what is wrong. Where the bot is no member, the reply is still told by the response_url."""
        sentence = layout.notice(trouble.sentence(error, self.locale, self.reception.name))
        shown = False
        if trouble.code(error) in trouble.NOT_HERE and self.asked.response_url:
            try:
                for sheet in sheets.messages[:_MOST]:
                    await respond(
                        self._door, self.asked.response_url, sheet, response_type="in_channel", replace_original=False
                    )
                shown = True
            except LOST as lost:
                trouble.note(lost)
        await self.whisper(sentence)
        return shown

    async def _whispered(self, reply: Reply, asking: Turn) -> None:
        sheets = layout.sheets(reply.blocks, self.locale, most=_MOST).under(aside(reply, self.locale))
        with release.to(asking.place, vouched=reply.vouched):
            for sheet in sheets.messages:
                await self.whisper(sheet)
            if sheets.file:
                await self._file(sheets.file)
            if reply.file:
                await self._file(reply.file.text, reply.file.name)
        await self.delivered(reply, [])
        if reply.posted is not None:
            async with self._ticket or contextlib.nullcontext():
                await outbox.post(self.reception, self.asked.client, reply.posted)
        if reply.withdraws is not None:
            account = await withdrawing.carry_out(self.reception, self._speaker, reply.withdraws)
            await self.whisper(layout.notice(account.told(self.locale, withdrawing.link)))
        await self._alerted(reply, asking)
        if private_setting(reply):
            self.reception.forget_language(self.asked.workspace)

    async def whisper(self, sheet: Sheet, more: Sequence[dict[str, Any]] = ()) -> None:
        """Tell the person alone, in whichever way is left. Never raises what Slack answers."""
        asked, sheet = self.asked, sheet.under(more)
        hinted, self._hinted = self._hinted, False
        ways: list[Callable[[], Awaitable[object]]] = [lambda: self._direct(sheet)]
        if asked.channel and not asked.direct:
            ways.insert(0, lambda: self.spot(asked.thread).whisper(asked.user, sheet))
        if asked.response_url:
            by_url: Callable[[], Awaitable[object]] = lambda: respond(  # noqa: E731
                self._door, asked.response_url, sheet, replace_original=hinted
            )
            ways.insert(1 if asked.thread and len(ways) > 1 and not hinted else 0, by_url)
        for way in ways:
            try:
                await way()
            except LOST as error:
                trouble.note(error)
            else:
                return

    async def _direct(self, sheet: Sheet) -> None:
        asked = self.asked
        where, thread = (asked.channel, asked.thread) if asked.direct else (asked.user, "")
        self._whispers += 1
        await replace(self.spot(thread), channel=where).post(sheet, f"whisper {self._whispers}")

    async def _file(self, text: str, name: str = "story.md") -> None:
        """Send a long private reply to the person's own conversation with the bot."""
        try:
            opened = await self.asked.client.conversations_open(users=self.asked.user)
            spot = replace(self.spot(), channel=str(opened["channel"]["id"]))
            await spot.file(text, name)
        except LOST as error:
            trouble.note(error)

    async def delivered(self, reply: Reply, messages: Sequence[str]) -> None:
        """Note that the reply has been seen; if that fails, it is shown once more at the next start."""
        try:
            await self.reception.storyteller.delivery.delivered(reply, messages)
        except StoreError as error:
            trouble.note(error)

    async def _alerted(self, reply: Reply, asking: Turn) -> None:
        if reply.alert and reply.post is not None:
            told = Alert(asking.place, reply.post, reply.alert, asking.source, dt.datetime.now(dt.UTC))
            await outbox.alert(self.reception, self.asked.client, told)

    async def _speaker(self, _workspace: str) -> Client:
        return self.asked.client

    @property
    def _door(self) -> Door:
        return self.reception.storyteller.door


def private_setting(reply: Reply) -> bool:
    """Whether a private reply may have changed what everybody reads."""
    return reply.private and reply.post is not None


async def carefully(exchange: Exchange, do: Callable[[], Awaitable[object]]) -> None:
    """Do what was asked for. A mistake of ours becomes a private sentence with a number."""
    try:
        await do()
    except StoryError as error:
        await exchange.refuse(error.notice)
    except Exception as error:  # the border: whatever it is, nobody is left waiting
        await exchange.refuse(trouble.mistake(error, exchange.locale))
