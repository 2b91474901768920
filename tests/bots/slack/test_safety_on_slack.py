"""Nothing that anybody writes pings, links or pretends, wherever it comes in; and who is who."""

import pytest

from bots.slack import markup
from tests.bots.slack.conftest import Scene

EVIL = (
    "@channel @here <!channel> <!everyone> <@U123456> <#C123456> <!subteam^S1> <!date^1^{date}^https://x.example|x> "
    "<https://x.example|here> https://x.example/z [here](https://x.example/y) ![p](https://x.example/p.png) "
    "mailto:a@x.example &lt;!channel&gt; **half *` ~~ _ `"
)


async def test_nothing_resolves_from_anybodys_text(scene: Scene) -> None:
    scene.engine.say(*[EVIL + " It rang."] * 9)
    await scene.ask(f"add {EVIL}", by=scene.ben)
    await scene.mention(f"add {EVIL}", by=scene.ben)
    asked = await scene.ask("add", by=scene.ben)
    await scene.slack.submit(scene.ben, asked.opened, {"text": EVIL})
    await scene.ask("continue")
    await scene.ask("show")
    await scene.ask("end")
    await scene.ask(f"start {EVIL[:90]} | {EVIL}")
    await scene.ask("list")
    assert [each for each in scene.slack.references if each.kind not in ("link",) or "x.example" in each.target] == []


async def test_a_name_is_shown_as_it_is_written(scene: Scene) -> None:
    eve = scene.slack.user("eve", display="<!channel> *Eve* & <@U1>")
    scene.channel.members.append(eve)
    await scene.ask("add A bell rang.", by=eve)
    assert scene.told[-1] == "A bell rang.\n2 · <!channel> *Eve* & <@U1>"


async def test_people_mentioned_in_a_text_are_shown_by_their_names(scene: Scene) -> None:
    await scene.ask(f"add {scene.ben.mention} met @here in {scene.channel.mention}.")
    assert scene.told[-1] == "@ben met @here in #tales.\n2 · Ana"
    await scene.mention(f"add {scene.ben.mention} slept.")
    assert scene.told[-1] == "@Ben slept.\n3 · Ana"


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("**Bold** and *soft*.", "*Bold* and _soft_."),
        ("~~gone~~ `**code**` a*b*c", "~gone~ `**code**` a*b*c"),
        ("# A chapter\n> said", "*A chapter*\n&gt; said"),
        ("2 * 3 * 4 ** 5", "2 * 3 * 4 ** 5"),
        ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"),
    ],
)
def test_a_storys_own_markdown_is_kept_as_far_as_slack_has_it(kept: str, shown: str) -> None:
    assert markup.story(kept) == shown


def test_what_is_typed_with_slacks_marks_is_kept_as_markdown() -> None:
    assert markup.read("*Bold* _soft_ ~gone~ &lt;b&gt; <https://x.example|here>") == (
        "**Bold** _soft_ ~~gone~~ <b> here"
    )


async def test_people_of_another_workspace_are_told_apart_and_run_nothing(scene: Scene) -> None:
    away = scene.slack.team("Away")
    kim = scene.slack.user("kim", away, admin=True, owner=True)
    shared = scene.slack.channel("shared", scene.ana, kim, shared_with=away)
    await scene.ask("start The Bell", where=shared)
    await scene.slack.until(lambda: bool(shared.messages))
    head = shared.messages[0]
    added = await scene.slack.mention(kim, shared, "add A bell rang.", thread=head)
    await added.says("1 · Kim")
    refused = await scene.slack.mention(kim, shared, "settings rating g", thread=head)
    await refused.says("Only a moderator can do that here")
    assert [each.text for each in head.replies if each.by_app] == ["A bell rang.\n1 · Kim"]


async def test_an_admin_may_and_others_may_not(scene: Scene) -> None:
    refused = await scene.ask("settings rating g", by=scene.ben)
    await refused.says("Only a moderator")
    await (await scene.ask("settings rating g")).done()
    assert not [each for each in scene.slack.exchanges[-1].ephemeral if "Only" in each.text]
