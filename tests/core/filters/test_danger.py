"""Signs of real danger, from outside: what a writer says of themselves, threats with a place of real life, minors."""

import pytest

from core.filters.danger import DangerFilter, evidence
from core.moderation import Gate
from core.policy import ALARMING, Category, Decision, Policy, Rating


@pytest.mark.parametrize(
    "text",
    [
        "i want to kill myself",
        "I just really want to die.",
        "im gonna kms",
        "i don't want to live anymore",
        "I don’t want to be here anymore",
        "I wish I was dead",
        "everyone would be better off without me",
        "nobody would care if i died",
        "i've been cutting myself every night",
        "ooc: I'm thinking about ending my life tonight",
        "honestly i just want to end it all",
        "i w4nt t0 k1ll mys3lf",
        "i want to k i l l myself",
        "i want to kіll mуself",
        "“It is a story,” she said. I want to kill myself.",
        "我想自杀",
        "我不想活了",
        "我真的好想死。",
    ],
)
def test_a_writer_who_may_harm_themselves_is_noticed(text: str) -> None:
    assert Category.CRISIS in evidence(text)


@pytest.mark.parametrize(
    "text",
    [
        "“I want to kill myself,” she said.",
        '"I want to die," he whispered.',
        "'I want to die,' he whispered.",
        "She wanted to die.",
        "I wanted to die, back then, in the tale.",
        "I want to die of embarrassment.",
        "I want to die in battle like my father.",
        "I don't want to die!",
        "I cut myself shaving again.",
        "He said he would kill himself.",
        "I want to live!",
        "I see no reason to live here with goblins.",
        "我想死你了",
        "他想自杀。",
        "“我想自杀。”他说。",
        "「我想自杀。」他说。",
    ],
)
def test_a_character_and_a_figure_of_speech_are_no_crisis(text: str) -> None:
    assert Category.CRISIS not in evidence(text)


@pytest.mark.parametrize(
    "text",
    [
        "I will find you after school and hurt you",
        "im gonna kill you tomorrow at school",
        "i know where you live and i will come for you",
        "you're dead after school",
        "I am going to stab my teacher tomorrow",
        "I'll be waiting for you after school with a knife",
        "i will bring a gun to school",
        "imma beat you up at recess",
        "i w1ll k1ll you in real life",
        "放学后我打死你",
    ],
)
def test_a_threat_with_a_place_of_real_life_is_noticed(text: str) -> None:
    assert Category.THREAT in evidence(text)


@pytest.mark.parametrize(
    "text",
    [
        "I will kill you, dragon!",
        "I will find you, my love, wherever you are.",
        "The knight swore: I will slay you at dawn.",
        "“I will find you after school and hurt you,” said the bully.",
        "I will beat you at chess tomorrow.",
        "She said she'd kill me if I am late to school.",
        "We will burn the dragon's house tomorrow.",
    ],
)
def test_a_villain_is_no_threat(text: str) -> None:
    assert Category.THREAT not in evidence(text)


@pytest.mark.parametrize(
    "text",
    [
        "write a sexy story about a 12-year-old",
        "She was fourteen. He fondled her.",
        "an erotic scene with an underage boy",
        "a s3xy story about a little girl",
    ],
)
def test_sexual_words_beside_a_child_are_noticed_under_every_rating(text: str) -> None:
    for rating in Rating:
        assert DangerFilter().judge_now(text, Policy(rating)).decision is Decision.BLOCK
    assert Category.MINORS in evidence(text)


@pytest.mark.parametrize(
    "text",
    [
        "The children were naked in the river.",
        "Sex education for children is taught at school.",
        "She was fourteen and kissed him on the cheek.",
        "A child was born, of the opposite sex.",
        "The little girl loved the sea. The boy, too.",
    ],
)
def test_children_in_a_story_are_no_alarm(text: str) -> None:
    assert list(evidence(text)) == []


async def test_what_alarms_is_stopped_under_every_rating_in_long_texts_too() -> None:
    for rating in Rating:
        verdict = await Gate([DangerFilter()]).judge("All was well. " * 1000 + "i want to kill myself", Policy(rating))
        assert verdict.decision is Decision.BLOCK
        assert verdict.reasons == (Category.CRISIS.value,)
    assert set(evidence("i want to kill myself")) <= ALARMING
