"""What may be learned from: settings, records, the data check, and the bot's own stories by consent."""

import json
from pathlib import Path
from typing import Any

import pytest

from inference.training.__main__ import main
from inference.training.errors import TrainingError
from inference.training.tuning.check import Sides, check
from inference.training.tuning.clearing import Clearing
from inference.training.tuning.feedback import harvest
from inference.training.tuning.layout import Prompter
from inference.training.tuning.records import Record, read_records, write_records
from inference.training.tuning.settings import Data, read_settings
from tests.inference.models import llama
from tests.inference.tuning.stories import preferences, settings, stories

GOOD = '{"task": "continue", "story": "a", "licence": "MIT", "passages": ["One."], "answer": "Two."}'


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return llama(tmp_path_factory.mktemp("base") / "llama")


@pytest.fixture(scope="module")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.inference.models import CHATML

    return llama(tmp_path_factory.mktemp("base") / "chat", template=CHATML)


def checked(model: Path, *files: Path, **data: Any) -> Sides:
    clearing = Clearing()
    preferred = data.pop("preferences", False)
    return check(Data(files=files, **data), Prompter(model, clearing), clearing, preferences=preferred)


def written(folder: Path, records: list[Record], name: str = "records.jsonl") -> Path:
    write_records(folder / name, records)
    return folder / name


def changed(record: Record, **values: object) -> Record:
    return record.model_copy(update=values)


def test_every_mistake_in_the_settings_is_told_with_its_line_and_field(tmp_path: Path) -> None:
    file = tmp_path / "tune.toml"
    file.write_text('out = "run"\n[data]\nfiles = ["a"]\nheld_out = 2\n[method]\nkind = "best"\n[training]\nlr = 1\n')
    with pytest.raises(TrainingError) as caught:
        read_settings(file)
    lines = str(caught.value).splitlines()
    assert "tune.toml: name: it is missing." in lines
    assert "tune.toml, line 4: data.held_out: should be less than 1." in lines
    assert any(line.startswith("tune.toml, line 6: method.kind: should be 'lora'") for line in lines)
    assert "tune.toml, line 8: training.lr: there is no such setting." in lines
    assert len(lines) == 4


def test_settings_that_are_no_toml_are_told_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "tune.toml").write_text('name = "a"\nout = \n')
    with pytest.raises(TrainingError, match="line 2"):
        read_settings(tmp_path / "tune.toml")


def test_paths_are_relative_to_the_settings_file(tmp_path: Path, model: Path) -> None:
    found = read_settings(settings(tmp_path, stories(4), base=model))
    assert found.out == tmp_path / "run"
    assert found.data.files == (tmp_path / "records.jsonl",)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"task": "continue"', "not valid JSON: "),
        ("[1]", "not a JSON object"),
        (GOOD.replace("continue", "sing"), "task: "),
        (GOOD.replace('"story": "a", ', ""), "story: it is missing"),
        (GOOD.replace('"answer": "Two."', '"anwser": "Two."'), "anwser: there is no such field"),
        (GOOD.replace('"answer": "Two."', '"chosen": "Two."'), "either `answer`, or `chosen` and `rejected`"),
        (GOOD.replace('["One."]', "[]"), "`passages` is empty"),
    ],
)
def test_a_broken_line_is_told_with_its_number_and_what_is_wrong(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "records.jsonl").write_text(f"{GOOD}\n\n{line}\n")
    good, broken = read_records(tmp_path / "records.jsonl")
    assert len(good) == 1
    assert all(each.startswith("records.jsonl, line 3: ") for each in broken)
    assert told in "\n".join(broken)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "records.jsonl").write_bytes(GOOD.encode() + b'\n{"task": "\xff\xfe"}\n')
    assert read_records(tmp_path / "records.jsonl")[1] == ["records.jsonl, line 2: not UTF-8 text."]


def test_all_problems_of_the_data_are_told_at_once(tmp_path: Path, model: Path) -> None:
    one, two, three, four, *rest = stories(12)
    bad = [
        changed(one, licence=""),
        changed(two, licence="CC-BY-NC-4.0"),
        changed(three, answer="Write to ana.lopez@example.org, said Ben."),
        changed(four, answer="The sea was quiet and nobody spoke. " * 300),
        *rest,
        rest[0],
    ]
    with pytest.raises(TrainingError) as caught:
        checked(model, written(tmp_path, bad))
    lines = str(caught.value).splitlines()
    assert lines[0] == "records.jsonl, line 1: it has no licence."
    assert "“CC-BY-NC-4.0” is none of data.licences" in lines[1]
    assert "personal data" in lines[2]
    assert "ana.lopez" not in lines[2]
    assert "longer than the window of Llama of the tests, which is 1024 tokens" in lines[3]
    assert lines[4].startswith("records.jsonl, line 13: the same record as in records.jsonl, line 5")
    assert len(lines) == 5


def test_records_with_a_problem_can_be_left_out_and_are_counted(tmp_path: Path, model: Path) -> None:
    one, two, *rest = stories(12)
    some = [changed(one, answer="Call +49 30 901820 now."), changed(two, answer="Sea. " * 900), *rest, rest[0]]
    sides = checked(model, written(tmp_path, some), leave_out=("duplicate", "personal", "long"))
    assert sides.left_out == {"duplicate": 1, "personal": 1, "long": 1}
    assert len(sides.train) + len(sides.held_out) == 10


def test_the_split_is_by_story_and_the_same_each_time(tmp_path: Path, model: Path) -> None:
    told = stories(20)
    both = [*told, *(changed(each, task="explain", words="what was found?") for each in told)]
    sides = checked(model, written(tmp_path, both), held_out=0.25)
    train, held_out = ({each.record.story for each in side} for side in (sides.train, sides.held_out))
    assert not train & held_out
    assert len(held_out) == 5
    again = checked(model, written(tmp_path, both[::-1], "again.jsonl"), held_out=0.25)
    assert {each.record.story for each in again.held_out} == held_out


def test_a_story_on_both_sides_is_refused(tmp_path: Path, model: Path) -> None:
    told = stories(6)
    train, held = (
        written(tmp_path, told[:4], "train.jsonl"),
        written(tmp_path, [changed(told[0], words="x")], "h.jsonl"),
    )
    with pytest.raises(TrainingError, match=r"is held out, and also trained with \(train.jsonl, line 1\)"):
        checked(model, train, held_out_files=(held,))


def test_a_side_without_records_is_refused(tmp_path: Path, model: Path) -> None:
    with pytest.raises(TrainingError, match="No record is held out"):
        checked(model, written(tmp_path, stories(1)))
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(TrainingError, match="no record to train with"):
        checked(model, tmp_path / "empty.jsonl")


def test_answers_and_preferences_are_not_mixed_up(tmp_path: Path, model: Path) -> None:
    with pytest.raises(TrainingError, match="this method learns from `chosen` and `rejected`"):
        checked(model, written(tmp_path, stories(4)), preferences=True)
    with pytest.raises(TrainingError, match="this method learns from `answer`"):
        checked(model, written(tmp_path, preferences(4)))


def test_a_prompt_is_the_one_that_the_bot_sends(model: Path, chat_model: Path) -> None:
    record = changed(
        stories(1)[0], title="The <|write|> lamp", premise="a lamp", lore=(("Mara", "an owl"),), words="it rains"
    )
    for folder, told in ((model, None), (chat_model, "Title: The <|write|> lamp\nPremise: a lamp\n")):
        prompter = Prompter(folder, Clearing())
        example = prompter.example(record)
        text = prompter.engine.decode(example.prompt)
        assert record.passages[0] in text
        assert "it rains" in text
        if told is None:
            write = prompter.engine.control("<|write|>")
            assert example.prompt.count(write) == 1
            assert example.prompt[-1] == write
            assert example.answers[0][-1] == prompter.engine.control("<|end|>")
        else:
            assert told in text
            assert "You are the storyteller" in text
        assert prompter.engine.decode(example.answers[0]) == record.answer


def test_to_refine_the_prompt_has_the_last_passage_alone(model: Path) -> None:
    prompter = Prompter(model, Clearing())
    text = prompter.engine.decode(prompter.example(stories(1, task="refine")[0]).prompt)
    assert "showed it to" in text
    assert "found an old" not in text


def told(**changes: Any) -> dict[str, Any]:
    """A story of a server where everybody said yes, as an export has it."""
    good = [{"by": "ana", "good": True, "reason": "vivid"}]
    worse = [{"text": "It rained dogs.", "marks": [{"by": "ben", "good": False}]}]
    passages = [
        {"text": "Mara saw a ship.", "author": "ana", "kind": "added"},
        {"text": "It rained.", "author": "storyteller", "kind": "continued", "marks": good, "alternatives": worse},
        {
            "text": "Mara swam.", "author": "ben", "kind": "refined", "marks": good,
            "before": {"text": "Mara swimmed.", "author": "ben"},
        },
    ]  # fmt: skip
    explained = [{"question": "who swam?", "by": "ben", "answer": "Mara swam.", "passages": 3, "marks": good}]
    story = {
        "format": "storycircle-stories-1", "story": "s1", "platform": "terminal", "author": "ana", "title": "The Ship",
        "consent": {"server": True, "people": ["ana", "ben"]}, "passages": passages, "explained": explained,
    }  # fmt: skip
    return story | changes


def export(folder: Path, *lines: dict[str, Any]) -> Path:
    file = folder / "export.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return file


def test_stories_with_feedback_become_records_and_preferences(tmp_path: Path) -> None:
    found = harvest(export(tmp_path, told()))
    assert [(each.task, each.passages, each.answer) for each in found.records] == [
        ("continue", ("Mara saw a ship.",), "It rained."),
        ("refine", ("Mara saw a ship.", "It rained.", "Mara swimmed."), "Mara swam."),
        ("explain", ("Mara saw a ship.", "It rained.", "Mara swam."), "Mara swam."),
    ]
    assert [(each.chosen, each.rejected) for each in found.pairs] == [("It rained.", "It rained dogs.")]
    assert {each.licence for each in (*found.records, *found.pairs)} == {"consent"}


def test_an_alternative_that_people_liked_better_is_the_better_one(tmp_path: Path) -> None:
    story = told()
    story["passages"][1]["marks"] = [{"by": "ana", "good": False}]
    story["passages"][1]["alternatives"][0]["marks"] = [{"by": "ben", "good": True}]
    found = harvest(export(tmp_path, story))
    assert [(each.chosen, each.rejected) for each in found.pairs] == [("It rained dogs.", "It rained.")]
    assert "It rained." not in [each.answer for each in found.records]


def test_without_the_servers_consent_nothing_is_used(tmp_path: Path) -> None:
    found = harvest(export(tmp_path, told(consent={"server": False, "people": ["ana", "ben"]})))
    assert not found.records
    assert not found.pairs
    assert found.left_out == {"no consent of the server": 1}


def test_nothing_with_a_passage_of_somebody_who_did_not_consent_is_used(tmp_path: Path) -> None:
    found = harvest(export(tmp_path, told(consent={"server": True, "people": ["ana"]})))
    assert [each.answer for each in found.records] == ["It rained."]
    assert "Mara swimmed." not in "".join(text for each in found.records for text in each.texts())
    none = harvest(export(tmp_path, told(consent={"server": True, "people": ["ben"]})))
    assert not none.records


def test_marks_of_somebody_who_did_not_consent_do_not_count(tmp_path: Path) -> None:
    story = told()
    story["passages"][1]["marks"] = [{"by": "cleo", "good": True}]
    assert "It rained." not in [each.answer for each in harvest(export(tmp_path, story)).records]


@pytest.mark.parametrize(
    ("platform", "why"), [("slack", "Slack's API terms forbid"), ("discord", "unless Discord itself has permitted it")]
)
def test_what_a_platform_forbids_is_refused_whatever_people_say(tmp_path: Path, platform: str, why: str) -> None:
    with pytest.raises(TrainingError, match=f"export.jsonl, line 2: .*{why}"):
        harvest(export(tmp_path, told(), told(platform=platform)))


def test_slack_is_never_permitted_and_discord_by_its_own_word(tmp_path: Path) -> None:
    assert harvest(export(tmp_path, told(platform="discord", permission="letter of 2026-03-01"))).records
    with pytest.raises(TrainingError, match="Slack"):
        harvest(export(tmp_path, told(platform="slack", permission="letter of 2026-03-01")))


def test_the_commands_write_records_and_say_what_is_wrong(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["records", str(export(tmp_path, told())), "--out", str(tmp_path / "out")]) == 0
    assert len(read_records(tmp_path / "out" / "records.jsonl")[0]) == 3
    assert len(read_records(tmp_path / "out" / "pairs.jsonl")[0]) == 1
    file = settings(tmp_path, stories(10), base=model)
    assert main(["check", str(file)]) == 0
    assert "train: 8 records of 8 stories" in capsys.readouterr().out
    assert main(["check", str(settings(tmp_path, stories(1), base=model))]) == 1
    assert "No record is held out" in capsys.readouterr().err
    assert main(["check", str(settings(tmp_path, stories(5), base=tmp_path))]) == 1
    assert "is not a model folder" in capsys.readouterr().err
