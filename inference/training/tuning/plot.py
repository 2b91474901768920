"""Plot events: records by a rule, and the head that is trained on them (`inference.events` reads with it).

**The rule.** A passage is a paragraph of 12 to 110 words. It is labelled

- *conflict*, if at least two different words of trouble stand in it, and two more than words of relief;
- *solution*, if at least two different words of relief do, two more than words of trouble, and it stands in the second
  half of its story;
- *none*, if it draws a moral, or opens a story and has one verb of action at most, or has no verb of action and no word
  of either kind;
- *happen*, if it has two verbs of action, and no word of either kind.

Whatever fits none of these is left out: it would teach noise. What the rule is worth was checked by hand, see
`docs/tuning.md`.
"""

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.plot import PlotEvent
from inference.training.texts import read_documents

_TROUBLE = re.compile(
    r"\b(?:(problem|trouble|danger|troubles)|(lost|missing|disappear\w*|vanish\w*)|(stuck|trapp\w+|caught in)"
    r"|(br[eo]ke\w*|smash\w*|destroy\w*|ruin\w*)|(st[eo]l\w+|thief)|(f[io]ught|fight\w*|argu\w+|quarrel\w*)"
    r"|(angr\w+|furious|rage)|(afraid|scared|frighten\w*|terrif\w+|fear\w*)|(cr[iy]\w*d?(?: out)?|sobb\w+|wept|tears)"
    r"|(storm|flood|fire|drought)|(refus\w+|would not|wouldn't|did not listen|didn't listen|ignor\w+)"
    r"|(could not|couldn't|can't|cannot)|(worr\w+|panic\w*)|(threat\w*|attack\w*|growl\w*|chas\w+|roar\w*)"
    r"|(greed\w*|jealous\w*|envy|envious|selfish\w*)|(betray\w*|trick\w*|li(?:ed|es)|deceiv\w+)|(hurt\w*|pain\w*|sick|ill)"
    r"|(f[ea]ll|slipp\w+)|(sad|lonely|alone|upset|unhappy)|(mean|cruel\w*|bull(?:y|ied)\w*)|(struggl\w+|suffer\w*)"
    r"|(warn\w+)|(suddenly)|(wrong|mistake\w*|fail\w*))\b",
    re.IGNORECASE,
)
_RELIEF = re.compile(
    r"\b(?:(help\w*)|(rescu\w+|sav(?:ed|e|ing))|(fix\w*|repair\w*|mend\w*)|(solv\w+|solution)|(forg[ia]v\w+)"
    r"|(apologi\w+|sorry)|(found|discover\w+)|(together)|(thank\w*|grateful\w*)|(agreed|agree)|(safe|safely)|(peace\w*)"
    r"|(promis\w+)|(from that day|ever after|from then on)|(learn\w*|realiz\w+|realis\w+|understood)|(finally|at last)"
    r"|(hugg\w+|hug|embrac\w+)|(better)|(happy|happily|joy\w*|relie[fv]\w*|proud\w*|smil\w+)|(freed?|freedom)"
    r"|(friend\w*)|(shar(?:ed|e|ing))|(celebrat\w*|cheer\w*)|(reward\w*)|(won|succeed\w*|success\w*))\b",
    re.IGNORECASE,
)
_ACTION = re.compile(
    r"\b(?:\w{2,}ed|went|came|ran|took|gave|saw|said|told|got|made|put|sat|stood|found|flew|ate|drank|swam|rode|threw"
    r"|caught|held|led|left|met|sang|spoke|wrote|bought|brought|built|climbed|began|woke|fell|grew|heard|hid|knew|set)\b",
    re.IGNORECASE,
)
_STILL = re.compile(r"\b(?:named|called|loved|lived|liked|filled|covered|surrounded|used|needed|wanted|red)\b", re.I)
"""Look like verbs of action, and describe."""
_MORAL = re.compile(
    r"^\W*(?:the moral|moral\b|and so,? (?:dear|remember)|remember,|the end\b|the lesson)", re.IGNORECASE
)
_SHORTEST, _LONGEST = 12, 110


@dataclass(frozen=True)
class Labelled:
    """A passage, of which story it is, and its label."""

    story: str
    text: str
    event: PlotEvent


def rule(text: str, place: float) -> PlotEvent | None:
    """The label of a passage at `place` of its story (0 its first passage, 1 its last); None if the rule has none."""
    trouble, relief = _kinds(_TROUBLE, text), _kinds(_RELIEF, text)
    action = len(_ACTION.findall(text)) - len(_STILL.findall(text))
    if _MORAL.match(text):
        return PlotEvent.NONE
    if trouble >= 2 and trouble - relief >= 2:
        return PlotEvent.CONFLICT
    if relief >= 2 and relief - trouble >= 2 and place > 0.5:
        return PlotEvent.SOLUTION
    if trouble or relief > (place == 0):
        return None
    if action <= (place == 0):
        return PlotEvent.NONE
    return PlotEvent.HAPPEN if action >= 2 and not relief else None


def passages(documents: Sequence[str]) -> Iterator[Labelled]:
    """The passages that the rule has a label for."""
    for document in documents:
        story = hashlib.sha256(document.encode()).hexdigest()[:12]
        told = [part for part in (line.strip() for line in document.split("\n")) if part]
        for number, text in enumerate(told):
            place = number / max(1, len(told) - 1)
            if _SHORTEST <= len(text.split()) <= _LONGEST and (event := rule(text, place)) is not None:
                yield Labelled(story, text, event)


def balanced(labelled: Sequence[Labelled], each: int, seed: int) -> list[Labelled]:
    """At most so many of each label, drawn by chance."""
    chance = random.Random(seed)  # noqa: S311  no secret
    found = []
    for event in PlotEvent:
        some = [one for one in labelled if one.event is event]
        found += chance.sample(some, min(each, len(some)))
    chance.shuffle(found)
    return found


def labelled_texts(data: Path, most: int = 2500) -> list[Labelled]:
    """Labelled passages of so many simple stories in a data folder. TrainingError if it is none."""
    documents = read_documents(data / "train_A_simple.txt.zst")
    random.Random(0).shuffle(documents)  # noqa: S311  no secret
    return list(passages(documents[:most]))


def _kinds(cues: re.Pattern[str], text: str) -> int:
    """How many different kinds of cue stand in a text."""
    return len({match.lastindex for match in cues.finditer(text)})


def counted(labelled: Sequence[Labelled]) -> str:
    """For people."""
    return ", ".join(f"{count} {event}" for event, count in sorted(Counter(each.event for each in labelled).items()))
