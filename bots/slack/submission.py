"""A form that was sent, until Slack is told what becomes of it: that it is taken, or what is wrong with it.

What is wrong is said at the field while the form still stands, so that nobody loses what they typed. Slack waits for
three seconds at most, and people for less; what is refused later comes back with what was typed in it.
"""

import asyncio
from types import TracebackType

from slack_bolt.async_app import AsyncAck

from bots.sentences import speak
from bots.slack import controls, forms, layout, wording
from bots.slack.exchange import Exchange
from bots.slack.forms import Form

PATIENCE = 0.8
"""Seconds for which a form stays open while what was sent is judged."""
_BUTTON = 2000
"""Characters that a button can carry."""


class Submission:
    """While a `with` block lasts; at its end the form is closed at the latest."""

    def __init__(self, exchange: Exchange, ack: AsyncAck, form: Form) -> None:
        self._exchange = exchange
        self._ack = ack
        self._form = form
        """With all that was typed."""
        self._open = True
        self._closing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._exchange.refusing = self.refused
        self._closing = asyncio.create_task(self._close_in_time())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._closing is not None  # noqa: S101 - it was entered
        self._closing.cancel()
        await self._close()

    async def refused(self, sentence: str) -> None:
        """Say what is wrong, in the form if it still stands. It may be sent again."""
        self._exchange.reception.forget(self._exchange.asked.id)
        if self._open:
            self._open = False
            field = forms.asked(self._form.operation)[0].name
            await self._ack(response_action="errors", errors={field: sentence})
            return
        written = self._form.written
        if len(written) <= _BUTTON:
            await self._exchange.whisper(layout.notice(sentence), controls.row((controls.OPEN,), written, self._locale))
        else:
            await self._exchange.whisper(layout.notice(sentence))
            kept = speak(wording.YOUR_WORDS, self._locale)
            await self._exchange.whisper(layout.returned(kept, "\n\n".join(self._form.given.values())))

    @property
    def _locale(self) -> str:
        return self._exchange.locale

    async def _close_in_time(self) -> None:
        await asyncio.sleep(PATIENCE)
        await self._close()

    async def _close(self) -> None:
        if self._open:
            self._open = False
            await self._ack()
