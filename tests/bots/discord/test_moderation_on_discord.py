"""Refusals, appeals and the review queue as people meet them on Discord; and the last door."""

from tests.bots.discord.conftest import Scene
from tests.loopback.discord import Exchange, Guild, User


def teacher(scene: Scene) -> User:
    """Somebody who may manage the server."""
    guild = scene.channel.guild
    assert isinstance(guild, Guild)
    lee = scene.discord.user("lee")
    guild.join(lee, roles=[guild.role("teachers", "manage_guild")])
    return lee


async def refused(scene: Scene) -> Exchange:
    """Ben writes what the channel does not allow."""
    asked = await scene.ask("add", by=scene.ben, text="This is forbidden.")
    await asked.until(lambda x: bool(x.followups))
    return asked


async def test_a_refused_author_asks_a_moderator_who_posts_it(scene: Scene) -> None:
    asked = await refused(scene)
    notice = asked.followups[0]
    assert notice.ephemeral
    assert notice.labels == ["Find a gentler wording", "Ask a moderator"]
    appealed = await scene.press("Ask a moderator", notice, by=scene.ben)
    assert "A moderator will look at it" in appealed.text
    lee = teacher(scene)
    queue = await scene.ask("review list", by=lee)
    assert queue.ephemeral
    assert "This is forbidden." in queue.text
    assert queue.reply.labels == ["Post it", "Post it in other words", "Do not post it", "Next"]
    done = await scene.press("Post it", queue.reply, by=lee)
    await done.until(lambda x: "is posted" in x.text)
    await scene.discord.until(lambda: scene.said[-1] == "This is forbidden.\n-# 2 · Ben")
    assert scene.channel.messages[-1].labels == ["Continue", "Refine", "Undo"]
    assert (await scene.told()).count("This is forbidden.") == 1


async def test_a_moderator_posts_it_in_other_words(scene: Scene) -> None:
    asked = await refused(scene)
    await scene.press("Ask a moderator", asked.followups[0], by=scene.ben)
    lee = teacher(scene)
    queue = await scene.ask("review list", by=lee)
    form = await scene.discord.click(lee, queue.reply, "Post it in other words")
    await scene.discord.submit(lee, form.modal, {"text": "This is a secret."})
    await scene.discord.until(lambda: scene.said[-1] == "This is a secret.\n-# 2 · Ben")


async def test_a_rejection_reaches_its_author_privately(scene: Scene) -> None:
    asked = await refused(scene)
    await scene.press("Ask a moderator", asked.followups[0], by=scene.ben)
    lee = teacher(scene)
    queue = await scene.ask("review list", by=lee)
    before = scene.said
    form = await scene.discord.click(lee, queue.reply, "Do not post it")
    sent = await scene.discord.submit(lee, form.modal, {"why": "Not in our class."})
    await sent.until(lambda x: "is not posted" in x.text)
    answer = await scene.press("Ask a moderator", asked.followups[0], by=scene.ben)
    assert "Not in our class." in answer.text
    assert scene.said == before


async def test_moderators_hear_of_what_waits_in_their_channel(scene: Scene) -> None:
    lee = teacher(scene)
    guild = scene.channel.guild
    assert guild is not None
    channel = guild.text_channel("moderators")
    await scene.ask("setup", by=lee, alerts=channel)
    asked = await refused(scene)
    await scene.press("Ask a moderator", asked.followups[0], by=scene.ben)
    await scene.discord.until(lambda: bool(channel.messages))
    assert "Somebody asks you to look at number" in channel.messages[-1].text
    assert "forbidden" not in channel.messages[-1].text


async def test_another_persons_appeal_button_does_nothing_for_others(scene: Scene) -> None:
    asked = await refused(scene)
    number = asked.text.rpartition("/story appeal ")[2].split(")")[0]
    tried = await scene.ask("appeal ask", number=int(number))
    assert "You have no text of that number" in tried.text


async def test_an_author_posts_the_gentler_wording(scene: Scene) -> None:
    asked = await refused(scene)
    scene.engine._answers = iter(["This is a secret."])
    found = await scene.press("Find a gentler wording", asked.followups[0], by=scene.ben)
    await found.until(lambda x: "This is a secret." in x.text)
    await scene.press("Post it like this", found.reply, by=scene.ben)
    await scene.discord.until(lambda: scene.said[-1] == "This is a secret.\n-# 2 · Ben")
