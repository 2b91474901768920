"""The messages of one exchange: the response that was deferred, or a new one under a button, or the channel in the end.

Whatever becomes of the interaction (its token spent, its message deleted or too old), the reply finds a place.
"""

import time
from typing import Any

import discord

from bots.discord import posting
from bots.discord.trouble import LOST, REPLACE, SPENT, code, note
from core import faults

_LIFE = 15 * 60 - 20.0
"""Seconds for which a token is counted on, by our own watch: its life less a margin."""
_GUEST = 5
"""Messages in one exchange where the app was installed by the user alone."""
_MEMBER = 10


class Page:
    """Where a turn's reply stands. `deferred` is the id of the empty message that Discord shows meanwhile, if any.

    `draw`, `sketch` and `add` raise what Discord answers if there is no way left; the others never fail.
    """

    def __init__(self, interaction: discord.Interaction, *, private: bool, deferred: int | None = None) -> None:
        self.private = private
        self.messages: list[str] = []
        """The ids of the messages that stand now."""
        self.settled = False
        """Whether the first message reads as it is to stay."""
        self._interaction = interaction
        self._original = deferred is not None
        self._first = deferred or None
        self._spent = False
        self._ends = time.monotonic() + _LIFE

    @property
    def first(self) -> int:
        """The id of the first message; 0 if there is none, or it is not known."""
        return self._first or 0

    @property
    def most(self) -> int:
        """How many messages a reply may have."""
        asked = self._interaction
        return _GUEST if asked.is_user_integration() and not asked.is_guild_integration() else _MEMBER

    def late(self) -> None:
        """Say that Discord no longer waits for an answer."""
        self._spent, self._original, self._first = True, False, None

    async def sketch(self, content: str, view: discord.ui.View | None) -> None:
        """Write the first message for now. Nothing where the interaction is spent: only what is final is worth that."""
        await self._written(content, view, None)

    async def draw(self, content: str, view: discord.ui.View | None, file: discord.File | None = None) -> None:
        """Write the first message, or write it anew."""
        if not await self._written(content, view, file):
            await self._in_channel(content, view, file, instead=True)
        self.settled = True

    async def add(self, content: str, view: discord.ui.View | None, file: discord.File | None = None) -> None:
        """Write one more message."""
        if self._usable():
            try:
                return await self._write_more(content, view, file)
            except discord.HTTPException as error:
                self._only_spent(error)
        return await self._in_channel(content, view, file, instead=False)

    async def whisper(self, content: str, view: discord.ui.View | None = None) -> None:
        """Tell the person alone, if that is still possible."""
        if not self._usable():
            return
        try:
            if self.private and self._original:
                await self._write(content, view, None)
            else:
                await self._follow_up(content, view, None, private=True)
        except LOST as error:
            note(error)

    async def withdraw(self) -> None:
        """Take away what everybody sees of this exchange."""
        if self._first is None and not self._original:
            return
        try:
            if not self._usable():
                await self._clear_away()
            elif self._original:
                await self._interaction.delete_original_response()
            elif self._first is not None:
                await self._interaction.followup.delete_message(self._first)
        except LOST as error:
            note(error)
        self._original, self._first, self.messages = False, None, []

    def _usable(self) -> bool:
        return not self._spent and time.monotonic() < self._ends

    def _only_spent(self, error: discord.HTTPException) -> None:
        """Go on without the interaction if it is spent; any other answer is raised."""
        note(error)
        if code(error) not in SPENT:
            raise error
        self._spent = True

    async def _written(self, content: str, view: discord.ui.View | None, file: discord.File | None) -> bool:
        """Write through the interaction. False if it is spent."""
        if not self._usable():
            return False
        try:
            await self._write_somehow(content, view, file)
        except discord.HTTPException as error:
            self._only_spent(error)
            return False
        return True

    async def _write_somehow(self, content: str, view: discord.ui.View | None, file: discord.File | None) -> None:
        """Write, and once more as a new message if the old one is gone or too old."""
        try:
            await self._write(content, view, file)
        except discord.HTTPException as error:
            if code(error) not in REPLACE:
                raise
            note(error)
            self._original, self._first = False, None
            await self._write(content, view, file)

    async def _write_more(self, content: str, view: discord.ui.View | None, file: discord.File | None) -> None:
        faults.hit("before_post")
        message = await self._follow_up(content, view, file, private=self.private)
        faults.hit("after_post")
        self.messages.append(str(message.id))

    async def _write(self, content: str, view: discord.ui.View | None, file: discord.File | None) -> None:
        files = [file] if file else []
        faults.hit("before_post")
        if self._original:
            edit = self._interaction.edit_original_response
            message: discord.Message = await edit(content=content, view=view, attachments=files)
        elif self._first is not None:
            edit_message = self._interaction.followup.edit_message
            message = await edit_message(self._first, content=content, view=view, attachments=files)
        else:
            message = await self._follow_up(content, view, file, private=self.private)
        faults.hit("after_post")
        self._first, self.messages = message.id, [str(message.id)]

    async def _follow_up(
        self, content: str, view: discord.ui.View | None, file: discord.File | None, *, private: bool
    ) -> discord.WebhookMessage:
        extras: dict[str, Any] = {"view": view, "file": file}
        given = {key: value for key, value in extras.items() if value is not None}
        send: Any = self._interaction.followup.send
        message: discord.WebhookMessage = await send(
            content, wait=True, ephemeral=private, suppress_embeds=True, **given
        )
        return message

    async def _in_channel(
        self, content: str, view: discord.ui.View | None, file: discord.File | None, *, instead: bool
    ) -> None:
        """Post as the bot, `instead` of the message that can no longer be reached. Nothing if it was private."""
        if self.private:
            return
        asked = self._interaction
        message = await posting.say(asked.client, asked.channel_id or 0, content, view=view, file=file)
        if instead:
            await self._clear_away()
            self.messages = []
        self.messages.append(str(message.id))

    async def _clear_away(self) -> None:
        """Remove the unfinished message as the bot's own; it may be gone or out of reach."""
        unfinished, self._first, self._original = self._first, None, False
        if unfinished is None or self.private:
            return
        channel = self._interaction.client.get_partial_messageable(self._interaction.channel_id or 0)
        try:
            await channel.get_partial_message(unfinished).delete()
        except LOST as error:
            note(error)
