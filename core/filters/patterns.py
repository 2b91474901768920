"""The filters of a server and of a story: moderators' own patterns, and the lines and veils of one story.

A pattern is a regular expression of RE2 (google-re2, BSD-3-Clause), which takes linear time whatever it is; it is tried
on the text and on every reading of it. A line or veil is a word or short phrase as people type it: found as whole
words, in any case, in the plural too, and in disguise. Neither understands what a text means.
"""

import asyncio
import re
import unicodedata
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from functools import lru_cache

import re2

from core.errors import BadArgument
from core.filters.disguise import squeezed, unspaced
from core.filters.readings import readings
from core.filters.shapes import folded
from core.policy import ALLOWED, Category, Policy, Verdict
from core.wording import said

LONGEST_PATTERN, MOST_PATTERNS = 200, 100
LONGEST_LINE, MOST_LINES = 60, 50
_MEMORY = 1 << 20
"""Bytes that one pattern may take once compiled."""
_ORDINARY = (
    "She went in and sat down by the fire.",
    "“Why not?” asked the old fox, and laughed.",
    "Nothing moved; rain fell on 3 grey boats.",
)
"""A pattern that all of these match would stop every story."""
_AT_ONCE = 2_000


class PatternFilter:
    """Judges by the server's own patterns, `policy.patterns`."""

    name = "patterns"

    def judge(self, text: str, policy: Policy) -> Verdict | Awaitable[Verdict]:
        """Judge `text`; a long one in a thread. A stored pattern that cannot be used raises, and the gate holds."""
        if not policy.patterns:
            return ALLOWED
        if len(text) <= _AT_ONCE:
            return self.judge_now(text, policy)
        return asyncio.to_thread(self.judge_now, text, policy)

    def judge_now(self, text: str, policy: Policy) -> Verdict:
        """Judge `text` here and now."""
        machine = _compiled(policy.patterns)
        if any(machine.Match(reading.encode("utf-8", "replace").decode()) for reading in readings(text)):
            return policy.verdict([Category.PATTERN])
        return ALLOWED


class LineFilter:
    """Judges by what is left out of a story, `policy.lines`, and what stays off-stage, `policy.veils`."""

    name = "lines"

    def judge(self, text: str, policy: Policy) -> Verdict | Awaitable[Verdict]:
        """Judge `text`; a long one in a thread."""
        if not policy.lines and not policy.veils:
            return ALLOWED
        if len(text) <= _AT_ONCE:
            return self.judge_now(text, policy)
        return asyncio.to_thread(self.judge_now, text, policy)

    def judge_now(self, text: str, policy: Policy) -> Verdict:
        """Judge `text` here and now."""
        views = list(readings(text))
        crossed = ((Category.LINE, policy.lines), (Category.VEIL, policy.veils))
        return policy.verdict(kind for kind, phrases in crossed if phrases and _told(views, phrases))


def check(pattern: str, *, others: Sequence[str] = ()) -> None:
    """Raise `BadArgument`, which says why, if `pattern` cannot stand beside the `others` of a server."""
    if len(others) >= MOST_PATTERNS:
        raise BadArgument(said("A server can have {most} patterns. Take one away first.", most=MOST_PATTERNS))
    if len(pattern) > LONGEST_PATTERN:
        raise BadArgument(said("A pattern can have {most} characters. Please shorten it.", most=LONGEST_PATTERN))
    try:
        found = re2.compile(pattern, _options())
    except (re2.error, UnicodeEncodeError) as error:
        raise BadArgument(
            said(
                "That is not a pattern that I can use. Patterns are regular expressions of RE2, such as \\bsecret\\w*."
            )
        ) from error
    if found.search("") is not None:
        raise BadArgument(said("That pattern matches even an empty text, so it would stop everything."))
    if all(found.search(sentence) is not None for sentence in _ORDINARY):
        raise BadArgument(said("That pattern matches ordinary sentences, so it would stop nearly everything."))


def check_line(phrase: str, *, others: Sequence[str] = ()) -> None:
    """Raise `BadArgument`, which says why, if `phrase` cannot be a line or veil beside the `others` of a story."""
    if len(others) >= MOST_LINES:
        raise BadArgument(said("A story can have {most} of them. Take one away first.", most=MOST_LINES))
    if len(phrase) > LONGEST_LINE:
        raise BadArgument(said("That can have {most} characters. A word or a short phrase is best.", most=LONGEST_LINE))
    plain = _plain_words(phrase)
    if len("".join(plain) or unspaced(phrase)) < (2 if not plain else 3):
        raise BadArgument(said("Please give me a word or a short phrase, such as spiders."))


@lru_cache(maxsize=128)
def _compiled(patterns: tuple[str, ...]) -> "re2.Set":
    machine = re2.Set.SearchSet(_options())
    for pattern in patterns:
        machine.Add(pattern)
    machine.Compile()
    return machine


def _options() -> "re2.Options":
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY
    return options


# --- lines and veils --------------------------------------------------------------------------------------

_IRREGULAR = {
    "man": "men", "woman": "women", "child": "children", "mouse": "mice", "louse": "lice", "tooth": "teeth",
    "foot": "feet",
    "goose": "geese", "person": "people", "ox": "oxen", "die": "dice", "knife": "knives", "wolf": "wolves",
    "wife": "wives",
    "life": "lives", "calf": "calves", "thief": "thieves", "leaf": "leaves", "elf": "elves", "corpse": "corpses",
}  # fmt: skip
_REGULAR = {plural: one for one, plural in _IRREGULAR.items()}
_LETTER = re.compile("[a-z]+")
_LONG = 5
"""Letters from which a word is also looked for with letters repeated or left out."""


def _told(views: Sequence[str], phrases: tuple[str, ...]) -> bool:
    plain, others = _patterns(phrases)
    if plain is not None and any(map(plain.search, views[1:])):
        return True
    if others and any(each in unspaced(views[0]) for each in others):
        return True
    stretched = _stretched(phrases)
    if not stretched:
        return False
    return any(stretched & set(squeezed(view).split()) for view in views[1:] if " " in view)


@lru_cache(maxsize=256)
def _patterns(phrases: tuple[str, ...]) -> tuple[re.Pattern[str] | None, tuple[str, ...]]:
    """What finds the phrases in plain letters, and those of other scripts as they stand in an unspaced text."""
    latin = [words for phrase in phrases if (words := _plain_words(phrase))]
    others = tuple(filter(None, (unspaced(p) for p in phrases if not _plain_words(p))))
    ways = ["[^a-z]+".join(f"(?:{'|'.join(sorted(_forms(w)))})" for w in words) for words in latin]
    return (re.compile(f"(?<![a-z])(?:{'|'.join(ways)})(?![a-z])") if ways else None), others


@lru_cache(maxsize=256)
def _stretched(phrases: tuple[str, ...]) -> frozenset[str]:
    """Single long words by their form with no letter repeated, where that is no other everyday word."""
    words = (p[0] for p in map(_plain_words, phrases) if len(p) == 1 and len(p[0]) >= _LONG)
    return frozenset(squeezed(form) for word in words for form in _forms(word))


def _plain_words(phrase: str) -> list[str]:
    """The words of a phrase in plain letters; none if it is written in another script."""
    letters = [c for c in unicodedata.normalize("NFKD", phrase) if c.isalpha()]
    if not letters or not all(c.isascii() or "LATIN" in unicodedata.name(c, "") for c in letters):
        return []
    return _LETTER.findall(folded(phrase))


def _forms(word: str) -> Iterable[str]:
    """A word, and its plural or singular."""
    return {word, *_plurals(word), *_singulars(word)}


def _plurals(word: str) -> Iterator[str]:
    if word in _IRREGULAR:
        yield _IRREGULAR[word]
    elif word.endswith("y") and word[-2:-1] not in "aeiou":
        yield word[:-1] + "ies"
    elif word.endswith(("s", "x", "z", "ch", "sh")):
        yield word + "es"
    else:
        yield word + "s"


def _singulars(word: str) -> Iterator[str]:
    if word in _REGULAR:
        yield _REGULAR[word]
    elif word.endswith("ies") and len(word) > 4:
        yield word[:-3] + "y"
    elif word.endswith(("ses", "xes", "zes", "ches", "shes")):
        yield from (word[:-2], word[:-1])
    elif word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        yield word[:-1]
