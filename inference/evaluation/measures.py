"""What is measured in an answer. Each measure gives a row of counts for one case; rows are summed, then combined.

Sums of rows can be drawn anew a thousand times in a moment, which is how `inference.evaluation.figures` gets intervals.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]
from sacrebleu.metrics.chrf import CHRF
from spellchecker import SpellChecker

from core.evidence import faithful, names, repeats
from core.prompts import Task
from core.text import sentence_end
from inference.evaluation.asking import Answer
from inference.evaluation.cases import Case
from inference.evaluation.gleu import Array, edit_counts, f_half, gleu, gleu_counts

NOT_SAID = re.compile(r"\b(?:does not|doesn['’]t) (?:say|tell)\b", re.IGNORECASE)
"""How a storyteller says that the story holds no answer."""
Better = Literal["higher", "lower", "neither"]
_rouge = RougeScorer(["rougeL"], use_stemmer=True)
_chrf = CHRF()
_english = SpellChecker(language="en")
_SMALL = frozenset("a an the of to in on at and or but is was were are be been it its he she they his her".split())  # noqa: SIM905


@dataclass(frozen=True)
class Measure:
    """`count` gives the counts of one answer, or None if the case does not call for it."""

    name: str
    task: Task
    better: Better
    count: Callable[[Case, Answer], Sequence[float] | None]
    combine: Callable[[Array], Array]
    about: str


def ratio(sums: Array) -> Array:
    """The first column's sum by the second's; not a number where that is nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., 0] / sums[..., 1], np.float64)


def balanced(sums: Array) -> Array:
    """The mean of two ratios, so that a voice that always does the same gets one half; of one if there is but one."""
    first, second = ratio(sums[..., :2]), ratio(sums[..., 2:])
    return np.where(np.isnan(first), second, np.where(np.isnan(second), first, (first + second) / 2))


def _of(kind: str, count: Callable[[Case, Answer], float]) -> Callable[[Case, Answer], Sequence[float] | None]:
    return lambda case, answer: [float(count(case, answer)), 1.0] if case.kind == kind else None


def _told(case: Case) -> str:
    return "\n".join((case.title, case.premise, *(f"{n} {f}" for n, f in case.lore), *case.passages, case.asked))


def _plain_words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)?", text.lower())


def _distinct(_: Case, answer: Answer) -> float:
    said = _plain_words(answer.text)
    pairs = list(pairwise(said))
    return len(set(pairs)) / len(pairs) if pairs else 0.0


def _ended(_: Case, answer: Answer) -> bool:
    return answer.finish == "stop" and sentence_end(answer.text) == len(answer.text) > 0


def _knows_names(case: Case, answer: Answer) -> Sequence[float] | None:
    """Of the answers to stories with names, those that say one of them."""
    known = names("\n".join(case.passages))
    return [float(any(re.search(rf"\b{re.escape(name)}\b", answer.text) for name in known)), 1.0] if known else None


def _new_names(case: Case, answer: Answer) -> Sequence[float] | None:
    said, told = names(answer.text), _told(case)
    return [float(sum(name not in told for name in said)), float(len(said))] if said else None


def _follows(case: Case, answer: Answer) -> Sequence[float] | None:
    """The share of a direction's telling words that the answer takes up, by their first five letters."""
    wanted = {word[:5] for word in _plain_words(case.asked)} - _SMALL
    return [len(wanted & {word[:5] for word in _plain_words(answer.text)}) / len(wanted), 1.0] if wanted else None


def _shown(case: Case, answer: Answer) -> str:
    """What the bot would show: the passage as it was, unless the answer keeps what happens."""
    return answer.text if answer.text and faithful(case.passages[-1], answer.text) else case.passages[-1]


def _mended(count: Callable[[str, str, Sequence[str]], list[float]], *, gated: bool) -> Any:
    def of(case: Case, answer: Answer) -> Sequence[float] | None:
        text = _shown(case, answer) if gated else answer.text
        return count(case.passages[-1], text, case.references) if case.kind == "mended" else None

    return of


def _squad(text: str) -> list[str]:
    plain = "".join(" " if c in string.punctuation else c for c in text.lower())
    return [word for word in plain.split() if word not in ("a", "an", "the")]


def _token_f1(answer: str, reference: str) -> float:
    """F1 of words as for SQuAD: without case, punctuation and articles."""
    said, right = _squad(answer), _squad(reference)
    shared = (Counter(said) & Counter(right)).total()
    return 2 * shared / (len(said) + len(right)) if shared else 0.0


def _answer_f1(case: Case, answer: Answer) -> float:
    return max((_token_f1(answer.text, each) for each in case.references), default=0.0)


def _rouge_l(case: Case, answer: Answer) -> float:
    return max((_rouge.score(each, answer.text)["rougeL"].fmeasure for each in case.references), default=0.0)


def _supported(case: Case, answer: Answer) -> Sequence[float] | None:
    """Also of a name that begins an answer, but not of a word of the language that does, as in “Sad.”"""
    first = re.match(r"\w+", answer.text)
    known = first is not None and bool(_english.known([first[0].lower()]))
    said = names(answer.text if known else f"It says {answer.text}")
    told = _told(case)
    return [float(sum(name in told for name in said)), float(len(said))] if said else None


def _knows_limits(case: Case, answer: Answer) -> Sequence[float]:
    silent = bool(NOT_SAID.search(answer.text))
    return [silent, 1.0, 0.0, 0.0] if case.kind == "unanswered" else [0.0, 0.0, not silent, 1.0]


MEASURES: tuple[Measure, ...] = (
    Measure("distinct_2", Task.CONTINUE, "higher", _of("continued", _distinct), ratio,
            "different pairs of words by all pairs of an answer"),
    Measure("repetition_8", Task.CONTINUE, "lower", _of("continued", lambda c, a: repeats(a.text, c.passages)), ratio,
            "answers with eight words in a row from the story, or twice in themselves"),
    Measure("names_kept", Task.CONTINUE, "higher", _knows_names, ratio,
            "answers that say a name of the story, of those to stories with names"),
    Measure("names_new", Task.CONTINUE, "lower", _new_names, ratio, "names in answers that nobody has said before"),
    Measure("ended", Task.CONTINUE, "higher", _of("continued", _ended), ratio,
            "answers that come to an end by themselves, with a sentence"),
    Measure("follows", Task.CONTINUE, "higher", _follows, ratio, "telling words of a direction that are taken up"),
    Measure("gleu", Task.REFINE, "higher", _mended(gleu_counts, gated=False), gleu, "GLEU of what the model wrote"),
    Measure("gleu_shown", Task.REFINE, "higher", _mended(gleu_counts, gated=True), gleu,
            "GLEU of what the bot shows: the old wording where names or content were lost"),
    Measure("edits_f05", Task.REFINE, "higher", _mended(edit_counts, gated=True), f_half,
            "F0.5 of edits, of what the bot shows"),
    Measure("chrf", Task.REFINE, "higher",
            _of("mended", lambda c, a: _chrf.sentence_score(a.text, list(c.references)).score / 100), ratio,
            "chrF (sacrebleu) of what the model wrote"),
    Measure("faithful", Task.REFINE, "higher", _of("mended", lambda c, a: faithful(c.passages[-1], a.text)), ratio,
            "answers that keep names and content, which the bot accepts"),
    Measure("clean_kept", Task.REFINE, "higher", _of("clean", lambda c, a: a.text == c.passages[-1]), ratio,
            "clean passages left as they are"),
    Measure("answer_f1", Task.EXPLAIN, "higher", _of("answered", _answer_f1), ratio, "F1 of the answer's words"),
    Measure("rouge_l", Task.EXPLAIN, "higher", _of("answered", _rouge_l), ratio, "ROUGE-L (rouge-score) of the answer"),
    Measure("names_supported", Task.EXPLAIN, "higher", _supported, ratio, "names in answers that the story has"),
    Measure("knows_limits", Task.EXPLAIN, "higher", _knows_limits, balanced,
            "answers that say “does not say” where, and only where, the story holds none: mean of the two rates"),
)  # fmt: skip
