"""Quotes: the sentences of a story that come nearest to a question, and none where it says nothing about it."""

import pytest

from core.evidence import Claim
from core.moderation import own
from core.quoting import quotes
from core.story import Kind, Passage

TOLD = (
    "Mara climbed the stairs. The lamp under her coat was warm. Outside it rained.",
    "A ship answered from the dark. Its horn was low, and the gulls fell silent.",
    "The keeper had hidden the key in a jar of honey. Nobody knew.",
)


def story(*texts: str) -> list[Passage]:
    return [Passage(n, n, None, Kind.ADDED, "u", own("Ana"), own(text), 0, ()) for n, text in enumerate(texts, 1)]


@pytest.mark.parametrize(
    ("question", "text", "number"),
    [
        ("Where did the keeper hide the key?", "The keeper had hidden the key in a jar of honey.", 3),
        ("What answered the lamp from the dark?", "A ship answered from the dark.", 2),
        ("who climbed the STAIRS", "Mara climbed the stairs.", 1),
        ("Did the gulls fall silent?", TOLD[1].partition(". ")[2], 2),
    ],
)
def test_the_sentence_that_a_question_is_about_is_quoted_with_its_passage(
    question: str, text: str, number: int
) -> None:
    assert Claim(text, (number,)) in quotes(question, story(*TOLD))


def test_there_are_two_at_most_in_the_storys_order() -> None:
    found = quotes("What of the ship, the ship's horn and the key?", story(*TOLD))
    assert 1 <= len(found) <= 2
    assert [each.cites for each in found] == sorted(each.cites for each in found)


@pytest.mark.parametrize("question", ["Who is the king of Spain?", "Why?", "", "?!"])
def test_nothing_is_quoted_where_the_story_says_nothing(question: str) -> None:
    assert quotes(question, story(*TOLD)) == []


def test_a_story_without_words_is_never_quoted() -> None:
    assert quotes("Who came?", []) == []
    assert quotes("Who came?", story("…")) == []


def test_chinese_is_compared_by_characters() -> None:
    assert quotes("钥匙藏在哪里？", story("玛拉爬上楼梯。", "看守人把钥匙藏在蜜罐里。"))[0].cites == (2,)
