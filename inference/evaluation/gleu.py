"""GLEU for grammatical error correction (Napoles et al. 2015, without tuning: 2016), and edits as F0.5.

Not the GLEU of machine translation that NLTK has. No maintained package has this one, so it is here; instead of 500
random choices of a reference per sentence, the counts are averaged over the references.
"""

import difflib
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

Array = npt.NDArray[np.float64]
ORDER = 4
_tokenize: Callable[[str], str] = Tokenizer13a()  # type: ignore[no-untyped-call]


def words(text: str) -> list[str]:
    """Tokens of a text as BLEU's standard tokenizer (13a) cuts them."""
    return _tokenize(text).split()


def gleu_counts(source: str, answer: str, references: Sequence[str]) -> list[float]:
    """Length of the answer and the reference, then matches and totals of 1- to 4-grams, averaged over references."""
    before, after = words(source), words(answer)
    rows = []
    for reference in map(words, references):
        row = [float(len(after)), float(len(reference))]
        for size in range(1, ORDER + 1):
            said, right, wrong = _grams(after, size), _grams(reference, size), _grams(before, size)
            kept_mistakes = (said & (wrong - right)).total()
            row += [float(max((said & right).total() - kept_mistakes, 0)), float(max(len(after) - size + 1, 0))]
        rows.append(row)
    return [float(each) for each in np.mean(rows, axis=0)]


def gleu(sums: Array) -> Array:
    """GLEU (0 to 1) of summed counts, whose last axis is what `gleu_counts` returns."""
    matches, totals = sums[..., 2::2], sums[..., 3::2]
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.log(np.where(totals > 0, matches / totals, 0)).mean(axis=-1)
        brevity = np.minimum(0, 1 - sums[..., 1] / sums[..., 0])
        return np.asarray(np.nan_to_num(np.exp(precision + brevity)), np.float64)


def _grams(tokens: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1))


def edit_counts(source: str, answer: str, references: Sequence[str]) -> list[float]:
    """Right, wrong and missed edits of an answer, by the reference that it agrees with best."""
    before = words(source)
    made = _edits(before, words(answer))
    counts = []
    for reference in references:
        wanted = _edits(before, words(reference))
        right = float(len(made & wanted))
        counts.append([right, len(made) - right, len(wanted) - right])
    return max(counts, key=lambda row: (float(f_half(np.array(row))), row[0], -row[1] - row[2]))


def f_half(sums: Array) -> Array:
    """F0.5 of summed right, wrong and missed edits: a wrong edit weighs more than a missed one. 1 if none are."""
    right, wrong, missed = sums[..., 0], sums[..., 1], sums[..., 2]
    weight = 1.25 * right + wrong + 0.25 * missed
    return np.where(weight > 0, 1.25 * right / np.where(weight > 0, weight, 1), 1.0)


def _edits(before: Sequence[str], after: Sequence[str]) -> set[tuple[int, int, tuple[str, ...]]]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return {(i, j, tuple(after[k:m])) for tag, i, j, k, m in matcher.get_opcodes() if tag != "equal"}
