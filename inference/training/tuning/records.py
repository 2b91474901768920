"""Records: one example each of what the storyteller should have written, or of two answers and which was better.

One JSON object a line:

    {"task": "continue", "story": "fable-12", "licence": "CC-BY-4.0", "source": "African Storybook",
     "title": "The Well", "premise": "", "lore": [["Osman", "an owl"]],
     "passages": ["Once …", "Then …"], "words": "it rains", "answer": "It rained."}

`task` is continue, refine or explain; `passages` is the story up to where the answer belongs (to refine: up to and
with the passage to be refined); `words` is the direction, wish or question, and may be missing, like `title`,
`premise` and `lore`. A preference has `chosen` and `rejected` instead of `answer`.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from inference.training.errors import TrainingError

Text = Annotated[str, Field(min_length=1)]
MOST_TOLD = 20
"""Broken lines that are told one by one."""


class Record(BaseModel):
    """One line. Either `answer`, or `chosen` and `rejected`, is there."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    task: Literal["continue", "refine", "explain"]
    story: Text
    """Which story it is of: what parts training from held-out records."""
    licence: str = ""
    source: str = ""
    title: str = ""
    premise: str = ""
    lore: tuple[tuple[Text, Text], ...] = ()
    passages: tuple[Text, ...] = ()
    words: str = ""
    answer: str = ""
    chosen: str = ""
    rejected: str = ""

    @model_validator(mode="after")
    def _whole(self) -> "Record":
        if bool(self.answer) == bool(self.chosen or self.rejected) or bool(self.chosen) != bool(self.rejected):
            raise ValueError("a record has either `answer`, or `chosen` and `rejected`")
        if not self.passages and not (self.task == "continue" and (self.title or self.premise)):
            raise ValueError("`passages` is empty, so there is nothing to work on")
        return self

    @property
    def preference(self) -> bool:
        """Whether it says which of two answers is better."""
        return bool(self.chosen)

    def texts(self) -> tuple[str, ...]:
        """Everything in it that somebody wrote."""
        facts = tuple(part for fact in self.lore for part in fact)
        told = (self.title, self.premise, *facts, *self.passages, self.words, self.answer, self.chosen, self.rejected)
        return tuple(text for text in told if text)

    @property
    def fingerprint(self) -> str:
        """The same for records that differ in nothing but case, white space, source or licence."""
        parts = (self.task, self.words, self.answer, self.chosen, self.rejected, *self.passages)
        folded = "\x1f".join(" ".join(part.casefold().split()) for part in parts)
        return hashlib.sha256(folded.encode()).hexdigest()


@dataclass(frozen=True)
class Placed:
    """A record and where it stands."""

    record: Record
    file: Path
    line: int

    @property
    def place(self) -> str:
        """For people."""
        return f"{self.file.name}, line {self.line}"


def read_records(file: Path) -> tuple[list[Placed], list[str]]:
    """The records of a file, and a sentence for each line that is none. TrainingError if it cannot be read."""
    good: list[Placed] = []
    broken: list[str] = []
    for number, line in _lines(file):
        try:
            good.append(Placed(Record.model_validate(_parsed(line)), file, number))
        except ValidationError as error:
            broken += [f"{file.name}, line {number}: {_told(each['loc'], each['msg'])}" for each in error.errors()]
        except ValueError as error:
            broken.append(f"{file.name}, line {number}: {error}")
    return good, broken


def write_records(file: Path, records: list[Record]) -> None:
    """Write records, one a line, whole or not at all."""
    unfinished = file.with_name(file.name + ".tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text("".join(_line(record) for record in records), "utf-8")
        unfinished.replace(file)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise TrainingError(f"The records {file} could not be written: {error.strerror}.") from error


def parsed_lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON object of each line with its number. TrainingError names the first line that has none."""
    for number, line in _lines(file):
        try:
            yield number, _parsed(line)
        except ValueError as error:
            raise TrainingError(f"{file.name}, line {number}: {error}") from error


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        with file.open("rb") as lines:
            for number, raw in enumerate(lines, start=1):
                if raw.strip():
                    yield number, raw.decode("utf-8", "surrogateescape")
    except OSError as error:
        raise TrainingError(f"{file} cannot be read: {error.strerror}.") from error


def _parsed(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
        line.encode()
    except json.JSONDecodeError as error:
        raise ValueError(f"not valid JSON: {error.msg} (column {error.colno}).") from error
    except UnicodeEncodeError as error:
        raise ValueError("not UTF-8 text.") from error
    if not isinstance(value, dict):
        raise ValueError("not a JSON object.")  # noqa: TRY004  a broken line, not a wrong type of ours
    return value


def _line(record: Record) -> str:
    return json.dumps(record.model_dump(exclude_defaults=True), ensure_ascii=False) + "\n"


def _told(loc: tuple[int | str, ...], problem: str) -> str:
    field = ".".join(str(each) for each in loc)
    problem = {"Extra inputs are not permitted": "there is no such field", "Field required": "it is missing"}.get(
        problem, problem.removeprefix("Value error, ")
    )
    return f"{field}: {problem}." if field else f"{problem}."
