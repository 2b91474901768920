"""A story as a file: as it stands, in order, moderated, in parts if it is very long."""

import json
from dataclasses import replace

import pytest

from core.database import Database
from core.errors import BadArgument, NotPossible
from core.operations import exporting
from core.reply import Reply, Shape
from core.storyteller import Storyteller
from tests.kit import ANA, BEN, ELSEWHERE, Forbidding, started, storyteller, texts, turn
from tests.voices import ScriptedEngine


def file_of(reply: Reply) -> str:
    assert reply.private and reply.file is not None
    return str(reply.file.text)


async def test_the_file_has_the_story_in_order_and_who_told_it(teller: Storyteller) -> None:
    await teller.perform("start", turn(), {"title": "The Lamp", "premise": "A lamp that will not go out."})
    await teller.perform("add", turn(), {"text": "Mara found a lamp."})
    await teller.perform("add", turn(who=BEN), {"text": "It was warm.\n\nIt was old."})
    await teller.perform("continue", turn())
    reply = await teller.perform("mydata story", turn())
    assert reply.file is not None and reply.file.name == "story.md"
    assert file_of(reply) == (
        "# The Lamp\n\n> A lamp that will not go out.\n\n**1 · Ana**\n\nMara found a lamp.\n\n"
        "**2 · Ben**\n\nIt was warm.\n\nIt was old.\n\n**3 · the storyteller**\n\nThe sea was quiet. Nobody spoke.\n\n"
        "---\n\nTold together by Ana: 1 passage, Ben: 1 passage, the storyteller: 1 passage.\n\n"
        "The storyteller, which also refines, is a language model.\n"
    )


async def test_data_for_programs_has_all_that_the_story_is(teller: Storyteller) -> None:
    await started(teller, "Mara found a lamp.")
    await teller.perform("lore add", turn(), {"name": "Mara", "fact": "keeps the lighthouse"})
    await teller.perform("edit", turn(), {"number": "1", "text": "Mara found an old lamp."})
    data = json.loads(file_of(await teller.perform("export", turn(), {"form": "json"})))
    assert data["format"] == exporting.FORMAT
    assert (data["title"], data["ended"], data["passages in all"]) == ("The Lamp", False, 1)
    assert data["facts"] == [{"name": "Mara", "fact": "keeps the lighthouse"}]
    assert data["passages"] == [{"number": 1, "author": "Ana", "kind": "edited", "text": "Mara found an old lamp."}]
    assert data["written"] == {"Ana": 1}


@pytest.mark.parametrize("form", ["markdown", "json"])
async def test_what_was_undone_edited_or_taken_out_is_not_in_it(teller: Storyteller, form: str) -> None:
    await started(teller, "One ALPHA.", "Two BRAVO.", "Three CHARLIE.", "Four DELTA.")
    await teller.perform("undo", turn())
    await teller.perform("edit", turn(), {"number": "1", "text": "One again."})
    await teller.perform("remove", turn(), {"number": "2"})
    file = file_of(await teller.perform("mydata story", turn(), {"form": form}))
    assert "One again." in file and "Three CHARLIE." in file
    assert file.index("One again.") < file.index("Three CHARLIE.")
    assert not [each for each in ("ALPHA", "BRAVO", "DELTA") if each in file]


async def test_what_is_not_allowed_any_more_is_not_in_it(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(), Forbidding(word="nothing at all"))
    await started(teller, "A wolf came.", "It went away.")
    await teller.perform("settings rating", turn(), {"rating": "g"})
    stricter = storyteller(database, ScriptedEngine(), Forbidding(word="wolf"))
    file = file_of(await stricter.perform("mydata story", turn()))
    assert "wolf" not in file
    assert "is not shown here" in file and "It went away." in file


async def test_an_ended_story_is_found_by_its_title_or_number_and_otherwise_the_open_one(teller: Storyteller) -> None:
    await started(teller, "Mara found a lamp.")
    await teller.perform("end", turn())
    assert "Mara found a lamp." in file_of(await teller.perform("mydata story", turn()))
    await teller.perform("start", turn(), {"title": "The Ship"})
    await teller.perform("add", turn(), {"text": "A ship came."})
    assert "A ship came." in file_of(await teller.perform("mydata story", turn()))
    for title in ("the lamp", "2"):
        assert "Mara found a lamp." in file_of(await teller.perform("mydata story", turn(), {"title": title}))
    assert [each.value for each in await teller.suggest("mydata story", "title", turn(), "")] == [
        "The Ship",
        "The Lamp",
    ]
    with pytest.raises(NotPossible, match="no story of that title"):
        await teller.perform("mydata story", turn(), {"title": "The Sea"})
    with pytest.raises(NotPossible, match="No stories here yet"):
        await teller.perform("mydata story", turn(ELSEWHERE))


async def test_an_empty_story_is_no_file(teller: Storyteller) -> None:
    await started(teller)
    with pytest.raises(NotPossible, match="Nothing has happened yet"):
        await teller.perform("mydata story", turn())


async def test_a_very_long_story_comes_in_parts(teller: Storyteller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PART", 2)
    await started(teller, *(f"Passage {n}." for n in range(1, 6)))
    first = await teller.perform("mydata story", turn())
    assert first.file is not None and first.file.name == "story-1.md"
    assert "part 1 of 3" in texts(first, Shape.NOTE)[0]
    parts = [file_of(await teller.perform("mydata story", turn(), {"part": n, "form": "json"})) for n in "123"]
    told = [[each["number"] for each in json.loads(part)["passages"]] for part in parts]
    assert told == [[1, 2], [3, 4], [5]]
    with pytest.raises(BadArgument, match="has 3 parts"):
        await teller.perform("mydata story", turn(), {"part": "4"})


async def test_somebody_who_was_forgotten_has_no_name_in_it(teller: Storyteller) -> None:
    await started(teller)
    await teller.perform("add", turn(who=BEN), {"text": "Ben's words."})
    await teller.perform("mydata delete", turn(who=BEN), {"passages": "keep", "confirm": "confirm"})
    file = file_of(await teller.perform("mydata story", replace(turn(), language="zh-CN")))
    assert "**1 · Ben**" not in file
    assert "Ben's words." in file and "一位参与者" in file


async def test_names_and_our_own_words_are_in_the_readers_language(teller: Storyteller) -> None:
    await started(teller, "Mara found a lamp.")
    await teller.perform("continue", turn(who=ANA))
    for form in ("markdown", "json"):
        file = file_of(await teller.perform("mydata story", turn(language="zh-CN"), {"form": form}))
        assert "说书人" in file and "the storyteller" not in file
        assert "Mara found a lamp." in file
