"""A few of the thousand kills of `benchmarks.crash`: nothing that was told is lost, doubled or out of order."""

from pathlib import Path

import pytest

from benchmarks.crash.campaign import Plan, campaign
from benchmarks.crash.platforms import STAGES

KILLS = 11


@pytest.mark.timeout(300)
@pytest.mark.parametrize("platform", sorted(STAGES))
async def test_a_bot_that_is_killed_again_and_again_tells_everything_once_and_in_order(
    platform: str, tmp_path: Path
) -> None:
    tally = await campaign(Plan(platform, KILLS, 26, STAGES[platform], tmp_path / "bot.log"))
    assert tally.failures == []
    assert tally.killed == KILLS
    assert len(tally.kills) > 4
