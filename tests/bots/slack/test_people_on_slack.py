"""People who are shut out and readers, as they meet it on Slack; nobody else sees a word of it."""

from tests.bots.slack.conftest import Scene


async def test_a_moderator_shuts_somebody_out_by_a_mention_and_lets_them_in_again(scene: Scene) -> None:
    before = list(scene.told)
    done = await scene.ask(f"review block <@{scene.ben.id}> | Rude & loud.")
    assert f"{scene.ben.id} takes no part" in done.text
    refused = await scene.ask("add Ben again.", by=scene.ben)
    assert "The reason: Rude & loud." in refused.text.replace("&amp;", "&")
    assert refused.ephemeral
    await scene.mention(f"review unblock <@{scene.ben.id}>")
    await scene.ask("add Ben again.", by=scene.ben)
    assert [each.partition("\n")[0] for each in scene.told] == [before[0].partition("\n")[0], "Ben again."]


async def test_only_listed_people_write_where_an_admin_said_so_and_readers_still_ask(scene: Scene) -> None:
    cleo = scene.slack.user("cleo")
    await scene.slack.join(cleo, scene.channel)
    await scene.ask(f"setup writers: <@{scene.ben.id}>")
    refused = await scene.press("Undo", by=cleo)
    assert "Here you can read stories" in refused.text
    assert "Mara found a lamp." in (await scene.ask("show", by=cleo)).text
    await scene.ask("add Ben may.", by=scene.ben)
    assert scene.told[-1].startswith("Ben may.")


async def test_a_servers_own_quotas_are_set_by_name(scene: Scene) -> None:
    done = await scene.ask("setup quotas: person 3, day 50")
    assert "person 3, day 50" in done.text
