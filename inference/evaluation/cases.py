"""What a storyteller is asked in an evaluation: held-out cases of each task, out of a folder of texts or your own."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nltk.tokenize.treebank import TreebankWordDetokenizer  # type: ignore[import-untyped]

from core.prompts import Task
from inference.evaluation.errors import EvaluationError
from inference.training.documents import DocumentMaker
from inference.training.errors import TrainingError
from inference.training.texts import count_words, read_records, speeches_whole, split_sentences

TASKS = (Task.CONTINUE, Task.REFINE, Task.EXPLAIN)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request as a group would make it, and what is known of a good answer.

    A refine case is about its last passage. `kind` says what it can be measured by:

    - "continued": `asked` is a direction or empty
    - "mended": `references` are corrections of the last passage
    - "clean": the last passage has no mistake
    - "answered": `references` are answers to `asked`
    - "unanswered": the passages do not answer `asked`
    """

    id: str
    task: Task
    kind: str
    passages: tuple[str, ...]
    asked: str = ""
    title: str = ""
    premise: str = ""
    lore: tuple[tuple[str, str], ...] = ()
    references: tuple[str, ...] = ()


def load_cases(data: Path, tasks: Sequence[Task] = TASKS, *, size: int = 120, seed: int = 0) -> list[Case]:
    """Held-out cases of a data folder, about `size` of each task; the same seed gives the same cases.

    Raises EvaluationError if a file is missing or broken.
    """
    makers: dict[Task, Callable[[Path, int, int], Iterator[Case]]] = {
        Task.CONTINUE: _continued,
        Task.REFINE: _refined,
        Task.EXPLAIN: _explained,
    }
    try:
        return [case for task in tasks if task in makers for case in makers[task](data, size, seed)]
    except TrainingError as error:
        raise EvaluationError(str(error)) from error
    except KeyError as error:
        raise EvaluationError(f"A record in {data} has no field {error}: is it the folder of story texts?") from error


def _simple_texts(data: Path) -> list[str]:
    records = read_records(data / "validation.jsonl.zst")
    return [str(record["text"]) for record in records if str(record["tier"]).startswith("A")]


def _some(rows: Iterable[Any], size: int, seed: int) -> list[Any]:
    rows = list(rows)
    return random.Random(seed).sample(rows, min(size, len(rows)))  # noqa: S311  no secret


def _continued(data: Path, size: int, seed: int) -> Iterator[Case]:
    """The beginnings of held-out stories; every other time with a clause of how each really went on."""
    maker = DocumentMaker(seed)
    texts = [text for text in _simple_texts(data) if 120 <= count_words(text) <= 400]
    for number, text in enumerate(_some(texts, size, seed)):
        parts = speeches_whole(split_sentences(text))
        cut = max(1, len(parts) // 2)
        asked = maker.direction(" ".join(parts[cut : cut + 4])) if number % 2 else ""
        yield Case(
            id=f"continue-{number}",
            task=Task.CONTINUE,
            kind="continued",
            passages=maker.passages(parts[:cut]),
            asked=asked,
            title=maker.title(text),
            references=(" ".join(parts[cut:]),),
        )


def _refined(data: Path, size: int, seed: int) -> Iterator[Case]:
    """Sentences of learners with corrections (JFLEG, development part), and clean passages of stories."""
    detokenize = TreebankWordDetokenizer().detokenize
    learners = [row for row in read_records(data / "jfleg_evaluation_only.jsonl.zst") if row["split"] == "dev"]
    for number, row in enumerate(_some(learners, size, seed)):
        yield Case(
            id=f"mend-{number}",
            task=Task.REFINE,
            kind="mended",
            passages=(detokenize(str(row["src"]).split()),),
            asked="fix grammar",
            references=tuple(detokenize(str(each).split()) for each in row["refs"]),
        )
    for number, text in enumerate(_some(_simple_texts(data), size // 2, seed + 1)):
        parts = speeches_whole(split_sentences(text))
        passage = " ".join(parts[len(parts) // 2 :][:2])
        yield Case(
            id=f"clean-{number}", task=Task.REFINE, kind="clean", passages=(passage,), asked="fix grammar"
        )  # fmt: skip


def _explained(data: Path, size: int, seed: int) -> Iterator[Case]:
    """Questions about fairy tales (FairytaleQA, validation part), some of them asked about another tale."""
    rows = [
        row
        for row in read_records(data / "explain_story_qa_fairytaleqa.jsonl.zst")
        if row["split"] == "val" and count_words(str(row["context"])) <= 250
    ]
    chosen = _some(rows, size, seed)
    for number, row in enumerate(chosen):
        other = chosen[number - 1]
        unanswered = number % 5 == 0 and other["story"] != row["story"]
        answers = () if unanswered else tuple(str(row[key]) for key in ("answer", "answer2") if row.get(key))
        yield Case(
            id=f"explain-{number}",
            task=Task.EXPLAIN,
            kind="unanswered" if unanswered else "answered",
            passages=DocumentMaker(seed + number).passages(speeches_whole(split_sentences(str(row["context"])))),
            asked=str((other if unanswered else row)["question"]),
            references=answers,
        )
