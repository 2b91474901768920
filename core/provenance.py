"""Whose words stand in a passage: in its wording, in what the storyteller was given for it, and in all of that's past.

Knows rows and people, not stories: what is made of a passage of which all is known is decided elsewhere.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.policy import VOUCHED
from core.story import STORYTELLER, Kind

_REVIEWED = re.compile(r"\+\d+$")
"""How the id of a turn ends in which a moderator posted what was kept back, perhaps in words of theirs."""


@dataclass(frozen=True)
class Written:
    """A row of a passage, with who took the turn in which it was written."""

    id: int
    parent: int | None
    kind: Kind
    author_id: str
    text: str
    given: Mapping[str, Any] | None
    root: int
    policy: str
    by: str
    """Whose turn it was."""
    turn: str
    """The id of that turn, as the platform gave it."""
    operation: str

    @property
    def words(self) -> str:
        """The direction or wish that the storyteller had; empty if there was none."""
        return str(self.given["words"]) if self.given else ""

    @property
    def reviewed(self) -> bool:
        """Whether others had a hand in it of whom nothing is known: a moderator, or who proposed the wording."""
        return reviewed(self.turn) or self.operation.startswith("review ") or self.policy == VOUCHED


@dataclass(frozen=True)
class Fact:
    """A row of lore, with who wrote it."""

    name: str
    fact: str
    holds: bool
    by: str
    turn: str


def reviewed(turn: str) -> bool:
    """Whether a turn is one in which a moderator posted what had been kept back."""
    return _REVIEWED.search(turn) is not None


class Provenance:
    """All rows of one story, oldest first, and those people whose words are looked for.

    A passage is *known* if every word that stands in it, or that the storyteller had before it when it was written,
    is the storyteller's or one of these people's: its author's, whoever typed it, whoever gave a direction, whoever
    wrote a fact, and the same of every passage before it. A passage in which a moderator had a hand is not
    known, nor one that somebody proposed and its author accepted.
    """

    def __init__(
        self,
        written: Sequence[Written],
        replaced: Mapping[int, int],
        facts: Iterable[Fact],
        people: Collection[str],
    ) -> None:
        self.rows = {each.id: each for each in written}
        self._replaced = replaced
        self._people = frozenset(people)
        self._sources: dict[tuple[int, str, str], Written] = {}
        self._wordings: defaultdict[int, list[Written]] = defaultdict(list)
        self._offered: defaultdict[tuple[int | None, str, str], list[Written]] = defaultdict(list)
        self._asked: defaultdict[str, set[str]] = defaultdict(set)
        self._facts: defaultdict[str, set[str]] = defaultdict(set)
        for each in written:
            if self._sources.setdefault((each.root, each.kind, each.text), each) is each:
                self._wordings[each.root].append(each)
                if each.given is not None:
                    self._asked[each.words].add(each.by)
                    self._offered[each.parent, each.kind, each.words].append(each)
        for fact in facts:
            self._facts[fact.name].add("" if reviewed(fact.turn) else fact.by)
        self._theirs_alone: set[int] = set()
        self._known: set[int] = set()
        for each in written:  # whatever a row points to is older than it
            source = self.source(each)
            if source is each and self._own(each):
                self._theirs_alone.add(each.id)
            if source.id in self._theirs_alone and self._follows(each.parent):
                self._known.add(each.id)

    def source(self, row: Written) -> Written:
        """The row in which a wording was written first; a passage is copied when one before it changes."""
        return self._sources[row.root, row.kind, row.text]

    def replaced(self, row: Written) -> Written | None:
        """The version from which the storyteller made a refined passage; None of any other."""
        before = self._replaced.get(self.source(row).id) if row.kind is Kind.REFINED else None
        return None if before is None else self.rows.get(before)

    def offered_instead(self, row: Written) -> list[Written]:
        """What the storyteller also wrote in the place of a row of its own and for the same words, if it is known."""
        same = self._offered[row.parent, row.kind, row.words]
        found = {each.text: each for each in same if self.known(each) and self.replaced(each) == self.replaced(row)}
        return [each for text, each in found.items() if text != row.text]

    def known(self, row: Written) -> bool:
        """See the class."""
        return row.id in self._known

    def given(self, given: Mapping[str, Any]) -> bool:
        """Whether what the storyteller was given besides passages is theirs."""
        askers = self._asked[str(given["words"])] if given["words"] else set()
        return self._theirs(askers) and all(self._theirs(self._facts.get(name, {""})) for name in given["lore"])

    def _own(self, row: Written) -> bool:
        """Whether a wording is known, whatever stands before it if people typed it."""
        people = {row.author_id} - {STORYTELLER}
        if row.reviewed:
            return False
        if row.given is None:
            earlier = (each.id for each in self._wordings[row.root] if each.id < row.id)
            return self._theirs({*people, row.by}) and self._theirs_alone.issuperset(earlier)
        if row.kind is Kind.REFINED and self._replaced.get(row.id) not in self._known:
            return False
        return self._theirs(people) and self._follows(row.parent) and self.given(row.given)

    def _follows(self, parent: int | None) -> bool:
        return parent is None or parent in self._known

    def _theirs(self, ids: Collection[str]) -> bool:
        return self._people.issuperset(ids)

    def path(self, head: int | None) -> list[Written]:
        """The passages up to `head`, in order, as far as they are known: nothing behind the first that is not."""
        found: list[Written] = []
        while head is not None and head in self.rows:
            found.append(self.rows[head])
            head = found[-1].parent
        found.reverse()
        unknown = (n for n, each in enumerate(found) if not self.known(each))
        return found[: next(unknown, len(found))]
