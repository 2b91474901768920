"""Help: one page of what this person may do, a family by its name, a command with its arguments."""

from dataclasses import replace

import pytest

from bots.discord.layout import sheets
from core.operation import FAMILIES, OPERATIONS, members
from core.operations.helping import TOPICS
from core.place import Contributor
from core.reply import Reply, Shape
from core.storyteller import Storyteller
from tests.kit import BEN, turn


def commands(reply: Reply) -> set[str]:
    """The first words behind `/story` of everything that it lists."""
    return {str(each.label).split()[1] for each in reply.blocks if each.label and each.label.startswith("/story")}


def test_every_command_has_one_place_on_the_page() -> None:
    places = [name for names in TOPICS.values() for name in names]
    assert sorted(places) == sorted({name.split()[0] if " " in name else name for name in OPERATIONS})
    assert {name for name in places if name in FAMILIES} == set(FAMILIES)
    assert all(len(members(family)) > 1 for family in FAMILIES)


async def test_the_page_fits_one_message_of_any_platform(teller: Storyteller) -> None:
    reply = await teller.perform("help", turn())
    assert len(sheets(reply.blocks, "en-GB").contents) == 1
    assert len(sheets(reply.blocks, "zh-CN").contents) == 1


async def test_nobody_is_shown_what_they_may_not_do(teller: Storyteller) -> None:
    everything = commands(await teller.perform("help", turn()))
    pupil = commands(await teller.perform("help", turn(who=BEN, admin=False)))
    assert everything - pupil == {"setup"}
    assert {"start", "add", "continue", "end", "review", "settings", "mydata"} <= pupil
    reply = await teller.perform("help", turn(who=BEN, admin=False), {"command": "review"})
    assert {str(each.label).split()[2] for each in reply.blocks} == {"ask", "gentler", "post", "accept", "keep"}


async def test_who_may_only_read_is_shown_what_readers_do(teller: Storyteller) -> None:
    await teller.perform("setup", turn(), {"writers": "77"})
    shown = commands(await teller.perform("help", turn(who=BEN, admin=False)))
    assert {"show", "recap", "explain", "rate", "mydata", "report", "help"} <= shown
    assert not shown & {"start", "add", "continue", "undo", "edit", "end", "setup"}


@pytest.mark.parametrize("typed", ["mydata", "MyData", "/story mydata"])
async def test_a_family_is_explained_by_its_name(teller: Storyteller, typed: str) -> None:
    reply = await teller.perform("help", turn(), {"command": typed})
    assert [str(each.label).split()[2] for each in reply.blocks] == ["story", "export", "delete", "tuning"]
    assert {each.shape for each in reply.blocks} == {Shape.ITEM}


async def test_a_command_is_explained_with_its_arguments_and_an_example(teller: Storyteller) -> None:
    reply = await teller.perform("help", replace(turn(), contributor=Contributor("u9", "Cy")), {"command": "rate"})
    assert [str(each.label) for each in reply.blocks[1:-1]] == ["mark", "reason", "what"]
    assert reply.blocks[-1].text == "For example: /story rate good | it remembered the lamp"
