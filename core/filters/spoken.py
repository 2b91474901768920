"""What a text says, as plain words for patterns: without what somebody in it says, and without the likeliest disguises.

Decides nothing. Words stand apart by single spaces, in small letters, without apostrophes or other signs.
"""

import re
from collections.abc import Iterable, Iterator

from core.filters.disguise import joined, lettered, unleeted, untagged
from core.filters.shapes import folded
from core.filters.view import around

_QUOTED = re.compile(
    r"“[^“”\n]{0,600}(?:”|$)|\"[^\"\n]{0,600}\"|«[^«»\n]{0,600}»|「[^「」\n]{0,600}」|『[^『』\n]{0,600}』"
    r"|(?<!\w)[‘'](?!s\b)[^\n]{2,300}?[’'](?!\w)",
)
_APOSTROPHES = re.compile("['’`´]")
_ODD = re.compile("[^\\sA-Za-z.,;:!?\"'’‘“”…—–-]")
_PLAIN = re.compile("[^a-z0-9]{0,2}[a-z]+[^a-z0-9]{0,3}")
_APART = re.compile(r"[.*_~|-][A-Za-z][.*_~|-]| \w \w \w ")
_SPELLED = re.compile(r"(?<= )(?:[a-z] ){3,}")
_REACH = 300
"""Characters before and behind a hint in which a pattern that holds it stands."""


def unquoted(text: str) -> str:
    """`text` without what stands in quotation marks."""
    return _QUOTED.sub(" … ", text)


def near(hint: re.Pattern[str], patterns: Iterable[re.Pattern[str]], words: str) -> bool:
    """Whether one of `patterns` is near a hint."""
    for start, end in around([m.start() for m in hint.finditer(words)], words, _REACH):
        if any(pattern.search(words, start, end) for pattern in patterns):
            return True
    return False


def worded(text: str) -> Iterable[str]:
    """The words of `text`, without apostrophes; of its likeliest disguises too, if it has any."""
    bare = _APOSTROPHES.sub("", text)
    if not _ODD.search(bare) and not _APART.search(bare):
        return [lettered(bare.lower())]
    plain = folded(untagged(bare)).replace("\n", " ")
    likely = [plain, *_unleeted(plain)]
    words = [lettered(each) for each in likely] + [f" {' '.join(joined(each).split())} " for each in likely]
    return dict.fromkeys(_SPELLED.sub(lambda run: run[0].replace(" ", "") + " ", each) for each in words)


def _unleeted(plain: str) -> Iterator[str]:
    """`plain` with the chunks that are no plain words in the two likeliest readings, if there are any."""
    chunks = plain.split()
    odd = list(dict.fromkeys(c for c in chunks if not _PLAIN.fullmatch(c)))
    if odd:
        for reading in unleeted(" ".join(odd))[:2]:
            said = dict(zip(odd, reading.split(" "), strict=True))
            yield " ".join([said.get(c, c) for c in chunks])


