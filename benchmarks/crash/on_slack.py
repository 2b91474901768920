"""Slack, to be killed on."""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.crash.record import Post, Record
from benchmarks.crash.stage import LONG, Event, compared, line
from bots import sentences
from bots.slack import layout
from tests.loopback.slack import Channel, Exchange, LoopbackSlack, Message
from tests.loopback.slack.message import texts_of

CHANNELS = 6
"""More than elsewhere, since Slack takes one message a second in each."""
_PATIENCE = 120.0


class OnSlack:
    """A workspace with a few channels, one for alerts, and people who use commands, mentions and buttons."""

    def __init__(self, slack: LoopbackSlack, *, channels: int = CHANNELS) -> None:
        self._slack = slack
        self._owner = slack.user("olga", admin=True)
        self._people = [slack.user(name) for name in ("ana", "ben", "cleo")]
        everybody = (self._owner, *self._people)
        self._channels = [slack.channel(f"tales-{number}", *everybody) for number in range(channels)]
        self._desk = slack.channel("desk", *everybody)

    @property
    def connections(self) -> int:
        """Socket Mode connections that were opened."""
        return self._slack.link.opened

    async def connected(self, before: int) -> None:
        """Wait for the next one."""
        await self._slack.until(lambda: self.connections > before, _PATIENCE, "a connection")

    @property
    def environment(self) -> Mapping[str, str]:
        """The bot's settings."""
        slack = self._slack
        return {
            "SLACK_APP_TOKEN": slack.app_token,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_API_BASE": slack.api_base,
        }

    async def prepare(self) -> None:
        """The desk, and the stories."""
        asked = await self._slack.command(self._owner, self._desk, f"setup teen | | | | {self._desk.id}")
        await asked.says("This holds from now on", _PATIENCE)
        for number, channel in enumerate(self._channels):
            await (await self._slack.command(self._owner, channel, f"start Tale {number}")).says("Tale", _PATIENCE)

    async def act(self, wish: str, number: int, draw: random.Random) -> None:
        """A command, a mention below a story's head, or a press of a button."""
        who, where = draw.choice(self._people), draw.choice(self._channels)
        text = line(number, draw)
        match wish:
            case "add":
                said = f"add {text}"
            case "long add":
                said = f"add {text} {LONG}"[:1995]
            case "report":
                said = f"report reason {number} of mine"
            case "press" if (found := self._button(where, draw)) is not None:
                return await self._over(await self._slack.click(who, *found))
            case _:
                said = "continue" if wish == "press" else wish
        head = next((each for each in reversed(where.messages) if each.by_app), None)
        if head is not None and draw.random() < 0.3:
            return await self._over(await self._slack.mention(who, where, said, thread=head))
        return await self._over(await self._slack.command(who, where, said))

    async def _over(self, asked: Exchange) -> None:
        await asked.done(_PATIENCE)

    def _button(self, where: Channel, draw: random.Random) -> tuple[Message, str] | None:
        label = draw.choice((sentences.CONTINUE, sentences.UNDO))
        return next(((each, label) for each in reversed(where.everything) if label in each.labels), None)

    def differences(self, record: Record) -> Sequence[str]:
        """Channel by channel; what is told is told below a head, so that order is by time alone."""
        found = list[str]()
        for channel in self._channels:
            posts = [each for each in record.posts if each.channel == channel.id]
            told = [text for each in posts for text in _texts(each)]
            shown = sorted((each for each in channel.everything if _counts(each)), key=lambda each: each.ts)
            found += compared(channel.name, [_text(each) for each in shown], told)
        return found + self._alerts(record)

    def trace(self) -> Sequence[Event]:
        """Each attempt of a delivery, and each request."""
        told = [
            Event(attempt.at, f"told {each} {_short(each.payload)}")
            for each in self._slack.deliveries
            for attempt in each.attempts
        ]
        asked = [
            Event(each.at, f"asked {each.method} {each.status} {each.error} {_short(each.body)}")
            for each in self._slack.requests
        ]
        return [*told, *asked]

    def standing(self) -> Sequence[str]:
        """Channel by channel, in the order of time."""
        return [
            f"{channel.name} {each.ts} below {each.thread_ts} {each.metadata} {each.text[:90]!r}"
            for channel in self._channels
            for each in sorted(channel.everything, key=lambda each: each.ts)
        ]

    def _alerts(self, record: Record) -> list[str]:
        texts = [each.text for each in self._desk.everything if each.by_app]
        found = list[str]()
        for reason in record.reports:
            times = sum(reason in text for text in texts)
            if times != 1:
                found.append(f"{'doubled' if times else 'lost'}: an alert to moderators: {reason!r}")
        return found


def _texts(post: Post) -> Sequence[str]:
    return ["\n".join(texts_of(list(each.blocks))) for each in layout.sheets(post.blocks, "en").messages]


def _text(message: Message) -> str:
    late = "\n".join(texts_of(list(layout.notice(sentences.TOLD_LATE).blocks)))
    return message.text.removeprefix(f"{late}\n")


def _counts(message: Message) -> bool:
    """Whether it stands for good. What is still being written has a Stop button."""
    return message.by_app and sentences.STOP not in message.labels and sentences.STOPPED not in message.text


def _short(body: Mapping[str, Any]) -> str:
    """What can be told of a request or a delivery without its layout."""
    return json.dumps({key: each for key, each in body.items() if key != "blocks"}, default=str, ensure_ascii=False)
