"""What a text says, as plain words for patterns: without what somebody in it says, and without the likeliest disguises.

Decides nothing. Words stand apart by single spaces, in small letters, without apostrophes or other signs.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from core.filters.disguise import joined, lettered, unleeted, untagged
from core.filters.hints import hinted
from core.filters.shapes import folded
from core.filters.view import around

_QUOTED = re.compile(
    r"“[^“”\n]{0,600}(?:”|$)|\"[^\"\n]{0,600}\"|«[^«»\n]{0,600}»|「[^「」\n]{0,600}」|『[^『』\n]{0,600}』"
    r"|(?<!\w)[‘'](?!s\b)[^\n]{2,300}?[’'](?!\w)",
)
_APOSTROPHES = re.compile("['’`´]")
_ODD = re.compile("[^\\sA-Za-z.,;:!?\"'’‘“”…—–-]")
_PLAIN = re.compile("[^a-z0-9@$]{0,3}(?:[a-z]+(?:[-/][a-z]+)*|[0-9,.:/-]+[a-z]{0,2})?[^a-z0-9@$]{0,4}")
"""A word, perhaps of several parts, or a number."""
_APART = re.compile(r"[.*_~|-][A-Za-z][.*_~|-]| \w \w \w ")
_SPELLED = re.compile(r"(?<= )(?:[a-z] ){3,}")
_CONDEMNED = re.compile(
    r"\b(?:hateful|racis[tm]|sexis[tm]|bigot(?:s|ed|ry)?|homophob\w+|transphob\w+|islamophob\w+|antisemit\w+"
    r"|xenophob\w+|ableis[tm]|discriminat\w+|prejudice\w*|hate speech|dehumani\w+|unacceptable|offensive|hurtful|cruel"
    r"|hurts|stereotypes?|misguided|apologi[sz]e|intoleran\w+|tolerate|insult(?:ing|s)?|slurs?|banned for|fired for"
    r"|consequences for|(?:in|to) (?:jail|prison) (?:for|now)|(?:kicked|thrown) (?:off|out)|get away with|call out"
    r"|cannot be allowed|report (?:it|them|you|this)|how dare|(?:no|lost all|losing) respect for|take you to court"
    r"|(?:not|never|isnt|its|it|really) ok(?:ay)?|why would you think its ok(?:ay)?|not (?:acceptable|right|true"
    r"|funny|fair)"
    r"|(?:dont|never|stop|mustnt|shouldnt|cannot|cant|not be|not) (?:\w+ )?(?:say|saying|call|calling|use|using)"
    r"|get(?:s|ting)? (?:\w+ ){0,3}(?:blocked|banned|reported|suspended|fired|expelled|arrested|jailed)|hate (?:like"
    r"|such as)"
    r"|hatred|horrible (?:thing|word|thing to)|terrible (?:thing|word)|bad word|disgrace\w*)\b"
)
_NAMED = re.compile(
    r"\b(?:call(?:s|ed|ing)?) (?:\w+ )?(?:people|me|him|her|them|us|you|someone|somebody|anyone|others|kids"
    r"|\w+) (?:an? |the )?"
    r"[\w*@$!'-]+(?: [\w*@$!'-]+)?|\bsaying [^.!?;\n]{1,60}?(?= (?:is|was|isn['’]?t|will|can) )|\bsay(?:s"
    r"|ing)? (?:that )?(?:you|they|he|she|someone) (?:would|will"
    r"|wants? to)[^.!?;\n]{0,60}|\b(?:words?|terms?|slurs?|insults?) (?:is |are |like |such as )?[\w*@$!'-]+",
    re.IGNORECASE,
)
_REACH = 300
"""Characters before and behind a hint in which a pattern that holds it stands."""


def unquoted(text: str) -> str:
    """`text` without what stands in quotation marks."""
    return _QUOTED.sub(" … ", text)


def condemns(words: str) -> bool:
    """Whether `words` condemn what is said about people."""
    return bool(_CONDEMNED.search(words))


def unmentioned(text: str) -> str | None:
    """`text` without the words that it quotes or names only to condemn them; None if it condemns nothing."""
    said = unquoted(text)
    rest = _NAMED.sub(" … ", said)
    condemned = rest != text and condemns(lettered(_APOSTROPHES.sub("", said).lower()))
    return rest if condemned else None


@dataclass(frozen=True)
class Words:
    """One reading of what is said."""

    text: str

    @cached_property
    def hints(self) -> Mapping[str, list[int]]:
        """Where the hints of each kind are."""
        return hinted(self.text)

    def near(
        self,
        kind: str,
        patterns: Iterable[re.Pattern[str]],
        counts: Callable[[re.Match[str]], bool] = lambda _match: True,
    ) -> bool:
        """Whether one of `patterns` matches near a hint of this kind, so that it `counts`."""
        for start, end in around(self.hints[kind], self.text, _REACH):
            for pattern in patterns:
                if (match := pattern.search(self.text, start, end)) and counts(match):
                    return True
        return False


@dataclass(frozen=True)
class Spoken:
    """A text as what it says."""

    text: str

    @cached_property
    def outside(self) -> str:
        """The text without what stands in quotation marks."""
        return unquoted(self.text)

    @cached_property
    def own(self) -> tuple[Words, ...]:
        """The readings of what is said outside quotation marks."""
        return self.whole if self.outside == self.text else tuple(map(Words, _worded(self.outside)))

    @cached_property
    def whole(self) -> tuple[Words, ...]:
        """The readings of all of it."""
        return tuple(map(Words, _worded(self.text)))


def _worded(text: str) -> Iterable[str]:
    """The words of `text`, without apostrophes; of its likeliest disguises too, if it has any."""
    bare = _APOSTROPHES.sub("", text)
    if not _ODD.search(bare) and not _APART.search(bare):
        return [lettered(bare.lower())]
    plain = folded(untagged(bare)).replace("\n", " ")
    unleet = list(_unleeted(plain))
    words = [lettered(each) for each in (plain, *unleet)]
    if unleet or _APART.search(bare):
        words += [f" {' '.join(joined(each).split())} " for each in (plain, *unleet)]
    return dict.fromkeys(_SPELLED.sub(lambda run: run[0].replace(" ", "") + " ", each) for each in words)


def _unleeted(plain: str) -> Iterator[str]:
    """`plain` with the chunks that are no plain words in the two likeliest readings, if there are any."""
    chunks = plain.split()
    odd = [c for c in dict.fromkeys(chunks) if not _PLAIN.fullmatch(c)]
    if odd:
        for reading in unleeted(" ".join(odd))[:2]:
            said = dict(zip(odd, reading.split(" "), strict=True))
            yield " ".join([said.get(c, c) for c in chunks])
