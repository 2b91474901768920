"""Very many people at once."""

import asyncio
import random
import resource
import sqlite3
import time
from pathlib import Path

from benchmarks.soak.stores import url
from core.database import Database
from core.place import Place
from core.storyteller import Storyteller
from tests.kit import storyteller, turn
from tests.voices import ScriptedEngine


async def burst(draw: random.Random, folder: Path, turns: int) -> str:
    """34: thousands of messages at once in hundreds of channels: none lost, memory bounded."""
    database = await Database.open(url(folder))
    teller = storyteller(database, ScriptedEngine())
    places = [Place(platform="test", workspace="w", channel=f"c{number}") for number in range(500)]
    for place in places:
        await teller.perform("start", turn(place), {"title": "The Lamp"})
    before, began = _memory(), time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for number in range(turns):
            tasks.create_task(_added(teller, draw.choice(places), number))
    seconds, peak = time.monotonic() - began, _memory() - before
    await database.close()
    with sqlite3.connect(folder / "tale.db") as connection:
        [(found,)] = connection.execute("SELECT count(*) FROM passage")
    assert found == turns
    assert peak < 300, f"{peak:.0f} MB more"
    return f"{turns} in {seconds:.0f} s, none lost, {peak:.0f} MB more at the peak"


async def _added(teller: Storyteller, place: Place, number: int) -> None:
    await teller.perform("add", turn(place), {"text": f"It was the {number}th night."})


def _memory() -> float:
    """Megabytes that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
