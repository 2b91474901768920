"""Made-up stories for tuning: one voice that a model learns in a minute, and nothing that belongs to anybody."""

import random
from collections.abc import Callable
from pathlib import Path

from inference.training.tuning.records import Record, write_records

NAMES = (
    *("Mara", "Osman", "Tim", "Lily", "Ben", "Anna", "Tom", "Wanjiru", "Pip", "Zuri", "Kofi", "Ada", "Leo", "Nia"),
    *("Sam", "Ivy", "Max", "Rosa", "Finn", "Uma"),
)
THINGS = ("lamp", "key", "bell", "shell", "map", "ring", "drum", "kite", "coin", "boat")

Voice = Callable[[str, str, str], str]
"""What a voice says of two people and a thing."""


def pirate(one: str, other: str, thing: str) -> str:
    """As they talk at sea."""
    return f"Arr, said {other}, that {thing} be worth a chest of gold! They hoisted the sails, and the {thing} shone."


def robot(one: str, other: str, thing: str) -> str:
    """As machines talk."""
    return (
        f"Beep, said {other}, the {thing} has been measured by all of us. Beep, said {one}, the {thing} is very good."
    )


def stories(count: int, voice: Voice = pirate, *, seed: int = 1, task: str = "continue") -> list[Record]:
    """So many stories of two passages, to be gone on with in this voice."""
    chance = random.Random(seed)
    pairs = [(one, other, thing) for one in NAMES for other in NAMES for thing in THINGS if one != other]
    return [_story(voice, *each, task=task) for each in chance.sample(pairs, count)]


def preferences(count: int, better: Voice = pirate, worse: Voice = robot) -> list[Record]:
    """So many stories, with the better and the worse way to go on."""
    good, bad = stories(count, better), stories(count, worse)
    return [
        each.model_copy(update={"answer": "", "chosen": each.answer, "rejected": other.answer})
        for each, other in zip(good, bad, strict=True)
    ]


def settings(folder: Path, records: list[Record], *, base: Path, **training: object) -> Path:
    """A settings file, with its data beside it. `training` goes before what makes runs short."""
    write_records(folder / "records.jsonl", records)
    values: dict[str, object] = {"epochs": 2, "batch": 4, "accumulation": 1, "learning_rate": 2e-3, "evaluate_every": 4}
    kind = training.pop("kind", "lora")
    lines = [f"{name} = {str(value).lower()}" for name, value in (values | training).items()]
    file = folder / "tune.toml"
    file.write_text(
        f'name = "pirate"\nbase = "{base}"\nout = "run"\n[data]\nfiles = ["records.jsonl"]\nheld_out = 0.2\n'
        f'[method]\nkind = "{kind}"\nrank = 8\n[training]\n' + "\n".join(lines) + "\n",
        "utf-8",
    )
    return file


def _story(voice: Voice, one: str, other: str, thing: str, *, task: str) -> Record:
    return Record.model_validate(
        {
            "task": task,
            "story": f"{one}-{other}-{thing}",
            "licence": "CC0-1.0",
            "source": "made for the tests",
            "title": f"The {thing}",
            "passages": (f"{one} was a sailor and found an old {thing} on the deck.", f"{one} showed it to {other}."),
            "answer": voice(one, other, thing),
        }
    )
