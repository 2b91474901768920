"""A thread reads in the order of its story, whatever was begun first."""

from tests.bots.slack.conftest import Scene

LONG = " ".join(f"It was the night of the year {n}." for n in range(6))


async def test_what_waited_for_a_passage_stands_below_it(scene: Scene) -> None:
    scene.engine.say(LONG)
    scene.engine.pace = 0.12
    await scene.slack.command(scene.ana, scene.channel, "continue | long")
    await scene.slack.until(lambda: bool(scene.engine.writing))
    await scene.slack.command(scene.ben, scene.channel, "add A bell rang.")
    await scene.idle(20)
    assert [each.rpartition("\n")[2] for each in scene.told] == ["1 · Ana", "2 · the storyteller", "3 · Ben"]
