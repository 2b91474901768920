"""Turns, as contributors know them: exactly once, in order, whole or not at all. On both databases."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from core.database import Database
from core.engine import EngineState
from core.errors import (
    BadArgument,
    EngineBusy,
    EngineFailed,
    EngineTimeout,
    NoStory,
    NotPossible,
    UnknownOperation,
    Withheld,
)
from core.moderation import Gate
from core.operation import OPERATIONS
from core.place import Contributor, Place
from core.policy import Decision, Policy, Rating, Verdict
from core.reply import Glimpse, Reply, Shape, Stage
from core.store import Store
from core.storyteller import Storyteller
from core.writing import Limits
from tests.kit import ANA, BEN, ELSEWHERE, HERE, Forbidding, started, storyteller, texts, told, turn
from tests.voices import DEFAULT, ScriptedEngine


async def test_a_story_grows_by_people_and_by_the_storyteller(teller: Storyteller) -> None:
    await started(teller, "Mara climbed the stairs.")
    await teller.perform("continue", turn(who=BEN), {"direction": "a ship answers"})
    reply = await teller.perform("show", turn())
    assert texts(reply) == ["Mara climbed the stairs.", DEFAULT]
    assert [block.label for block in reply.blocks if block.shape is Shape.PROSE] == ["1 · Ana", "2 · the storyteller"]


async def test_a_delivery_that_is_repeated_returns_the_stored_reply_and_does_nothing(teller: Storyteller) -> None:
    await started(teller)
    once = turn()
    first = await teller.perform("add", once, {"text": "A door opened."})
    again = await teller.perform("add", once, {"text": "A door opened."})
    assert again == first
    assert await told(teller) == ["A door opened."]


async def test_deliveries_repeated_at_the_same_moment_are_one_turn(teller: Storyteller) -> None:
    await started(teller)
    once = turn()
    replies = await asyncio.gather(*(teller.perform("continue", once) for _ in range(5)))
    assert len(set(replies)) == 1
    assert await told(teller) == [DEFAULT]


async def test_a_repeated_question_is_answered_from_the_store(teller: Storyteller, voice: ScriptedEngine) -> None:
    await started(teller, "The sea was quiet.")
    once = turn()
    first = await teller.perform("explain", once)
    assert await teller.perform("explain", once) == first
    assert len(voice.requests) == 1


async def test_twenty_simultaneous_inputs_are_twenty_passages_in_order_of_arrival(teller: Storyteller) -> None:
    await started(teller)
    texts_ = [f"Passage number {n} was told." for n in range(20)]
    await asyncio.gather(*(teller.perform("add", turn(), {"text": text}) for text in texts_))
    later = texts(await teller.perform("show", turn(), {"page": "2"}))
    assert later + await told(teller) == texts_


async def test_two_processes_that_write_to_one_story_lose_and_double_nothing(database: Database) -> None:
    tellers = [storyteller(database, ScriptedEngine()) for _ in range(2)]
    await started(tellers[0])
    wanted = {f"Passage number {n} was told." for n in range(20)}
    await asyncio.gather(
        *(tellers[n % 2].perform("add", turn(), {"text": text}) for n, text in enumerate(sorted(wanted)))
    )
    found = await told(tellers[0]) + texts(await tellers[0].perform("show", turn(), {"page": "2"}))
    assert sorted(found) == sorted(wanted)


async def test_a_story_that_waits_for_the_engine_holds_up_no_other(database: Database) -> None:
    voice = ScriptedEngine()
    teller = storyteller(database, voice)
    await started(teller)
    await started(teller, place=ELSEWHERE)
    voice.gate.clear()
    slow = asyncio.create_task(teller.perform("continue", turn()))
    while not voice.writing:
        await asyncio.sleep(0)
    await teller.perform("add", turn(ELSEWHERE), {"text": "Here it goes on."})
    assert not slow.done()
    voice.gate.set()
    await slow


async def test_the_next_one_in_a_story_is_told_that_another_comes_first(database: Database) -> None:
    voice = ScriptedEngine()
    teller = storyteller(database, voice)
    await started(teller)
    voice.gate.clear()
    slow = asyncio.create_task(teller.perform("continue", turn()))
    while not voice.writing:
        await asyncio.sleep(0)
    seen: list[Glimpse] = []
    second = asyncio.create_task(teller.perform("add", turn(), {"text": "Second."}, watch=seen.append))
    while not seen:
        await asyncio.sleep(0)
    voice.gate.set()
    await asyncio.gather(slow, second)
    assert seen[0].stage is Stage.WAITING
    assert await told(teller) == [DEFAULT, "Second."]


async def test_no_word_of_one_place_reaches_the_prompts_or_pages_of_another(database: Database) -> None:
    voice = ScriptedEngine()
    teller = storyteller(database, voice)
    same_channel = Place(platform="test", workspace="w2", channel=HERE.channel)
    await started(teller, "The marker xyzzy stands here.")
    await teller.perform("lore add", turn(), {"name": "Xyzzy", "fact": "xyzzy is a marker"})
    await started(teller, "Another tale.", place=same_channel)
    for operation in ("continue", "explain", "recap", "refine", "show", "list", "lore list", "settings show"):
        reply = await teller.perform(operation, turn(same_channel))
        assert not any("xyzzy" in block.text.lower() for block in reply.blocks)
    prompts = [voice.decode(request.prompt).lower() for request in voice.requests]
    assert prompts
    assert not any("xyzzy" in prompt for prompt in prompts)


async def test_workspaces_have_salts_of_their_own_that_the_secret_hides(database: Database) -> None:
    voice = ScriptedEngine()
    for secret in ("one", "two"):
        teller = storyteller(database, voice, secret=secret)
        for channel, workspace in (("a", "w1"), ("b", "w1"), ("a", "w2")):
            place = Place(platform="test", workspace=workspace, channel=f"{secret}-{channel}")
            await started(teller, place=place)
            await teller.perform("continue", turn(place))
    salts = [request.salt for request in voice.requests]
    assert salts[0] == salts[1]
    assert len(set(salts)) == 4
    assert all(len(salt) <= 128 and salt.isalnum() for salt in salts)


async def test_a_turn_that_is_cancelled_while_the_storyteller_writes_never_happened(database: Database) -> None:
    voice = ScriptedEngine()
    teller = storyteller(database, voice)
    await started(teller, "Before.")
    voice.gate.clear()
    task = asyncio.create_task(teller.perform("continue", turn()))
    while not voice.writing:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert voice.writing == 0
    voice.gate.set()
    await teller.perform("add", turn(), {"text": "After."})
    assert await told(teller) == ["Before.", "After."]


async def test_a_turn_cancelled_at_any_step_is_whole_or_absent_and_the_next_goes_on(teller: Storyteller) -> None:
    await started(teller)
    expected = 0
    for steps in range(0, 160, 3):
        once = turn()
        task = asyncio.create_task(teller.perform("add", once, {"text": f"Step {steps}."}))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        before = expected
        expected = (await _count(teller)) - 0
        assert expected in (before, before + 1)
        await teller.perform("add", once, {"text": f"Step {steps}."})
        expected = await _count(teller)
        assert expected == before + 1


async def _count(teller: Storyteller) -> int:
    reply = await teller.perform("list", turn())
    return int(reply.blocks[0].text.split()[0])


async def test_a_withheld_passage_is_not_stored(teller: Storyteller) -> None:
    await started(teller)
    with pytest.raises(Withheld) as caught:
        await teller.perform("add", turn(), {"text": "This is forbidden."})
    assert "forbidden." not in caught.value.notice
    assert caught.value.reasons == ("testing",)
    assert await told(teller) == []


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("start", {"title": "forbidden"}),
        ("start", {"title": "Fine", "premise": "forbidden"}),
        ("lore add", {"name": "forbidden", "fact": "fine"}),
        ("lore add", {"name": "fine", "fact": "forbidden"}),
        ("continue", {"direction": "forbidden"}),
        ("refine", {"how": "forbidden"}),
        ("explain", {"question": "forbidden"}),
    ],
)
async def test_every_word_of_a_contributor_passes_the_gate(
    teller: Storyteller, operation: str, arguments: dict[str, str]
) -> None:
    if operation != "start":
        await started(teller, "Before.")
    with pytest.raises(Withheld):
        await teller.perform(operation, turn(), arguments)


async def test_a_name_that_does_not_pass_is_not_shown(teller: Storyteller) -> None:
    rude = Contributor("u3", "forbidden name")
    await started(teller)
    await teller.perform("add", turn(who=rude), {"text": "Hello."})
    reply = await teller.perform("show", turn())
    assert [block.label for block in reply.blocks if block.shape is Shape.PROSE] == ["1 · somebody"]


async def test_what_the_model_writes_is_written_again_when_it_does_not_pass(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(["One. This is forbidden.", "All is well. They slept."]))
    await started(teller)
    reply = await teller.perform("continue", turn())
    assert texts(reply) == ["All is well. They slept."]


async def test_what_never_passes_is_never_shown_or_stored(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(lambda _: "Well then. This is forbidden."))
    await started(teller)
    seen: list[Glimpse] = []
    with pytest.raises(Withheld):
        await teller.perform("continue", turn(), watch=seen.append)
    assert not any("forbidden" in glimpse.text for glimpse in seen)
    assert await told(teller) == []


@pytest.mark.parametrize(("rating", "partly"), [("teen", True), ("pg", False), ("g", False)])
async def test_strict_ratings_show_nothing_before_all_of_it_has_passed(
    database: Database, rating: str, partly: bool
) -> None:
    teller = storyteller(database, ScriptedEngine(["A first one. A second one. A third one."]))
    await started(teller)
    await teller.perform("settings rating", turn(), {"rating": rating})
    seen: list[Glimpse] = []
    await teller.perform("continue", turn(), watch=seen.append)
    shown = [glimpse.text for glimpse in seen if glimpse.text]
    assert shown == (["A first one.", "A first one. A second one.", "A first one. A second one. A third one."] * partly)


class _Broken:
    name = "broken"

    async def judge(self, text: str, policy: Policy) -> Verdict:
        raise RuntimeError("the filter quotes: " + text)


class _Slow:
    name = "slow"

    async def judge(self, text: str, rating: Rating) -> Verdict:
        await asyncio.Event().wait()
        return Verdict(Decision.ALLOW)


@pytest.mark.parametrize("broken", [_Broken(), _Slow(), Forbidding(word="", decision=Decision.HOLD)])
async def test_when_a_filter_cannot_tell_nothing_is_stored(
    database: Database, broken: _Broken, caplog: pytest.LogCaptureFixture
) -> None:
    fine, unsure = storyteller(database, ScriptedEngine()), storyteller(database, ScriptedEngine(), broken)
    await started(fine)
    with pytest.raises(Withheld):
        await unsure.perform("add", turn(), {"text": "A secret marker."})
    assert await told(fine) == []
    assert "marker" not in caplog.text


async def test_every_error_of_the_engine_keeps_the_story(database: Database) -> None:
    errors = [EngineBusy(), EngineFailed(), EngineTimeout()]
    teller = storyteller(database, ScriptedEngine(errors))
    await started(teller, "Before.")
    for error in errors:
        with pytest.raises(type(error)):
            await teller.perform("continue", turn())
    assert await told(teller) == ["Before."]


async def test_an_engine_that_says_nothing_is_given_up(database: Database) -> None:
    voice = ScriptedEngine()
    teller = storyteller(database, voice, limits=Limits(first_words=0.05, whole_turn=0.05))
    await started(teller)
    voice.gate.clear()
    with pytest.raises(EngineTimeout):
        await teller.perform("continue", turn())
    assert voice.writing == 0


async def test_a_turn_that_needs_the_engine_says_that_it_is_waking_up(database: Database) -> None:
    voice = ScriptedEngine()
    voice.state = EngineState.WAKING
    teller = storyteller(database, voice)
    await started(teller, "This needs no model.")
    seen: list[Glimpse] = []
    task = asyncio.create_task(teller.perform("continue", turn(), watch=seen.append))
    while not seen:
        await asyncio.sleep(0)
    voice.state = EngineState.READY
    await task
    assert [glimpse.stage for glimpse in seen][:2] == [Stage.WAKING, Stage.WRITING]


async def test_a_passage_that_repeats_the_story_is_written_again(database: Database) -> None:
    told_before = "The old keeper lit the great lamp and looked at the dark sea."
    teller = storyteller(database, ScriptedEngine([told_before, "A ship answered."]))
    await started(teller, told_before)
    assert texts(await teller.perform("continue", turn())) == ["A ship answered."]


async def test_a_storyteller_that_cannot_write_a_storys_language_says_so_and_adds_nothing(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(lambda _: "Whoop buzzed around."))
    await teller.perform("start", turn(), {"title": "港湾的灯"})
    for told_before in ([], ["小美在阁楼里找到了一盏旧灯。"]):
        for text in told_before:
            await teller.perform("add", turn(), {"text": text})
        with pytest.raises(NotPossible, match="does not write in the language of this story"):
            await teller.perform("continue", turn())
        assert await told(teller) == told_before


async def test_an_answer_in_the_storys_language_is_taken_though_the_first_was_not(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(["Whoop buzzed around.", "她点亮了它。"]))
    await started(teller, "小美在阁楼里找到了一盏旧灯。")
    assert texts(await teller.perform("continue", turn())) == ["她点亮了它。"]


async def test_what_is_new_is_told_from_what_came_after_ones_own_last_passage(database: Database) -> None:
    voice = ScriptedEngine(lambda _: "A ship came. Tom slept.")
    teller = storyteller(database, voice)
    await started(teller, "Old ALPHA.", "Tom slept.")
    await teller.perform("add", turn(who=BEN), {"text": "A ship came."})
    reply = await teller.perform("recap", turn(), {"part": "new"})
    assert texts(reply) == ["A ship came. [3]"]
    assert "ALPHA" not in voice.decode(voice.requests[-1].prompt)
    assert texts(await teller.perform("recap", turn(who=Contributor("u3", "Cy")), {"part": "new"})) == [
        "A ship came. [3] Tom slept. [2]"
    ]
    assert texts(await teller.perform("recap", turn(who=BEN), {"part": "new"}), Shape.NOTE) == [
        "Nothing has happened since your last passage."
    ]


async def test_a_passage_is_as_long_as_was_asked_for_unless_only_a_short_one_is_good(database: Database) -> None:
    voice = ScriptedEngine(["no end", "no end either", "She went in."])
    teller = storyteller(database, voice)
    await started(teller, "Before.")
    assert texts(await teller.perform("continue", turn(), {"length": "long"})) == ["She went in."]
    assert [each.sampling.min_tokens for each in voice.requests] == [80, 80, 0]
    await teller.perform("recap", turn())
    assert voice.requests[-1].sampling.min_tokens == 0


async def test_an_answer_that_was_cut_off_ends_at_a_sentence(database: Database) -> None:
    long = "It rained. " * 400
    teller = storyteller(database, ScriptedEngine(["She went in. " + "and then " * 400, long]))
    await started(teller)
    assert texts(await teller.perform("continue", turn())) == ["She went in."]


async def test_undo_and_redo_walk_through_passages_refinements_and_lore(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(["Mara climbed the stairs slowly."]))
    await started(teller, "Mara climbed the stairs.")
    await teller.perform("refine", turn(), {"how": "slower"})
    await teller.perform("lore add", turn(), {"name": "Mara", "fact": "keeps the light"})
    states = [(["Mara climbed the stairs slowly."], 1), (["Mara climbed the stairs slowly."], 0)]
    states += [(["Mara climbed the stairs."], 0), ([], 0)]
    assert await _state(teller) == states[0]
    for state in states[1:]:
        await teller.perform("undo", turn())
        assert await _state(teller) == state
    with pytest.raises(NotPossible, match="nothing to undo"):
        await teller.perform("undo", turn())
    for state in reversed(states[:-1]):
        await teller.perform("redo", turn())
        assert await _state(teller) == state
    with pytest.raises(NotPossible, match="nothing to redo"):
        await teller.perform("redo", turn())


async def _state(teller: Storyteller) -> tuple[list[str], int]:
    return await told(teller), len(texts(await teller.perform("lore list", turn()), Shape.ITEM))


async def test_what_was_undone_cannot_be_redone_once_something_else_was_told(teller: Storyteller) -> None:
    await started(teller, "One.", "Two.")
    await teller.perform("undo", turn())
    await teller.perform("add", turn(), {"text": "Another two."})
    with pytest.raises(NotPossible):
        await teller.perform("redo", turn())
    await teller.perform("undo", turn())
    assert await told(teller) == ["One."]
    await teller.perform("redo", turn())
    assert await told(teller) == ["One.", "Another two."]


async def test_no_later_prompt_knows_what_was_undone(database: Database) -> None:
    voice = ScriptedEngine()
    teller = storyteller(database, voice)
    await started(teller, "One.", "The marker xyzzy.")
    await teller.perform("undo", turn())
    await teller.perform("continue", turn())
    assert "xyzzy" not in voice.decode(voice.requests[-1].prompt)


async def test_retry_writes_the_last_passage_anew_with_the_same_direction(database: Database) -> None:
    voice = ScriptedEngine(["The first try.", "The second try."])
    teller = storyteller(database, voice)
    await started(teller)
    await teller.perform("continue", turn(), {"direction": "a ship answers"})
    await teller.perform("retry", turn())
    assert await told(teller) == ["The second try."]
    assert voice.requests[0].prompt == voice.requests[1].prompt
    await teller.perform("undo", turn())
    assert await told(teller) == ["The first try."]


async def test_a_refinement_that_loses_a_name_is_not_taken(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(lambda _: "Then Bob climbed the dark stairs."))
    await started(teller, "Then Mara climbed the dark stairs.")
    reply = await teller.perform("refine", turn())
    assert reply.private
    assert await told(teller) == ["Then Mara climbed the dark stairs."]


async def test_a_refined_passage_stays_its_authors(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(["Then Mara slowly climbed the dark stairs."]))
    await started(teller, "Then Mara climbed the dark stairs.")
    reply = await teller.perform("refine", turn(who=BEN))
    assert texts(reply, Shape.OLD) == ["Then Mara climbed the dark stairs."]
    assert texts(reply, Shape.NEW) == ["Then Mara slowly climbed the dark stairs."]
    shown = await teller.perform("show", turn())
    assert [block.label for block in shown.blocks if block.shape is Shape.PROSE] == ["1 · Ana, refined"]


async def test_an_explanation_cites_its_passages_and_drops_what_the_story_does_not_bear_out(
    database: Database,
) -> None:
    answer = "The ship answered the lamp. Dragons ruled Peru."
    teller = storyteller(database, ScriptedEngine([answer], form="chat"))
    await started(teller, "Mara lit the lamp.", "A ship answered.")
    reply = await teller.perform("explain", turn(), {"question": "what did the ship do?"})
    assert texts(reply) == ["The ship answered the lamp. [1][2]"]
    assert reply.private


async def test_a_small_storyteller_answers_a_question_with_sentences_of_the_story(database: Database) -> None:
    voice = ScriptedEngine(["Dragons ruled Peru."])
    teller = storyteller(database, voice)
    await started(teller, "Mara lit the lamp. It was late.", "A ship answered from the dark.")
    reply = await teller.perform("explain", turn(), {"question": "who lit the lamp?"})
    assert texts(reply, Shape.PROSE) == ["Mara lit the lamp. [1]"]
    assert not voice.requests
    empty = await teller.perform("explain", turn(), {"question": "who ruled Peru?"})
    assert texts(empty, Shape.NOTE) == ["The story does not say."]


async def test_where_nothing_that_a_small_storyteller_says_holds_sentences_of_the_story_do(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(["Dragons ruled Peru."] * 2))
    await started(teller, "Mara lit the lamp.", "A ship answered.")
    for operation in ("explain", "recap"):
        reply = await teller.perform(operation, turn())
        assert texts(reply, Shape.PROSE) == ["Mara lit the lamp. [1] A ship answered. [2]"]


@pytest.mark.parametrize("found", ["Mara beleived the keper.", "Mara believed the keeper."])
async def test_a_small_storyteller_mends_spelling_whatever_it_finds(database: Database, found: str) -> None:
    voice = ScriptedEngine([found] * 3)
    teller = storyteller(database, voice)
    await started(teller, "Mara beleived the keeper.")
    reply = await teller.perform("refine", turn())
    assert texts(reply, Shape.NEW) == ["Mara believed the keeper."]
    assert "beleived" not in voice.decode(voice.requests[0].prompt)
    assert texts(await teller.perform("undo", turn()), Shape.PROSE) == ["Mara beleived the keeper."]


async def test_what_the_story_does_not_say_is_said_to_be_so(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(["Dragons ruled Peru."], form="chat"))
    await started(teller, "Mara lit the lamp.")
    reply = await teller.perform("explain", turn(), {"question": "who ruled?"})
    assert texts(reply, Shape.NOTE) == ["The story does not say."]


async def test_a_second_start_offers_the_open_story_and_overwrites_nothing(teller: Storyteller) -> None:
    await started(teller, "One.")
    reply = await teller.perform("start", turn(), {"title": "Another"})
    assert reply.private
    assert "The Lamp" in reply.blocks[0].text
    assert await told(teller) == ["One."]


async def test_an_ended_story_is_kept_and_can_be_resumed_by_its_title(teller: Storyteller) -> None:
    await started(teller, "One.")
    await teller.perform("end", turn())
    with pytest.raises(NoStory):
        await teller.perform("add", turn(), {"text": "Too late."})
    await teller.perform("start", turn(), {"title": "Another"})
    await teller.perform("end", turn())
    await teller.perform("resume", turn(), {"title": "the lamp"})
    assert await told(teller) == ["One."]


async def test_replies_that_were_never_shown_are_found_after_a_restart_once(
    teller: Storyteller, database: Database
) -> None:
    await started(teller, "One.")
    restarted = storyteller(database, ScriptedEngine())
    found = await restarted.delivery.undelivered("test")
    assert [(missed.place, missed.contributor_id) for missed in found] == [(HERE, ANA.id), (HERE, ANA.id)]
    for missed in found:
        await restarted.delivery.delivered(missed.reply)
    assert await restarted.delivery.undelivered("test") == []


async def test_lore_of_the_same_name_takes_the_place_of_the_old(teller: Storyteller) -> None:
    await started(teller)
    await teller.perform("lore add", turn(), {"name": "Mara", "fact": "keeps the light"})
    await teller.perform("lore add", turn(), {"name": "mara", "fact": "is nine"})
    assert texts(await teller.perform("lore list", turn()), Shape.ITEM) == ["is nine"]
    await teller.perform("lore forget", turn(), {"name": "MARA"})
    assert texts(await teller.perform("lore list", turn()), Shape.ITEM) == []
    await teller.perform("undo", turn())
    await teller.perform("undo", turn())
    assert texts(await teller.perform("lore list", turn()), Shape.ITEM) == ["keeps the light"]


async def test_why_tells_what_the_model_was_given(teller: Storyteller) -> None:
    await started(teller, "One.")
    await teller.perform("lore add", turn(), {"name": "Mara", "fact": "keeps the light"})
    await teller.perform("continue", turn(), {"direction": "a ship"})
    reply = await teller.perform("why", turn())
    rows = {str(block.label): str(block.text) for block in reply.blocks if block.shape is Shape.ITEM}
    assert rows["task"] == "continue a ship"
    assert rows["lore"] == "Mara"
    assert rows["passages"] == "1-1"


async def test_unknown_commands_and_arguments_name_the_nearest(teller: Storyteller) -> None:
    with pytest.raises(UnknownOperation, match="Did you mean continue"):
        await teller.perform("contineu", turn())
    with pytest.raises(BadArgument, match="Did you mean direction"):
        await teller.perform("continue", turn(), {"directon": "x"})
    with pytest.raises(BadArgument, match="Did you mean teen"):
        await teller.perform("settings rating", turn(), {"rating": "ten"})


@pytest.mark.parametrize("empty", ["", "   ", "\0\0", "\u200b", "\u202e", "\ud800"])
async def test_an_empty_text_is_not_a_passage(teller: Storyteller, empty: str) -> None:
    await started(teller)
    with pytest.raises(BadArgument, match="needs text"):
        await teller.perform("add", turn(), {"text": empty})


async def test_a_megabyte_is_refused_with_the_limit_and_stores_nothing(teller: Storyteller) -> None:
    await started(teller)
    with pytest.raises(BadArgument, match=r"1,000,000 characters; text may have 2,000"):
        await teller.perform("add", turn(), {"text": "x" * 1_000_000})
    assert await told(teller) == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("NUL \0 inside", "NUL  inside"),
        ("lone \ud83d surrogate", "lone  surrogate"),
        ("שלום עולם", "שלום עולם"),
        ("turned \u202eback", "turned back"),
        ("family 👨‍👩‍👧 and 🏳️‍🌈", "family 👨‍👩‍👧 and 🏳️‍🌈"),
        ("灯塔的女儿", "灯塔的女儿"),
        ("two\r\nlines", "two\nlines"),
        ("braces {0} {x} %s", "braces {0} {x} %s"),
    ],
)
async def test_any_text_is_kept_as_it_was_typed_without_what_only_harms(
    teller: Storyteller, typed: str, kept: str
) -> None:
    await started(teller)
    await teller.perform("add", turn(), {"text": typed})
    assert await told(teller) == [kept]


async def test_every_operation_says_something_in_an_empty_place_or_why_not(teller: Storyteller) -> None:
    needed = {"title": "T", "text": "t", "name": "n", "fact": "f", "rating": "g", "length": "short"}
    needed |= {"number": "1", "mark": "good", "person": "u9", "reason": "r"}
    for name, each in OPERATIONS.items():
        place = Place(platform="test", workspace="w", channel=name)
        arguments = {param.name: needed[param.name] for param in each.params if param.required}
        try:
            reply = await teller.perform(name, turn(place, ANA), arguments)
        except (NotPossible, BadArgument) as error:
            assert error.notice.endswith(".")
        else:
            assert reply.blocks


async def test_a_request_id_counts_within_its_place_only(teller: Storyteller) -> None:
    for place in (HERE, ELSEWHERE):
        await teller.perform("start", turn(place, request_id="same"), {"title": f"In {place.workspace}"})
    reply = await teller.perform("show", turn(ELSEWHERE))
    assert texts(reply, Shape.TITLE) == ["In w2"]


async def _meanwhile(
    database: Database, slow: str, *others: tuple[str, dict[str, str]]
) -> tuple[Storyteller, Reply | NotPossible]:
    """Two processes on one database: the first writes slowly, and the other does these things meanwhile."""
    voice = ScriptedEngine(["The first try.", "The second try."])
    first, second = storyteller(database, voice), storyteller(database, ScriptedEngine())
    await started(first, "One.")
    voice.gate.clear()
    writing = asyncio.create_task(first.perform(slow, turn()))
    while not voice.writing:
        await asyncio.sleep(0)
    for operation, arguments in others:
        await second.perform(operation, turn(who=BEN), arguments)
    voice.gate.set()
    try:
        return second, await writing
    except NotPossible as error:
        return second, error


async def test_nothing_is_written_into_a_story_that_was_ended_meanwhile(database: Database) -> None:
    teller, outcome = await _meanwhile(database, "continue", ("end", {}), ("start", {"title": "The Owl"}))
    assert isinstance(outcome, Reply)
    assert await told(teller) == ["The second try."]
    await teller.perform("end", turn())
    await teller.perform("resume", turn(), {"title": "The Lamp"})
    assert await told(teller) == ["One."]


async def test_a_text_judged_by_a_rating_that_was_changed_meanwhile_is_judged_anew(database: Database) -> None:
    teller, outcome = await _meanwhile(database, "continue", ("settings rating", {"rating": "g"}))
    assert isinstance(outcome, Reply)
    assert await told(teller) == ["One.", "The second try."]


async def test_undo_takes_back_what_it_says_also_when_somebody_adds_meanwhile(database: Database) -> None:
    tellers = [storyteller(database, ScriptedEngine()) for _ in range(2)]
    await started(tellers[0], "One.", "Two.")
    for _ in range(5):
        undone, _ = await asyncio.gather(
            tellers[0].perform("undo", turn()),
            tellers[1].perform("lore add", turn(), {"name": "Mara", "fact": "keeps the light"}),
        )
        facts = texts(await tellers[0].perform("lore list", turn()), Shape.ITEM)
        took_lore_back = any("No longer holds" in block.text for block in undone.blocks)
        assert took_lore_back is (facts == [])
        while facts:
            await tellers[0].perform("lore forget", turn(), {"name": "Mara"})
            facts = facts[1:]
        await tellers[0].perform("add", turn(), {"text": "Another."})


async def test_two_facts_of_one_name_never_hold_at_once(database: Database) -> None:
    tellers = [storyteller(database, ScriptedEngine()) for _ in range(4)]
    await started(tellers[0])
    adding = (t.perform("lore add", turn(), {"name": "Mara", "fact": f"fact {n}"}) for n, t in enumerate(tellers))
    await asyncio.gather(*adding)
    assert len(texts(await tellers[0].perform("lore list", turn()), Shape.ITEM)) == 1


async def test_words_that_are_harmless_alone_are_judged_together(teller: Storyteller) -> None:
    await started(teller)
    joined = storyteller(teller._store._database, ScriptedEngine(), Forbidding(word="kill yourself"))
    with pytest.raises(Withheld):
        await joined.perform("lore add", turn(), {"name": "kill", "fact": "yourself"})


async def test_questions_at_once_after_a_change_of_model_are_all_answered(database: Database) -> None:
    await started(storyteller(database, ScriptedEngine()), "The sea was quiet.")
    voice = ScriptedEngine(lambda _: "The sea was quiet.")
    voice.profile = replace(voice.profile, tokenizer="another")
    teller = storyteller(database, voice)
    replies = await asyncio.gather(*(teller.perform("explain", turn()) for _ in range(6)))
    assert {texts(reply)[0] for reply in replies} == {"The sea was quiet. [1]"}


@pytest.mark.parametrize("number", ["99999999999999999999999", "3000000000", "12345"])
async def test_a_number_that_no_passage_has_is_no_end(teller: Storyteller, number: str) -> None:
    await started(teller, "The sea was quiet.")
    with contextlib.suppress(BadArgument):
        await teller.perform("explain", turn(), {"question": number})


async def test_an_operators_new_default_holds_where_nobody_has_set_a_rating(database: Database) -> None:
    await started(storyteller(database, ScriptedEngine()))
    stricter = Storyteller(store=Store(database, rating=Rating.G), gate=Gate([]), engine=ScriptedEngine())
    assert "g" in texts(await stricter.perform("settings show", turn()), Shape.ITEM)
    await stricter.perform("settings rating", turn(), {"rating": "pg"})
    assert "pg" in texts(await stricter.perform("settings show", turn()), Shape.ITEM)


async def test_old_stories_are_found_by_title_and_by_number_and_the_last_ended_first(teller: Storyteller) -> None:
    for number in range(30):
        await teller.perform("start", turn(), {"title": f"Tale {number}"})
        await teller.perform("end", turn())
    await teller.perform("resume", turn(), {"title": "tale 2"})
    await teller.perform("end", turn())
    listed = [str(block.label) for block in (await teller.perform("list", turn())).blocks]
    assert listed[:2] == ["1. Tale 2", "2. Tale 29"]
    resumed = await teller.perform("resume", turn(), {"title": "2"})
    assert texts(resumed, Shape.TITLE) == ["Tale 29"]


async def test_a_title_and_premise_as_long_as_the_window_do_not_stop_a_story(database: Database) -> None:
    voice = ScriptedEngine(window=600)
    teller = storyteller(database, voice)
    await teller.perform("start", turn(), {"title": "🐳" * 100, "premise": "🐳" * 500})
    await teller.perform("continue", turn(), {"direction": "🐳" * 300, "length": "short"})
    assert len(voice.requests[0].prompt) + voice.requests[0].sampling.max_tokens <= 600


async def test_a_passage_too_long_to_refine_is_said_to_be_so(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(window=600))
    await started(teller, "word " * 100)
    with pytest.raises(NotPossible, match="too long"):
        await teller.perform("refine", turn())


@pytest.mark.parametrize("name", ["the storyteller", "The Storyteller", "\u200b", "\u3164", "  "])
async def test_nobody_is_shown_as_the_storyteller_or_as_nothing(teller: Storyteller, name: str) -> None:
    await started(teller)
    await teller.perform("add", turn(who=Contributor("u9", name)), {"text": "Hello."})
    shown = await teller.perform("show", turn())
    assert shown.blocks[-1].label == "1 · somebody"


async def test_a_small_model_that_brings_in_a_stranger_writes_again_once(database: Database) -> None:
    voice = ScriptedEngine(["Then a man came and Bartholomew laughed.", "Then the wind rose and Mara laughed."])
    teller = storyteller(database, voice)
    await started(teller, "One day Mara found a lamp, and Mara was glad.")
    assert texts(await teller.perform("continue", turn())) == ["Then the wind rose and Mara laughed."]
    stubborn = ScriptedEngine(["Then a man came and Bartholomew laughed.", "Then a cat came and Ottilie sang."])
    teller = storyteller(database, stubborn)
    assert texts(await teller.perform("continue", turn())) == ["Then a cat came and Ottilie sang."]
