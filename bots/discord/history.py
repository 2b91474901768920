"""What we ourselves said in a channel since some moment, to know again what stands there already."""

import datetime as dt
from collections.abc import Collection

import discord

from bots.discord import trouble

_MARGIN = dt.timedelta(minutes=2)
"""How far our clock and Discord's may be apart."""
_MOST = 1000
"""Messages that are read of a channel, a hundred at a time."""


class History:
    """Our messages in one channel, oldest first. Each of them is found once."""

    def __init__(self, messages: Collection[discord.Message]) -> None:
        self._messages = {str(each.id): each for each in messages}

    @classmethod
    async def read(cls, client: discord.Client, channel_id: int, since: dt.datetime) -> "History":
        """What stands in a channel; nothing where we may not look. Raises what else Discord answers."""
        since = since if since.tzinfo else since.replace(tzinfo=dt.UTC)  # SQLite keeps no zone
        channel, own = client.get_partial_messageable(channel_id), client.user
        try:
            found = channel.history(limit=_MOST, after=since - _MARGIN, oldest_first=True)
            return cls([each async for each in found if own is not None and each.author.id == own.id])
        except discord.Forbidden as error:
            trouble.note(error)
            return cls(())

    @property
    def ids(self) -> list[str]:
        """The ids of what was not found yet."""
        return list(self._messages)

    def forget(self, ids: Collection[str]) -> None:
        """Leave out messages of which it is known what they show."""
        for each in ids:
            self._messages.pop(each, None)

    def answers(self, interaction_id: str) -> list[discord.Message]:
        """The messages that answer an interaction."""
        found = [each for each in self._messages.values() if _interaction(each) == interaction_id]
        self.forget([str(each.id) for each in found])
        return found

    def take(self, content: str) -> str:
        """The id of the first message that reads like this and answers no interaction; empty if there is none."""
        for key, each in self._messages.items():
            if each.content == content and not _interaction(each):
                del self._messages[key]
                return key
        return ""


def _interaction(message: discord.Message) -> str:
    return str(message.interaction_metadata.id) if message.interaction_metadata else ""
