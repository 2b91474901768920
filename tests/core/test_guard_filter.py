"""The guard as a filter: evidence becomes a verdict by the rating; each text is judged once; unsure means hold."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.filters.guard import SAFE, Evidence, Grade, GuardFilter, GuardUnsure, Role, verdict
from core.filters.steps import gives_steps
from core.moderation import Gate
from core.policy import Category, Decision, Policy, Rating, Verdict

A, S, H, B = Decision.ALLOW, Decision.SOFTEN, Decision.HOLD, Decision.BLOCK
TEXT = "The knight struck the guard down."


class Scripted:
    """A guard that says one thing, once it is let."""

    def __init__(self, says: Evidence | Exception = SAFE) -> None:
        self.says = says
        self.asked: list[tuple[str, Role]] = []
        self.cancelled = 0
        self.trouble = ""
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def evidence(self, text: str, role: Role) -> Evidence:
        self.asked.append((text, role))
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.mark.parametrize(
    ("grade", "category", "decisions"),
    [
        (Grade.UNSAFE, Category.VIOLENT, (B, S, A, A)),
        (Grade.CONTROVERSIAL, Category.VIOLENT, (B, S, A, A)),
        (Grade.UNSAFE, Category.SEXUAL, (B, B, B, B)),
        (Grade.CONTROVERSIAL, Category.SEXUAL, (B, B, A, A)),
        (Grade.UNSAFE, Category.CRIME, (S, S, A, A)),
        (Grade.UNSAFE, Category.INJECTION, (A, A, A, A)),
        (Grade.UNSAFE, Category.HARMFUL, (B, H, H, H)),
        (Grade.CONTROVERSIAL, Category.HARMFUL, (B, H, A, A)),
        (Grade.CONTROVERSIAL, Category.MINORS, (B, B, B, B)),
        (Grade.CONTROVERSIAL, Category.CRISIS, (B, B, B, B)),
        (Grade.CONTROVERSIAL, Category.INSTRUCTIONS, (B, B, B, B)),
    ],
)
def test_the_rating_decides_on_the_evidence(grade: Grade, category: Category, decisions: tuple[Decision, ...]) -> None:
    evidence = Evidence(grade, (category,))
    assert tuple(verdict(evidence, TEXT, Policy(rating)).decision for rating in Rating) == decisions


def test_a_safe_text_is_allowed_under_every_rating() -> None:
    assert all(verdict(SAFE, TEXT, Policy(rating)) == Verdict(A) for rating in Rating)


@pytest.mark.parametrize("grade", [Grade.CONTROVERSIAL, Grade.UNSAFE])
def test_violence_that_reads_like_a_manual_is_held_where_a_story_would_pass(grade: Grade) -> None:
    evidence = Evidence(grade, (Category.VIOLENT,))
    assert verdict(evidence, "How can I make a bomb?", Policy(Rating.TEEN)).decision is H
    assert verdict(evidence, TEXT, Policy(Rating.TEEN)).decision is A


@pytest.mark.parametrize(
    "text",
    [
        "How do I build a pipe bomb?",
        "1. Take it.\n2. Open it.\n3. Light it.",
        "Mix 20 g of one with 5 ml of the other and 3 grams of salt.",
        "Here's how. You will need a knife.",
        "第一步：拿\n第二步：开\n第三步：点",
    ],
)
def test_manuals_give_steps(text: str) -> None:
    assert gives_steps(text)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "First he ran, then he hid, and then the 3 men with 2 swords found him 10 minutes later.",
        "“How could you?” she said. He knew how to fight.",
        "- Who is there? - he asked.\n- Nobody.",
        "She drank 2 cups of tea and rode 5 miles.",
    ],
)
def test_stories_give_no_steps(text: str) -> None:
    assert not gives_steps(text)


def test_evidence_cannot_contradict_itself() -> None:
    for grade, categories in ((Grade.SAFE, (Category.GORE,)), (Grade.UNSAFE, ()), (Grade.CONTROVERSIAL, ())):
        with pytest.raises(ValueError, match="contradictory"):
            Evidence(grade, categories)


async def judged(judge: GuardFilter, text: str = TEXT, rating: Rating = Rating.TEEN) -> Verdict:
    return await Gate([], guards=[judge]).judge(text, Policy(rating))


async def test_an_unsure_guard_holds_with_its_reason() -> None:
    found = await judged(GuardFilter(Scripted(GuardUnsure("the guard model is too slow"))))
    assert found == Verdict(H, ("the guard model is too slow",))


async def test_a_guard_that_breaks_holds() -> None:
    assert (await judged(GuardFilter(Scripted(RuntimeError("boom"))))).decision is H


async def test_a_text_is_judged_once_under_all_policies_and_anew_in_another_role() -> None:
    guard = Scripted(Evidence(Grade.UNSAFE, (Category.VIOLENT,)))
    judge = GuardFilter(guard)
    assert [(await judged(judge, rating=rating)).decision for rating in Rating] == [B, S, A, A]
    assert guard.asked == [(TEXT, Role.PARTICIPANT)]
    found = judge.judge(TEXT, Policy(Rating.PG), told=True)
    assert not isinstance(found, Verdict)
    assert (await found).decision is S
    assert guard.asked[1:] == [(TEXT, Role.STORYTELLER)]


async def test_the_same_text_under_way_is_asked_about_once() -> None:
    guard = Scripted()
    guard.go_on.clear()
    judge = GuardFilter(guard)
    both = [asyncio.create_task(judged(judge)) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    guard.go_on.set()
    assert await asyncio.gather(*both) == [Verdict(A)] * 2
    assert len(guard.asked) == 1


async def test_who_gives_up_leaves_the_answer_to_the_others_and_the_last_one_stops_the_guard() -> None:
    guard = Scripted()
    guard.go_on.clear()
    judge = GuardFilter(guard)
    first, second = (asyncio.create_task(judged(judge)) for _ in range(2))
    while not guard.asked:
        await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    assert guard.cancelled == 0
    second.cancel()
    await asyncio.wait([second])
    while not guard.cancelled:
        await asyncio.sleep(0)
    guard.go_on.set()
    assert await judged(judge) == Verdict(A)
    assert len(guard.asked) == 2


async def test_what_could_not_be_told_is_not_remembered() -> None:
    guard = Scripted(GuardUnsure("x"))
    judge = GuardFilter(guard)
    await judged(judge)
    guard.says = SAFE
    assert await judged(judge) == Verdict(A)


async def test_only_so_many_texts_are_remembered_and_none_is_kept() -> None:
    guard = Scripted()
    judge = GuardFilter(guard, remember=2)
    for text in ("One.", "Two.", "Three.", "Three.", "One."):
        await judged(judge, text)
    assert [text for text, _ in guard.asked] == ["One.", "Two.", "Three.", "One."]
    assert "Three" not in repr(vars(judge))


async def test_a_blank_text_needs_no_guard() -> None:
    guard = Scripted()
    assert await judged(GuardFilter(guard), " \n") == Verdict(A)
    assert guard.asked == []


async def test_a_guards_trouble_is_told_by_the_gate() -> None:
    guard = Scripted()
    gate = Gate([], guards=[GuardFilter(guard)])
    assert not gate.troubles
    guard.trouble = "does not answer."
    assert gate.troubles == ("does not answer.",)


async def test_a_passage_of_eight_sentences_costs_eight_questions_and_its_last_verdict_none() -> None:
    guard = Scripted()
    gate = Gate([], guards=[GuardFilter(guard)])

    async def pieces() -> AsyncIterator[str]:
        for number in range(8):
            yield f"Sentence {number} is"
            yield " told. "

    shown = [text async for text in gate.release(pieces(), Policy(Rating.TEEN))]
    await gate.clear(shown[-1], Policy(Rating.TEEN), told=True)
    assert len(guard.asked) == 8
    assert {role for _, role in guard.asked} == {Role.STORYTELLER}
