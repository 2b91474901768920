"""Where Slack's requests come in, and what is known of a workspace meanwhile: its rates, its people, its heads."""

import asyncio

from bots.reception import Reception as Shared
from bots.slack.budget import Budget
from bots.slack.heads import Heads
from bots.slack.people import People
from bots.slack.turns import PLATFORM
from core.storyteller import Storyteller


class Reception(Shared):
    """With what Slack has of its own."""

    def __init__(self, storyteller: Storyteller, *, name: str = "storycircle", budget: Budget | None = None) -> None:
        super().__init__(storyteller, PLATFORM)
        self.name = name
        """How the bot is invited."""
        self.budget = budget or Budget()
        self.heads = Heads(storyteller.notebook)
        self.people = People(self.budget)

    async def threads(self, workspace: str) -> bool:
        """Whether a channel's passages stand in a thread below their story, as an admin chose."""
        return (await self.storyteller.servers.settings(PLATFORM, workspace)).threads

    @property
    def busy(self) -> bool:
        """Whether anything is still under way."""
        return bool(self._flows)

    async def close(self) -> None:
        """End whatever is still under way. It is whole or absent, and shown at the next start."""
        flows = self._others()
        for each in flows:
            each.cancel()
        if flows:
            await asyncio.wait(flows, timeout=1.0)
