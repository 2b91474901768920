"""People who are shut out and readers, as they meet it on Discord; nobody else sees a word of it."""

from tests.bots.discord.conftest import Scene
from tests.loopback.discord import Guild, User
from tests.loopback.discord.world import Role


def guild(scene: Scene) -> Guild:
    found = scene.channel.guild
    assert isinstance(found, Guild)
    return found


def member(scene: Scene, name: str, *roles: Role) -> User:
    """Somebody new on the server."""
    who = scene.discord.user(name)
    guild(scene).join(who, roles=list(roles))
    return who


async def test_a_moderator_shuts_somebody_out_and_lets_them_in_again(scene: Scene) -> None:
    lee = member(scene, "lee", guild(scene).role("teachers", "manage_guild"))
    role = guild(scene).role("helpers")
    mo = member(scene, "mo", role)
    await scene.ask("setup", by=lee, moderators=role)
    before = scene.said
    done = await scene.ask("review block", by=mo, person=scene.ben, reason="Rude.")
    assert f"{scene.ben.id} takes no part" in done.text
    refused = await scene.ask("add", by=scene.ben, text="Ben again.")
    await refused.until(lambda x: "The reason: Rude." in x.text)
    pressed = await scene.press("Continue", by=scene.ben)
    assert "The reason: Rude." in pressed.text
    assert scene.said == before
    await scene.ask("review unblock", by=mo, person=scene.ben)
    await scene.ask("add", by=scene.ben, text="Ben again.")
    assert scene.said[-1].startswith("Ben again.")


async def test_only_a_role_and_listed_people_write_where_an_admin_said_so_and_readers_still_ask(scene: Scene) -> None:
    lee = member(scene, "lee", guild(scene).role("teachers", "manage_guild"))
    role = guild(scene).role("writers")
    will, cleo = member(scene, "will", role), member(scene, "cleo")
    await scene.ask("setup", by=lee, writers=f"<@&{role.id}> <@{scene.ben.id}>", quotas="person 3")
    before = scene.said
    refused = await scene.press("Continue", by=cleo)
    assert "Here you can read stories" in refused.text
    assert scene.said == before
    assert "Mara found a lamp." in (await scene.ask("show", by=cleo)).text
    await scene.ask("add", by=will, text="Will may.")
    await scene.ask("add", by=scene.ben, text="Ben may.")
    assert [each.partition("\n")[0] for each in scene.said[-2:]] == ["Will may.", "Ben may."]
