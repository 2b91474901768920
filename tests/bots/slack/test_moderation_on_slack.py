"""Refusals, appeals and the review queue as people meet them on Slack; and the last door."""

from tests.bots.slack.conftest import Scene
from tests.loopback.slack import Exchange


async def waiting(scene: Scene) -> Exchange:
    """Ben writes what the channel does not allow and asks a moderator; Ana, an admin, sees it."""
    refused = await scene.ask("add This is forbidden.", by=scene.ben)
    notice = refused.ephemeral[-1]
    assert notice.labels == ["Find a gentler wording", "Ask a moderator"]
    asked = await scene.press("Ask a moderator", notice, by=scene.ben)
    assert "A moderator will look at it" in asked.text
    queue = await scene.ask("review")
    assert "This is forbidden." in queue.text
    return queue


async def test_a_moderator_posts_what_was_kept_back(scene: Scene) -> None:
    queue = await waiting(scene)
    message = queue.ephemeral[-1]
    assert message.labels == ["Post it", "Post it in other words", "Do not post it", "Next"]
    done = await scene.press("Post it", message)
    await done.says("is posted")
    await scene.slack.until(lambda: scene.told[-1] == "This is forbidden.\n2 · Ben")
    assert scene.last.labels == ["Continue", "Refine", "Undo"]


async def test_a_moderator_posts_it_in_other_words(scene: Scene) -> None:
    queue = await waiting(scene)
    form = await scene.press("Post it in other words", queue.ephemeral[-1])
    await scene.slack.submit(scene.ana, form.opened, {"text": "This is a secret."})
    await scene.slack.until(lambda: scene.told[-1] == "This is a secret.\n2 · Ben")


async def test_an_author_posts_the_gentler_wording(scene: Scene) -> None:
    refused = await scene.ask("add This is forbidden.", by=scene.ben)
    scene.engine._answers = iter(["This is a secret."])
    found = await scene.press("Find a gentler wording", refused.ephemeral[-1], by=scene.ben)
    await found.says("This is a secret.")
    await scene.press("Post it like this", found.ephemeral[-1], by=scene.ben)
    await scene.slack.until(lambda: scene.told[-1] == "This is a secret.\n2 · Ben")


async def test_moderators_hear_of_it_in_their_channel_without_the_text(scene: Scene) -> None:
    room = scene.slack.channel("moderators", scene.ana)
    await scene.ask(f"setup | | | | {room.id}")
    await waiting(scene)
    await scene.slack.until(lambda: bool(room.messages))
    assert "Somebody asks you to look at number" in room.messages[-1].text
    assert "forbidden" not in room.messages[-1].text
