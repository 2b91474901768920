"""What the doctor learns from Discord."""

from bots.discord.checkup import checkup
from tests.bots.discord.conftest import settings
from tests.loopback.discord import LoopbackDiscord


async def test_a_good_token_is_said_to_be_good_with_an_invite_link(discord: LoopbackDiscord) -> None:
    fine, said = await checkup(settings(discord))
    assert fine
    assert "/oauth2/authorize?client_id=" in said


async def test_a_wrong_token_is_said_to_be_wrong_and_is_not_repeated(discord: LoopbackDiscord) -> None:
    fine, said = await checkup(settings(discord, discord_token="wrong"))
    assert not fine
    assert "does not accept DISCORD_TOKEN" in said
    assert "wrong" not in said
    assert discord.unauthorized == 1


async def test_an_intent_that_is_off_is_named() -> None:
    async with LoopbackDiscord(privileged=()) as discord:
        fine, said = await checkup(settings(discord, discord_messages=True))
    assert not fine
    assert "Message Content intent" in said
