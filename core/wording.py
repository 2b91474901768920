"""What the bot itself says, in the languages that it speaks.

A sentence is written in English where it is used, `said("The story has {pages} pages.", pages=3)`, and remembers how
it was made, so that it can be said in another language when it is known who reads it. Translations lie beside this
module in `languages/`, one gettext catalog each, whose msgids are the English templates. A new language is a member
of `Language` and a catalog. What people and models wrote is never translated.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

CATALOGS = Path(__file__).parent / "languages"


class Language(StrEnum):
    """A language that the bot speaks, by the code that names its catalog."""

    EN = "en"
    ZH = "zh"

    @classmethod
    def of(cls, locale: str) -> "Language":
        """The one that a platform's locale asks for (`zh-CN`, `zh_TW`, `en-GB`); English if we do not speak it."""
        code = locale.replace("_", "-").partition("-")[0].lower()
        return cls(code) if code in list(cls) else cls.EN


class Said(str):
    """A sentence of our own: an English `str` that remembers its `template` and its `parts`.

    Anything that makes a new string of it (storing, slicing, formatting) leaves the English alone.
    """

    __slots__ = ("parts", "template")
    template: str
    parts: Mapping[str, str | int]

    def __new__(cls, english: str, template: str, parts: Mapping[str, str | int]) -> "Said":
        """Prefer `said`, `joined` and `own`."""
        new = super().__new__(cls, english)
        new.template, new.parts = template, parts
        return new

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.template, dict(self.parts))

    def rendered(self, language: Language) -> str:
        """The sentence in `language`, its parts too; English where the catalog has nothing."""
        template = _catalog(language).get(self.template)
        if not self.parts:
            return template or str(self)
        return (template or self.template).format(**_translated_all(self.parts, language))


class _Joined(Said):
    """Parts with the same template between them."""

    __slots__ = ()

    def rendered(self, language: Language) -> str:
        separator = _catalog(language).get(self.template, self.template)
        return separator.join(map(str, _translated_all(self.parts, language).values()))


def said(template: str, /, **parts: str | int) -> Said:
    """A fixed sentence of our own with parts in it. `template` must be a literal (a test sees to it).

    Parts are put in with `str.format`; their own braces are left alone.
    """
    return own(template, **parts)


def joined(separator: str, parts: Iterable[str]) -> Said:
    """Parts, joined. `separator` must be a literal."""
    numbered = {str(number): part for number, part in enumerate(parts)}
    return _Joined(separator.join(numbered.values()), separator, numbered)


def own(text: str, /, **parts: str | int) -> Said:
    """Our own words that are not in place as a literal: an operation's summary, a constant."""
    if isinstance(text, Said):
        return text
    return Said(text.format(**parts) if parts else text, text, parts)


def amid(text: str) -> Said:
    """Our own words as they stand in the middle of a sentence: English begins them with a small letter."""
    return Said(text[:1].lower() + text[1:], text, {})


def translated(text: str, language: Language) -> str:
    """What we said, in `language`; anything that we did not say stays as it is."""
    if not isinstance(text, Said):
        return text
    return str(text) if language is Language.EN else text.rendered(language)


def _translated_all(parts: Mapping[str, str | int], language: Language) -> dict[str, str | int]:
    return {name: translated(part, language) if isinstance(part, str) else part for name, part in parts.items()}


@cache
def _catalog(language: Language) -> Mapping[str, str]:
    """The translations by their English; doubtful ones (gettext's "fuzzy") are left out."""
    from babel.messages.pofile import read_po  # noqa: PLC0415 - whoever reads English alone never needs it

    with (CATALOGS / f"{language}.po").open("rb") as file:
        found = read_po(file, locale=str(language))
    return {str(each.id): str(each.string) for each in found if each.id and each.string and not each.fuzzy}


def fixed(*languages: Language) -> frozenset[str]:
    """Every sentence of ours that is always the same, in these languages."""
    catalogs = [_catalog(each) for each in Language if each is not Language.EN]
    english = {template: template for catalog in catalogs for template in catalog}
    known = [english if each is Language.EN else _catalog(each) for each in languages]
    return frozenset(text for catalog in known for template, text in catalog.items() if "{" not in template)
