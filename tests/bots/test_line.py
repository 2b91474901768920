"""Replies stand in the order of their turns, and none waits for itself."""

import asyncio
from dataclasses import replace

from bots.line import Line, Ticket
from bots.reception import Reception
from core.database import Database
from core.reply import Posted, Reply
from tests.kit import ELSEWHERE, HERE, storyteller, turn
from tests.voices import ScriptedEngine


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


async def test_what_others_do_not_see_stands_in_no_line() -> None:
    line = Line()
    reply = Reply(())
    assert line.behind(replace(reply, private=True), HERE) is None
    assert line.behind(replace(reply, again=True), HERE) is None
    assert line.behind(reply, HERE) is not None


async def test_what_is_posted_elsewhere_stands_in_the_line_of_that_place() -> None:
    line = Line()
    posted = Posted(ELSEWHERE, Reply(()), "of another")
    own = line.behind(Reply((), private=True, posted=posted), HERE)
    assert own is not None
    assert await line.reached(HERE, lambda: None)
    waiting = asyncio.create_task(line.reached(ELSEWHERE, lambda: None))
    await asyncio.sleep(0)
    assert not waiting.done()
    own.leave()
    assert await waiting


async def test_after_a_restart_all_that_was_never_shown_is_in_line_before_anything_new(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine())
    await teller.perform("start", turn(), {"title": "The Lamp"})
    told = [f"It was the {number}th night." for number in range(105)]
    for each in told:
        await teller.perform("add", turn(), {"text": each})
    reception = Reception(teller, HERE.platform)
    missed = (await reception.missed()).replies
    assert [str(late.reply.blocks[0].text) for late, _ in missed[1:]] == told
    new = asyncio.create_task(reception.line.clear(HERE))
    for _, ticket in missed:
        assert not new.done()
        async with ticket:
            pass
    await new
