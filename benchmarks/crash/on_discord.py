"""Discord, to be killed on."""

import random
from collections.abc import Mapping, Sequence

from benchmarks.crash.record import Post, Record
from benchmarks.crash.stage import CHANNELS, LONG, Event, compared, line
from bots import sentences
from bots.discord import layout
from tests.loopback.discord import Channel, Exchange, LoopbackDiscord, Message

_PATIENCE = 120.0
_LATE = f"-# {sentences.TOLD_LATE}"
_UNFINISHED = tuple(f"-# {each}" for each in (*sentences.STAGES.values(), sentences.STOPPED))


class OnDiscord:
    """A server with a few channels, one for alerts, and people who use commands and buttons."""

    def __init__(self, discord: LoopbackDiscord) -> None:
        self._discord = discord
        self._owner = discord.user("olga")
        self._guild = guild = discord.guild("Harrow", owner=self._owner)
        self._people = [discord.user(name) for name in ("ana", "ben", "cleo")]
        for each in self._people:
            guild.join(each)
        self._channels = [guild.text_channel(f"tales-{number}") for number in range(CHANNELS)]
        self._desk = guild.text_channel("desk")

    @property
    def connections(self) -> int:
        """IDENTIFYs."""
        return len(self._discord.gateway.identifies)

    async def connected(self, before: int) -> None:
        """Wait for the next one."""
        await self._discord.until(lambda: self.connections > before, _PATIENCE, "a connection")
        await self._discord.ready(_PATIENCE)

    @property
    def environment(self) -> Mapping[str, str]:
        """The bot's settings."""
        discord = self._discord
        return {
            "DISCORD_TOKEN": discord.token,
            "DISCORD_API_BASE": discord.api_base,
            "DISCORD_GATEWAY_URL": discord.gateway_url,
        }

    async def prepare(self) -> None:
        """The desk, and the stories."""
        await self._discord.registered("story")
        while not await self._desk_is_set():
            self._desk = self._guild.text_channel("desk")  # one id in ten looks like the number of a card
        for number, channel in enumerate(self._channels):
            title = f"Tale {number}"
            await (await self._discord.slash(self._owner, channel, "story start", title=title)).says(title, _PATIENCE)

    async def _desk_is_set(self) -> bool:
        asked = await self._discord.slash(self._owner, self._desk, "story setup", alerts=self._desk)
        await asked.until(lambda x: bool(x.text), _PATIENCE)
        return "This holds from now on" in asked.text

    async def act(self, wish: str, number: int, draw: random.Random) -> None:
        """A command, or a press of a button."""
        who, where = draw.choice(self._people), draw.choice(self._channels)
        text = line(number, draw)
        match wish:
            case "add":
                asked = await self._discord.slash(who, where, "story add", text=text)
            case "long add":
                asked = await self._discord.slash(who, where, "story add", text=f"{text} {LONG}"[:1995])
            case "press" if (found := self._button(where, draw)) is not None:
                asked = await self._discord.click(who, *found)
            case "report":
                asked = await self._discord.slash(who, where, "story report", reason=f"reason {number} of mine")
            case _:
                wish = "continue" if wish == "press" else wish
                asked = await self._discord.slash(who, where, f"story {wish}")
        await self._over(asked)

    async def _over(self, asked: Exchange) -> None:
        await asked.done(_PATIENCE)

    def _button(self, where: Channel, draw: random.Random) -> tuple[Message, str] | None:
        label = draw.choice(("Continue", "Undo"))
        return next(((each, label) for each in reversed(where.messages) if label in each.labels), None)

    def differences(self, record: Record) -> Sequence[str]:
        """Channel by channel."""
        found = list[str]()
        for channel in self._channels:
            posts = [each for each in record.posts if each.channel == str(channel.id)]
            told = [content for each in posts for content in _contents(each)]
            shown = [each for each in channel.messages if each.author is self._discord.bot]
            found += compared(channel.name, [each.content for each in shown if _counts(each, record)], told)
        return found + self._alerts(record)

    def trace(self) -> Sequence[Event]:
        """Each interaction, and each request."""
        told = [
            Event(each.sent_at, f"told {each.name} by {each.user.name} in {each.channel.id} {each.payload['id']}")
            for each in self._discord.exchanges
        ]
        asked = [
            Event(each.at, f"asked {each.method} {each.path} {each.status} {each.code} {each.body}")
            for each in self._discord.requests
        ]
        return [*told, *asked]

    def standing(self) -> Sequence[str]:
        """Channel by channel, from above."""
        return [
            f"{channel.name} {each.id} {each.interaction and each.interaction['id']} {each.content[:90]!r}"
            for channel in self._channels
            for each in channel.messages
        ]

    def _alerts(self, record: Record) -> list[str]:
        texts = [each.text for each in self._desk.messages]
        found = list[str]()
        for reason in record.reports:
            times = sum(reason in text for text in texts)
            if times != 1:
                found.append(f"{'doubled' if times else 'lost'}: an alert to moderators: {reason!r}")
        return found


def _contents(post: Post) -> Sequence[str]:
    return layout.sheets(post.blocks, "en").contents


def _counts(message: Message, record: Record) -> bool:
    """Whether it stands for good. What a turn showed that was never told says that it is unfinished."""
    if message.content == _LATE:
        return False
    asked = message.interaction
    if asked is None or asked["id"] in record.turns:
        return True
    return not (message.thinking or message.content.endswith(_UNFINISHED))
