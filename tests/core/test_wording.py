"""The bot speaks each language whole: private replies and errors in the reader's, the others in the place's."""

import ast
import copy
import json
import pickle
import string
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from bots.dispatch import parse, plain
from core.errors import BadArgument, NoStory, StoryError, UnknownOperation, Withheld
from core.filters.lexicon import Kind
from core.moderation import own, phrase
from core.operation import OPERATIONS
from core.story import THE_STORYTELLER, Contributor, Reply, Shape
from core.storyteller import Storyteller
from core.wording import CATALOGS, Language, amid, joined, said, translated
from tests.kit import ANA, HERE, started, texts, turn
from tests.test_house import FILES, our_sentences
from tests.voices import DEFAULT

ZH = Language.ZH
OTHERS = [each for each in Language if each is not Language.EN]


def templates() -> Iterator[str]:
    """Every English sentence, or part of one, that the code can say."""
    for file in FILES:
        for call in our_sentences(file):
            assert isinstance(call.args[0], ast.Constant)
            yield str(call.args[0].value)
    for each in OPERATIONS.values():
        yield from (each.summary, each.example)
        for param in each.params:
            yield from (param.name, param.description)
    yield from (kind.value for kind in Kind)
    yield THE_STORYTELLER


def has_words(template: str) -> bool:
    """Whether there is anything to translate in it, beside parts and commands."""
    rest = "".join(text for text, *_ in string.Formatter().parse(template))
    return any(char.isalpha() for char in rest.replace("/story", ""))


def parts_of(template: str) -> set[tuple[str | None, ...]]:
    """The names of its parts, each with how it is written."""
    return {tuple(part) for _, *part in string.Formatter().parse(template) if part[0] is not None}


def read(language: Language) -> Catalog:
    with (CATALOGS / f"{language}.po").open("rb") as file:
        return read_po(file, locale=str(language))


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_has_a_translation(language: Language, tmp_path: Path) -> None:
    known = {str(each.id) for each in read(language) if each.string and not each.fuzzy}
    missing = Catalog(locale=str(language))
    for template in templates():
        if has_words(template) and template not in known:
            missing.add(template)
    if len(missing):
        path = tmp_path / f"{language}.po"
        with path.open("wb") as file:
            write_po(file, missing, width=0, omit_header=True)
        pytest.fail(f"{len(missing)} sentences have no translation yet; they are listed in {path}")


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalog_says_nothing_that_nobody_says(language: Language) -> None:
    catalog, used = read(language), set(templates())
    assert [each.id for each in catalog if each.id and each.id not in used] == []
    assert not catalog.obsolete


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_parts_of_its_sentence(language: Language) -> None:
    for each in read(language):
        if each.id:
            assert parts_of(str(each.string)) == parts_of(str(each.id)), each.id
