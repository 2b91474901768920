"""Every operation there is, through Discord's commands, with the real storyteller."""

from pathlib import Path

import pytest

from core.database import Database
from core.operation import OPERATIONS
from inference.vllm import VllmEngine
from tests.bots.discord.conftest import application
from tests.loopback.discord import Exchange, LoopbackDiscord

PLAYED: tuple[tuple[str, dict[str, object]], ...] = (
    ("start", {"title": "The Lamp of Harrow Bay", "premise": "a girl finds a lamp that will not go out"}),
    ("add", {"text": "Mara was a little girl. She finded a old lamp in the the house."}),
    ("refine", {"how": "fix grammar"}),
    ("continue", {"direction": "the lamp glows", "length": "short"}),
    ("retry", {}),
    ("rate", {"mark": "good", "reason": "it kept the lamp"}),
    ("settings voice", {}),
    ("explain", {"question": "what did Mara find?"}),
    ("recap", {}),
    ("show", {}),
    ("edit", {"number": 1, "text": "Mara was a little girl. She found an old lamp."}),
    ("undo", {}),
    ("redo", {}),
    ("lore add", {"name": "Mara", "fact": "is nine years old"}),
    ("lore list", {}),
    ("lore forget", {"name": "Mara"}),
    ("settings show", {}),
    ("settings length", {"length": "short"}),
    ("settings rating", {"rating": "g"}),
    ("why", {}),
    ("remove", {"number": 2}),
    ("report", {"reason": "Nothing, only trying."}),
    ("setup", {"turns": "free"}),
    ("settings lines", {"never": "spiders"}),
    ("review list", {}),
    ("review approve", {"number": 1}),
    ("review reword", {"number": 1, "text": "Mara was a girl."}),
    ("review reject", {"number": 1}),
    ("review log", {}),
    ("review ask", {"number": 1}),
    ("review gentler", {"number": 1}),
    ("review post", {"number": 1}),
    ("review block", {"person": "ben", "reason": "Only trying."}),
    ("review unblock", {"person": "ben"}),
    ("review accept", {"number": 1}),
    ("review keep", {}),
    ("about", {}),
    ("help", {}),
    ("end", {}),
    ("list", {}),
    ("resume", {}),
    ("mydata export", {}),
    ("mydata delete", {"passages": "keep", "confirm": "confirm"}),
)


@pytest.mark.engine
@pytest.mark.asyncio(loop_scope="session")
async def test_every_operation_works_on_discord_with_the_real_storyteller(
    storyteller_engine: VllmEngine, tmp_path: Path
) -> None:
    assert {name for name, _ in PLAYED} == set(OPERATIONS)
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path}/story.db")
    async with LoopbackDiscord() as discord:
        ana, ben = discord.user("ana"), discord.user("ben")
        guild = discord.guild("Harrow", owner=ana)
        guild.join(ben)
        channel = guild.text_channel("stories")
        async with application(discord, database, storyteller_engine):
            for name, typed in PLAYED:
                given = typed | ({"person": ben} if "person" in typed else {})
                asked = await discord.slash(ana, channel, f"story {name}", **given)  # type: ignore[arg-type]
                await asked.until(_answered, 60)
                assert asked.acked_after is not None
                assert "went wrong on my side" not in asked.text, name
        told = "\n".join(each.text for each in channel.messages)
    await database.close()
    assert "The Lamp of Harrow Bay" in told
    assert "the storyteller" in told


def _answered(asked: Exchange) -> bool:
    """It has its last words: nobody is still thinking, waiting or writing."""
    return bool(asked.text) and not asked.orphaned and not asked.text.rstrip().endswith("…")
