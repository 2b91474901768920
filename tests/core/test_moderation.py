"""The gate: only what every filter allows is cleared, and an unsure filter means no."""

import asyncio
from collections.abc import AsyncIterator, Awaitable

import pytest

from core.errors import Withheld
from core.moderation import Gate, excerpt, own, phrase
from core.policy import ALLOWED, Decision, Policy, Rating, Verdict
from tests.kit import Forbidding


async def pieces(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


async def test_every_filter_is_asked_and_the_strictest_wins_with_all_reasons() -> None:
    filters = [
        Forbidding("a", Decision.SOFTEN, "one"),
        Forbidding("b", Decision.BLOCK, "two"),
        Forbidding("z", Decision.BLOCK, "three"),
    ]
    verdict = await Gate(filters).judge("a b", Policy(Rating.TEEN))
    assert verdict == Verdict(Decision.BLOCK, ("testing",))
    assert all(f.seen == ["a b"] for f in filters)


@pytest.mark.parametrize("decision", [Decision.SOFTEN, Decision.HOLD, Decision.BLOCK])
async def test_anything_but_allow_is_withheld_with_its_reasons(decision: Decision) -> None:
    with pytest.raises(Withheld) as caught:
        await Gate([Forbidding("x", decision)]).clear("x", Policy(Rating.TEEN))
    assert caught.value.reasons == ("testing",)


async def test_sentences_are_released_one_by_one_each_judged_with_all_before_it() -> None:
    watching = Forbidding()
    released = Gate([watching]).release(pieces("One ca", "me. Two", " came. Thr"), Policy(Rating.TEEN))
    assert [text async for text in released] == ["One came.", "One came. Two came."]
    assert watching.seen == ["One came.", "One came. Two came."]


async def test_a_word_that_is_split_over_pieces_is_caught_before_any_of_it_is_shown() -> None:
    shown = []
    with pytest.raises(Withheld):
        async for text in Gate([Forbidding()]).release(
            pieces("Fine. This is for", "bidden. Fine."), Policy(Rating.TEEN)
        ):
            shown.append(text)
    assert shown == ["Fine."]


async def test_an_answer_without_a_sentence_end_is_released_whole() -> None:
    assert [t async for t in Gate([]).release(pieces("the ", "sun"), Policy(Rating.G))] == ["the sun"]


async def test_an_empty_answer_releases_nothing() -> None:
    assert [t async for t in Gate([]).release(pieces("", "  "), Policy(Rating.G))] == []


def test_a_phrase_leaves_the_braces_of_its_parts_alone() -> None:
    assert phrase("{who} said {what}", who=own("{0}"), what=own("{who}")) == "{0} said {who}"


def test_an_excerpt_must_be_a_part_of_cleared_text() -> None:
    assert excerpt("came", of=own("One came.")) == "came"
    with pytest.raises(ValueError, match="not a part"):
        excerpt("went", of=own("One came."))


async def test_a_whole_passage_is_judged_once() -> None:
    watching = Forbidding()
    released = Gate([watching]).release(pieces("One. Tw", "o. Thr"), Policy(Rating.G), whole=True)
    assert [text async for text in released] == ["One. Two."]
    assert watching.seen == ["One. Two."]


async def test_what_comes_with_every_turn_is_judged_once_by_every_filter_under_each_policy() -> None:
    watching, once = Forbidding(), Forbidding()
    gate = Gate([watching], once=[once])
    for rating in (Rating.TEEN, Rating.TEEN, Rating.G):
        await gate.clear("Ana", Policy(rating), again=True)
    assert watching.seen == once.seen == ["Ana", "Ana"]


async def test_that_parts_of_a_drawn_text_passed_says_nothing_of_what_is_new() -> None:
    gate = Gate([], once=[Forbidding("x")])
    assert (await gate.judge("x", Policy(Rating.TEEN), drawn=True)).decision is Decision.ALLOW
    with pytest.raises(Withheld):
        await gate.clear("x", Policy(Rating.TEEN), again=True)


async def test_what_did_not_pass_is_judged_again() -> None:
    watching = Forbidding("x")
    gate = Gate([watching])
    for _ in range(2):
        with pytest.raises(Withheld):
            await gate.clear("x", Policy(Rating.TEEN), again=True)
    assert watching.seen == ["x", "x"]


async def test_where_there_is_no_text_nothing_is_judged() -> None:
    watching = Forbidding()
    assert await Gate([watching]).clear("\u200e", Policy(Rating.G)) == ""
    assert watching.seen == []


class Waking:
    """A filter that reads its lists at the first judgement, until it is let on."""

    name = "waking"

    def __init__(self) -> None:
        self.read = asyncio.Event()

    def judge(self, text: str, policy: Policy) -> Verdict | Awaitable[Verdict]:
        return ALLOWED if self.read.is_set() else self._reading()

    async def _reading(self) -> Verdict:
        await self.read.wait()
        return ALLOWED


async def test_what_is_judged_while_filters_wake_up_waits_for_them_and_is_not_held_as_too_slow() -> None:
    waking = Waking()
    gate = Gate([waking], limit_seconds=1e-6)
    warming = asyncio.create_task(gate.warm())
    await asyncio.sleep(0)
    judging = asyncio.create_task(gate.judge("The first words.", Policy(Rating.TEEN)))
    await asyncio.sleep(0)
    waking.read.set()
    assert await judging == ALLOWED
    await warming
