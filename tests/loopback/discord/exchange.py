"""One interaction, from the click of a person to the last edit: its token, its deadlines, its answer."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.loopback.discord.errors import refused
from tests.loopback.discord.message import EPHEMERAL, Message, User, walk
from tests.loopback.discord.rules import Json, Rules
from tests.loopback.discord.world import Channel
from tests.loopback.pulse import Pulse

COMMAND, COMPONENT, AUTOCOMPLETE, SUBMISSION = 2, 3, 4, 5
MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9


@dataclass(eq=False)
class Modal:
    """A form that a person sees. Fill it in with `discord.submit(user, modal, {label_or_id: value})`."""

    exchange: "Exchange"
    custom_id: str
    title: str
    components: list[Json]

    @property
    def labels(self) -> list[str]:
        """The labels of its fields, in order."""
        return [each["label"] for each in walk(self.components) if each.get("label") and each["type"] in (4, 18)]


@dataclass(eq=False, repr=False)
class Exchange:
    """What came of an interaction. All of it is what a person sees at this moment; wait with `done` and `until`."""

    id: int
    name: str
    """E.g. `/story start`, `button Undo`."""
    kind: int
    user: User
    channel: Channel
    rules: Rules
    user_only: bool
    source: Message | None = None
    """The message whose button was clicked, or whose modal was submitted."""
    metadata: Json = field(default_factory=dict)
    token: str = field(default_factory=lambda: "loopback" + secrets.token_hex(32))
    sent_at: float = field(default_factory=time.monotonic)
    acked_at: float | None = None
    response: Json | None = None
    """The callback as it came: `type` and `data`."""
    message: Message | None = None
    """The response; of a component whose message was updated, that message."""
    followups: list[Message] = field(default_factory=list)
    modal: Modal | None = None
    choices: list[Json] | None = None
    errors: list[int] = field(default_factory=list)
    """Discord's codes for what was refused in this exchange."""
    completed: bool = False
    """A deferred answer has been given (or the response needed nothing more)."""
    pulse: Pulse = field(default_factory=Pulse)
    payload: Json = field(default_factory=dict)
    """The interaction as it was sent to the application."""
    touched: float = 0.0
    silent: bool = False
    """The ack deadline passed: the person reads that the application did not respond."""

    @property
    def acked_after(self) -> float | None:
        """Seconds from sending to the callback."""
        return None if self.acked_at is None else self.acked_at - self.sent_at

    @property
    def response_type(self) -> int | None:
        """4 message, 5 deferred, 6 deferred update, 7 update, 8 choices, 9 modal."""
        return self.response["type"] if self.response else None

    @property
    def deferred(self) -> bool:
        """It said that it was thinking first."""
        return self.response_type == DEFERRED

    @property
    def ephemeral(self) -> bool:
        """Only the user sees the response."""
        return bool(self.response and (self.response.get("data") or {}).get("flags", 0) & EPHEMERAL)

    @property
    def text(self) -> str:
        """What can be read in the response and its follow-ups now."""
        messages = [each for each in (self.message, *self.followups) if each and not each.deleted]
        return "\n".join(each.text for each in messages if each.text)

    @property
    def reply(self) -> Message:
        """`message`, for those who know that there is one."""
        assert self.message, f"no message yet: {self}"
        return self.message

    @property
    def messages(self) -> list[Message]:
        """The response and its follow-ups that still stand."""
        return [each for each in (self.message, *self.followups) if each and not each.deleted]

    @property
    def expired(self) -> bool:
        """The token is worth nothing any more."""
        return time.monotonic() - self.sent_at > self.rules.token_life

    @property
    def orphaned(self) -> bool:
        """It still says that it is thinking."""
        gone = self.message is not None and self.message.deleted
        return self.response_type == DEFERRED and not self.completed and not gone

    def __repr__(self) -> str:
        return f"{self.name} (acked: {self.acked_after}, refused: {self.errors}, now: {self.text[:200]!r})"

    async def acked(self) -> None:
        """Wait for the callback, or until its deadline has passed."""
        left = self.sent_at + self.rules.ack_deadline - time.monotonic()
        try:
            await self.pulse.until(lambda: self.acked_at is not None or self.silent, max(left, 0) + 1.0, "ack")
        except AssertionError:
            self.silent = self.acked_at is None

    async def done(self, seconds: float = 10.0, *, quiet: float = 0.0) -> "Exchange":
        """Wait until it is answered: a deferred response is completed, others are done at once.

        With `quiet`, wait also until nothing has been changed for so many seconds, so that streamed edits are over.
        """
        await self.pulse.until(lambda: self.completed or self.silent, seconds, lambda: f"an answer to {self}")
        assert self.completed, f"the application did not respond: {self}"
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

    def may_answer(self, kind: int) -> None:
        """Raise what Discord answers to a callback that comes late, twice, or with the wrong type."""
        if self.acked_at is not None:
            raise refused(40060)
        if self.silent or time.monotonic() - self.sent_at > self.rules.ack_deadline:
            self.silent = True
            raise refused(10062)
        from_message = self.source is not None
        allowed = {
            COMMAND: {MESSAGE, DEFERRED, MODAL, 12},
            COMPONENT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL, 12},
            AUTOCOMPLETE: {CHOICES},
            SUBMISSION: {MESSAGE, DEFERRED, 12} | ({DEFERRED_UPDATE, UPDATE} if from_message else set()),
        }[self.kind]
        if kind not in allowed:
            errors = {"type": {"_errors": [{"code": "LOOPBACK", "message": f"type {kind} cannot answer {self.name}"}]}}
            raise refused(50035, errors)

    def may_write(self) -> None:
        """Raise what Discord answers to a webhook call before the ack or after the token's life."""
        if self.expired:
            raise refused(50027)
        if self.acked_at is None:
            raise refused(10015)

    def may_follow_up(self) -> None:
        """Raise 40094 beyond the limit of user-installed apps."""
        if self.user_only and len(self.followups) >= self.rules.follow_ups:
            raise refused(40094)
