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
from core.moderation import own, phrase
from core.operation import OPERATIONS
from core.place import Contributor, Turn
from core.policy import Category
from core.reply import Shape
from core.story import THE_STORYTELLER
from core.storyteller import Storyteller
from core.wording import CATALOGS, Language, amid, joined, said, translated
from tests.kit import HERE, started, texts, turn
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
    yield from (kind.value for kind in Category)
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


async def test_a_private_reply_is_in_the_readers_language_and_a_public_one_in_the_places(teller: Storyteller) -> None:
    public = await teller.perform("start", replace(turn(), language="zh-CN"), {"title": "The Lamp"})
    assert texts(public, Shape.NOTE) == ["Ana opens a story. Add the first passage with /story add."]
    private = await teller.perform("start", replace(turn(), language="zh-CN"), {"title": "Another"})
    assert private.private
    assert texts(private, Shape.NOTE)[0].startswith("这里正在讲《The Lamp》（已有 0 段）。")
    public = await teller.perform("end", replace(turn(), here="zh-TW"))
    assert texts(public, Shape.NOTE)[0].startswith("全文完，共 0 段。")


async def test_what_people_and_the_storyteller_wrote_is_never_translated(teller: Storyteller) -> None:
    def chinese() -> Turn:
        return replace(turn(), language="zh-CN", here="zh-CN")

    await teller.perform("start", chinese(), {"title": "somebody", "premise": "nothing yet"})
    reply = await teller.perform("add", chinese(), {"text": "the storyteller"})
    assert texts(reply) == ["the storyteller"]
    reply = await teller.perform("continue", chinese())
    assert [(str(b.label), str(b.text)) for b in reply.blocks] == [("2 · 说书人", DEFAULT)]
    reply = await teller.perform("show", chinese())
    assert texts(reply, Shape.TITLE) == ["somebody"]
    assert [str(b.text) for b in reply.blocks[1:]] == ["nothing yet", "the storyteller", DEFAULT]
    assert [str(b.label) for b in reply.blocks[2:]] == ["1 · Ana", "2 · 说书人"]


async def test_braces_in_what_people_write_are_left_alone(teller: Storyteller) -> None:
    who = Contributor("u3", "{0} {name}")
    reply = await teller.perform("start", replace(turn(who=who), here="zh-CN"), {"title": "{title}"})
    assert texts(reply, Shape.NOTE) == ["{0} {name} 开了一个故事。用 /story add 写下第一段吧。"]
    await teller.perform("end", turn())
    with_titles = await teller.perform("resume", replace(turn(), language="zh"), {"title": "The Lamp"})
    assert texts(with_titles, Shape.NOTE) == ["这里没有叫这个名字的故事。现有：《{title}》。"]


async def test_an_error_is_said_in_the_readers_language(teller: Storyteller) -> None:
    reader = replace(turn(), language="zh-CN", here="en-US")
    wrong: list[tuple[type[StoryError], str, dict[str, str], str]] = [
        (NoStory, "add", {"text": "Mara slept."}, "这里没有正在讲的故事。"),
        (UnknownOperation, "strat", {}, "我不认识这个命令。你是不是想输入 start？输入 /story help 查看全部命令。"),
        (BadArgument, "start", {}, "/story start 还缺少标题（故事叫什么）。"),
        (BadArgument, "settings length", {"length": "shrt"}, "short、medium、long。你是不是想输入 short？"),
        (
            Withheld,
            "start",
            {"title": "forbidden"},
            "这段文字被拦下了（testing）：它超出了本频道允许的范围。请写得温和一些",
        ),
    ]
    for kind, name, arguments, notice in wrong:
        with pytest.raises(kind) as caught:
            await teller.perform(name, replace(reader, id=name), arguments)
        assert notice in caught.value.notice
    with pytest.raises(NoStory) as caught:
        await teller.perform("add", turn(), {"text": "Mara slept."})
    assert caught.value.notice == NoStory.notice


async def test_a_stored_reply_stays_as_it_was_said(teller: Storyteller) -> None:
    once = replace(turn(), here="zh-CN")
    first = await teller.perform("start", once, {"title": "The Lamp"})
    assert await teller.perform("start", replace(once, here="en-US"), {"title": "The Lamp"}) == first
    (missed,) = await teller.delivery.undelivered(HERE.platform)
    assert missed.reply == first
    assert texts(missed.reply, Shape.NOTE) == ["Ana 开了一个故事。用 /story add 写下第一段吧。"]


async def test_moderators_are_told_in_the_places_language_whoever_reports(teller: Storyteller) -> None:
    await started(teller, "Mara slept.")
    reply = await teller.perform("report", replace(turn(), here="zh-CN"), {"reason": "all"})
    assert reply.private
    assert texts(reply, Shape.NOTE)[0].startswith("It is kept, but nobody was alerted")
    assert str(reply.alert[0].text) == "Ana 举报了这个故事中的内容。"
    assert [(str(b.label), str(b.text)) for b in reply.alert[1:]] == [("1 · Ana", "Mara slept."), ("原因", "all")]


async def test_suggestions_are_in_the_readers_language(teller: Storyteller) -> None:
    await started(teller, "Mara slept.")
    await teller.perform("continue", turn())
    found = await teller.suggest("why", "number", replace(turn(), language="zh-CN"), "")
    assert [each.label for each in found] == [f"2 · 说书人：{DEFAULT}", "1 · Ana：Mara slept."]


async def test_what_is_kept_of_a_story_is_the_same_in_every_language(teller: Storyteller) -> None:
    await teller.perform("start", replace(turn(), here="zh-CN"), {"title": "The Lamp"})
    await teller.perform("continue", replace(turn(), here="zh-CN"))
    reply = await teller.perform("show", turn())
    assert [str(b.label) for b in reply.blocks[1:]] == ["1 · the storyteller"]


@pytest.mark.parametrize("name", ["The Storyteller", "说书人"])
async def test_nobody_is_called_as_the_storyteller_is_in_any_language(teller: Storyteller, name: str) -> None:
    assert await teller.called(turn(who=Contributor("u3", name))) == "somebody"


async def test_help_is_whole_in_every_language(teller: Storyteller) -> None:
    reply = await teller.perform("help", replace(turn(), language="zh-CN"))
    assert plain(reply, ZH).startswith("/story start <标题> | [梗概]\n    在这里开始一个新故事。\n/story add <正文>")
    reply = await teller.perform("help", replace(turn(), language="zh-CN"), {"command": "continue"})
    assert "篇幅：写多少：short、medium、long\n\n例如：/story continue 黑暗中" in plain(reply, ZH)


def test_what_a_typed_line_lacks_can_be_said_in_another_language() -> None:
    with pytest.raises(BadArgument) as caught:
        parse("undo now")
    assert translated(caught.value.notice, ZH) == "/story undo 后面不用再写别的。"
    assert translated(translated(caught.value.notice, ZH), Language.EN) == "/story undo 后面不用再写别的。"


def test_a_locale_is_one_of_our_languages_or_else_english() -> None:
    assert [Language.of(each) for each in ("zh-CN", "zh_TW", "zh-Hans-CN", "ZH")] == [ZH] * 4
    assert {Language.of(each) for each in ("en-GB", "de", "zhu", "", "-")} == {Language.EN}


def test_parts_are_translated_however_deep_they_lie() -> None:
    inner = joined(", ", [said("1 passage"), "1 passage", said("{number} passages", number=3)])
    outer = said("{count}, open", count=inner)
    assert outer == "1 passage, 1 passage, 3 passages, open"
    assert translated(outer, ZH) == "1 段、1 passage、3 段，进行中"
    assert translated("1 passage", ZH) == "1 passage"
    assert translated(said("not in any catalog {count}", count=said("1 passage")), ZH) == "not in any catalog 1 段"


def test_a_sentence_may_stand_in_the_middle_of_another() -> None:
    assert amid("Your passage") == "your passage"
    assert translated(amid("Your passage"), ZH) == "你写的段落"
    assert translated(phrase(""), ZH) == translated(own(""), ZH) == ""


def test_a_sentence_is_a_plain_string_to_everybody_else() -> None:
    sentence = said("{who} opens a story. Add the first passage with /story add.", who="Ana {x}")
    assert str(sentence) == "Ana {x} opens a story. Add the first passage with /story add."
    assert type(str(sentence)) is str
    assert sentence == str(sentence)
    assert hash(sentence) == hash(str(sentence))
    assert json.loads(json.dumps([sentence])) == [str(sentence)]
    for twin in (copy.copy(sentence), copy.deepcopy(sentence), pickle.loads(pickle.dumps(sentence))):
        assert twin == sentence
        assert translated(twin, ZH) == translated(sentence, ZH) == "Ana {x} 开了一个故事。用 /story add 写下第一段吧。"
    twin = pickle.loads(pickle.dumps(joined(", ", [sentence, "b"])))
    assert translated(twin, ZH).endswith("、b")
    assert translated(pickle.loads(pickle.dumps(NoStory())).notice, ZH).startswith("这里没有")
