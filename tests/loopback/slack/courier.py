"""Takes deliveries to the application, by the socket or by HTTP, waits for the ack, and comes again with events."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from tests.loopback.slack.exchange import Attempt, Delivery
from tests.loopback.slack.ledger import Ledger
from tests.loopback.slack.rules import Json, Rules

_NOBODYS_FAULT = ("no_connection", "connection_lost")
"""Reasons that come of the line; the application may have been told to go, or a test cut it."""


class Failed(Exception):
    """An attempt was not acknowledged; the argument is the reason that a retry names."""


class Transport(Protocol):
    """A way to the application."""

    async def carry(self, delivery: Delivery, attempt: Attempt) -> Json:
        """Send, and return what the ack carried. Raises Failed."""


Judge = Callable[[Delivery], None]
"""Called once when a delivery is acknowledged, with its ack in place."""


class Courier:
    """Owns every delivery that is under way."""

    def __init__(self, rules: Rules, ledger: Ledger, transport: Callable[[], Transport], judge: Judge) -> None:
        self.deliveries: list[Delivery] = []
        self._rules = rules
        self._ledger = ledger
        self._transport = transport
        self._judge = judge
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[Delivery] | None = None
        self._stopped = False

    @property
    def holding(self) -> bool:
        """What is sent now waits for `release`."""
        return self._held is not None

    @property
    def under_way(self) -> list[Delivery]:
        """Those that are neither acknowledged nor given up."""
        return [each for each in self.deliveries if not each.over]

    def send(self, delivery: Delivery) -> None:
        """Take it on its way. Never waits."""
        self.deliveries.append(delivery)
        if self._stopped:
            delivery.over = True
        elif self._held is not None:
            self._held.append(delivery)
        else:
            task = asyncio.create_task(self._run(delivery), name=f"loopback Slack delivers {delivery.kind}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def hold(self) -> None:
        """Keep everything back from now on."""
        self._held = []

    def release(self, *, backwards: bool = False) -> list[Delivery]:
        """Send what was kept back, if wanted the last one first."""
        held, self._held = self._held or [], None
        for each in reversed(held) if backwards else held:
            self.deliveries.remove(each)
            self.send(each)
        return held

    async def stop(self) -> None:
        """Give up all that is under way, and send no more."""
        self._stopped = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, delivery: Delivery) -> None:
        reason, number = "timeout" if delivery.retry else "", delivery.retry
        delays = self._rules.retry_delays if self._comes_again(delivery) else ()
        for delay in (None, *delays):
            if delay is not None:
                await asyncio.sleep(delay)
                number += 1
            attempt = Attempt(time.monotonic(), number, reason)
            delivery.attempts.append(attempt)
            try:
                ack = await self._transport().carry(delivery, attempt)
            except Failed as failure:
                reason = str(failure)
                self._missed(delivery, reason, last=delay is None)
                if reason == "no_retry":
                    break
            else:
                self._acked(delivery, attempt, ack)
                break
            finally:
                delivery.tried = True
                self._beat(delivery)
        delivery.over = True
        self._beat(delivery)

    def _comes_again(self, delivery: Delivery) -> bool:
        return delivery.kind == "events_api" and not delivery.forged and not delivery.lenient

    def _acked(self, delivery: Delivery, attempt: Attempt, ack: Json) -> None:
        attempt.acked_at = delivery.acked_at = time.monotonic()
        delivery.ack = ack
        delivery.over = True
        if delivery.forged:
            self._ledger.violate(f"policy: a request with a signature that is {delivery.forged} was accepted")
            return
        self._judge(delivery)

    def _missed(self, delivery: Delivery, reason: str, *, last: bool) -> None:
        if delivery.forged or delivery.lenient or not last:
            return
        exchange = delivery.exchange
        if exchange and delivery.kind != "events_api":
            exchange.silent = True
        if reason in _NOBODYS_FAULT:
            return
        name = exchange.name if exchange else delivery.payload.get("event", {}).get("type", delivery.kind)
        late = f"not acknowledged within {self._rules.ack_deadline:g} s"
        how = late if reason == "timeout" else f"refused: {reason}"
        self._ledger.violate(f"policy: {name} ({delivery.kind}) was {how}")

    def _beat(self, delivery: Delivery) -> None:
        if delivery.exchange:
            delivery.exchange.touch()
        self._ledger.pulse.beat()
