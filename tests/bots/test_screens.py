"""What a terminal draws."""

import io
from pathlib import Path

from rich.console import Console

from bots.console.screens import LiveScreen
from core.moderation import own
from core.reply import Block, Reply, Shape


def test_a_new_wording_says_whose_passage_it_is_and_how_it_came_to_be(tmp_path: Path) -> None:
    out = io.StringIO()
    old, new = Block(Shape.OLD, own("a lamp"), own("1 · Ana")), Block(Shape.NEW, own("an old lamp"), own("edited"))
    LiveScreen(Console(file=out, width=80), tmp_path).show(Reply((old, new)))
    assert out.getvalue().splitlines()[0].strip() == "1 · Ana · edited"
