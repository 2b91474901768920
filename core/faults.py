"""Named points at which a test has this process die, fail or stall, as it might at any moment by itself.

Off unless `arm` was called, which only the setting FAULTS does; then a point costs one look at an empty tuple.
"""

import errno
import os
import re
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

POINTS = {
    "received": "a turn came in; nothing of it is written",
    "before_engine": "everything is read; the engine was not asked yet",
    "writing": "the engine's answer is coming in",
    "written": "the engine has answered; the end of it was not judged yet",
    "before_commit": "everything is judged; nothing is written",
    "in_commit": "half of a turn is written, and its transaction is open",
    "after_commit": "a turn is written; nobody has seen it",
    "before_post": "a request that shows something is about to be sent",
    "after_post": "the platform has taken it; we do not know under which id",
    "between_parts": "one message of a long reply stands, the next does not",
    "before_delivered": "everything is shown; that is not written down",
    "after_delivered": "that it is shown has just been written down",
    "before_alert": "a reply is shown; its alert was not sent to the moderators",
    "after_alert": "moderators were told; that is not written down",
    "replaying": "after a restart, a reply of before is about to be shown",
    "migrating": "one of several migrations is done, and their transaction is open",
}
"""Every point by its name, and what has happened when it is reached."""

_ORDER = re.compile(r"(kill|full|stall):([a-z_]+|\*):([1-9]\d*)(?::(\d+(?:\.\d+)?))?")


class Full(OSError):
    """The error of a disk without room, made on purpose."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, os.strerror(errno.ENOSPC))


@dataclass
class Order:
    """What happens at a point, when it is reached for the `left`-th time from now."""

    action: Literal["kill", "full", "stall"]
    point: str
    """A name in `POINTS`, or `*` for any of them."""
    left: int
    seconds: float = 0.0
    """How long to stall."""


class _Standing:
    """The orders that stand; one for the process, since a process dies as a whole."""

    orders: Sequence[Order] = ()


def arm(text: str) -> None:
    """Obey orders from now on: `kill:after_commit:3`, `full:in_commit:1`, `stall:*:7:0.5`, with commas between.

    `kill` ends the process by SIGKILL; `full` raises `Full`; `stall` stands still for some seconds, event loop and
    all. The number says at which time the point is reached. Raises `ValueError` if the text cannot be understood.
    """
    _Standing.orders = tuple(_read(each) for each in text.replace(" ", "").split(",") if each)


def hit(point: str) -> None:
    """This point is reached. Does nothing unless a test has ordered something."""
    if _Standing.orders:
        for order in _Standing.orders:
            if order.point in ("*", point):
                _obey(order)


def _obey(order: Order) -> None:
    order.left -= 1
    if order.left:
        return
    if order.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if order.action == "full":
        raise Full
    time.sleep(order.seconds)


def _read(text: str) -> Order:
    match = _ORDER.fullmatch(text)
    if match is None or (match[2] != "*" and match[2] not in POINTS):
        raise ValueError(f"{text!r} is no order for a fault; the points are: {', '.join(POINTS)}")
    action: Literal["kill", "full", "stall"] = match[1]  # type: ignore[assignment]
    return Order(action, match[2], int(match[3]), float(match[4] or 0))
