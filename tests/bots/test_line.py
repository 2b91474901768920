"""Replies stand in the order of their turns, and none waits for itself."""

import asyncio

from bots.line import Line, Ticket
from tests.kit import ELSEWHERE, HERE


async def test_replies_are_shown_in_the_order_in_which_they_were_performed() -> None:
    line, shown = Line(), list[int]()
    tickets = [line.ticket(HERE) for _ in range(3)]

    async def show(number: int) -> None:
        async with tickets[number]:
            shown.append(number)

    await asyncio.gather(*(show(number) for number in (2, 0, 1)))
    assert shown == [0, 1, 2]


async def test_what_is_being_written_waits_for_what_was_performed_before_it() -> None:
    line = Line()
    before = line.ticket(HERE)
    waiting = asyncio.create_task(line.reached(HERE, lambda: None))
    elsewhere = asyncio.create_task(line.reached(ELSEWHERE, lambda: None))
    assert await elsewhere
    assert not waiting.done()
    before.leave()
    assert await waiting


async def test_what_was_performed_meanwhile_does_not_wait_for_itself() -> None:
    line = Line()
    own = line.ticket(HERE)
    assert not await line.reached(HERE, lambda: own)


async def test_what_is_performed_while_it_waits_is_shown_as_a_whole() -> None:
    line, own = Line(), list[Ticket]()
    before = line.ticket(HERE)
    waiting = asyncio.create_task(line.reached(HERE, lambda: own[0] if own else None))
    await asyncio.sleep(0)
    own.append(line.ticket(HERE))
    before.leave()
    assert not await waiting
