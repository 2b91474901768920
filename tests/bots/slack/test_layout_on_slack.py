"""How replies look on Slack, and that they fit, whatever is in them."""

import asyncio
import random
from typing import Any

import pytest

from bots.slack import layout
from bots.slack.pieces import pieces
from core.moderation import phrase
from core.reply import Block, Shape
from tests.bots.slack.conftest import Scene
from tests.loopback.slack.limits import message_blocks
from tests.loopback.slack.markup import readable


def block(shape: Shape, text: str, label: str | None = None) -> Block:
    """A block with this text."""
    return Block(shape, phrase("{text}", text=phrase(text)), phrase(label) if label else None)


def words(count: int, seed: int = 1) -> str:
    """So many characters, with everything in them that makes them longer or is hard to cut."""
    dice = random.Random(seed)
    kinds = ["The sea was quiet. ", "a & b < c > d ", "“no” ", "夜。", "👩‍👩‍👧 ", "\n\n", "e\u0301 ", "**x** "]
    text = ""
    while len(text) < count:
        text += dice.choice(kinds)
    return text[:count]


@pytest.mark.parametrize("size", [0, 1, 2999, 3000, 3001, 11_999, 12_001, 40_000])
def test_every_message_fits(size: int) -> None:
    for seed in range(3):
        text = words(size, seed) or "."
        shown = layout.sheets([Block(Shape.PROSE, phrase(text.replace("{", "").replace("}", "")))], "en", most=20)
        for sheet in shown.messages:
            assert not list(message_blocks([dict(each) for each in sheet.blocks]))
            assert 0 < len(sheet.text) <= 3000
        assert shown.file is None


def test_nothing_is_lost_where_a_text_is_cut() -> None:
    text = words(9000)
    joined = "".join("".join(pieces(text, 700)).split())
    assert joined == "".join(text.split())
    assert all(len(each) <= 700 for each in pieces(text, 700))


def test_no_escaped_character_is_cut() -> None:
    for limit in range(20, 40):
        for each in pieces("&lt;" * 30 + "&amp;" * 30, limit):
            assert readable(each).strip("<&") == ""


def test_what_is_too_long_comes_as_a_file() -> None:
    shown = layout.sheets([Block(Shape.PROSE, phrase("The sea was quiet. " * 3000))], "en", most=3)
    assert len(shown.messages) == 1 and shown.file is not None
    assert "The rest is in the file." in str(shown.messages[0].blocks)


def test_many_lines_are_few_blocks() -> None:
    lines = [Block(Shape.ITEM, phrase("it does something"), phrase(f"/story op{n}")) for n in range(100)]
    (sheet,) = layout.sheets(lines, "en").messages
    assert len(sheet.blocks) < 10


def test_a_title_is_a_header_and_a_caption_is_small() -> None:
    blocks = [
        Block(Shape.TITLE, phrase("The <Lamp> & more")),
        Block(Shape.PROSE, phrase("It *burned*."), phrase("1 · *Ana*")),
        Block(Shape.NOTE, phrase("This is all.")),
    ]
    kinds: list[dict[str, Any]] = list(layout.drawn(blocks))
    assert [each["type"] for each in kinds] == ["header", "section", "context", "context"]
    assert kinds[0]["text"]["text"] == "The &lt;Lamp&gt; &amp; more"
    assert kinds[1]["text"] == {"type": "mrkdwn", "text": "It _burned_.", "verbatim": True}
    assert kinds[2]["elements"][0] == {"type": "plain_text", "text": "1 · *Ana*", "emoji": False}


async def test_a_very_long_private_reply_comes_in_a_few_messages(scene: Scene) -> None:
    text = "Ana & Ben < Cid. " * 115
    for number in range(10):
        await scene.slack.command(scene.ben if number % 2 else scene.ana, scene.channel, f"add {text}")
        await scene.slack.until(lambda number=number: len(scene.told) == number + 2)  # type: ignore[misc]
    shown = await scene.slack.command(scene.ana, scene.channel, "show")
    await shown.says("10 · ")
    assert not shown.messages
    assert len(shown.ephemeral) <= 3


async def test_an_answer_that_takes_its_time_is_announced_privately(scene: Scene) -> None:
    scene.engine.say("Mara found a lamp.")
    scene.engine.gate.clear()
    asked = await scene.slack.command(scene.ana, scene.channel, "recap")
    await asked.says("The storyteller is writing")
    scene.engine.gate.set()
    await asked.says("Mara found a lamp")
    assert len(asked.ephemeral) == 1
    scene.engine.gate.clear()
    asked = await scene.slack.mention(scene.ana, scene.channel, "recap", thread=scene.head)
    await asked.until(lambda x: bool(x.statuses and x.statuses[-1]))
    scene.engine.gate.set()
    await asked.done()
    await asyncio.sleep(0)
    assert asked.statuses[-1] == ""


def test_no_flag_or_face_is_cut_in_two() -> None:
    for sign in ("\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd", "\U0001f469\u200d\U0001f680", "&amp;"):
        for before in range(12):
            for piece in pieces("x" * before + sign * 12, 16):
                assert len(piece) <= 16
                assert not piece.strip("x").replace(sign, ""), (sign, piece)
