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
    r"[\w*@$!'-]+(?: [\w*@$!'-]+)?|\bsay(?:s|ing)? (?:that )?(?:you|they|he|she|someone) (?:would|will"
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
