"""What came of one thing that a person did: its acknowledgement, and all that the person could see then."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.loopback.pulse import Pulse
from tests.loopback.slack.message import Message, View
from tests.loopback.slack.rules import Json, Rules
from tests.loopback.slack.world import Channel, User


@dataclass
class Attempt:
    """One try to deliver: over the socket or by HTTP."""

    at: float
    number: int
    """0, or the number of the retry."""
    reason: str = ""
    """Why it is a retry: `timeout`, `http_error`."""
    status: int = 0
    """The HTTP status; 0 over the socket, or where no answer came."""
    acked_at: float | None = None


@dataclass(eq=False)
class Delivery:
    """Something that Slack tells the application."""

    kind: str
    """`slash_commands`, `interactive`, `events_api`."""
    form: str
    """What an ack may carry: `slash_commands`, `block_actions`, `view_submission`, `block_suggestion`, or nothing."""
    payload: Json
    exchange: "Exchange | None" = None
    forged: str = ""
    """`wrong`, `absent` or `old`: the signature that it is sent with."""
    attempts: list[Attempt] = field(default_factory=list)
    acked_at: float | None = None
    ack: Json = field(default_factory=dict)
    """What the acknowledgement carried."""
    tried: bool = False
    """The first attempt is acknowledged, refused or too late."""
    over: bool = False
    """It is acknowledged or given up."""
    retry: int = 0
    """The number of its first attempt."""
    lenient: bool = False
    """It may be refused."""
    sent: tuple[bytes, dict[str, str]] | None = None
    """The bytes and headers as they went out by HTTP, for replays."""

    def __repr__(self) -> str:
        name = self.payload.get("event", self.payload).get("type", self.kind)
        return f"<{name}: {len(self.attempts)} attempts, {'acked' if self.acked_at else 'not acked'}>"

    @property
    def status(self) -> int:
        """The last HTTP status."""
        return self.attempts[-1].status if self.attempts else 0


@dataclass
class Hook:
    """A response_url."""

    number: int
    exchange: "Exchange"
    ends: float
    uses: int = 0
    posted: Message | None = None
    """The last message that came through it; `replace_original` of a command replaces it."""


@dataclass(eq=False)
class Exchange:
    """What came of a command, a click, a mention, a message, a form. Wait with `done`, `says` and `until`.

    What came by its response_url, trigger_id or ack is certainly its own. Posts of the Web API name no cause: those
    in its channel (and thread) or to the person directly count as its own, until a later exchange begins there after
    this one was done.
    """

    name: str
    """E.g. `/story start The Lamp`, `button Undo`."""
    user: User
    channel: Channel | None
    thread_ts: str | None
    rules: Rules
    source: Message | View | None = None
    """The message or view whose button was used; the person's own message of a mention."""
    deliveries: list[Delivery] = field(default_factory=list)
    hook: Hook | None = None
    trigger_id: str = ""
    sent_at: float = field(default_factory=time.monotonic)
    posted: list[Message] = field(default_factory=list)
    shown: list[Message] = field(default_factory=list)
    view: View | None = None
    """The modal that was opened, pushed or updated, or the home tab that was published."""
    changed: list[Message] = field(default_factory=list)
    """Earlier messages that were edited or deleted in answer."""
    options: list[Json] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    """What assistant.threads.setStatus showed, in order."""
    errors: list[str] = field(default_factory=list)
    """Slack's words for what was refused in its channel or with its trigger_id and response_url."""
    silent: bool = False
    """The deadline passed: the person reads that the application did not respond."""
    pulse: Pulse = field(default_factory=Pulse)
    touched: float = 0.0

    @property
    def acked_after(self) -> float | None:
        """Seconds from sending until all its deliveries were acknowledged."""
        times = [each.acked_at for each in self.deliveries]
        known = [each for each in times if each is not None]
        return max(known) - self.sent_at if known and len(known) == len(times) else None

    @property
    def ack(self) -> Json:
        """What the (first) acknowledgement carried."""
        return self.deliveries[0].ack if self.deliveries else {}

    @property
    def status(self) -> int:
        """The HTTP status of the first delivery; 0 over the socket."""
        return self.deliveries[0].status if self.deliveries else 0

    @property
    def payload(self) -> Json:
        """What the application was sent first."""
        return self.deliveries[0].payload

    @property
    def messages(self) -> list[Message]:
        """The public messages that came of it and stand, oldest first."""
        return [each for each in self.posted if not each.deleted]

    @property
    def ephemeral(self) -> list[Message]:
        """The messages that only the person sees, and that stand."""
        return [each for each in self.shown if not each.deleted]

    @property
    def message(self) -> Message | None:
        """The first public message that came of it, or the one that it changed."""
        changed = [each for each in self.changed if not each.deleted]
        return next(iter([*self.messages, *changed]), None)

    @property
    def reply(self) -> Message:
        """`message`, or else the first ephemeral one, for those who know that there is one."""
        found = self.message or next(iter(self.ephemeral), None)
        assert found, f"no message yet: {self}"
        return found

    @property
    def said(self) -> Message:
        """The person's own message."""
        assert isinstance(self.source, Message), f"nothing was said: {self}"
        return self.source

    @property
    def opened(self) -> View:
        """`view`, for those who know that there is one."""
        assert self.view, f"no view yet: {self}"
        return self.view

    @property
    def text(self) -> str:
        """All that can be read in its messages, changed messages and ephemeral messages now."""
        found = [*self.messages, *(each for each in self.changed if not each.deleted), *self.ephemeral]
        return "\n".join(each.text for each in dict.fromkeys(found) if each.text)

    @property
    def answered(self) -> bool:
        """The person sees anything that came of it; a form that was sent has closed or says what is wrong."""
        seen = self.posted or self.shown or self.view or self.changed or self.options
        submitted = any(each.form == "view_submission" and each.acked_at is not None for each in self.deliveries)
        return bool(seen) or submitted

    @property
    def completed(self) -> bool:
        """It is acknowledged, answered, and nothing of it streams or says that it is thinking."""
        acked = all(each.acked_at is not None for each in self.deliveries)
        thinking = bool(self.statuses and self.statuses[-1])
        return acked and self.answered and not thinking and not any(each.streaming for each in self.posted)

    def __repr__(self) -> str:
        return f"{self.name} (acked: {self.acked_after}, refused: {self.errors}, now: {self.text[:200]!r})"

    async def acked(self) -> "Exchange":
        """Wait until every delivery was tried once: acknowledged, refused, or its deadline passed."""
        seconds = self.rules.ack_deadline + 10
        tried = lambda: all(each.tried for each in self.deliveries)  # noqa: E731
        await self.pulse.until(tried, seconds, lambda: f"an acknowledgement of {self}")
        return self

    async def done(self, seconds: float = 10.0, *, quiet: float = 0.0) -> "Exchange":
        """Wait until it is completed: acknowledged, answered, streams closed, no status shown.

        With `quiet`, wait also until nothing has been changed for so many seconds, so that edits are over.
        """
        await self.pulse.until(lambda: self.completed or self.silent, seconds, lambda: f"an answer to {self}")
        assert not self.silent or self.completed, f"the application did not respond: {self}"
        async with asyncio.timeout(seconds):
            while quiet and (left := self.touched + quiet - time.monotonic()) > 0:
                await asyncio.sleep(left)
        return self

    async def until(self, condition: Callable[["Exchange"], bool], seconds: float = 10.0) -> "Exchange":
        """Wait until the condition holds, looking again at every change of this exchange."""
        await self.pulse.until(lambda: condition(self), seconds, lambda: f"what was awaited of {self}")
        return self

    async def says(self, text: str, seconds: float = 10.0) -> "Exchange":
        """Wait until the text can be read."""
        return await self.until(lambda x: text in x.text, seconds)

    def touch(self) -> None:
        """Something in it has changed."""
        self.touched = time.monotonic()
        self.pulse.beat()

    def concerns(self, channel: Channel, thread_ts: str | None) -> bool:
        """Whether a post there may have come of it."""
        if self.channel is None or (channel.kind == "im" and self.user in channel.members and not self.thread_ts):
            return True
        return self.channel is channel and self.thread_ts in (None, thread_ts)
