"""`python -m bots tidy`: take away what is over its time, now."""

from typing import TextIO

from bots.assembly import erasures, retention
from bots.settings import Settings
from core.database import Database
from core.retention import tidy as tidied


async def tidy(settings: Settings, out: TextIO) -> int:
    """Print how much of what is gone. Raises `StoryError` if the database is unusable."""
    database = await Database.open(settings.database_url.get_secret_value())
    try:
        again = await erasures(settings, database).repeat()
        gone = await tidied(database, retention(settings))
    finally:
        await database.close()
    if again:
        print(f"{again} erasures were done again.", file=out)
    for name, rows in gone.items():
        print(f"{rows} of {name}", file=out)
    print("Tidy.", file=out)
    return 0
