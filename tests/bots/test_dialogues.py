"""Every dialogue in `tests/dialogues` goes as it is written there."""

from pathlib import Path

import pytest

from core.operation import OPERATIONS
from tests.bots.dialogue import play, read

FILES = sorted((Path(__file__).parent.parent / "dialogues").glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_the_dialogue_goes_as_written(file: Path, tmp_path: Path) -> None:
    exchanges = read(file)
    assert exchanges
    for exchange, said in zip(exchanges, await play(exchanges, tmp_path), strict=True):
        assert said == "\n".join(exchange.expected).strip("\n"), exchange.typed


def test_every_operation_has_a_dialogue() -> None:
    spoken = {file.stem for file in FILES}
    assert {name.split()[0] for name in OPERATIONS} <= spoken
