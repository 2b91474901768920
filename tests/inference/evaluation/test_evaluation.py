"""Evaluation: what is measured, what is compared, what is shown to people."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import zstandard

from core import writing
from core.engine import Request
from core.errors import EngineError, EngineFailed
from core.prompts import Task
from inference.evaluation import Case, Figures, compare, load_cases, score, score_simple, score_without_task, table
from inference.evaluation.__main__ import main
from inference.evaluation.agreement import agreement
from inference.evaluation.asking import SAMPLING, Answer, ask, request
from inference.evaluation.errors import EvaluationError
from inference.evaluation.figures import measured
from inference.evaluation.gleu import edit_counts, f_half, gleu, gleu_counts
from inference.evaluation.perplexity import held_out, perplexity
from inference.evaluation.sheet import write_sheet
from inference.vllm import VllmEngine
from tests.inference.models import llama
from tests.voices import CONTROLS, ScriptedEngine

TOLD = ("Mara lived by the sea with her brother Ben.", "One night Mara saw Ben on the rocks with a lamp.")
CONTINUE = Case(id="c", task=Task.CONTINUE, kind="continued", passages=TOLD, asked="a ship answers")
MEND = Case(
    id="m",
    task=Task.REFINE,
    kind="mended",
    passages=("Every night she go to the sea with her brother in a small red boat .",),
    references=("Every night she went to the sea with her brother in a small red boat.",),
)
CLEAN = Case(
    id="k",
    task=Task.REFINE,
    kind="clean",
    passages=("Every night she went to the sea with her brother in a small red boat.",),
)
ASKED = Case(
    id="a",
    task=Task.EXPLAIN,
    kind="answered",
    passages=TOLD,
    asked="Who held a lamp?",
    references=("Ben", "her brother"),
)
UNANSWERED = replace(ASKED, id="u", kind="unanswered", asked="How old is the king?", references=())


def value(case: Case, said: str, name: str, finish: str = "stop") -> float:
    return measured("x", [case], [Answer(said, finish)]).figures[name].value


def many(case: Case, count: int) -> list[Case]:
    return [replace(case, id=f"{case.id}{n}") for n in range(count)]


def spoken(by_task: dict[str, str]) -> Callable[[Request], str]:
    """A script that answers by the task's control token."""

    def say(asked: Request) -> str:
        for name, said in by_task.items():
            if 256 + CONTROLS.index(name) in asked.prompt[-200:]:
                return said
        return "Nobody knows. "

    return say


def test_sampling_is_that_of_the_bot() -> None:
    assert SAMPLING == writing._SAMPLING


async def test_an_engine_is_asked_what_the_bot_would_ask_it() -> None:
    engine = ScriptedEngine(spoken({"<|continue|>": "Then it rained."}))
    await ask(engine, [replace(CONTINUE, title="The Lamp", premise="a lamp", lore=(("Mara", "a keeper"),))])
    (sent,) = engine.requests
    parts = [
        ("<|endoftext|>", ""),
        ("<|title|>", "The Lamp"),
        ("<|summary|>", "a lamp"),
        ("<|lore|>", "Mara: a keeper"),
    ]
    parts += [*(("<|passage|>", text) for text in TOLD), ("<|continue|>", "a ship answers"), ("<|write|>", "")]
    assert sent.prompt == tuple(i for name, text in parts for i in (engine.control(name), *engine.encode(text)))


async def test_a_model_of_the_chat_form_is_asked_too() -> None:
    engine = ScriptedEngine(lambda _: "Then it rained.", form="chat")
    assert await ask(engine, [CONTINUE, ASKED]) == [Answer("Then it rained."), Answer("Then it rained.")]


async def test_without_its_task_a_model_only_goes_on_with_the_story() -> None:
    engine = ScriptedEngine()
    bare = request(MEND, engine, bare=True)
    assert bare.prompt[-1] == engine.control("<|passage|>")
    assert engine.control("<|refine|>") not in bare.prompt
    assert (await score_without_task(engine, [MEND])).figures["gleu"].value == 0


async def test_an_engine_that_fails_says_so_and_the_rest_is_not_waited_for() -> None:
    engine = ScriptedEngine([EngineFailed("dead")])
    with pytest.raises(EngineError, match="dead"):
        await score(engine, many(CONTINUE, 5))


def test_names_of_the_story_are_kept_and_new_ones_are_seen() -> None:
    assert value(CONTINUE, "Then Ben ran to Mara.", "names_kept") == 1
    assert value(CONTINUE, "Then a dog ran.", "names_kept") == 0
    assert value(CONTINUE, "Then Ben met Otto.", "names_new") == 0.5
    assert "names_new" not in measured("x", [CONTINUE], [Answer("A dog ran.")]).figures


def test_ends_repetitions_directions_and_words() -> None:
    assert value(CONTINUE, "A ship answered.", "ended") == 1
    assert value(CONTINUE, "A ship answered.", "ended", "length") == 0
    assert value(CONTINUE, "A ship answered", "ended") == 0
    assert value(CONTINUE, "", "ended") == 0
    assert value(CONTINUE, "A ship answered.", "follows") == 1
    assert value(CONTINUE, "A cat answered.", "follows") == 0.5
    assert value(CONTINUE, f"And then {TOLD[1]}", "repetition_8") == 1
    assert value(CONTINUE, "A ship answered.", "repetition_8") == 0
    assert value(CONTINUE, "go on go on go on", "distinct_2") == pytest.approx(2 / 5)


def test_a_mended_passage_scores_above_a_copy_and_a_lost_one_below() -> None:
    right = measured(
        "x", [MEND], [Answer("Every night she went to the sea with her brother in a small red boat.")]
    ).figures
    copy = measured(
        "x", [MEND], [Answer("Every night she go to the sea with her brother in a small red boat.")]
    ).figures
    lost = measured("x", [MEND], [Answer("The dog was happy.")]).figures
    assert right["gleu"].value == pytest.approx(1)
    assert right["gleu"].value > copy["gleu"].value > lost["gleu"].value
    assert (right["edits_f05"].value, copy["edits_f05"].value) == (1, 0)
    assert lost["gleu_shown"].value == copy["gleu_shown"].value, "the bot shows the old wording"
    assert (right["faithful"].value, lost["faithful"].value) == (1, 0)
    assert value(CLEAN, "Every night she went to the sea with her brother in a small red boat.", "clean_kept") == 1
    assert value(CLEAN, "Every night she goes to the sea with her brother in a small red boat.", "clean_kept") == 0


def test_gleu_by_hand() -> None:
    # Two of three words are right, "cat" is a mistake that was kept: (2 - 1) / 3 single words, 1 of 2 pairs less none.
    counts = gleu_counts("the cat sat", "the cat sat", ["the dog sat"])
    assert counts[:6] == [3, 3, 1, 3, 0, 2]
    assert gleu(np.array(counts)) == 0
    two = gleu_counts("a b", "a b c d e", ["a b c d e", "a b c d f"])
    assert two[2] == pytest.approx((5 + 4) / 2)
    short = np.array(gleu_counts("a b c d e f", "a b c d", ["a b c d e f g h"]))
    assert gleu(short) == pytest.approx(np.exp(1 - 8 / 4))


def test_edits_count_against_the_nearest_reference() -> None:
    assert edit_counts("he go home", "he went home", ["he goes home", "he went home"]) == [1, 0, 0]
    assert edit_counts("he go home", "he ran home", ["he went home"]) == [0, 1, 1]
    assert f_half(np.array([2.0, 1.0, 1.0])) == pytest.approx(2.5 / 3.75)


def test_answers_are_scored_by_the_nearest_reference_and_silence_where_nothing_is_told() -> None:
    assert value(ASKED, "Her brother.", "answer_f1") == 1
    assert value(ASKED, "The brother of Mara", "answer_f1") == pytest.approx(0.4)
    assert value(ASKED, "Her brother.", "rouge_l") == 1
    assert value(ASKED, "It was Otto and Ben.", "names_supported") == 0.5
    both, unsaid, said = [UNANSWERED, ASKED], Answer("The story does not say."), Answer("Ben")
    for answers, right in (((unsaid, said), 1), ((unsaid, unsaid), 0.5), ((said, said), 0.5), ((said, unsaid), 0)):
        assert measured("x", both, answers).figures["knows_limits"].value == right


def test_simple_voices_copy_and_quote() -> None:
    simple = score_simple([MEND, CLEAN, ASKED, CONTINUE])
    assert simple.figures["clean_kept"].value == 1
    assert simple.figures["edits_f05"].value == 0
    assert simple.figures["answer_f1"].value > 0
    assert "distinct_2" not in simple.figures


def test_an_interval_holds_its_value_and_is_the_same_each_time() -> None:
    answers = [Answer("Her brother."), Answer("Nobody.")] * 20
    first, second = (measured("x", many(ASKED, 40), answers).figures["answer_f1"] for _ in range(2))
    assert first == second
    assert first.low < first.value == 0.5 < first.high


def test_a_voice_that_is_better_is_accepted_one_that_is_worse_or_equal_is_refused() -> None:
    cases = [*many(MEND, 20), *many(CONTINUE, 20)]
    mended, copied = (
        [Answer("Every night she went to the sea with her brother in a small red boat.")] * 20,
        [Answer("Every night she go to the sea with her brother in a small red boat.")] * 20,
    )
    ended, cut = [Answer("A ship came.")] * 20, [Answer("A ship came")] * 20
    best, middle, other = (measured("x", cases, each) for each in (mended + ended, copied + ended, mended + cut))
    assert compare(best, middle).accepted
    assert "gleu is better: 1.000 after" in " ".join(compare(best, middle).reasons)
    refused = compare(other, middle)
    assert not refused.accepted
    assert refused.reasons[0].startswith("ended is worse: 0.000 after 1.000")
    assert compare(other, middle, may_lose=frozenset({"ended"})).accepted
    assert compare(best, best).reasons == ("nothing is better beyond chance",)
    assert not compare(best, best).accepted
    with pytest.raises(EvaluationError, match="not asked the same"):
        compare(best, measured("y", [ASKED], [Answer("Ben")]))


def test_figures_come_back_from_their_file_and_stand_in_a_table(tmp_path: Path) -> None:
    figures = measured("Llama of the tests", [MEND, ASKED], [Answer("She went."), Answer("Ben")])
    figures.save(tmp_path / "figures.json")
    assert Figures.load(tmp_path / "figures.json") == figures
    shown = table([figures, score_simple([MEND, ASKED])])
    assert "| explain | answer_f1 | higher | 1.000 [1.000, 1.000] |" in shown
    (tmp_path / "figures.json").write_text("{}")
    with pytest.raises(EvaluationError, match="holds no figures"):
        Figures.load(tmp_path / "figures.json")


def test_a_sheet_is_blind_whole_and_shows_text_as_text(tmp_path: Path) -> None:
    cases = many(replace(CONTINUE, asked="<script>alert(1)</script>"), 30)
    new, old = ([Answer(f'<b>{word} & "more"</b>')] * 30 for word in ("new", "old"))
    write_sheet(tmp_path / "sheet.html", cases, [*new[:29], old[0]], old)
    page = (tmp_path / "sheet.html").read_text("utf-8")
    key = json.loads((tmp_path / "sheet.key.json").read_text("utf-8"))
    assert page.count("<script>") == 1
    assert "&lt;b&gt;new &amp; &quot;more&quot;&lt;/b&gt;" in page
    assert "http" not in page.replace("http-equiv", "")
    assert len(key) == page.count("<section>") == 29, "what is the same is not asked"
    assert set(key.values()) == {"A", "B"}
    section = page.split("<section>")[1]
    first = "A" if section.index("&lt;b&gt;new") < section.index("&lt;b&gt;old") else "B"
    assert key["c0"] == first


def test_raters_votes_are_counted_and_their_agreement_is_beyond_chance(tmp_path: Path) -> None:
    (tmp_path / "sheet.key.json").write_text(json.dumps({f"c{n}": "AB"[n % 2] for n in range(10)}))
    liked = {f"c{n}": "AB"[n % 2] for n in range(8)} | {"c8": "same", "c9": "same"}
    other = liked | {"c0": "B", "unknown": "A"}
    files = []
    for number, chosen in enumerate((liked, liked, other)):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps({"rater": "x", "ratings": chosen}))
    same = agreement(tmp_path / "sheet.key.json", files[:2])
    assert same.votes == {"new": 16, "same": 4}
    assert same.kappa == same.alpha == 1
    all_three = agreement(tmp_path / "sheet.key.json", files)
    assert all_three.kappa is not None and 0.5 < all_three.kappa < 1
    assert all_three.alpha is not None and 0.5 < all_three.alpha < 1
    assert agreement(tmp_path / "sheet.key.json", files[:1]).kappa is None
    files[0].write_text("[]")
    with pytest.raises(EvaluationError, match="not a JSON object"):
        agreement(tmp_path / "sheet.key.json", files)


TALE = (
    "Mara lived by the sea with her brother Ben. Every night Mara lit the lamp in the tower. One day the lamp "
    "was gone. Ben said that a gull had taken it. So Mara went down to the rocks and looked for the gull. She found a "
    "feather, and then a second one. The feathers led her to a cave. In the cave Ben sat with the lamp and smiled. "
) * 3


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of held-out files, as small as can be."""
    files: dict[str, list[dict[str, object]]] = {
        "validation": [{"tier": "A_simple", "text": TALE}, {"tier": "B_stories", "text": TALE * 12}],
        "jfleg_evaluation_only": [{"split": "dev", "src": "She go to sea .", "refs": ["She went to the sea ."] * 4}],
        "explain_story_qa_fairytaleqa": [
            {"split": "val", "story": name, "context": TALE[:400], "question": f"Who is {name}?", "answer": "Ben"}
            for name in ("one", "two")
        ],
    }
    folder = tmp_path / "data"
    folder.mkdir()
    for name, rows in files.items():
        text = "\n".join(json.dumps(row) for row in rows)
        (folder / f"{name}.jsonl.zst").write_bytes(zstandard.compress(text.encode()))
    return folder


def test_cases_come_from_held_out_files_and_are_the_same_each_time(data: Path) -> None:
    cases = load_cases(data, size=2)
    assert cases == load_cases(data, size=2)
    assert [case.kind for case in cases] == ["continued", "mended", "clean", "unanswered", "answered"]
    assert cases[1].passages == ("She go to sea.",)
    assert cases[0].references[0].startswith(tuple("MEOBSTI"))
    (data / "validation.jsonl.zst").unlink()
    with pytest.raises(EvaluationError, match=r"There is no file .*validation\.jsonl\.zst"):
        load_cases(data)


@pytest.mark.engine
@pytest.mark.timeout(600)
@pytest.mark.asyncio(loop_scope="session")
async def test_the_real_storyteller_is_scored_the_same_each_time(storyteller_engine: VllmEngine, data: Path) -> None:
    cases = load_cases(data, size=2)
    first, second = [await score(storyteller_engine, cases, seed=3) for _ in range(2)]
    assert first == second
    assert first.voice == storyteller_engine.profile.name
    assert {figure.measure.task for figure in first.figures.values()} == {Task.CONTINUE, Task.REFINE, Task.EXPLAIN}
    assert (await score_without_task(storyteller_engine, cases)).figures.keys() >= {"gleu", "distinct_2"}


def test_perplexity_is_that_of_chance_for_random_weights(data: Path, tmp_path: Path) -> None:
    tiers = held_out(data, size=3)
    assert {tier: len(texts) for tier, texts in tiers.items()} == {"A": 1, "B": 3}
    found = perplexity(llama(tmp_path / "model"), tiers)
    assert all(each.low <= each.value <= each.high for each in found)
    assert found[0].value > 384, "a word has several tokens, each about as unlikely as any"
    with pytest.raises(EvaluationError, match="cannot be loaded"):
        perplexity(data, tiers)


def test_the_command_says_what_is_missing(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", str(tmp_path), "--data", str(tmp_path / "nowhere")]) == 1
    assert "point --data at the folder" in capsys.readouterr().err
    assert main(["--model", str(tmp_path / "none"), "--data", str(data), "--out", str(tmp_path / "out")]) == 1
    assert "error: No model at" in capsys.readouterr().err
