"""Plot events: the rule that makes records, the head that learns from them, and whoever reads with it."""

import random
from pathlib import Path

import pytest

from core.errors import EngineFailed
from core.plot import PlotEvent
from inference.events import EVENTS, EventReader
from inference.training.errors import TrainingError
from inference.training.tuning.plot import Labelled, balanced, passages, rule
from inference.training.tuning.plot_head import train_events
from inference.training.tuning.plot_scores import bag_of_words, kappa, majority, score
from tests.inference.models import llama

pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]

NONE, HAPPEN, CONFLICT, SOLUTION = EVENTS


@pytest.mark.parametrize(
    ("text", "place", "event"),
    [
        ("The moral of this story is that a friend who helps is worth more than gold.", 1.0, NONE),
        ("Once upon a time there was a girl named Clara, with brown hair and a red coat.", 0.0, NONE),
        ("She walked to the river, picked three stones, and carried them home in her hat.", 0.5, HAPPEN),
        ("The fox stole the bread, and the baker was angry and shouted that he was a thief.", 0.5, CONFLICT),
        ("At last they forgave each other, hugged, and promised to share from that day on.", 1.0, SOLUTION),
        ("At last they forgave each other, hugged, and promised to share from that day on.", 0.2, None),
        ("He was lost and afraid, but his friend found him, and together they were happy.", 0.3, None),
    ],
)
def test_the_rule_labels_what_is_clear_and_leaves_out_the_rest(
    text: str, place: float, event: PlotEvent | None
) -> None:
    assert rule(text, place) is event


def test_passages_come_from_paragraphs_and_know_their_story() -> None:
    story = "Once upon a time there was a girl named Clara, with brown hair and a red coat.\nToo short.\n" + (
        "At last they forgave each other, hugged, and promised to share from that day on."
    )
    found = list(passages([story, story.replace("Clara", "Dora")]))
    assert [each.event for each in found] == [NONE, SOLUTION, NONE, SOLUTION]
    assert found[0].story == found[1].story != found[2].story


def test_scores_are_f1_by_label_and_kappa_is_agreement_beyond_chance() -> None:
    truth = [NONE, NONE, HAPPEN, HAPPEN, CONFLICT, CONFLICT, SOLUTION, SOLUTION]
    found = [NONE, HAPPEN, HAPPEN, HAPPEN, CONFLICT, CONFLICT, SOLUTION, NONE]
    scored = score(truth, found)
    figures = scored.figures
    assert figures["conflict"] == 1
    assert figures["happen"] == pytest.approx(0.8)
    assert figures["none"] == pytest.approx(0.5)
    assert figures["macro-F1"] == pytest.approx((1 + 0.8 + 0.5 + 2 / 3) / 4)
    assert figures["right"] == 0.75
    assert 0 < scored.low < figures["macro-F1"] < scored.high <= 1
    assert kappa(truth, truth) == 1
    assert kappa(truth, found) == pytest.approx((0.75 - 0.25) / 0.75)


WORDS = {NONE: "quiet", HAPPEN: "captain", CONFLICT: "nobody spoke", SOLUTION: "once upon a time"}


def labelled(count: int) -> list[Labelled]:
    """Passages that say by one of their words which label they have."""
    chance = random.Random(1)
    made = []
    for number in range(count):
        event = EVENTS[number % 4]
        words = [*chance.choices(["the", "sea", "was", "old", "lamp", "kept"], k=6), WORDS[event]]
        chance.shuffle(words)
        made.append(Labelled(f"{chance.randrange(16):x}{number}", " ".join(words), event))
    return made


def test_simple_readers_learn_what_words_alone_tell() -> None:
    train, asked = labelled(320), labelled(120)
    truth = [each.event for each in asked]
    assert bag_of_words(train, asked, seed=1) == truth
    assert majority([*train, train[2]], asked) == [train[2].event] * len(asked)
    assert score(truth, majority(train, asked)).figures["macro-F1"] == pytest.approx(0.1)


def test_a_head_learns_to_label_and_is_read_again(tmp_path: Path) -> None:
    model = llama(tmp_path / "llama")
    told = train_events(labelled(640), model, tmp_path / "head", epochs=10)
    head, words, _ = (float(cell.split()[0]) for cell in told.split("| macro-F1 |")[1].split("|")[:3])
    assert min(head, words) > 0.8
    reader = EventReader.load(model, tmp_path / "head")
    assert reader.label([f"the sea was {word} old lamp" for word in WORDS.values()]) == list(WORDS)
    (row,) = reader.scores([""])
    assert sum(row) == pytest.approx(1, abs=1e-4)
    assert not list(tmp_path.glob("*.tmp"))
    with pytest.raises(TrainingError, match="is there already"):
        train_events(labelled(320), model, tmp_path / "head")
    other = llama(tmp_path / "other")
    (other / "tokenizer.json").write_text((other / "tokenizer.json").read_text() + "\n")
    with pytest.raises(EngineFailed, match="were trained for Llama of the tests, not for the weights in"):
        EventReader.load(other, tmp_path / "head")
    with pytest.raises(EngineFailed, match="There are no plot events for this model"):
        EventReader.load(model)


def test_labels_without_passages_are_told(tmp_path: Path) -> None:
    some = [each for each in labelled(80) if each.event is not SOLUTION]
    with pytest.raises(TrainingError, match="too few passages to learn from: none for solution"):
        train_events(some, llama(tmp_path / "llama"), tmp_path / "head")
    assert not (tmp_path / "head").exists()


def test_the_labels_are_balanced() -> None:
    some = balanced(labelled(40) + [each for each in labelled(400) if each.event is NONE], 5, seed=1)
    assert [sum(each.event is event for each in some) for event in EVENTS] == [5, 5, 5, 5]
