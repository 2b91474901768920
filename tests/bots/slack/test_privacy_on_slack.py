"""One's own data on Slack: what is said and sent goes to the person alone."""

import json

from tests.bots.slack.conftest import Scene


async def test_the_file_with_ones_own_data_goes_into_ones_own_conversation(scene: Scene) -> None:
    before = list(scene.told)
    asked = await scene.ask("mydata export")
    await asked.says("for you alone")
    own = scene.slack.dm(scene.ana)
    await scene.slack.until(lambda: any(each.files for each in own.messages))
    [file] = [file for each in own.messages for file in each.files]
    assert file.name == "mydata.json"
    assert [each["text"] for each in json.loads(file.data)["passages"]] == ["Mara found a lamp."]
    assert scene.told == before


async def test_being_forgotten_is_explained_first_and_then_done(scene: Scene) -> None:
    before = list(scene.told)
    await (await scene.ask("forget-me")).says("cannot be undone")
    await (await scene.ask("mydata delete remove | confirm")).says("You are forgotten")
    shown = await scene.shown()
    assert "Mara" not in shown
    assert "[…]" in shown
    assert len(scene.told) == len(before)
