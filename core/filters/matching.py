"""Finding listed words in a text, whatever they wear.

A text is read as chunks (what stands between white space). A chunk of plain letters is a word; an odd chunk is read in
several ways, and if one of them is an innocent word of the dictionary, that is what it says. What a word *means* for a
channel is not decided here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from operator import add

from core.filters.chunks import (
    EVERYDAY,
    SHORT,
    between_signs,
    fits,
    ordinary,
    readable,
    vowels_masked,
    without_ends,
)
from core.filters.codes import INNER_CAPITAL, decoded, spelled_out
from core.filters.disguise import (
    joined,
    lettered,
    sounded,
    squeezed,
    transliterated,
    unfilled,
    unleeted,
    unmarked,
    unspaced,
    untagged,
    upright,
)
from core.filters.lexicon import Lexicon, lexicon, shuffle_key
from core.filters.machines import phrases, roots, unspaced_words
from core.filters.senses import excused, harmless, in_company, is_name
from core.filters.shapes import EMOJI, folded
from core.policy import Category

_AROUND = " \t\n.,;:!?\"'“”‘’«»()[]{}…—–-\x02>"
_WINDOW = 20_000
_OVERLAP = 400
"""Characters read at once, and how many of them twice."""

_LONG = 24
"""Letters in a row that are no single word, however it is drawn out."""
_LIGHTLY = "\x02.,;:!?\"'“”‘’«»…—–"
_SMALL = re.compile(r"(?<= )(?:[a-z]{1,2} ){3,}")
_LETTERS = re.compile(r"(?<= )(?:[a-z] ){3,}")
_WRAPPED = re.compile(r" ([a-z])\1+([a-z]{3,20}?)\1\1+(?= )")
_CAMEL = re.compile(r"(?<![A-Za-z])(?:[A-Z]?[a-z]{2,}|[A-Z])(?:[A-Z][a-z]{2,})+")
_TALL_I = re.compile(r"I(?<=[a-z]I)(?![A-Z])")
_HUMP = re.compile(r"[A-Z]?[a-z]+")
_MASKED = re.compile(r"[a-z]+[^a-z0-9\s]+[^0-9\s]*")
_DIGIT = re.compile("[0-9]")
_RUN = re.compile(r"([^a-z0-9\s])\1+")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_FOREIGN = re.compile("[a-z]*[\u0400-\u04ff][a-z\u0400-\u04ff]{2,}")
_EMPTY = re.compile(r"[*_~|](?<=\w.)[*_~|]{2,}\s[*_~|]{3,}(?=\w)")
"""Markup around a blank between two letters, which is hardly seen."""
_PICTURES = re.compile(r"\s?\x02\s?")
_PICTURES_BETWEEN = re.compile(r"(?<![a-z])[a-z](?:\s?\x02\s?[a-z](?![a-z]))+")
_SIGNS = re.compile(r"(?<!\S)\S(?: \S){2,}(?!\S)")
_ALL_EVERYDAY = re.compile(f"(?:(?:{EVERYDAY.replace(' ', '|')}) ?)+")


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
    text = untagged(decoded(text))
    plain = _EMPTY.sub("", folded(text))
    if EMOJI in plain:
        plain = _PICTURES_BETWEEN.sub(lambda run: _PICTURES.sub("", run[0]), plain)
    meant_well = harmless(plain, known)
    first = _Reading(plain, text, known, harmless=meant_well)
    kinds = {*first.kinds(), *_humps(text, known), *_other_scripts(text, known)}
    if Category.HIDDEN in kinds:
        return kinds
    others = [*unmarked(first.settled), upright(text), _tall(text), unfilled(text)]
    for each in dict.fromkeys(map(folded, others)):
        if each and each != first.settled:
            kinds.update(_Reading(each, text, known, seen=first.seen, harmless=meant_well).kinds())
    return kinds


def _other_scripts(text: str, known: Lexicon) -> Iterator[Category]:
    if text.isascii():
        return
    if "🖕" in text:
        yield Category.MILD
    if _UNSPACED.search(text):
        signs = unspaced(text)
        for end, (word, kind) in unspaced_words().iter(signs):
            before, behind = known.neighbours.get(word, ("", ""))
            if signs[end - len(word) : end - len(word) + 1] not in [*before] and signs[end + 1 : end + 2] not in [
                *behind
            ]:
                yield kind
    words = set(_FOREIGN.findall(text.casefold()))
    yield from (known.foreign[w] for w in words & known.foreign.keys())
    heard = {w for w in map(transliterated, words) if len(w) > 3}
    yield from (known.words[w] for w in heard & known.words.keys())


def _tall(text: str) -> str:
    """The chunks with a capital I that stands among small letters as an l, read so; usually nothing."""
    if not _TALL_I.search(text):
        return ""
    return " ".join(_TALL_I.sub("l", c) for c in text.split() if _TALL_I.search(c))


def _humps(text: str, known: Lexicon) -> Iterator[Category]:
    for chunk in _CAMEL.findall(text) if INNER_CAPITAL.search(text) else ():
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
    harmless: frozenset[str] = frozenset()
    """Words that are harmless in the language of the text."""

    def kinds(self) -> Iterator[Category]:
        """The kinds of the listed words in this reading."""
        chunks = self.text.split()
        bare = [c.strip(_AROUND) for c in chunks]
        odd = {c: c.strip(_LIGHTLY) for c, b in zip(chunks, bare, strict=True) if not ordinary(b)}
        shapes = dict.fromkeys([s for s in odd.values() if s] + [s[1:] for s in odd.values() if s[:1] in {"#", "@"}])
        legible = readable(shapes)
        said, tokens = self._settled(legible)
        self.settled = self.text
        if said:
            chunks = [said.get(odd.get(c, ""), c) for c in chunks]
            bare = [c.strip(_AROUND) for c in chunks]
            self.settled = " ".join(chunks)
        words = lettered(self.settled)
        yield from self._plainly(words)
        yield from self._disguised(tokens)
        if len(legible) < len(shapes):
            yield Category.HIDDEN
            return
        yield from self._disguised(words.split())
        yield from self._split(bare)
        yield from self._spelled(words, bare)
        yield from self._masked([c for c in legible if c not in said])

    def _settled(self, odd: list[str]) -> tuple[dict[str, str], set[str]]:
        """What each odd chunk says if that is clear, and the words that the others may hide."""
        if not odd:
            return {}, set()
        readings = unleeted(" ".join(odd))
        lines = [joined(r) for r in readings]
        wholes = [line.split(" ") for line in lines]
        drawn_out = self._drawn_out(lines)
        said: dict[str, str] = {}
        open_: list[int] = []
        for index, ways in enumerate(zip(*wholes, strict=True)):
            bare = joined(unfilled(odd[index]))
            clear = bare if bare in self.known.innocent else self._clear(ways, drawn_out)
            if clear is not None:
                said[odd[index]] = clear
            else:
                open_.append(index)
        tokens = {way[i] for way in wholes for i in open_}
        for reading in readings:
            pieces = reading.split(" ")
            tokens.update(lettered(" ".join([pieces[i] for i in open_])).split())
        return said, {t for t in tokens if len(t) > 2}

    def _clear(self, ways: tuple[str, ...], drawn_out: dict[str, str]) -> str | None:
        """The innocent word that an odd chunk says; none if a listed word takes more of its signs into account."""
        clear = max((w for w in ways if len(w) > 2 and w in self.known.innocent), key=len, default=None)
        listed = self.known.words.keys() & set(ways)
        if clear is not None:
            return None if any(len(w) > len(clear) for w in listed) else clear
        return None if listed or not drawn_out else next((drawn_out[w] for w in ways if w in drawn_out), None)

    def _drawn_out(self, lines: list[str]) -> dict[str, str]:
        """The words in `lines` of which an innocent word, and no listed one, is left once no letter is repeated."""
        words = " ".join(lines)
        once = squeezed(words)
        if once == words:
            return {}
        pairs = zip(words.split(" "), once.split(" "), strict=True)
        known = self.known
        return {w: o for w, o in pairs if len(o) > 3 and w != o and o in known.drawn_out and o not in known.squeezes}

    def _plainly(self, words: str) -> Iterator[Category]:
        tokens = set(words.split())
        spans: list[tuple[int, int]] = []
        said: list[tuple[int, int, Category]] = []
        for end, (length, kind) in phrases().iter(words):
            if kind is None:
                spans.append((end - length + 1, end))
            else:
                said.append((end - length + 1, end, kind))
        yield from (kind for a, b, kind in said if not any(first <= a and b <= last for first, last in spans))
        for word in self.known.words.keys() & tokens - self.harmless:
            if not self._means_well(word, words, spans):
                yield self.known.words[word]
        self.seen |= self.known.words.keys() & tokens | self.harmless

    def _means_well(self, word: str, words: str, spans: list[tuple[int, int]]) -> bool:
        known = self.known
        return excused(word, words, spans) or is_name(word, self.original, known) or in_company(word, words, known)

    def _disguised(self, tokens: Iterable[str]) -> Iterator[Category]:
        known = self.known
        unknown = set(tokens) - known.innocent - self.seen
        if not unknown:
            return
        self.seen |= unknown
        yield from (known.words[w] for w in known.words.keys() & unknown)
        yield from (known.near[w] for w in known.near.keys() & unknown)
        view = " ".join(unknown)
        heard = sounded(" ".join([w for w in unknown if len(w) < _LONG]) + " ")
        yield from (known.sounds[s] for s in known.sounds.keys() & set(heard.split()))
        yield from (known.words[w] for w in known.words.keys() & set(between_signs(unknown)))
        yield from self._shuffled(unknown)
        yield from self._repeated(view)
        yield from self._glued(f" {view} ")

    def _shuffled(self, tokens: Iterable[str]) -> Iterator[Category]:
        for token in tokens:
            alike = self.known.shuffled.get(token[0] + token[-1]) if len(token) > 5 else None
            if alike and (kind := alike.get(shuffle_key(token))):
                yield kind

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
        for end, (length, kind, hard) in roots().iter(view):
            start = view.rindex(" ", 0, end) + 1
            before, after = view[start : end - length + 1], view[end + 1 : view.index(" ", end)]
            if hard or (self._may_touch(before, known.fronts) and self._may_touch(after, known.ends)):
                yield kind

    def _may_touch(self, part: str, small: frozenset[str]) -> bool:
        if not part or part in small:
            return True
        everyday = part in self.known.common or (len(part) > 3 and part in self.known.innocent)
        return len(part) > 2 and (everyday or len(set(part)) == 1)

    def _split(self, chunks: list[str]) -> Iterator[Category]:
        """Words cut into two pieces or three, of which one is no everyday word."""
        known = self.known
        chunks = list(filter(None, chunks))
        twos = list(map(add, chunks, chunks[1:]))
        threes = list(map(add, twos, chunks[2:]))
        if known.words.keys().isdisjoint(chain(twos, threes)):
            return
        for whole, a, b in zip(twos, chunks, chunks[1:], strict=False):
            everyday = a in self.harmless or (self._used(a) and self._used(b))
            if whole in known.words and len(whole) > 3 and not everyday:
                yield known.words[whole]
        for whole, *parts in zip(threes, chunks, chunks[1:], chunks[2:], strict=False):
            if whole in known.words and len(whole) > 4 and not all(map(self._used, parts)):
                yield known.words[whole]

    def _used(self, word: str) -> bool:
        return word in SHORT if len(word) < 3 else word in self.known.common

    def _spelled(self, words: str, bare: list[str]) -> Iterator[Category]:
        """Words spelled out in pieces of one or two letters, or in single signs."""
        known = self.known
        signs = "\n".join({s for s in _SIGNS.findall(" ".join(filter(None, bare))) if any(map(str.isalpha, s))})
        runs = {r for r in _SMALL.findall(words) if not _ALL_EVERYDAY.fullmatch(r)}
        runs.update(_LETTERS.findall(words if self.settled == self.text else self._without_digits()))
        lines = "\n".join([*(r.strip() for r in runs), *(unleeted(signs) if signs else ()), *spelled_out(words)])
        if not lines:
            return
        wholes = {w for w in joined(lines.replace(" ", "").replace("\n", " ")).split() if w not in known.innocent}
        wholes -= self._drawn_out([" ".join(wholes - known.words.keys())]).keys()
        spelled = wholes | without_ends(lines)
        yield from self._disguised(spelled)

    def _without_digits(self) -> str:
        return lettered(" ".join([c for c in self.text.split() if not _DIGIT.search(c)]))

    def _masked(self, odd: list[str]) -> Iterator[Category]:
        for chunk in dict.fromkeys([*odd, *(_RUN.sub(r"\1", c) for c in odd)]):
            if _MASKED.fullmatch(chunk):
                masks = self.known.masks.get((len(chunk), chunk[0]), {})
                fitting = [w for w, kind in masks.items() if fits(chunk, w, kind)]
                if fitting:
                    yield self.known.words[max(fitting, key=lambda w: (vowels_masked(chunk, w), -len(w)))]
