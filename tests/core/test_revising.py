"""Passages that are reworded or taken out, at the end and in the middle, and found again by their messages."""

import pytest

from core.errors import NotAllowed, NotPossible
from core.storyteller import Storyteller
from tests.kit import ANA, BEN, ELSEWHERE, HERE, started, told, turn
from tests.voices import ScriptedEngine


async def test_a_passage_in_the_middle_is_reworded_and_what_follows_stays(
    teller: Storyteller, voice: ScriptedEngine
) -> None:
    await started(teller, "One xyzzy.", "Two.", "Three.")
    await teller.perform("edit", turn(), {"number": "1", "text": "One."})
    assert await told(teller) == ["One.", "Two.", "Three."]
    await teller.perform("continue", turn())
    prompt = voice.decode(voice.requests[-1].prompt)
    assert "xyzzy" not in prompt
    assert "One." in prompt
    assert "Three." in prompt


async def test_undo_brings_the_old_wording_back_and_redo_the_new_one(teller: Storyteller) -> None:
    await started(teller, "One.", "Two.", "Three.")
    await teller.perform("edit", turn(), {"number": "2", "text": "Two, reworded."})
    await teller.perform("undo", turn())
    assert await told(teller) == ["One.", "Two.", "Three."]
    await teller.perform("redo", turn())
    assert await told(teller) == ["One.", "Two, reworded.", "Three."]


@pytest.mark.parametrize(
    ("number", "left"), [("1", ["Two.", "Three."]), ("2", ["One.", "Three."]), ("3", ["One.", "Two."])]
)
async def test_a_passage_is_taken_out_and_comes_back(teller: Storyteller, number: str, left: list[str]) -> None:
    await started(teller, "One.", "Two.", "Three.")
    await teller.perform("remove", turn(), {"number": number})
    assert await told(teller) == left
    await teller.perform("add", turn(), {"text": "Four."})
    assert await told(teller) == [*left, "Four."]
    await teller.perform("undo", turn())
    await teller.perform("undo", turn())
    assert await told(teller) == ["One.", "Two.", "Three."]


async def test_the_only_passage_can_be_taken_out(teller: Storyteller) -> None:
    await started(teller, "One.")
    await teller.perform("remove", turn())
    assert await told(teller) == []
    await teller.perform("add", turn(), {"text": "Anew."})
    assert await told(teller) == ["Anew."]


async def test_nobody_but_its_author_or_a_moderator_changes_a_persons_words(teller: Storyteller) -> None:
    await started(teller, "Ana's.")
    for name, given in (("edit", {"text": "Ben's now."}), ("remove", {})):
        with pytest.raises(NotAllowed, match="whoever wrote"):
            await teller.perform(name, turn(who=BEN, admin=False), given)
    assert await told(teller) == ["Ana's."]
    await teller.perform("edit", turn(who=ANA, admin=False), {"text": "Ana's, better."})
    await teller.perform("continue", turn())
    await teller.perform("edit", turn(who=BEN, admin=False), {"text": "The storyteller's words are everybody's."})
    assert await told(teller) == ["Ana's, better.", "The storyteller's words are everybody's."]


async def test_a_passage_that_too_many_follow_is_left_alone(teller: Storyteller) -> None:
    await started(teller, *(f"Line {n}." for n in range(202)))
    with pytest.raises(NotPossible, match="too far back"):
        await teller.perform("edit", turn(), {"number": "1", "text": "Other."})
    await teller.perform("edit", turn(), {"number": "2", "text": "Other."})
    assert len(await told(teller)) == 10


async def test_why_still_tells_what_a_moved_passage_was_given(teller: Storyteller) -> None:
    await started(teller, "One.", "Two.")
    await teller.perform("continue", turn(), {"direction": "a door opens"})
    await teller.perform("remove", turn(), {"number": "1"})
    account = await teller.perform("why", turn())
    assert any("a door opens" in block.text for block in account.blocks)


async def test_the_message_that_a_passage_came_from_leads_to_how_it_reads_now(teller: Storyteller) -> None:
    await started(teller)
    await teller.perform("add", turn(source="m1"), {"text": "One."})
    await teller.perform("add", turn(source="m2"), {"text": "Two."})
    for wording in ("One, again.", "One, once more."):
        about = await teller.delivery.passage_at(HERE, "m1")
        await teller.perform("edit", turn(source="m1", about=about), {"text": wording})
    assert await told(teller) == ["One, once more.", "Two."]
    assert await teller.delivery.passage_at(ELSEWHERE, "m1") is None
    await teller.perform("remove", turn(about=await teller.delivery.passage_at(HERE, "m1")))
    with pytest.raises(NotPossible, match="does not stand"):
        await teller.perform("edit", turn(about=await teller.delivery.passage_at(HERE, "m1")), {"text": "Gone."})
    assert await told(teller) == ["Two."]


async def test_the_messages_that_show_a_passage_lead_to_it(teller: Storyteller) -> None:
    await started(teller)
    reply = await teller.perform("continue", turn())
    assert reply.passage
    await teller.delivery.delivered(reply, ["m1", "m2"])
    await teller.delivery.delivered(reply, ["m1"])
    assert [await teller.delivery.passage_at(HERE, m) for m in ("m1", "m2", "m3")] == [reply.passage.id] * 2 + [None]
    explained = await teller.perform("explain", turn(about=reply.passage.id))
    assert explained.private


async def test_what_an_adapter_notes_is_found_again(teller: Storyteller) -> None:
    assert await teller.notebook.noted("commands") is None
    await teller.notebook.note("commands", "abc")
    await teller.notebook.note("commands", "def")
    assert await teller.notebook.noted("commands") == "def"
