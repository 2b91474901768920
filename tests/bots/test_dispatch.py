"""How typed lines are read, as people type them."""

import pytest

from bots.dispatch import Typed, is_command, parse
from core.errors import BadArgument, UnknownOperation
from core.operation import OPERATIONS, nearest


@pytest.mark.parametrize(
    ("line", "operation", "arguments"),
    [
        ("", "help", {}),
        ("add Mara | Tom ran.", "add", {"text": "Mara | Tom ran."}),
        ("start The Lamp | a girl | a lamp", "start", {"title": "The Lamp", "premise": "a girl | a lamp"}),
        ("start 灯｜一个女孩", "start", {"title": "灯", "premise": "一个女孩"}),
        ("continue | long", "continue", {"length": "long"}),
        ("continue Mara: hello | short", "continue", {"direction": "Mara: hello", "length": "short"}),
        ("continue length: short direction: a knock", "continue", {"length": "short", "direction": "a knock"}),
        ("edit Mara ran.", "edit", {"text": "Mara ran."}),
        ("edit 2 Mara ran.", "edit", {"number": "2", "text": "Mara ran."}),
        ("edit 2 | Mara ran.\nShe fell.", "edit", {"number": "2", "text": "Mara ran.\nShe fell."}),
        ("edit | 2 ships came.", "edit", {"text": "2 ships came."}),
        ("edit 2", "edit", {"number": "2"}),
        ("review reject 3 too rude", "review reject", {"number": "3", "why": "too rude"}),
        ("review approve 3", "review approve", {"number": "3"}),
        ("settings lines spiders, bats | blood", "settings lines", {"never": "spiders, bats", "offstage": "blood"}),
        ("settings lines never: spiders offstage: blood", "settings lines", {"never": "spiders", "offstage": "blood"}),
        ("settings lines offstage: blood", "settings lines", {"offstage": "blood"}),
        ("setup turns: free | Approval：all", "setup", {"turns": "free", "approval": "all"}),
        ("setup rating: g turns: free", "setup", {"rating": "g", "turns": "free"}),
        ("setup turn: free", "setup", {"turn": "free"}),
        ("mydata", "help", {"command": "mydata"}),
        ("lore", "lore list", {}),
        ("review", "review list", {}),
        ("forget-me", "mydata delete", {}),
        ("forget me remove | confirm", "mydata delete", {"passages": "remove", "confirm": "confirm"}),
    ],
)
def test_a_line_is_read_as_it_was_meant(line: str, operation: str, arguments: dict[str, str]) -> None:
    assert parse(line) == Typed(operation, arguments)


def test_a_setting_of_a_wrong_name_is_refused_by_that_name() -> None:
    with pytest.raises(BadArgument, match=r"/story setup has no turn\. Did you mean turns\?"):
        OPERATIONS["setup"].read(parse("setup turn: free").arguments)


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("strat", "start"),
        ("contineu", "continue"),
        ("voice", "settings voice"),
        ("block", "review block"),
        ("lor", "lore"),
        ("dice", ""),
        ("r", ""),
    ],
)
def test_what_is_near_is_meant_and_nothing_else(typed: str, near: str) -> None:
    with pytest.raises(UnknownOperation) as caught:
        parse(typed)
    assert caught.value.notice.partition("command.")[2].partition(" Type")[0] == (
        f" Did you mean {near}?" if near else ""
    )


def test_a_choice_is_not_guessed_from_one_letter() -> None:
    assert nearest("r", ["g", "pg", "teen", "mature"]) == ""
    assert nearest("grown-up", ["g", "pg", "teen", "mature"]) == ""
    assert nearest("teem", ["g", "pg", "teen", "mature"]) == " Did you mean teen?"


@pytest.mark.parametrize(
    ("word", "known"), [("add", True), ("LORE", True), ("mydata", True), ("stroy", False), ("", False)]
)
def test_what_can_stand_behind_story_is_known(word: str, known: bool) -> None:
    assert is_command(word) is known
