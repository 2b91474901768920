"""Finding listed words in a text, whatever they wear.

A text is read as chunks (what stands between white space). A chunk of plain letters is a word; an odd chunk is read in
several ways, and if one of them is an innocent word of the dictionary, that is what it says. What a word *means* for a
channel is not decided here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

import ahocorasick

from core.filters.disguise import folded, joined, lettered, squeezed, unleeted, unmarked, unspaced, untagged, upright
from core.filters.lexicon import Lexicon, lexicon
from core.policy import Category

_AROUND = " \t\n.,;:!?\"'“”‘’«»()[]{}…—–-\x02>"
_WINDOW = 20_000
_OVERLAP = 400
"""Characters read at once, and how many of them twice."""

_LIGHTLY = "\x02.,;:!?\"'“”‘’«»…—–"
_SMALL = re.compile(r"(?<= )(?:[a-z]{1,2} ){3,}")
_LETTERS = re.compile(r"(?<= )(?:[a-z] ){3,}")
_WRAPPED = re.compile(r" ([a-z])\1+([a-z]{3,20}?)\1\1+(?= )")
_CAMEL = re.compile(r"(?<![A-Za-z])[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,})+")
_HUMP = re.compile(r"[A-Z]?[a-z]+")
_MASKED = re.compile(r"[a-z]+[^a-z0-9\s]+[^0-9\s]*")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_FOREIGN = re.compile("[\u0400-\u04ff]{3,}")
_CONTRACTED = re.compile("[a-z]+['’](?:s|t|d|m|ll|re|ve)|[0-9.,:/+%$€£-]{1,8}")
_EVERYDAY = "a i am an as at be by do go he hi if in is it me my no of oh on or ox so to up us we ye"
_SHORT = frozenset(_EVERYDAY.split())
_ONE_SHORT, _TWO_SHORT, _ALL_SHORT = (
    re.compile(f"^(?:(?:{_EVERYDAY.replace(' ', '|')}) ){times}", re.MULTILINE) for times in ("", "{2}", "+")
)
_LAST_SHORT = re.compile(f"(?: (?:{_EVERYDAY.replace(' ', '|')}))+$", re.MULTILINE)
_SIGNS = re.compile(r"(?<!\S)\S(?: \S){2,}(?!\S)")
_ALL_EVERYDAY = re.compile(f"(?:(?:{_EVERYDAY.replace(' ', '|')}) ?)+")


def found(text: str) -> set[Category]:
    """The kinds of the listed words in `text`. A long text is read in windows, so that no step takes long."""
    return set().union(*map(_found, _windows(text)))


def _windows(text: str) -> Iterator[str]:
    """`text` in overlapping pieces that begin and end at spaces where there are any."""
    start = 0
    while len(text) - start > _WINDOW:
        end = text.rfind(" ", start + _WINDOW - _OVERLAP, start + _WINDOW)
        end = end if end > 0 else start + _WINDOW
        yield text[start:end]
        start = max(text.find(" ", end - _OVERLAP, end), end - _OVERLAP)
    yield text[start:]


def _found(text: str) -> set[Category]:
    known = lexicon()
    text = untagged(text)
    first = _Reading(folded(text), text, known)
    kinds = {*first.kinds(), *_humps(text, known), *_other_scripts(text, known)}
    others = [*unmarked(first.settled), upright(text)]
    for each in dict.fromkeys(map(folded, others)):
        if each and each != first.settled:
            kinds.update(_Reading(each, text, known, seen=first.seen).kinds())
    return kinds


def _other_scripts(text: str, known: Lexicon) -> Iterator[Category]:
    if text.isascii():
        return
    if "🖕" in text:
        yield Category.MILD
    if _UNSPACED.search(text):
        yield from (kind for _, kind in _unspaced().iter(unspaced(text)))
    words = set(_FOREIGN.findall(text.casefold()))
    yield from (known.foreign[w] for w in words & known.foreign.keys())


def _humps(text: str, known: Lexicon) -> Iterator[Category]:
    for chunk in _CAMEL.findall(text):
        if chunk.lower() not in known.innocent:
            parts = {p.lower() for p in _HUMP.findall(chunk)}
            yield from (known.words[w] for w in parts & known.words.keys())


@dataclass
class _Reading:
    """One reading of a text, and the words already looked at."""

    text: str
    original: str
    known: Lexicon
    settled: str = ""
    """The text with every odd chunk that is clearly innocent written plainly."""
    seen: set[str] = field(default_factory=set)

    def kinds(self) -> Iterator[Category]:
        """The kinds of the listed words in this reading."""
        chunks = self.text.split()
        bare = [c.strip(_AROUND) for c in chunks]
        odd = {c: c.strip(_LIGHTLY) for c, b in zip(chunks, bare, strict=True) if not _ordinary(b)}
        shapes = dict.fromkeys([s for s in odd.values() if s] + [s[1:] for s in odd.values() if s[:1] in {"#", "@"}])
        said, tokens = self._settled(list(shapes))
        self.settled = self.text
        if said:
            chunks = [said.get(odd.get(c, ""), c) for c in chunks]
            bare = [c.strip(_AROUND) for c in chunks]
            self.settled = " ".join(chunks)
        words = lettered(self.settled)
        yield from self._plainly(words)
        yield from self._disguised(tokens)
        yield from self._disguised(words.split())
        yield from self._split(bare)
        yield from self._spelled(words, bare)
        yield from self._masked([c for c in shapes if c not in said])

    def _settled(self, odd: list[str]) -> tuple[dict[str, str], set[str]]:
        """What each odd chunk says if that is clear, and the words that the others may hide."""
        if not odd:
            return {}, set()
        readings = unleeted(" ".join(odd))
        wholes = [joined(r).split(" ") for r in readings]
        said: dict[str, str] = {}
        open_: list[int] = []
        for index, ways in enumerate(zip(*wholes, strict=True)):
            clear = next((w for w in ways if len(w) > 2 and w in self.known.innocent), None)
            if clear is not None:
                said[odd[index]] = clear
            else:
                open_.append(index)
        tokens = {way[i] for way in wholes for i in open_}
        for reading in readings:
            pieces = reading.split(" ")
            tokens.update(lettered(" ".join([pieces[i] for i in open_])).split())
        return said, {t for t in tokens if len(t) > 2}

    def _plainly(self, words: str) -> Iterator[Category]:
        tokens = set(words.split())
        excused: list[tuple[int, int]] = []
        for end, (length, kind) in _phrases().iter(words):
            if kind is None:
                excused.append((end - length + 1, end))
            else:
                yield kind
        for word in self.known.words.keys() & tokens:
            if not _excused(word, words, excused) and not self._is_name(word):
                yield self.known.words[word]
        self.seen |= self.known.words.keys() & tokens

    def _is_name(self, word: str) -> bool:
        if word not in self.known.names:
            return False
        written = re.findall(rf"(?<![a-zA-Z]){word}(?![a-zA-Z])", self.original, re.IGNORECASE)
        return bool(written) and all(w == w.title() for w in written)

    def _disguised(self, tokens: Iterable[str]) -> Iterator[Category]:
        known = self.known
        unknown = set(tokens) - known.innocent - self.seen
        if not unknown:
            return
        self.seen |= unknown
        yield from (known.words[w] for w in known.words.keys() & unknown)
        yield from (known.near[w] for w in known.near.keys() & unknown)
        view = " ".join(unknown)
        yield from self._repeated(view)
        yield from self._glued(f" {view} ")

    def _repeated(self, view: str) -> Iterator[Category]:
        short = squeezed(view)
        if short == view:
            return
        for token, once in zip(view.split(), short.split(), strict=True):
            if once in self.known.squeezes and token != once:
                yield from self._stretched(token, once)

    def _stretched(self, token: str, once: str) -> Iterator[Category]:
        for word in self.known.squeezes[once]:
            if len(token) > len(word):
                yield self.known.words[word]

    def _glued(self, view: str) -> Iterator[Category]:
        known = self.known
        yield from (known.words[m[2]] for m in _WRAPPED.finditer(view) if m[2] in known.words)
        for end, (length, kind, hard) in _roots().iter(view):
            start = view.rindex(" ", 0, end) + 1
            before, after = view[start : end - length + 1], view[end + 1 : view.index(" ", end)]
            if hard or (self._may_touch(before, known.fronts) and self._may_touch(after, known.ends)):
                yield kind

    def _may_touch(self, part: str, small: frozenset[str]) -> bool:
        return not part or part in small or (len(part) > 2 and (part in self.known.common or len(set(part)) == 1))

    def _split(self, chunks: list[str]) -> Iterator[Category]:
        known = self.known
        together = {a + b for a, b in pairwise(chunks)} & known.words.keys()
        if not together:
            return
        for a, b in pairwise(chunks):
            if len(a + b) > 3 and a and b and a + b in together and not (self._used(a) and self._used(b)):
                yield known.words[a + b]

    def _used(self, word: str) -> bool:
        return word in _SHORT if len(word) < 3 else word in self.known.common

    def _spelled(self, words: str, bare: list[str]) -> Iterator[Category]:
        """Words spelled out in pieces of one or two letters, or in single signs."""
        known = self.known
        signs = "\n".join({s for s in _SIGNS.findall(" ".join(filter(None, bare))) if any(map(str.isalpha, s))})
        runs = {r for r in _SMALL.findall(words) if not _ALL_EVERYDAY.fullmatch(r)}
        runs.update(_LETTERS.findall(lettered(self.text)))
        lines = "\n".join([*(r.strip() for r in runs), *(unleeted(signs) if signs else ())])
        if not lines:
            return
        wholes = {w for w in joined(lines.replace(" ", "").replace("\n", " ")).split() if w not in known.innocent}
        yield from (known.words[w] for w in known.words.keys() & (wholes | _without_ends(lines)))
        yield from self._glued(f" {' '.join(wholes)} ")

    def _masked(self, odd: list[str]) -> Iterator[Category]:
        for chunk in odd:
            if _MASKED.fullmatch(chunk):
                masks = self.known.masks.get((len(chunk), chunk[0]), {})
                fitting = [w for w, kind in masks.items() if _fits(chunk, w, kind)]
                if fitting:
                    yield self.known.words[max(fitting, key=lambda w: (_vowels_masked(chunk, w), -len(w)))]


def _fits(chunk: str, word: str, kind: Category) -> bool:
    """Whether `word` may stand behind the signs of `chunk`; more than half only if strong and starred."""
    hidden = sum(not (c.isascii() and c.isalpha()) for c in chunk)
    if hidden > len(word) // 2 and ("*" not in chunk or kind not in {Category.STRONG, Category.SLUR}):
        return False
    return all(c == w or not c.isascii() or not c.isalnum() for c, w in zip(chunk, word, strict=True))


def _vowels_masked(chunk: str, word: str) -> bool:
    return all(c == w or w in "aeiou" for c, w in zip(chunk, word, strict=True))


def _without_ends(lines: str) -> set[str]:
    """What stands in each line of short pieces once the everyday short words at its ends are gone."""
    found: set[str] = set()
    for front in (_ONE_SHORT, _TWO_SHORT, _ALL_SHORT):
        rest = front.sub("", lines)
        for each in (rest, _LAST_SHORT.sub("", rest)):
            found.update(joined(each.replace(" ", "").replace("\n", " ")).split())
    found.update(joined(_LAST_SHORT.sub("", lines).replace(" ", "").replace("\n", " ")).split())
    return {f for f in found if len(f) > 2}


def _ordinary(chunk: str) -> bool:
    """Whether `chunk` is a plain English word, perhaps with an apostrophe, or a small number."""
    if chunk.isascii() and (chunk.isalpha() or not chunk):
        return True
    return bool(_CONTRACTED.fullmatch(chunk))


def _excused(word: str, words: str, spans: list[tuple[int, int]]) -> bool:
    if not spans:
        return False
    places = [m.start() for m in re.finditer(f"(?<= ){word}(?= )", words)]
    return all(any(a <= p < b for a, b in spans) for p in places)


@cache
def _phrases() -> ahocorasick.Automaton:
    known = lexicon()
    machine = ahocorasick.Automaton()
    for phrase, kind in known.phrases.items():
        machine.add_word(f" {phrase} ", (len(phrase) + 2, kind))
    for phrase in known.harmless:
        machine.add_word(f" {phrase} ", (len(phrase) + 2, None))
    machine.make_automaton()
    return machine


@cache
def _unspaced() -> ahocorasick.Automaton:
    machine = ahocorasick.Automaton()
    for word, kind in lexicon().unspaced.items():
        machine.add_word(word, kind)
    machine.make_automaton()
    return machine


@cache
def _roots() -> ahocorasick.Automaton:
    machine = ahocorasick.Automaton()
    known = lexicon()
    for root, kind in (known.roots | known.hard_roots).items():
        machine.add_word(root, (len(root), kind, root in known.hard_roots))
    machine.make_automaton()
    return machine
