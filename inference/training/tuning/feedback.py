"""Records and preferences from the bot's own stories, by consent (`consent`).

    python -m inference.training records EXPORT.jsonl --out FOLDER

reads one story a line in the format `storycircle-stories-1` (the models in `consent` are its reference) and writes
`records.jsonl` (passages and answers that people thought good) and `pairs.jsonl` (which of two people liked better).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from inference.training.errors import TrainingError
from inference.training.tuning.consent import MODEL, Consent, Explained, Export, Opinion, Told, Version
from inference.training.tuning.records import MOST_TOLD, Record, parsed_lines, write_records

LICENCE = "consent"


@dataclass
class Harvest:
    """What an export gave, and why the rest of it gave nothing."""

    records: list[Record] = field(default_factory=list)
    pairs: list[Record] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def summary(self) -> str:
        """For people."""
        lines = [f"{len(self.records)} records, {len(self.pairs)} preferences"]
        return "\n".join(lines + [f"left out: {count} ({why})" for why, count in sorted(self.left_out.items())])


def harvest(file: Path) -> Harvest:
    """Read an export. TrainingError names every line that is broken, or that may never be trained with."""
    found = Harvest()
    problems: list[str] = []
    for number, value in parsed_lines(file):
        try:
            export = Export.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            problems.append(f"{file.name}, line {number}: {where}: {first['msg']}.")
            continue
        if export.forbidden:
            problems.append(f"{file.name}, line {number}: {export.forbidden}.")
            continue
        _Story(export, found).gather()
    if problems:
        more = [f"… and {len(problems) - MOST_TOLD} more."] if len(problems) > MOST_TOLD else []
        raise TrainingError("\n".join([*problems[:MOST_TOLD], *more]))
    return found


def write_harvest(found: Harvest, folder: Path) -> None:
    """Write both files. TrainingError if there is nothing to write, or the disk does not take it."""
    if not found.records and not found.pairs:
        raise TrainingError(
            f"Nothing in this export can be learned from.\n{found.summary()}\n"
            "Feedback and the consent of the server and of each author are needed."
        )
    write_records(folder / "records.jsonl", found.records)
    write_records(folder / "pairs.jsonl", found.pairs)


class _Story:
    """One story of an export, passage by passage."""

    def __init__(self, export: Export, found: Harvest) -> None:
        self._export = export
        self._found = found
        self._consent: Consent = export.consent

    def gather(self) -> None:
        """Add what it gives."""
        if not self._consent.server:
            self._found.left_out["no consent of the server"] += 1
            return
        for number, passage in enumerate(self._export.passages):
            if passage.kind == "continued" and passage.author == MODEL:
                self._continued(number, passage)
            elif passage.kind == "refined" and passage.before is not None:
                self._refined(number, passage, passage.before)
        for answer in self._export.explained:
            self._explained(answer)

    def _continued(self, number: int, passage: Told) -> None:
        before = self._export.passages[:number]
        head = self._head() if self._consent.covers((self._export.author, *self._export.lore_by)) else {}
        if not before and not head:
            self._found.left_out["not everybody consented"] += 1
            return
        self._note("continue", number, passage, {**head, "passages": tuple(each.text for each in before)})

    def _refined(self, number: int, passage: Told, before: Version) -> None:
        told = tuple(each.text for each in self._export.passages[:number])
        self._note("refine", number, passage, {"passages": (*told, before.text)}, also=(before.author,))

    def _note(
        self, task: str, number: int, passage: Told, material: dict[str, object], also: tuple[str, ...] = ()
    ) -> None:
        """A record if people liked it, and a preference for each alternative that they liked less."""
        authors = {each.author for each in self._export.passages[:number]} | set(also)
        if passage.words:
            authors.add(passage.words_by)
        if not self._consent.covers(authors):
            self._found.left_out["not everybody consented"] += 1
            return
        common = {"task": task, "story": self._export.story, "licence": LICENCE, "source": "feedback", **material}
        common |= {"words": passage.words}
        score = Opinion.of(passage.marks, self._consent).score
        if score > 0:
            self._found.records.append(Record.model_validate({**common, "answer": passage.text}))
        else:
            self._found.left_out["nobody said that it is good" if score == 0 else "people did not like it"] += 1
        for better, worse in self._preferred(passage, score):
            self._found.pairs.append(Record.model_validate({**common, "chosen": better, "rejected": worse}))

    def _preferred(self, passage: Told, score: int) -> Iterator[tuple[str, str]]:
        """What stands was chosen over each alternative, unless the marks say the contrary."""
        for other in passage.alternatives:
            theirs = Opinion.of(other.marks, self._consent).score
            if other.text.split() == passage.text.split() or other.author != MODEL:
                continue
            yield (other.text, passage.text) if theirs > score else (passage.text, other.text)

    def _explained(self, answer: Explained) -> None:
        told = self._export.passages[: answer.passages]
        if not self._consent.covers({each.author for each in told} | ({answer.by} if answer.question else set())):
            self._found.left_out["not everybody consented"] += 1
        elif Opinion.of(answer.marks, self._consent).score <= 0:
            self._found.left_out["nobody said that it is good"] += 1
        else:
            self._found.records.append(
                Record(
                    task="explain",
                    story=self._export.story,
                    licence=LICENCE,
                    source="feedback",
                    passages=tuple(each.text for each in told),
                    words=answer.question,
                    answer=answer.answer,
                )
            )

    def _head(self) -> dict[str, object]:
        return {"title": self._export.title, "premise": self._export.premise, "lore": self._export.lore}
