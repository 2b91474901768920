"""The platforms that bots are killed on, and one campaign as a job of its own."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.crash.campaign import Plan, Staged, Tally, campaign
from benchmarks.crash.stage import Stage


@asynccontextmanager
async def discord(draw: random.Random) -> AsyncIterator[Stage]:
    """A Discord that knows a nonce for minutes, or no longer, as if the bot had been away for an hour."""
    from benchmarks.crash.on_discord import OnDiscord  # noqa: PLC0415 - each platform loads what it needs
    from tests.loopback.discord import LoopbackDiscord  # noqa: PLC0415

    life = draw.choice((0.0, 180.0))
    async with LoopbackDiscord(
        check=False, validate="off", ratelimit_scale=0, session_starts=1_000_000, nonce_life=life, ack_deadline=60.0
    ) as loopback:
        yield OnDiscord(loopback)


@asynccontextmanager
async def slack(draw: random.Random) -> AsyncIterator[Stage]:
    """A Slack that delivers events again after a moment."""
    from benchmarks.crash.on_slack import OnSlack  # noqa: PLC0415
    from tests.loopback.slack import LoopbackSlack  # noqa: PLC0415

    delays = (0.0, draw.uniform(0.1, 1.0), draw.uniform(1.0, 3.0))
    async with LoopbackSlack(
        check=False, validate="off", ratelimit_scale=0, ack_deadline=60.0, retry_delays=delays, connections=1000
    ) as loopback:
        yield OnSlack(loopback)


STAGES: dict[str, Staged] = {"discord": discord, "slack": slack}


def run(work: tuple[str, int, int, str, str]) -> Tally:
    """Kill so many bots on a platform, from a seed, with a log and a folder for traces (none if empty)."""
    platform, kills, seed, log, traces = work
    plan = Plan(platform, kills, seed, STAGES[platform], Path(log), Path(traces) if traces else None)
    return asyncio.run(campaign(plan))
