"""Mistakes as people make them while typing, and names that no model has seen."""

import random
import re

_ARTICLE = re.compile(r"\b(?:the|a|an) (?=\w)", re.IGNORECASE)
_NOT_NAMES = frozenset(
    # Words that stand with a capital though they name nobody.
    "I I'm I'll I've I'd Mr Mrs Ms Dr Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February "  # noqa: SIM905  easier to read
    "March April May June July August September October November December Christmas English God "
    "The A An And But So Then He She It They We You In On At One Once When As With His Her Their This That".split()
)
_VERBS = {
    "was": ("is", "were"), "were": ("was", "are"), "is": ("are", "was"), "are": ("is",), "had": ("have", "has"),
    "has": ("have",), "have": ("has",), "went": ("go", "goed"), "said": ("say", "sayed"), "saw": ("see", "seen"),
    "felt": ("feel", "feeled"), "knew": ("know", "knowed"), "came": ("come", "comed"), "ran": ("run", "runned"),
    "took": ("take", "taked"), "made": ("make", "maked"), "found": ("find", "finded"), "thought": ("think",),
    "gave": ("give", "gived"), "told": ("tell", "telled"), "began": ("begin", "begun"), "could": ("can",),
    "would": ("will",), "did": ("do", "done"), "does": ("do",), "do": ("does",), "grew": ("grow",), "sat": ("sit",),
    "heard": ("hear", "heared"), "kept": ("keep",), "got": ("get",), "fell": ("fall",), "flew": ("fly",),
}  # fmt: skip
_CONFUSED = {
    "their": "there", "there": "their", "they're": "their", "its": "it's", "it's": "its", "your": "you're",
    "you're": "your", "too": "to", "to": "too", "then": "than", "than": "then", "where": "were", "of": "off",
    "through": "threw", "knew": "new", "know": "no", "because": "becuase", "friend": "freind", "friends": "freinds",
    "beautiful": "beatiful", "believe": "beleive", "people": "poeple", "little": "litle", "together": "togather",
    "really": "realy", "until": "untill", "different": "diffrent", "always": "allways", "with": "whit",
    "very": "verry", "again": "agian", "tried": "tryed", "happily": "happyly", "which": "wich", "said": "sayd",
    "in": "on", "at": "in", "for": "to", "on": "in", "many": "much", "every": "all",
}  # fmt: skip
_ONSETS = ("b", "br", "c", "d", "dr", "f", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "qu", "r", "s", "sh", "t",
           "th", "tr", "v", "w", "y", "z", "")  # fmt: skip
_VOWELS = ("a", "a", "e", "e", "i", "i", "o", "o", "u", "ai", "ee", "ia", "y")
_CODAS = ("", "", "", "n", "r", "l", "s", "m", "k", "th", "x", "rn")
_RARE_NAMES = (  # noqa: SIM905  easier to read
    "Aiko Akua Alder Amadi Anouk Ansel Araminta Asha Bao Bartholomew Basma Bertrand Boaz Briar Caspian Chidi Ciaran "
    "Cosima Dagny Dimitri Ebele Eilidh Emre Esi Fatima Fenwick Fiadh Gideon Giulia Gunnar Hamza Haruki Hana Hester "
    "Hyacinth Ibrahim Idris Ines Ingrid Isolde Itzel Jabari Jomo Juno Kaveh Keiko Khadija Kofi Lachlan Leopold Linnea "
    "Lorcan Lupita Makena Malik Marguerite Mateo Mei Mirza Mwangi Nadia Naveen Nkechi Odalys Oisin Olumide Orla Osman "
    "Padma Pavel Percival Priya Quentin Ragnar Rania Rohan Roza Rufus Saoirse Selim Shreya Sigrid Soren Svetlana Tadeo "
    "Tamsin Tariq Thandi Thorsten Umeko Usha Valentina Vikram Wanjiru Wilhelmina Xochitl Yara Yusuf Zainab Zephyr Zuri"
).split()


def find_names(text: str) -> list[str]:
    """Names in an English text, in order: capitalised words that also stand inside a sentence."""
    inside = re.findall(r"(?<=[a-z,;] )[A-Z][a-z]{2,}\b", text)
    lower = set(re.findall(r"\b[a-z]+\b", text))
    return [name for name in dict.fromkeys(inside) if name not in _NOT_NAMES and name.lower() not in lower]


def make_name(rng: random.Random) -> str:
    """A rare name, or a made-up one of one to three syllables such as "Brilonyx"."""
    if rng.random() < 0.35:
        return rng.choice(_RARE_NAMES)
    syllables = rng.choice((1, 2, 2, 2, 3))
    name = "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(syllables)) + rng.choice(_CODAS)
    return name.capitalize() if len(name) > 2 else make_name(rng)


def rename(texts: list[str], rng: random.Random, share: float, names_from: str) -> list[str]:
    """Give each name found in ``names_from``, with chance ``share``, one new name in all the texts."""
    names = [name for name in find_names(names_from) if rng.random() < share]
    if not names:
        return texts
    new_names = {name: make_name(rng) for name in names}
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b")
    return [pattern.sub(lambda match: new_names[match[1]], text) for text in texts]


def _misspell(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == 1:
        return word[:place] + word[place + 1 :]
    if kind == 2:
        return word[:place] + word[place] + word[place:]
    return word[:place] + rng.choice("aeioustnrl") + word[place + 1 :]


def _noisy_word(word: str, rng: random.Random) -> str:
    for mistakes in (_VERBS.get(word), (_CONFUSED[word],) if word in _CONFUSED else None):
        if mistakes and rng.random() < 0.5:
            return rng.choice(mistakes)
    kind = rng.random()
    changed = word
    if kind < 0.18 and re.fullmatch(r"[a-z]{3,}ed", word):
        changed = word[:-2] if rng.random() < 0.6 else word[:-1]
    elif kind < 0.3 and re.fullmatch(r"[a-z]{3,}[^s]s", word):
        changed = word[:-1]
    elif kind < 0.4 and re.fullmatch(r"[a-z]{3,}[^sy]", word):
        changed = word + "s"
    elif kind < 0.5:
        changed = f"{word} {word}"
    elif re.fullmatch(r"[a-z]{4,}", word):
        changed = _misspell(word, rng)
    return changed


def add_noise(text: str, rng: random.Random, rate: float = 0.12) -> str:
    """Return the text with typing mistakes at about ``rate`` of its words; names keep their letters.

    A name may lose its capital, as people type it, but it is never misspelled or left out.
    """
    names = set(find_names(text))
    if rng.random() < 0.7:
        text = _ARTICLE.sub(lambda match: "" if rng.random() < rate * 2 else match[0], text)
    words = []
    for token in text.split(" "):
        match = re.fullmatch(r"(\W*)([\w']+)(\W*)", token)
        if match is None or match[2] in names or rng.random() > rate:
            words.append(token)
        else:
            words.append(match[1] + _noisy_word(match[2], rng) + match[3])
    for place in range(len(words) - 1):
        if rng.random() < rate * 0.1 and words[place].islower() and words[place + 1].islower():
            words[place], words[place + 1] = words[place + 1], words[place]
    text = " ".join(words)
    if rng.random() < 0.35:
        text = re.sub(r"[,;]", lambda match: "" if rng.random() < 0.6 else match[0], text)
    if rng.random() < 0.3:
        text = re.sub(r"[.!?] (?=[A-Z])", lambda match: rng.choice((", ", " ", " and ", match[0])), text)
    if rng.random() < 0.2:
        text = text.lower()
    elif rng.random() < 0.4:
        text = text[:1].lower() + text[1:]
    if rng.random() < 0.3:
        text = re.sub(r"[.!]$", "", text)
    if rng.random() < 0.15:
        text = text.replace("'", "")
    return text
