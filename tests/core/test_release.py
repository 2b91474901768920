"""No text leaves without a stored verdict on exactly it, under the policy of where it goes as it is now."""

import pytest

from core import release
from core.database import Database
from core.filters.personal import PersonalFilter
from core.filters.words import WordFilter
from core.moderation import Gate
from core.policy import STRICTEST, Category, Decision
from core.release import HELD_BACK, Door
from core.store import Store
from core.wording import Language, fixed
from tests.kit import HERE, Evident, Forbidding, storyteller, turn
from tests.voices import ScriptedEngine


def door(database: Database) -> Door:
    """A door with a filter that knows one word."""
    return Door(Gate([Forbidding()]), Store(database))


async def test_what_may_leave_has_its_verdict_before_it_leaves(database: Database) -> None:
    exit_ = door(database)
    assert not await exit_.known("Rain fell.")
    assert await exit_.released(["Rain fell."]) == {"Rain fell.": "Rain fell."}
    assert await exit_.known("Rain fell.")
    assert not await exit_.known("Rain fell")


async def test_what_may_not_leave_is_replaced_and_the_rest_is_not(database: Database) -> None:
    exit_ = door(database)
    sent = await exit_.released(["Rain fell.", "A forbidden thing."])
    assert sent == {"Rain fell.": "Rain fell.", "A forbidden thing.": HELD_BACK}
    assert not await exit_.known("A forbidden thing.")
    assert await exit_.known(str(HELD_BACK))


async def test_the_policy_is_that_of_the_place_at_this_moment(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(), Evident({"blood": Category.GORE}))
    assert (await teller.door.released(["blood"]))["blood"] == HELD_BACK  # bound for nowhere: the strictest
    with release.to(HERE):
        assert (await teller.door.released(["blood"]))["blood"] == "blood"
        await teller.perform("settings rating", turn(), {"rating": "g"})
        assert (await teller.door.released(["blood"]))["blood"] == HELD_BACK


async def test_what_a_moderator_is_to_look_at_may_leave_but_not_what_is_for_nobody(database: Database) -> None:
    words = Evident({"blood": Category.GORE, "vile": Category.MINORS})
    teller = storyteller(database, ScriptedEngine(), words)
    with release.to(HERE, vouched=True):
        sent = await teller.door.released(["blood", "vile"])
    assert sent == {"blood": "blood", "vile": HELD_BACK}


async def test_our_own_fixed_sentences_pass_at_the_strictest_rating() -> None:
    gate = Gate([WordFilter(), PersonalFilter()])
    await gate.warm()
    for sentence in fixed(*Language):
        verdict = await gate.judge(sentence, STRICTEST)
        assert verdict.decision is Decision.ALLOW or "." not in sentence, (sentence, verdict)


@pytest.mark.parametrize("text", ["", " ", "\ud800", "\0"])
async def test_any_string_can_be_asked_about(database: Database, text: str) -> None:
    assert text in await door(database).released([text])


async def test_a_text_as_long_as_a_file_is_judged_piece_by_piece_and_no_word_is_cut(database: Database) -> None:
    filter_ = Forbidding()
    exit_ = Door(Gate([filter_]), Store(database))
    long = " ".join(f"word{number}\n" for number in range(20_000))
    assert (await exit_.released([long]))[long] == long
    assert await exit_.known(long)
    assert len(filter_.seen) > 1 and "".join(filter_.seen) == long
    assert all(len(each) <= 50_000 and each[-1].isspace() for each in filter_.seen[:-1])
    for place in (0, len(long) // 2, len(long)):
        bad = f"{long[:place]} forbidden {long[place:]}"
        assert (await exit_.released([bad]))[bad] == HELD_BACK
    unbroken = "x" * 120_000
    assert (await exit_.released([unbroken]))[unbroken] == unbroken
