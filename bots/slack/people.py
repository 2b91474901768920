"""Who people are: names, languages and standing as Slack knows them, asked for once in a while."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bots.slack import trouble
from bots.slack.budget import Budget

_LIFE = 600.0
"""Seconds for which a person is not asked for again."""
_KNOWN = 20_000
_WAIT = 2.5
"""Seconds that a turn waits for Slack to say who somebody is."""


@dataclass(frozen=True)
class Person:
    """Somebody as Slack shows them."""

    name: str
    locale: str = "en"
    admin: bool = False
    """Runs the workspace."""
    team: str = ""
    stranger: bool = False
    """Belongs to another workspace, as in a channel shared by Slack Connect."""


class People:
    """Everybody lately met, by workspace."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._known: OrderedDict[tuple[str, str], tuple[float, Person]] = OrderedDict()

    async def person(
        self, client: AsyncWebClient, workspace: str, user: str, *, fallback: str = "", home: bool = True
    ) -> Person:
        """Who somebody is. `fallback` is their name, and `home` whose they are, where Slack does not say."""
        key = workspace, user
        known = self._known.get(key)
        if known and time.monotonic() - known[0] < _LIFE:
            return known[1]
        found = await self._asked(client, workspace, user)
        if found is None:
            return known[1] if known else Person(fallback or "somebody", stranger=not home)
        self._known[key] = time.monotonic(), found
        if len(self._known) > _KNOWN:
            self._known.popitem(last=False)
        return found

    def locale(self, workspace: str, user: str) -> str:
        """The language of somebody as far as it is known by now; English until then."""
        known = self._known.get((workspace, user))
        return known[1].locale if known else "en"

    async def names(self, client: AsyncWebClient, workspace: str, users: set[str]) -> dict[str, str]:
        """What people are called who are mentioned in a text; only of the first few."""
        return {each: (await self.person(client, workspace, each)).name for each in sorted(users)[:10]}

    async def _asked(self, client: AsyncWebClient, workspace: str, user: str) -> Person | None:
        if not self._budget.take(workspace, users_info=1):
            return None
        try:
            async with asyncio.timeout(_WAIT):
                answer = await client.users_info(user=user, include_locale=True)
        except trouble.LOST as error:
            trouble.note(error)
            return None
        return _read(answer.get("user") or {}, workspace)


def _read(user: dict[str, Any], workspace: str) -> Person:
    profile = user.get("profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or user.get("real_name") or user.get("name")
    team = str(user.get("team_id") or "")
    grid = (user.get("enterprise_user") or {}).get("enterprise_id")
    homes = {*workspace.split(":"), *((user.get("enterprise_user") or {}).get("teams") or [])}
    stranger = bool(user.get("is_stranger")) or (team not in homes and grid not in homes)
    admin = bool(user.get("is_admin") or user.get("is_owner")) and team in homes
    return Person(str(name or "somebody"), str(user.get("locale") or "en"), admin and not stranger, team, stranger)
