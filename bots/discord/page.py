"""The messages of one exchange: the response that was deferred, or a new one under a button, or the channel in the end.

Whatever becomes of the interaction (its token spent, its message deleted or too old), the reply finds a place.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import discord

from bots.discord import posting
from bots.discord.trouble import LOST, REPLACE, SPENT, Code, code, note

_MARGIN = 20.0
"""Seconds before the end of a token's life from which on it is no longer counted on."""
_FOLLOW_UPS = 5
"""Follow-ups to an interaction where the app is installed by the user alone."""


class Page:
    """Where a turn's reply stands. `deferred` says that Discord shows an empty message which is to be filled."""

    def __init__(self, interaction: discord.Interaction, *, private: bool, deferred: bool) -> None:
        self.private = private
        self.messages: list[str] = []
        """The ids of the messages that stand now."""
        self._interaction = interaction
        self._deferred = deferred
        self._original = deferred
        self._first: int | None = None
        self._spent = False

    @property
    def most(self) -> int:
        """How many messages a reply may have."""
        return _FOLLOW_UPS if self.guest else 10

    @property
    def guest(self) -> bool:
        """The app was brought here by a user alone, so that it can write through the interaction only."""
        asked = self._interaction
        return asked.is_user_integration() and not asked.is_guild_integration()

    def late(self) -> None:
        """Say that Discord no longer waits for an answer."""
        self._spent, self._deferred, self._original = True, False, False

    async def draw(self, content: str, view: discord.ui.View | None, file: discord.File | None = None) -> None:
        """Write the first message, or write it anew. Raises what Discord answers if there is no way."""
        if self._usable():
            try:
                return await self._draw(content, view, file)
            except discord.HTTPException as error:
                if code(error) in REPLACE:
                    self._deferred, self._first, self._original = False, None, False
                    return await self._draw(content, view, file)
                self._note_spent(error)
        await self._say(content, view, file, instead=True)

    async def add(self, content: str, view: discord.ui.View | None, file: discord.File | None = None) -> None:
        """Write one more message. Raises what Discord answers if there is no way."""
        if self._usable():
            try:
                message = await self._follow_up(content, view, file, private=self.private)
                self.messages.append(str(message.id))
                return
            except discord.HTTPException as error:
                self._note_spent(error)
        await self._say(content, view, file, instead=False)

    async def whisper(self, content: str) -> None:
        """Tell the person alone. Says nothing where that is no longer possible, and never fails."""
        try:
            if not self._usable():
                return
            if self.private and self._original and not self.messages:
                await self._draw(content, None, None)
            else:
                await self._follow_up(content, None, None, private=True)
        except LOST as error:
            note(error)

    async def withdraw(self) -> None:
        """Take away what everybody sees of this exchange. Never fails."""
        if not (self._original or self._first):
            return
        try:
            if self._original and self._usable():
                await self._interaction.delete_original_response()
            elif self._first and self._usable():
                await self._interaction.followup.delete_message(self._first)
        except LOST as error:
            note(error)
        self._deferred, self._original, self._first, self.messages = False, False, None, []

    def _usable(self) -> bool:
        life = (self._interaction.expires_at - discord.utils.utcnow()).total_seconds()
        return not self._spent and life > _MARGIN

    def _note_spent(self, error: discord.HTTPException) -> None:
        if code(error) not in SPENT:
            raise error
        note(error)
        self._spent = True

    async def _draw(self, content: str, view: discord.ui.View | None, file: discord.File | None) -> None:
        files = [file] if file else []
        if self._original:
            message: discord.Message = await self._interaction.edit_original_response(
                content=content, view=view, attachments=files
            )
        elif self._first is not None:
            message = await self._interaction.followup.edit_message(
                self._first, content=content, view=view, attachments=files
            )
        else:
            message = await self._follow_up(content, view, file, private=self.private)
        self._first = message.id
        self.messages = [str(message.id)]

    async def _follow_up(
        self, content: str, view: discord.ui.View | None, file: discord.File | None, *, private: bool
    ) -> discord.WebhookMessage:
        extras: dict[str, Any] = {"view": view, "file": file}
        given = {key: value for key, value in extras.items() if value is not None}
        return await self._interaction.followup.send(  # type: ignore[no-any-return]
            content, wait=True, ephemeral=private, suppress_embeds=True, **given
        )

    async def _say(
        self, content: str, view: discord.ui.View | None, file: discord.File | None, *, instead: bool
    ) -> None:
        """Post in the channel, `instead` of the message that can no longer be reached. Nothing if it was private."""
        if self.private:
            return
        asked = self._interaction
        message = await posting.say(asked.client, asked.channel_id or 0, content, view=view, file=file)
        if instead:
            await self._clear_away()
            self._first, self.messages = message.id, []
        self.messages.append(str(message.id))

    async def _clear_away(self) -> None:
        """Remove the unfinished message, as the bot's own; it may be gone, or out of reach."""
        if self._unfinished is None:
            return
        channel = self._interaction.client.get_partial_messageable(self._interaction.channel_id or 0)
        try:
            await channel.get_partial_message(self._unfinished).delete()
        except LOST as error:
            note(error)
        self._original = False

    @property
    def _unfinished(self) -> int | None:
        return self._first


async def attempt(request: Callable[[], Awaitable[object]]) -> BaseException | None:
    """Make a request; return what went wrong, None if nothing did."""
    try:
        await request()
    except (*LOST, asyncio.CancelledError) as error:
        if isinstance(error, asyncio.CancelledError):
            raise
        return error
    return None


def follow_ups_spent(error: BaseException) -> bool:
    """Whether Discord takes no more follow-ups to this interaction."""
    return code(error) == Code.FOLLOW_UPS_SPENT
