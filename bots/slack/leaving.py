"""What becomes of stories where the bot was removed: they are kept for a while, and then deleted.

Whether the bot is still there is looked up once a day, so nothing hangs on an event of Slack's that never came.
"""

import asyncio
import datetime as dt

from bots.slack import trouble
from bots.slack.outbox import Clients
from bots.slack.turns import PLATFORM
from core.storyteller import Storyteller

DAY = 24 * 3600.0


async def watch(storyteller: Storyteller, clients: Clients, days: int) -> None:
    """Look every day, for ever. What goes wrong is logged and tried again the next day."""
    while True:
        try:
            await look(storyteller, clients, days)
        except Exception as error:  # the border: the bot goes on without
            trouble.mistake(error, "en")
        await asyncio.sleep(DAY)


async def look(storyteller: Storyteller, clients: Clients, days: int, *, now: dt.datetime | None = None) -> None:
    """Delete everything of workspaces that have been without the bot for so many days."""
    now = now or dt.datetime.now(dt.UTC)
    for workspace in await storyteller.servers.known(PLATFORM):
        key = f"slack gone {workspace}"
        gone = await storyteller.notebook.noted(key)
        if await clients(workspace) is not None:
            if gone is not None:
                await storyteller.notebook.unnote(key)
        elif gone is None:
            await storyteller.notebook.note(key, now.isoformat())
        elif now - dt.datetime.fromisoformat(gone) >= dt.timedelta(days=days):
            await storyteller.servers.erase(PLATFORM, workspace)
            await storyteller.notebook.unnote(key)
