"""A person's words change only when that person accepts, or a moderator; nothing is lost when the bot stops between."""

import asyncio
import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, update

from core import tables as t
from core.database import Database
from core.errors import BadArgument, NotAllowed, NotPossible, Withheld
from core.place import Contributor, Turn
from core.reply import Reply, Shape
from core.retention import Retention, tidy
from core.storyteller import Storyteller
from tests.kit import ANA, BEN, HERE, Forbidding, started, storyteller, texts, told, turn
from tests.voices import ScriptedEngine

OLD = "Mara climbed the stairs with the lamp."
NEW = "Mara crept up the stairs with the lamp."


def by(who: Contributor = BEN, **more: Any) -> Turn:
    """A turn of somebody without rights of their own."""
    return turn(who=who, admin=False, **more)


@pytest.fixture
def voice() -> ScriptedEngine:
    """Each refinement finds the same better words."""
    return ScriptedEngine(lambda _: NEW)


async def proposed(teller: Storyteller, *after: str) -> Reply:
    """Ana's passage, and a new wording of it that Ben asked for before the story went on with `after`."""
    await teller.perform("start", by(ANA), {"title": "The Lamp"})
    await teller.perform("add", by(ANA), {"text": OLD})
    reply = await teller.perform("refine", by(), {"how": "more tension"})
    for text in after:
        await teller.perform("add", by(), {"text": text})
    return reply


def number(reply: Reply) -> dict[str, str]:
    """What the buttons under it give."""
    assert reply.passage is not None
    assert reply.passage.proposal is not None
    return {"number": str(reply.passage.proposal)}


async def waiting(database: Database) -> int:
    """How many wordings wait for somebody's decision."""
    return await database.read(lambda c: c.scalar(select(func.count()).select_from(t.proposal)) or 0)


async def test_anothers_passage_stays_as_it_is_until_its_author_accepts(teller: Storyteller) -> None:
    asked = await proposed(teller)
    assert not asked.private
    assert [texts(asked, shape) for shape in (Shape.OLD, Shape.NEW)] == [[OLD], [NEW]]
    assert "until Ana accepts" in texts(asked, Shape.NOTE)[0]
    assert await told(teller) == [OLD]
    accepted = await teller.perform("review accept", by(ANA), number(asked))
    assert texts(accepted) == [NEW]
    assert await told(teller) == [NEW]
    await teller.perform("undo", by(ANA))
    assert await told(teller) == [OLD]


async def test_the_passage_stays_its_authors_and_the_storytellers_part_in_it_is_known(teller: Storyteller) -> None:
    await teller.perform("review accept", by(ANA), number(await proposed(teller)))
    shown = await teller.perform("show", by())
    assert [str(each.label) for each in shown.blocks if each.shape is Shape.PROSE] == ["1 · Ana, refined"]
    why = await teller.perform("why", by())
    assert "more tension" in str(why.blocks)


async def test_nobody_else_can_accept_or_refuse_for_the_author(teller: Storyteller, database: Database) -> None:
    asked = number(await proposed(teller))
    stranger = by(Contributor("u3", "Cleo"))
    for name in ("review accept", "review keep"):
        with pytest.raises(NotAllowed, match="whoever wrote that passage"):
            await teller.perform(name, stranger, asked)
    with pytest.raises(NotAllowed, match="can accept"):
        await teller.perform("review accept", by(BEN), asked)
    assert await told(teller) == [OLD]
    assert await waiting(database) == 1


@pytest.mark.parametrize("who", [ANA, BEN])
async def test_the_author_keeps_the_old_wording_or_the_asker_takes_the_new_one_back(
    teller: Storyteller, database: Database, who: Contributor
) -> None:
    asked = number(await proposed(teller))
    reply = await teller.perform("review keep", by(who), asked)
    assert texts(reply, Shape.NOTE) == ["The old wording of 1 · Ana stays."]
    assert await told(teller) == [OLD]
    assert await waiting(database) == 0
    with pytest.raises(BadArgument, match="was decided on"):
        await teller.perform("review accept", by(ANA), asked)


async def test_ones_own_and_the_storytellers_words_change_at_once(database: Database) -> None:
    voice = ScriptedEngine([NEW, "The lamp burned all night long.", "The lamp burned all the night long."])
    teller = storyteller(database, voice)
    await teller.perform("start", by(ANA), {"title": "The Lamp"})
    await teller.perform("add", by(ANA), {"text": OLD})
    await teller.perform("refine", by(ANA))
    await teller.perform("continue", by(ANA))
    await teller.perform("refine", by(BEN))
    assert await told(teller) == [NEW, "The lamp burned all the night long."]
    assert await waiting(database) == 0


async def test_a_moderator_need_not_ask_and_the_log_tells_so(teller: Storyteller) -> None:
    await teller.perform("setup", turn(), {"moderators": "77"})
    moderator = {"roles": frozenset({"77"})}
    asked = number(await proposed(teller))
    await teller.perform("review accept", by(BEN, **moderator), asked)
    assert await told(teller) == [NEW]
    await teller.perform("edit", by(BEN, **moderator), {"number": "1", "text": OLD})
    await teller.perform("refine", by(BEN, **moderator))
    assert await told(teller) == [NEW]
    log = [str(each.text) for each in (await teller.perform("review log", turn())).blocks]
    changed = [each for each in log if "changed another's words" in each]
    assert all(f'"actor": "{BEN.id}"' in each for each in changed)
    for line, name in zip(changed, ("review accept", "edit", "refine"), strict=True):
        assert f'"operation": "{name}"' in line
    assert NEW not in "".join(log)


async def test_what_was_told_since_stays_behind_the_new_wording(teller: Storyteller) -> None:
    asked = number(await proposed(teller, "A ship came.", "It left."))
    await teller.perform("review accept", by(ANA), asked)
    assert await told(teller) == [NEW, "A ship came.", "It left."]


async def test_a_passage_that_changed_meanwhile_or_is_gone_is_left_alone(teller: Storyteller) -> None:
    asked = number(await proposed(teller))
    await teller.perform("edit", by(ANA), {"number": "1", "text": "Mara slept."})
    with pytest.raises(NotPossible, match="was changed since"):
        await teller.perform("review accept", by(ANA), asked)
    await teller.perform("remove", by(ANA), {"number": "1"})
    with pytest.raises(NotPossible, match="does not stand"):
        await teller.perform("review accept", by(ANA), asked)
    assert await told(teller) == []


async def test_a_wording_that_does_not_fit_any_more_is_not_taken(database: Database) -> None:
    await proposed(storyteller(database, ScriptedEngine(lambda _: NEW)))
    strict = storyteller(database, ScriptedEngine(), Forbidding("crept"))
    with pytest.raises(Withheld):
        await strict.perform("review accept", by(ANA))
    assert await told(strict) == [OLD]


async def test_without_a_number_the_newest_that_one_may_decide_on_is_meant(teller: Storyteller) -> None:
    await proposed(teller)
    with pytest.raises(NotPossible, match="on which you may decide"):
        await teller.perform("review accept", by())
    await teller.perform("review accept", by(ANA))
    assert await told(teller) == [NEW]


async def test_whoever_asked_takes_the_newest_back_without_a_number(teller: Storyteller, database: Database) -> None:
    await proposed(teller)
    await teller.perform("review keep", by(BEN))
    assert await waiting(database) == 0


async def test_a_decision_survives_a_restart_and_is_made_once(database: Database) -> None:
    asked = number(await proposed(storyteller(database, ScriptedEngine(lambda _: NEW))))
    again = storyteller(database, ScriptedEngine())
    missed = (await again.delivery.undelivered("test"))[-1]
    assert number(missed.reply) == asked
    found = await asyncio.gather(
        *(again.perform("review accept", by(ANA), asked) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(each, Reply) for each in found) == 1
    assert sum(isinstance(each, BadArgument) for each in found) == 2
    assert await told(again) == [NEW]


async def test_no_other_place_can_decide(teller: Storyteller) -> None:
    asked = number(await proposed(teller))
    other = replace(HERE, channel="c2")
    await started(teller, "Elsewhere.", place=other)
    with pytest.raises(BadArgument):
        await teller.perform("review accept", by(ANA, place=other), asked)
    assert await told(teller) == [OLD]


@pytest.mark.parametrize("who", [ANA, BEN])
async def test_being_forgotten_takes_open_wordings_along(
    teller: Storyteller, database: Database, who: Contributor
) -> None:
    await proposed(teller)
    await teller.perform("mydata delete", by(who), {"passages": "keep", "confirm": "confirm"})
    assert await waiting(database) == 0
    if who is ANA:
        with pytest.raises(NotAllowed, match="Only whoever wrote"):
            await teller.perform("refine", by(BEN))


async def test_the_export_has_the_wordings_that_wait(teller: Storyteller) -> None:
    await proposed(teller)
    for who in (ANA, BEN):
        file = (await teller.perform("mydata export", by(who))).file
        assert file is not None
        assert NEW in file.text


async def test_what_nobody_decided_on_in_a_month_is_gone(teller: Storyteller, database: Database) -> None:
    await proposed(teller)
    old = dt.datetime.now(dt.UTC) - dt.timedelta(days=31)
    await database.write(lambda c: c.execute(update(t.proposal).values(created_at=old)).close())
    assert (await tidy(database, Retention(), pause=0))["proposal"] == 1
    assert await waiting(database) == 0


async def test_a_server_that_is_erased_leaves_none_behind(teller: Storyteller, database: Database) -> None:
    await proposed(teller)
    await teller.servers.erase("test", "w")
    assert await waiting(database) == 0
