"""From what people tell the bot to a tuned model: its own file, through the real commands and the real trainers."""

import asyncio
import json
from pathlib import Path

import pytest

from core.database import Database
from core.place import Contributor, Place, Turn
from core.storyteller import Storyteller
from inference.adapters import Adapter
from inference.training.__main__ import main
from inference.training.tuning.records import read_records
from tests.inference.models import llama
from tests.kit import ANA, BEN, storyteller, turn
from tests.voices import ScriptedEngine

pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]

EVE = Contributor("eve-id", "Evelyn")
MARK = "zaxolot"
STORIES = 6


def answers() -> list[str]:
    """What the storyteller says, in the order in which it is asked."""
    said = (
        "Then {n} gulls flew over the dark water.",
        "In the old tower a bell rang {n} times.",
        "Mara saw {n} ships by the sea.",
        "The deep was green for {n} days.",
    )
    return [each.format(n=number) for number in range(STORIES) for each in said]


def by(who: Contributor, number: int) -> Turn:
    return turn(Place(platform="terminal", workspace="w", channel=f"c{number}"), who)


async def told(teller: Storyteller, number: int) -> None:
    """A story of Ana's and Ben's with all that can be learned from; Eve, who did not agree, writes at its end."""
    await teller.perform("start", by(ANA, number), {"title": f"The quiet sea, {number}"})
    await teller.perform("add", by(BEN, number), {"text": f"Mara saw {number} ships by the sea."})
    await teller.perform("continue", by(ANA, number), {"direction": f"a ship with {number} sails"})
    await teller.perform("retry", by(ANA, number))
    await teller.perform("rate", by(BEN, number), {"mark": "good", "reason": "it has ships"})
    await teller.perform("explain", by(ANA, number), {"question": "what did Mara see?"})
    await teller.perform("rate", by(ANA, number), {"mark": "good", "what": "answer"})
    await teller.perform("add", by(EVE, number), {"text": f"A {MARK} came up from the deep."})
    await teller.perform("continue", by(ANA, number))
    await teller.perform("rate", by(ANA, number), {"mark": "good"})


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """The file that an admin gets."""
    return asyncio.run(taken(tmp_path))


async def taken(tmp_path: Path) -> Path:
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/story.db")
    teller = storyteller(database, ScriptedEngine(answers(), form="chat"))
    await teller.perform("setup", by(ANA, 0), {"tuning": "on"})
    for who in (ANA, BEN):
        await teller.perform("mydata tuning", by(who, 0), {"answer": "yes"})
    for number in range(STORIES):
        await told(teller, number)
    reply = await teller.perform("review records", by(ANA, 0))
    await database.close()
    assert reply.file is not None
    file = tmp_path / reply.file.name
    file.write_text(reply.file.text, "utf-8")
    return file


def settings(folder: Path, name: str, file: Path, base: Path, kind: str) -> Path:
    written = folder / f"{name}.toml"
    written.write_text(
        f'name = "{name}"\nbase = "{base}"\nout = "{name}"\n[data]\nfiles = ["{file}"]\nheld_out = 0.2\n'
        f'licences = ["consent"]\n[method]\nkind = "{kind}"\nrank = 8\n'
        "[training]\nepochs = 1\nbatch = 2\naccumulation = 1\nevaluate_every = 4\n",
        "utf-8",
    )
    return written


def test_the_bots_own_file_trains_a_model_with_answers_and_with_preferences(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert MARK not in export.read_text()
    made = tmp_path / "made"
    assert main(["records", str(export), "--out", str(made)]) == 0
    assert f"{2 * STORIES} records, {STORIES} preferences" in capsys.readouterr().out
    records, broken = read_records(made / "records.jsonl")
    assert not broken
    assert {each.record.task for each in records} == {"continue", "explain"}
    assert all(MARK not in text for each in records for text in each.record.texts())
    base = llama(tmp_path / "llama")
    for name, file, kind in (("liked", "records.jsonl", "lora"), ("chosen", "pairs.jsonl", "dpo")):
        assert main(["tune", str(settings(tmp_path, name, made / file, base, kind))]) == 0, capsys.readouterr().err
        assert Adapter.read(tmp_path / name / "adapter").name == name
        assert "consent" in (tmp_path / name / "adapter" / "README.md").read_text()


def test_each_line_of_the_file_is_a_story_of_its_own(export: Path) -> None:
    stories = [json.loads(line) for line in export.read_text().splitlines()]
    assert len({each["story"] for each in stories}) == STORIES
    assert all(len(each["passages"]) == 2 for each in stories)
