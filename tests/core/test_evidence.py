"""Evidence: what the story bears out, and what a new wording must not lose."""

import pytest

from core.evidence import claims, faithful, names, otherwise_written, repeats, respelt, stutters
from tests.core.test_prompts import passages
from tests.voices import ScriptedEngine

STORY = [
    "Mara climbed the stairs with the lamp under her coat.",
    "A ship answered from the dark with three long blasts of its horn.",
    "Old Tom the keeper woke and ran to the window.",
]


@pytest.mark.parametrize(
    ("answer", "cites"),
    [
        ("Mara carried the lamp up the stairs.", (1,)),
        ("The ship answered with its horn.", (2,)),
        ("Tom ran to the window because a ship answered.", (2, 3)),
        ("Dragons burned the castle.", ()),
        ("Mara married the king of Spain.", ()),
    ],
)
def test_a_claim_cites_the_passages_that_bear_it_out(answer: str, cites: tuple[int, ...]) -> None:
    found = claims(answer, passages(ScriptedEngine(), STORY))
    assert (found[0].cites if found else ()) == cites


def test_each_sentence_is_a_claim_of_its_own() -> None:
    found = claims("A ship answered. Pigs fly. Tom woke.", passages(ScriptedEngine(), STORY))
    assert [(c.text, c.cites) for c in found] == [("A ship answered.", (2,)), ("Tom woke.", (3,))]


def test_chinese_is_borne_out_by_its_characters() -> None:
    told = passages(ScriptedEngine(), ["玛拉把灯藏在外套下面。", "一艘船从黑暗中回答。"])
    assert claims("船回答了。", told)[0].cites == (2,)


def test_names_are_capitalised_words_inside_a_sentence() -> None:
    assert names("Then Mara and Old Tom saw Harrow Bay. The I'm of it.") == {"Mara", "Old", "Tom", "Harrow", "Bay"}
    assert names("The dog barked. It ran.") == set()


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("Then Mara climb the stair.", "Then Mara climbed the stairs.", True),
        ("Then Mara climbed the stairs.", "Then Sara climbed the stairs.", False),
        ("Then Mara climbed the stairs.", "Then Mara climbed the stairs with Ben.", False),
        ("She lit the lamp and waited for the ship.", "She waited.", False),
        ("She lit the lamp.", "She lit the lamp. Wolves howled, soldiers marched, a kingdom fell.", False),
    ],
)
def test_a_new_wording_keeps_names_and_what_happens(old: str, new: str, kept: bool) -> None:
    assert faithful(old, new) is kept


def test_eight_words_in_a_row_are_a_repetition_seven_are_not() -> None:
    told = ["one two three four five six seven eight nine"]
    assert repeats("so one two three four five six seven eight", told)
    assert not repeats("so one two three four five six seven", told)
    assert repeats("a b c d e f g h a b c d e f g h", [])


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("It was a flock of furry furry furry furry.", True),
        ("She ran to the ship and ran to the ship and ran to the ship and slept.", True),
        ("Row, row, your boat, and row it gently.", False),
        ("The bell rang. The bell rang. Nobody came.", False),
    ],
)
def test_a_text_that_has_lost_its_way_says_the_same_three_times_in_a_row(text: str, lost: bool) -> None:
    assert stutters(text) is lost


def test_a_repetition_is_found_whatever_stands_behind_a_greek_capital() -> None:
    told = "Εκεί: ο ΟΔΟΣ.ένα δύο τρία τέσσερα πέντε έξι επτά οκτώ"
    assert repeats("ο ΟΔΟΣ ένα δύο τρία τέσσερα πέντε έξι επτά", [told])


def test_a_capital_of_two_signs_in_small_letters_counts_as_one_word() -> None:
    assert not repeats("İSTANBUL İSTANBUL one", ["İSTANBUL İSTANBUL two"], run=3)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Assipatants. Then he slept.", "Assipattle. Then he slept."),
        ("The Stoorwurm feared Assipattle.", "The Stoorworm feared Assipattle."),
        ("Osman asked the King.", "Osman asked the King."),
        ("They assipatants ran.", "They assipatants ran."),
    ],
)
def test_a_name_that_was_copied_badly_is_the_storys_again(written: str, meant: str) -> None:
    told = ["They called him Assipattle, and he raked the ashes.", "Nobody had seen the Stoorworm but the King."]
    assert respelt(written, told) == meant


@pytest.mark.parametrize(
    ("new", "kept"),
    [
        ("In the dark Mara saw a ship. 😀🚢", True),
        ("Mara saw a ship in the dark. 😀", False),
        ("Mara saw a ship in the dark. <gething!", False),
        ("Mara saw a ship in the dark. 😀🚢🔥", False),
    ],
)
def test_a_new_wording_keeps_every_emoji_and_adds_no_signs(new: str, kept: bool) -> None:
    assert faithful("Mara saw a ship in the dark. 😀🚢", new) is kept


@pytest.mark.parametrize(
    ("text", "told", "otherwise"),
    [
        ("Whoop buzzed around.", "小美在阁楼里找到了一盏旧灯。", True),
        ("她点亮了它。", "小美在阁楼里找到了一盏旧灯。", False),
        ("ランプを見つけた。", "漢字だけの物語。", False),
        ("Mara found a lamp.", "Мара нашла лампу.", True),
        ("小美 came home and Mara was glad.", "Mara waited for 小美.", False),
        ("🎉!", "小美来了。", False),
        ("Mara slept.", "123 …", False),
    ],
)
def test_a_text_in_another_script_than_the_story_is_known(text: str, told: str, otherwise: bool) -> None:
    assert otherwise_written(text, told) is otherwise
