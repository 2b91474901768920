"""Records to train with: of those who agreed, and of nobody else a single word, by whichever way it came in."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from core import learning
from core import tables as t
from core.database import Database
from core.engine import Request
from core.errors import NotAllowed, NotPossible
from core.learning import FORMAT
from core.place import Contributor, Place, Turn
from core.reply import Reply, Shape
from core.storyteller import Storyteller
from inference.training.tuning.consent import Export
from tests.kit import ANA, BEN, HERE, storyteller, texts, turn
from tests.voices import ScriptedEngine

EVE = Contributor("eve-id", "Evelyn")
MARK = "zaxolot"
"""A word of Eve's, who never agrees. The storyteller picks it up wherever it reads it."""
TERMINAL = Place(platform="terminal", workspace="w", channel="c")


def echo(answers: list[str]) -> Callable[[Request], str]:
    """A voice that says the next answer, with the mark if that stood in what it was given."""

    def answer(request: Request) -> str:
        text = bytes(i for i in request.prompt if i < 256).decode("utf-8", "replace")
        said = answers.pop(0) if answers else "The sea was quiet."
        return f"{said[:-1]} by the {MARK}." if MARK in text else said

    return answer


def by(who: Contributor, place: Place = TERMINAL, **more: Any) -> Turn:
    return turn(place, who, **more)


@pytest.fixture
def answers() -> list[str]:
    return []


@pytest.fixture
async def teller(database: Database, answers: list[str]) -> Storyteller:
    """On a server whose admin agreed, as Ana and Ben did."""
    made = storyteller(database, ScriptedEngine(echo(answers), form="chat"))
    await made.perform("setup", by(ANA), {"tuning": "on"})
    for who in (ANA, BEN):
        reply = await made.perform("mydata tuning", by(who), {"answer": "yes"})
        assert reply.private and texts(reply, Shape.NOTE)[0].startswith("Yes")
    return made


async def begun(teller: Storyteller, *passages: str, who: Contributor = ANA) -> None:
    await teller.perform("start", by(who), {"title": "The Lamp"})
    for each in passages:
        await teller.perform("add", by(ANA), {"text": each})


def lines_of(reply: Reply) -> list[dict[str, Any]]:
    assert reply.private and reply.file is not None and reply.file.name == "stories.jsonl"
    found = [json.loads(line) for line in str(reply.file.text).splitlines()]
    for each in found:
        Export.model_validate(each)  # exactly what training reads
        assert each["format"] == FORMAT
    return found


async def records(teller: Storyteller) -> list[dict[str, Any]]:
    return lines_of(await teller.perform("review records", by(ANA)))


async def only_story(teller: Storyteller) -> dict[str, Any]:
    [story] = await records(teller)
    return story


async def test_nobody_agrees_by_silence(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine())
    assert texts(await teller.perform("mydata tuning", by(ANA)), Shape.NOTE)[0].startswith("No")
    await begun(teller, "Mara found a lamp.")
    with pytest.raises(NotPossible, match="This server has not agreed"):
        await teller.perform("review records", by(ANA))
    await teller.perform("setup", by(ANA), {"tuning": "on"})
    with pytest.raises(NotPossible, match="nothing that may be used"):
        await teller.perform("review records", by(ANA))


async def test_admins_alone_agree_for_the_server_and_take_the_file(teller: Storyteller) -> None:
    for name, given in (("setup", {"tuning": "off"}), ("review records", {})):
        with pytest.raises(NotAllowed):
            await teller.perform(name, by(BEN, admin=False), given)


async def test_the_file_has_stories_directions_marks_and_what_was_not_chosen(
    teller: Storyteller, answers: list[str]
) -> None:
    await begun(teller, "Mara finded a lamp.")
    answers += ["Mara found a lamp.", "It rained for a week.", "A ship came near."]
    await teller.perform("refine", by(BEN), {"how": "fix grammar"})
    await teller.perform("continue", by(BEN), {"direction": "a ship"})
    await teller.perform("retry", by(ANA))
    await teller.perform("rate", by(BEN), {"mark": "good", "reason": "vivid"})
    await teller.perform("rate", by(EVE), {"mark": "bad", "reason": MARK})
    story = await only_story(teller)
    assert (story["platform"], story["title"], story["author"]) == ("terminal", "The Lamp", "person-1")
    assert story["consent"] == {"server": True, "people": ["person-1", "person-2"]}
    refined, written = story["passages"]
    assert refined == {
        "text": "Mara found a lamp.",
        "author": "person-1",
        "kind": "refined",
        "words": "fix grammar",
        "words_by": "person-2",
        "marks": [],
        "before": {"text": "Mara finded a lamp.", "author": "person-1", "marks": []},
        "alternatives": [],
    }
    assert (written["text"], written["words"], written["kind"]) == ("A ship came near.", "a ship", "continued")
    assert written["marks"] == [{"by": "person-2", "good": True, "reason": "vivid"}]
    assert [each["text"] for each in written["alternatives"]] == ["It rained for a week."]


async def test_nobodys_id_or_name_is_in_the_file(teller: Storyteller) -> None:
    await begun(teller, "Once.")
    await teller.perform("add", by(BEN), {"text": "Twice."})
    reply = await teller.perform("review records", by(ANA))
    assert reply.file is not None
    for each in (ANA.id, ANA.name, BEN.id, BEN.name):
        assert f'"{each}"' not in reply.file.text


async def test_personal_data_is_taken_out(teller: Storyteller, database: Database) -> None:
    await begun(teller, "Mara found a lamp.")
    await database.write(lambda c: c.execute(t.passage.update().values(text="Call 020 7946 0958 or a@example.org.")))
    told = (await only_story(teller))["passages"][0]["text"]
    assert "7946" not in told and "example.org" not in told


async def eve_writes(teller: Storyteller) -> None:
    await begun(teller, "Once.")
    await teller.perform("add", by(EVE), {"text": f"A {MARK} came."})
    await teller.perform("continue", by(ANA))


async def eve_begins(teller: Storyteller) -> None:
    await teller.perform("start", by(EVE), {"title": "The Lamp", "premise": f"a {MARK} lamp"})
    await teller.perform("add", by(ANA), {"text": "Once."})
    await teller.perform("continue", by(ANA))


async def eve_directs(teller: Storyteller) -> None:
    await begun(teller, "Once.")
    await teller.perform("continue", by(EVE), {"direction": f"a {MARK}"})


async def ana_tries_eves_direction_again(teller: Storyteller) -> None:
    await eve_directs(teller)
    await teller.perform("retry", by(ANA))


async def eves_direction_was_undone(teller: Storyteller) -> None:
    await eve_directs(teller)
    await teller.perform("undo", by(ANA))


async def eve_refines(teller: Storyteller) -> None:
    await begun(teller, "Then there was a lamp.")
    await teller.perform("refine", by(EVE), {"how": f"more {MARK}"})


async def ana_accepts_what_eve_proposed(teller: Storyteller) -> None:
    await begun(teller, "Then there was a lamp.")
    await teller.perform("refine", by(EVE, admin=False), {"how": f"more {MARK}"})
    await teller.perform("review accept", by(ANA, admin=False))
    await teller.perform("continue", by(ANA))


async def eve_adds_a_fact(teller: Storyteller) -> None:
    await begun(teller, "Once.")
    await teller.perform("lore add", by(EVE), {"name": "Mara", "fact": f"is a {MARK}"})
    await teller.perform("continue", by(ANA))


async def eves_fact_is_let_go(teller: Storyteller) -> None:
    await eve_adds_a_fact(teller)
    await teller.perform("lore forget", by(ANA), {"name": "Mara"})


async def eve_edits_anas_passage(teller: Storyteller) -> None:
    await begun(teller, "Once.")
    await teller.perform("edit", by(EVE), {"number": "1", "text": f"Once, {MARK}."})
    await teller.perform("continue", by(ANA))


async def ana_edits_after_eve(teller: Storyteller) -> None:
    await eve_edits_anas_passage(teller)
    await teller.perform("edit", by(ANA), {"number": "1", "text": f"Once again, {MARK}."})


async def eves_passage_is_taken_out(teller: Storyteller) -> None:
    """What the storyteller made of it stays, and may tell of it."""
    await eve_writes(teller)
    await teller.perform("remove", by(ANA), {"number": "2"})


async def ana_edits_before_eve(teller: Storyteller) -> None:
    """Everything behind it is written again, in a turn of Ana's."""
    await eve_writes(teller)
    await teller.perform("edit", by(ANA), {"number": "1", "text": "Once more."})


async def eve_asks(teller: Storyteller) -> None:
    await begun(teller, "Mara found a lamp.")
    await teller.perform("explain", by(EVE), {"question": f"who has the {MARK} lamp?"})


async def ana_asks_about_what_eve_wrote(teller: Storyteller) -> None:
    await eve_writes(teller)
    await teller.perform("explain", by(ANA), {"question": "who came?"})


async def eve_marks(teller: Storyteller) -> None:
    await begun(teller, "Once.")
    await teller.perform("continue", by(ANA))
    await teller.perform("rate", by(EVE), {"mark": "good", "reason": f"so {MARK}"})


async def eve_agreed_and_was_forgotten(teller: Storyteller) -> None:
    await teller.perform("mydata tuning", by(EVE), {"answer": "yes"})
    await eve_writes(teller)
    await teller.perform("mydata delete", by(EVE), {"passages": "keep", "confirm": "confirm"})


async def eve_agreed_and_took_it_back(teller: Storyteller) -> None:
    await teller.perform("mydata tuning", by(EVE), {"answer": "yes"})
    await eve_writes(teller)
    await teller.perform("mydata tuning", by(EVE), {"answer": "no"})


async def eve_agreed_on_another_server(teller: Storyteller) -> None:
    there = Place(platform="terminal", workspace="another", channel="c")
    await teller.perform("mydata tuning", by(EVE, there), {"answer": "yes"})
    await eve_writes(teller)


WAYS = (
    *(eve_writes, eve_begins, eve_directs, ana_tries_eves_direction_again, eves_direction_was_undone, eve_refines),
    *(eve_adds_a_fact, eves_fact_is_let_go, eve_edits_anas_passage, ana_edits_after_eve, eves_passage_is_taken_out),
    *(ana_edits_before_eve, eve_asks, ana_asks_about_what_eve_wrote, eve_marks, eve_agreed_and_was_forgotten),
    *(eve_agreed_and_took_it_back, eve_agreed_on_another_server, ana_accepts_what_eve_proposed),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_not_a_word_of_somebody_who_did_not_agree_is_in_the_file(
    teller: Storyteller, answers: list[str], database: Database, way: Callable[[Storyteller], Any]
) -> None:
    answers += ["Then there was a lamp.", "Then there was a ship.", "Then there was a bell."]
    await way(teller)
    stored = await database.read(
        lambda c: c.scalar(select(func.count()).select_from(t.passage).where(t.passage.c.text.contains(MARK)))
    )
    try:
        reply = await teller.perform("review records", by(ANA))
    except NotPossible:
        text = ""
    else:
        lines_of(reply)
        text = str(reply.file.text) if reply.file else ""
    assert MARK not in text
    assert EVE.id not in text
    assert EVE.name not in text
    assert stored or way in (eve_begins, eve_asks, eve_marks)  # it was there to be found


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_with_everybodys_consent_the_same_stories_are_whole(
    teller: Storyteller, answers: list[str], way: Callable[[Storyteller], Any]
) -> None:
    answers += ["Then there was a lamp.", "Then there was a ship.", "Then there was a bell."]
    await way(teller)
    if way in (eve_agreed_and_was_forgotten, ana_accepts_what_eve_proposed):
        return  # who proposed an accepted wording is not kept, so it is nobody's who agreed
    await teller.perform("mydata tuning", by(EVE), {"answer": "yes"})
    story = await only_story(teller)
    shown = texts(await teller.perform("show", by(ANA)))
    told = [each["text"] for each in story["passages"]]
    assert told == [each for each in shown if each != story["premise"]]


async def test_what_a_moderator_had_a_hand_in_is_not_used(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(form="chat"))
    await teller.perform("setup", by(EVE), {"tuning": "on", "approval": "all"})
    for who in (ANA, BEN):
        await teller.perform("mydata tuning", by(who), {"answer": "yes"})
    await teller.perform("start", by(BEN), {"title": "The Lamp"})
    await teller.perform("add", by(BEN), {"text": "Once."})
    with pytest.raises(Exception, match="moderator"):
        await teller.perform("add", by(ANA, admin=False), {"text": "Twice."})
    await teller.perform("review reword", by(EVE), {"number": "1", "text": f"Twice, {MARK}."})
    assert f"Twice, {MARK}." in texts(await teller.perform("show", by(ANA)))
    assert [each["text"] for each in (await only_story(teller))["passages"]] == ["Once."]


async def test_answers_are_kept_of_those_alone_who_agreed_and_marked(
    teller: Storyteller, answers: list[str], database: Database
) -> None:
    await begun(teller, "Mara found a lamp.")
    answers += ["Mara found a lamp."] * 3
    await teller.perform("explain", by(EVE), {"question": "what did Mara find?"})
    with pytest.raises(NotPossible, match="No answer to you is kept"):
        await teller.perform("rate", by(EVE), {"mark": "good", "what": "answer"})
    await teller.perform("explain", by(BEN), {"question": "what did Mara find?"})
    await teller.perform("explain", by(BEN), {"question": "1"})
    await teller.perform("rate", by(BEN), {"mark": "good", "reason": "short", "what": "answer"})
    first, second = (await only_story(teller))["explained"]
    assert first["marks"] == []
    assert second == {
        "question": "",
        "by": "person-2",
        "answer": "Mara found a lamp.",
        "passages": 1,
        "marks": [{"by": "person-2", "good": True, "reason": "short"}],
    }
    await teller.perform("mydata tuning", by(BEN), {"answer": "no"})
    left = await database.read(lambda c: c.scalar(select(func.count()).select_from(t.explanation)))
    assert left == 0


async def test_what_a_platform_forbids_nobody_can_allow(database: Database) -> None:
    slack, discord = (Place(platform=name, workspace="w", channel="c") for name in ("slack", "discord"))
    teller = storyteller(database, ScriptedEngine(), permission="a letter of 2026-03-01")
    for place, told in ((slack, teller), (discord, storyteller(database, ScriptedEngine()))):
        for name, given in (("mydata tuning", {"answer": "yes"}), ("setup", {"tuning": "on"}), ("review records", {})):
            with pytest.raises(NotPossible, match=r"forbids? to train"):
                await told.perform(name, by(ANA, place), given)
        assert "forbid" in " ".join(texts(await told.perform("mydata tuning", by(ANA, place)), Shape.NOTE))
        await told.perform("mydata tuning", by(ANA, place), {"answer": "no"})
    await teller.perform("mydata tuning", by(ANA, discord), {"answer": "yes"})
    await teller.perform("setup", by(ANA, discord), {"tuning": "on"})
    await teller.perform("start", by(ANA, discord), {"title": "The Lamp"})
    await teller.perform("add", by(ANA, discord), {"text": "Once."})
    [story] = lines_of(await teller.perform("review records", by(ANA, discord)))
    assert story["permission"] == "a letter of 2026-03-01"
    assert not Export.model_validate(story).forbidden


async def test_that_a_file_was_taken_is_in_the_log(teller: Storyteller) -> None:
    await begun(teller, "Once.")
    await records(teller)
    log = " ".join(texts(await teller.perform("review log", by(ANA)), Shape.ITEM))
    assert "took records" in log and "Once" not in log


async def test_consent_is_in_ones_own_data_and_goes_with_being_forgotten(
    teller: Storyteller, database: Database
) -> None:
    await begun(teller, "Once.")
    await teller.perform("continue", by(BEN))
    await teller.perform("rate", by(ANA), {"mark": "good"})
    file = (await teller.perform("mydata export", by(ANA))).file
    kept = json.loads(file.text if file else "{}")
    assert len(kept["agreed that words may train a model"]) == len(kept["opinions"]) == 1
    await teller.perform("mydata delete", by(ANA), {"passages": "keep", "confirm": "confirm"})
    left = await database.read(lambda c: list(c.scalars(select(t.consent.c.contributor_id))))
    assert left == [BEN.id]


async def test_a_server_that_is_erased_takes_its_consents_with_it(teller: Storyteller, database: Database) -> None:
    await begun(teller, "Mara found a lamp.")
    await teller.perform("explain", by(ANA))
    await teller.servers.erase(TERMINAL.platform, TERMINAL.workspace)
    for table in (t.consent, t.explanation):
        assert await database.read(lambda c, table=table: c.scalar(select(func.count()).select_from(table))) == 0  # type: ignore[misc]


async def test_stories_of_other_servers_are_not_in_the_file(teller: Storyteller) -> None:
    await begun(teller, "Once.")
    await teller.perform("start", by(ANA, HERE), {"title": "Elsewhere"})
    await teller.perform("add", by(ANA, HERE), {"text": "Far away."})
    assert [each["title"] for each in await records(teller)] == ["The Lamp"]


async def test_what_does_not_fit_into_a_file_is_left_out_whole_and_counted(
    teller: Storyteller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        place = Place(platform="terminal", workspace="w", channel=f"c{number}")
        await teller.perform("start", by(ANA, place), {"title": f"Story {number}"})
        await teller.perform("add", by(ANA, place), {"text": "Once. " * (300 if number == 1 else 10)})
    monkeypatch.setattr(learning, "MOST_BYTES", 1500)
    reply = await teller.perform("review records", by(ANA))
    assert [each["title"] for each in lines_of(reply)] == ["Story 2", "Story 0"]
    assert "left out whole: 1" in texts(reply, Shape.NOTE)[0]


async def test_nobody_speaks_for_the_storyteller(database: Database) -> None:
    """Somebody whose id is the storyteller's own, as one can be called in a terminal, agrees for nobody."""
    teller = storyteller(database, ScriptedEngine())
    named = Contributor("storyteller", "Somebody")
    await teller.perform("setup", by(ANA), {"tuning": "on"})
    await teller.perform("mydata tuning", by(named), {"answer": "yes"})
    await begun(teller, "Once.", who=named)
    with pytest.raises(NotPossible, match="nothing that may be used"):
        await teller.perform("review records", by(ANA))
