"""The filter `words`: listed words, plain or in disguise, judged by the channel's rating.

It sees through markup, look-alike letters, leetspeak, spacing, repeats, masking and small typos, and two of these at once;
the dictionary vetoes what is an innocent word. It does not understand sentences: a model's filter stands beside it.
Nothing of any text is kept or logged.
"""

import asyncio
import re
from collections.abc import Iterator
from functools import cache

import ahocorasick

from core.filters.disguise import folded, joined, lettered, runs, squeezed, unleeted, unmarked
from core.filters.lexicon import Kind, Lexicon, lexicon
from core.moderation import ALLOWED, Decision, Rating, Verdict

_A, _S, _H, _B = Decision.ALLOW, Decision.SOFTEN, Decision.HOLD, Decision.BLOCK
_MATRIX = {
    Kind.MILD: (_B, _S, _A, _A),
    Kind.STRONG: (_B, _B, _S, _A),
    Kind.SLUR: (_B, _B, _B, _H),
    Kind.SUGGESTIVE: (_S, _S, _A, _A),
    Kind.SEXUAL: (_B, _B, _B, _B),
    Kind.MINORS: (_B, _B, _B, _B),
    Kind.RAPE: (_B, _B, _S, _S),
    Kind.GORE: (_B, _B, _A, _A),
    Kind.DRUGS: (_B, _S, _A, _A),
    Kind.SELF_HARM: (_H, _H, _H, _H),
    Kind.HATE: (_B, _H, _H, _H),
    Kind.THREAT: (_B, _B, _B, _B),
}
"""What each kind means at G, PG, Teen and Mature."""

_AT_ONCE = 4_000
"""Characters that are judged on the event loop; more goes to a thread."""


class WordFilter:
    """Judges text by its words. Stateless: one serves every story."""

    name = "words"

    async def judge(self, text: str, rating: Rating) -> Verdict:
        """Judge `text`; a long one in a thread, so that nobody waits."""
        if len(text) <= _AT_ONCE:
            return self.judge_now(text, rating)
        return await asyncio.to_thread(self.judge_now, text, rating)

    def judge_now(self, text: str, rating: Rating) -> Verdict:
        """Judge `text` here and now. Linear in its length."""
        column = list(Rating).index(rating)
        verdict = ALLOWED
        for kind in dict.fromkeys(found(text)):
            decision = _MATRIX[kind][column]
            if decision is not Decision.ALLOW:
                verdict |= Verdict(decision, (kind.value,))
        return verdict


@cache
def _phrases() -> ahocorasick.Automaton:
    known = lexicon()
    machine = ahocorasick.Automaton()
    for phrase, kind in known.phrases.items():
        machine.add_word(f" {phrase} ", (len(phrase) + 2, kind, False))
    for phrase in known.harmless:
        machine.add_word(f" {phrase} ", (len(phrase) + 2, None, True))
    machine.make_automaton()
    return machine


@cache
def _roots() -> ahocorasick.Automaton:
    machine = ahocorasick.Automaton()
    for root, kind in lexicon().roots.items():
        machine.add_word(root, (len(root), kind))
    machine.make_automaton()
    return machine


def found(text: str) -> Iterator[Kind]:
    """The kinds of the listed words in `text`, in any disguise; a kind may come more than once."""
    known = lexicon()
    first = folded(text)
    yield from _in_plain(lettered(first), text, known)
    shown = [folded(reading) for reading in unmarked(text)]
    for reading in dict.fromkeys([first, *shown]):
        yield from _in_disguise(reading, known)


def _in_plain(words: str, original: str, known: Lexicon) -> Iterator[Kind]:
    hits = known.words.keys() & set(words.split())
    excused = set()
    for end, (length, kind, harmless) in _phrases().iter(words):
        if harmless:
            excused.add((end - length + 1, end))
        else:
            yield kind
    for word in hits:
        if not _excused(word, words, excused) and not (word in known.names and _is_name(word, original)):
            yield known.words[word]


def _excused(word: str, words: str, spans: set[tuple[int, int]]) -> bool:
    if not spans:
        return False
    places = [m.start() for m in re.finditer(f"(?<= ){word}(?= )", words)]
    return all(any(a <= p < b for a, b in spans) for p in places)


def _is_name(word: str, original: str) -> bool:
    written = re.findall(rf"(?<![a-zA-Z]){word}(?![a-zA-Z])", original, re.IGNORECASE)
    return all(w == w.title() for w in written)


def _in_disguise(reading: str, known: Lexicon) -> Iterator[Kind]:
    plain = lettered(reading)
    views = dict.fromkeys([plain])
    for each in [reading, *unleeted(reading)]:
        views[lettered(each)] = None
        views[lettered(joined(each))] = None
        for run in runs(each):
            yield from _in_run(run, known)
    for view in views:
        yield from _in_view(view, known, disguised=view != plain)


def _in_view(view: str, known: Lexicon, *, disguised: bool) -> Iterator[Kind]:
    tokens = view.split()
    unknown = set(tokens) - known.innocent
    if disguised:
        yield from (known.words[w] for w in known.words.keys() & unknown)
    yield from (known.near[w] for w in known.near.keys() & unknown)
    for first, second in zip(tokens, tokens[1:], strict=False):
        if first + second in known.splits and not (first in known.common and second in known.common):
            yield known.words[first + second]
    yield from _repeated(unknown, known)
    yield from _glued(unknown, known)


def _repeated(unknown: set[str], known: Lexicon) -> Iterator[Kind]:
    for token in unknown:
        for word in known.squeezes.get(squeezed(token), ()):
            if len(token) > len(word):
                yield known.words[word]


def _glued(unknown: set[str], known: Lexicon) -> Iterator[Kind]:
    for token in unknown - known.words.keys():
        for end, (length, kind) in _roots().iter(token):
            before, after = token[: end - length + 1], token[end + 1 :]
            if _end(before, known) and _end(after, known):
                yield kind


def _end(part: str, known: Lexicon) -> bool:
    return not part or part in known.ends or (len(part) > 2 and part in known.common) or len(set(part)) == 1


def _in_run(run: str, known: Lexicon) -> Iterator[Kind]:
    if run in known.words:
        yield known.words[run]
    elif run not in known.innocent:
        yield from _glued({run}, known)
