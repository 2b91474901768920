"""Which exchange a post of the application came of, as far as that can be told."""

from collections import defaultdict

from tests.loopback.slack.exchange import Exchange
from tests.loopback.slack.message import Message
from tests.loopback.slack.world import Channel

MOST = 30
"""Posts after which an exchange takes no more."""


class Attention:
    """The exchanges that still look for what comes of them."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._live: dict[Channel | None, list[Exchange]] = defaultdict(list)
        self._watching: dict[Message, list[Exchange]] = defaultdict(list)

    def begin(self, exchange: Exchange) -> Exchange:
        """A person has done something. What was done in the same place and is over takes no more posts."""
        self._live[exchange.channel] = [each for each in self._live[exchange.channel] if not _over(each)]
        self._live[exchange.channel].append(exchange)
        self.exchanges.append(exchange)
        return exchange

    def at_work_in(self, channel: Channel, thread_ts: str | None) -> list[Exchange]:
        """The exchanges that something done there may have come of."""
        places = self._live if channel.kind == "im" else (None, channel)
        mine = [each for place in places for each in self._live.get(place, ())]
        return [each for each in mine if each.concerns(channel, thread_ts)]

    def posted(self, message: Message) -> None:
        """A new message of the application; one that certainly belongs to an exchange is that one's only."""
        if message in self._watching:
            self.touched(message)
            return
        for each in self.at_work_in(message.channel, message.thread_ts or message.ts):
            if message.only_for not in (None, each.user):
                continue
            found = each.shown if message.ephemeral else each.posted
            if len(found) < MOST:
                found.append(message)
                self._watching[message].append(each)
                if each.statuses and each.statuses[-1]:
                    each.statuses.append("")
                each.touch()

    def belongs(self, message: Message, exchange: Exchange) -> None:
        """A message is certainly of an exchange."""
        found = exchange.shown if message.ephemeral else exchange.posted
        if message not in found:
            found.append(message)
            self._watching[message].append(exchange)

    def changed(self, message: Message) -> None:
        """An earlier message was edited or deleted."""
        watching = self._watching[message]
        for each in self.at_work_in(message.channel, message.thread_ts or message.ts):
            if message.only_for in (None, each.user) and each not in watching:
                each.changed.append(message)
                watching.append(each)
        self.touched(message)

    def touched(self, message: Message) -> None:
        """Something in a message is new: those who wait for it look again."""
        for each in self._watching.get(message, ()):
            each.touch()


def _over(exchange: Exchange) -> bool:
    acked = not exchange.deliveries or exchange.deliveries[0].acked_at is not None
    return acked and (exchange.completed or len(exchange.posted) >= MOST)
