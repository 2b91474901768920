"""The data check: what may not be learned from, what could not be learned, and the two sides of a run.

Every record passes the bot's own filter for personal data, through the bot's own gate, and a run is made of nothing
but texts that have.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from inference.training.errors import TrainingError
from inference.training.tuning.clearing import Clearing
from inference.training.tuning.layout import Prompter
from inference.training.tuning.records import MOST_TOLD, Placed, read_records
from inference.training.tuning.settings import Data, Problem


@dataclass(frozen=True)
class Sides:
    """What to train with, and what to validate with. Texts are cleared: they hold no personal data."""

    train: list[Placed]
    held_out: list[Placed]
    left_out: Counter[str] = field(default_factory=Counter)

    def summary(self) -> str:
        """What there is, for people."""
        lines = [f"{name}: {_count(side)}" for name, side in (("train", self.train), ("held out", self.held_out))]
        lines += [f"left out: {count} ({problem})" for problem, count in sorted(self.left_out.items())]
        return "\n".join(lines)

    def licences(self) -> dict[tuple[str, str], int]:
        """How many records there are of each source and licence."""
        both = (*self.train, *self.held_out)
        return dict(Counter((each.record.source or "—", each.record.licence) for each in both).most_common())


def check(data: Data, prompter: Prompter, clearing: Clearing, *, preferences: bool) -> Sides:
    """The two sides. TrainingError has a line for every problem that the settings do not leave out."""
    files = [read_records(file) for file in data.files]
    held_files = [read_records(file) for file in data.held_out_files]
    clearing.look_at(text for placed, _ in (*files, *held_files) for each in placed for text in each.record.texts())
    inquiry = _Inquiry(data, prompter, clearing, preferences=preferences)
    for _, broken in (*files, *held_files):
        inquiry.problems += broken
    train = inquiry.passed(each for placed, _ in files for each in placed)
    held_out = inquiry.passed(each for placed, _ in held_files for each in placed)
    if not data.held_out_files:
        train, held_out = _parted(train, data.held_out)
    inquiry.same_stories(train, held_out)
    if not inquiry.problems:
        inquiry.empty(train, held_out)
    if inquiry.problems:
        raise TrainingError("\n".join(_shortened(inquiry.problems)))
    return Sides(train, held_out, inquiry.left_out)


class _Inquiry:
    """Looks at one record after the other, and remembers what was wrong."""

    def __init__(self, data: Data, prompter: Prompter, clearing: Clearing, *, preferences: bool) -> None:
        self.problems: list[str] = []
        self.left_out: Counter[str] = Counter()
        self._data = data
        self._prompter = prompter
        self._preferences = preferences
        self._clearing = clearing
        self._seen: dict[str, str] = {}

    def passed(self, placed: Iterable[Placed]) -> list[Placed]:
        """Those with nothing wrong."""
        return [each for each in placed if self._passes(each)]

    def same_stories(self, train: list[Placed], held_out: list[Placed]) -> None:
        """A story on both sides is told once, with a record of each."""
        known = {each.record.story: each for each in train}
        for story, each in {each.record.story: each for each in held_out if each.record.story in known}.items():
            self.problems.append(
                f"{each.place}: the story “{story}” is held out, and also trained with ({known[story].place}). "
                "Keep each story on one side."
            )

    def empty(self, train: list[Placed], held_out: list[Placed]) -> None:
        """A side without records."""
        if not train:
            self.problems.append("There is no record to train with. Name other files under data.files.")
        elif not held_out:
            self.problems.append(
                "No record is held out, so that nobody could tell when to stop. "
                "Raise data.held_out, add stories, or name data.held_out_files."
            )

    def _passes(self, each: Placed) -> bool:
        record = each.record
        if record.preference is not self._preferences:
            wanted = "`chosen` and `rejected`" if self._preferences else "`answer`"
            self.problems.append(f"{each.place}: this method learns from {wanted}.")
            return False
        if record.licence not in self._data.licences:
            told = f"the licence “{record.licence}” is none of data.licences" if record.licence else "it has no licence"
            self.problems.append(f"{each.place}: {told}.")
            return False
        return (
            not self._is_duplicate(each)
            and not self._is_personal(each)
            and not (self._prompter.too_long(record) and self._wrong(each, "long", self._prompter.window_told(record)))
        )

    def _is_duplicate(self, each: Placed) -> bool:
        first = self._seen.setdefault(each.record.fingerprint, each.place)
        return first != each.place and self._wrong(each, "duplicate", f"the same record as in {first}")

    def _is_personal(self, each: Placed) -> bool:
        if not any(self._clearing.is_personal(text) for text in each.record.texts()):
            return False
        return self._wrong(each, "personal", "it holds personal data, such as an address or a number")

    def _wrong(self, each: Placed, problem: Problem, told: str) -> bool:
        if problem in self._data.leave_out:
            self.left_out[problem] += 1
        else:
            self.problems.append(f'{each.place}: {told} (to leave such records out: data.leave_out = ["{problem}"]).')
        return True


def _parted(placed: list[Placed], share: float) -> tuple[list[Placed], list[Placed]]:
    """Held out are the stories whose names have the smallest hashes: the same ones in every run."""
    stories = sorted({each.record.story for each in placed}, key=lambda name: hashlib.sha256(name.encode()).digest())
    count = max(1, round(len(stories) * share)) if len(stories) > 1 else 0
    chosen = set(stories[:count])
    held_out = [each for each in placed if each.record.story in chosen]
    return [each for each in placed if each.record.story not in chosen], held_out


def _count(side: list[Placed]) -> str:
    stories = len({each.record.story for each in side})
    tasks = Counter(each.record.task for each in side)
    told = ", ".join(f"{count} {task}" for task, count in sorted(tasks.items()))
    return f"{len(side)} records of {stories} stories ({told})"


def _shortened(problems: list[str]) -> list[str]:
    more = len(problems) - MOST_TOLD
    return problems if more <= 0 else [*problems[:MOST_TOLD], f"… and {more} more."]
