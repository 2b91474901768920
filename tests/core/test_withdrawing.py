"""Messages of the bot's own that show a forgotten person's words are noted before these go, each until it is over."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from core import tables as t
from core import withdrawing
from core.database import Database
from core.erasure import Erasure
from core.forgetting import Person
from core.place import Contributor, Turn
from core.reply import Reply
from core.retention import Retention, tidy
from core.storyteller import Storyteller
from core.tombstones import Book
from tests.kit import BEN, ELSEWHERE, HERE, storyteller, turn
from tests.voices import ScriptedEngine

EVE = Contributor("eve", "Evelyn")
BETTER = "Eve wrote this, and well."


def by_eve(**more: Any) -> Turn:
    return turn(who=EVE, admin=False, **more)


@pytest.fixture
def voice() -> ScriptedEngine:
    return ScriptedEngine(["A bell rang in the fog.", BETTER])


class Channel:
    """A channel in which every reply stands as a message, by the number of its turn."""

    def __init__(self, teller: Storyteller) -> None:
        self.teller = teller
        self.count = 0

    async def does(self, asked: Turn, name: str, /, **given: str) -> Reply:
        """A turn and the message that shows its reply."""
        reply = await self.teller.perform(name, asked, given)
        self.count += 1
        await self.teller.delivery.delivered(reply, [f"{name} {self.count}"])
        return reply


async def lived(teller: Storyteller) -> Channel:
    """Eve and Ben have told a story; each message is named by its operation and number."""
    channel = Channel(teller)
    await channel.does(by_eve(), "start", title="Eve's title", premise="Eve's premise.")
    await channel.does(by_eve(), "add", text="Eve wrote this.")
    await channel.does(turn(who=BEN), "add", text="Ben wrote this.")
    await channel.does(by_eve(), "continue", direction="a bell")
    await channel.does(by_eve(), "add", text="Eve wrote this well.")
    await channel.does(turn(who=BEN), "refine")
    await channel.does(turn(who=BEN), "undo")
    await channel.does(turn(who=BEN), "edit", number="2", text="Ben wrote this better.")
    await channel.does(by_eve(), "lore add", name="Mara", fact="Eve's fact")
    await channel.does(turn(who=BEN), "lore add", name="Otto", fact="Ben's fact")
    await channel.does(turn(who=BEN), "end")
    return channel


HERS = {"start 1", "add 2", "add 5", "refine 6", "undo 7", "lore add 9", "end 11"}
"""Messages in which her words stand. The storyteller's passage, and what others wrote, are not hers."""


async def forget(teller: Storyteller, passages: str = "remove") -> Reply:
    return await teller.perform("mydata delete", by_eve(), {"passages": passages, "confirm": "confirm"})


async def waiting(teller: Storyteller, mac: bytes | None = None) -> set[str]:
    return {each.message_id for each in await teller.delivery.withdrawals("test", mac)}


async def test_every_message_that_shows_her_words_is_noted_and_no_other(teller: Storyteller) -> None:
    await lived(teller)
    reply = await forget(teller)
    assert await waiting(teller) == HERS
    assert f"({len(HERS)})" in str(reply.blocks)
    assert reply.withdraws is not None
    assert await waiting(teller, reply.withdraws) == HERS
    assert await waiting(teller, b"another") == set()


async def test_with_keep_messages_stay_as_they_are(teller: Storyteller) -> None:
    await lived(teller)
    reply = await forget(teller, "keep")
    assert reply.withdraws is None
    assert await waiting(teller) == set()


async def test_what_she_wrote_in_the_channel_by_herself_is_hers_to_delete(teller: Storyteller) -> None:
    channel = Channel(teller)
    await channel.does(by_eve(), "start", title="The Lamp")
    await channel.does(by_eve(source="her own message"), "add", text="Eve wrote this.")
    await forget(teller)
    assert await waiting(teller) == {"start 1", "add 2"}


async def test_what_was_shown_long_ago_is_known_by_its_passages(teller: Storyteller, database: Database) -> None:
    await lived(teller)
    await database.write(lambda c: c.execute(delete(t.post)).close())
    await forget(teller)
    assert await waiting(teller) == HERS - {"undo 7", "end 11"}


async def test_the_same_words_by_somebody_else_are_left_alone(teller: Storyteller) -> None:
    channel = Channel(teller)
    await channel.does(turn(who=BEN), "start", title="The Lamp")
    await channel.does(by_eve(), "add", text="Yes.")
    await channel.does(turn(who=BEN), "add", text="Yes.")
    await forget(teller)
    assert await waiting(teller) == {"add 2"}


async def test_a_message_that_is_over_is_not_asked_for_again(teller: Storyteller) -> None:
    await lived(teller)
    await forget(teller)
    for each in await teller.delivery.withdrawals("test"):
        await teller.delivery.withdrawn(each)
    assert await waiting(teller) == set()
    await forget(teller)
    assert await waiting(teller) == set()
    assert await teller.delivery.passage_at(HERE, "add 2") is None


async def test_an_erasure_that_was_cut_off_finds_the_same_messages_again(
    database: Database, tmp_path: Path, voice: ScriptedEngine
) -> None:
    book = Book(tmp_path / "erasures.forgotten")
    teller = storyteller(database, voice, book=book)
    await lived(teller)

    class Cut(Exception):
        pass

    erasure = Erasure(database, secret="s", book=book)
    some, steps = erasure._some, []

    async def cut(step: Any, wish: Any) -> Any:
        steps.append(step.name)
        if step.name == "story":
            raise Cut
        return await some(step, wish)

    erasure._some = cut  # type: ignore[method-assign]
    with pytest.raises(Cut):
        await erasure.forget(Person("test", EVE.id), remove=True)
    again = Erasure(database, secret="s", book=book)
    assert await again.repeat() == 1
    assert await waiting(teller) == HERS


async def test_only_so_many_are_given_out_at_once_and_the_rest_after(
    teller: Storyteller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.withdrawing.MESSAGES", 2)
    await lived(teller)
    await forget(teller)
    seen: list[str] = []
    while some := await teller.delivery.withdrawals("test"):
        assert len(some) <= 2
        for each in some:
            await teller.delivery.withdrawn(each)
            seen.append(each.message_id)
    assert set(seen) == HERS
    assert len(seen) == len(HERS)


async def test_other_servers_and_platforms_are_apart(teller: Storyteller) -> None:
    channel = Channel(teller)
    await channel.does(by_eve(place=ELSEWHERE), "start", title="The Lamp")
    await teller.perform("mydata delete", by_eve(local=True), {"passages": "remove", "confirm": "confirm"})
    assert await waiting(teller) == set()
    await forget(teller)
    (found,) = await teller.delivery.withdrawals("test")
    assert found == withdrawing.Withdrawal(ELSEWHERE, "start 1")
    assert await teller.delivery.withdrawals("another") == []
    await teller.delivery.withdrawn(replace(found, place=HERE))
    assert await teller.delivery.withdrawals("test") == [found]


async def test_what_a_platform_never_does_is_let_go_after_a_month(teller: Storyteller, database: Database) -> None:
    await lived(teller)
    await forget(teller)
    old = dt.datetime.now(dt.UTC) - dt.timedelta(days=31)
    await database.write(lambda c: c.execute(update(t.withdrawal).values(created_at=old)).close())
    assert (await tidy(database, Retention(), pause=0))["withdrawal"] == len(HERS)


async def test_a_server_that_is_erased_leaves_none_behind(teller: Storyteller) -> None:
    await lived(teller)
    await forget(teller)
    await teller.servers.erase("test", "w")
    assert await waiting(teller) == set()
