"""Discord's markup: keeping a story's own, taking the rest its force, and marks that never reach beyond their text.

Nothing here decides what is said; a text that went through here reads the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import discord

BREAK = "\u200b"
"""An invisible character that keeps two others apart."""
_REFERENCE = re.compile(r"<(?=@|#|/|t:|id:|sound:)", re.IGNORECASE)
_EVERYBODY = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_MASKED = re.compile(r"\](?=\()")
_LINK = re.compile(r"(?<![<\w])https?://[^\s<>]+[^\s<>.,:;!?\"'”’)\]*_~|]", re.IGNORECASE)
_SUBTEXT = re.compile(r"^(\s*(?:>\s+)?)(?=-#)", re.MULTILINE)
_BLOCK_QUOTE = re.compile(r"^(\s*)(?=>>>)", re.MULTILINE)

_SCAN = re.compile(
    r"(?P<fence>```(?P<language>[\w+-]*\n)?.*?```)"
    r"|(?P<solid>(?P<ticks>`{1,2})(?!`)(?:(?!\n\n).)+?(?<!`)(?P=ticks)(?!`)"
    r"|\\[^a-z0-9\s]|<a?:\w{1,32}:\d{15,22}>|<https?://[^\s<>]+>|https?://[^\s<>]+)"
    r"|(?P<toggle>\*{1,3}|_{1,3}|~~|\|\|)|(?P<stray>`+)",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True)
class Span:
    """A stretch of marked text. A cut inside closes it with `closing` and opens it again with `opening`.

    Both are empty for a stretch in which there must be no cut at all.
    """

    start: int
    end: int
    opening: str = ""
    closing: str = ""

    def splits(self, position: int) -> bool:
        """Whether a cut at this position would fall into it."""
        return self.start < position < self.end

    def bears(self, position: int) -> bool:
        """Whether it can be closed and opened again at this position, which is inside."""
        return bool(self.opening) and (
            self.start + len(self.opening) <= position <= self.end - len(self.closing.lstrip())
        )

    def halves(self, text: str, position: int) -> tuple[str, str]:
        """What of it would stand before and after a cut."""
        return text[self.start + len(self.opening) : position], text[position : self.end - len(self.closing.lstrip())]


def story(text: str) -> str:
    """Story text as Discord shows it: its own markup kept and closed, references, pings and masked links inert.

    Links are put into angle brackets, so that nothing is unfurled; small print and endless quotes stay text.
    """
    return sealed(_SUBTEXT.sub(r"\1\\", _BLOCK_QUOTE.sub(r"\1\\", inert(text))))


def name(text: str) -> str:
    """A name, title or label: everything in it is shown as it is written."""
    return inert(discord.utils.escape_markdown(text, ignore_links=False))


def inert(text: str) -> str:
    """The text with nothing in it that names, pings, links or counts down."""
    text = _EVERYBODY.sub(f"@{BREAK}", _REFERENCE.sub(f"<{BREAK}", text))
    return _LINK.sub(r"<\g<0>>", _MASKED.sub(f"]{BREAK}", text))


def sealed(text: str) -> str:
    """The text with every mark that has no partner made an ordinary character."""
    parts, last = [], 0
    for start, end in sorted(_lonely(text)):
        parts += [text[last:start], "".join(f"\\{character}" for character in text[start:end])]
        last = end
    return "".join([*parts, text[last:]])


def spans(text: str) -> list[Span]:
    """Every stretch of marked text, the outer ones before the inner ones that begin later."""
    found = [*_solid(text), *(Span(a[0], b[1], text[slice(*a)], text[slice(*b)]) for a, b in _pairs(text))]
    return sorted(found, key=lambda span: (span.start, -span.end))


def _solid(text: str) -> Iterator[Span]:
    for match in _SCAN.finditer(text):
        if match["fence"]:
            yield Span(*match.span(), f"```{match['language'] or chr(10)}", "\n```")
        elif match["solid"]:
            yield Span(*match.span())


def _toggles(text: str) -> Iterator[tuple[int, int]]:
    for match in _SCAN.finditer(text):
        if match["toggle"] and not ("_" in match["toggle"] and _in_a_word(text, *match.span())):
            yield match.span()


def _in_a_word(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start].isalnum() and text[end : end + 1].isalnum()


def _pairs(text: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Opening and closing marks that belong together."""
    pairs, waiting = [], list[tuple[int, int]]()
    for span in _toggles(text):
        mark = text[slice(*span)]
        opened = [n for n, other in enumerate(waiting) if text[slice(*other)] == mark]
        if opened:
            pairs.append((waiting[opened[-1]], span))
            del waiting[opened[-1] :]
        else:
            waiting.append(span)
    return pairs


def _lonely(text: str) -> set[tuple[int, int]]:
    paired = {each for pair in _pairs(text) for each in pair}
    stray = {match.span() for match in _SCAN.finditer(text) if match["stray"]}
    return ({*_toggles(text)} - paired) | stray
