"""Who takes part on a server: people whom moderators shut out, and readers where an admin named who may write."""

import json
from typing import Any

import pytest

from core.database import Database
from core.errors import BadArgument, MustWait, NotAllowed, NotListening, NotPossible, Withheld
from core.place import Contributor, Turn
from core.reply import Reply, Shape
from core.storyteller import Storyteller
from tests.kit import ANA, BEN, ELSEWHERE, HERE, Forbidding, started, storyteller, texts, told, turn
from tests.voices import ScriptedEngine

MO = Contributor("m", "Mo")


def by(who: Contributor = BEN, **more: Any) -> Turn:
    """A turn of somebody without rights of their own."""
    return turn(who=who, admin=False, **more)


async def moderated(teller: Storyteller, name: str, **given: str) -> Reply:
    """What a moderator does."""
    return await teller.perform(name, by(MO, roles=frozenset({"77"})), given)


@pytest.fixture
async def here(teller: Storyteller) -> Storyteller:
    """A server with a moderator and a story."""
    await teller.perform("setup", turn(), {"moderators": "77"})
    await started(teller, "One.")
    return teller


async def test_whom_a_moderator_shuts_out_takes_no_part_and_is_told_why(here: Storyteller) -> None:
    reply = await moderated(here, "review block", person=BEN.id, reason="Ben called Ana names")
    assert reply.private
    for name, given in {"add": {"text": "Two."}, "show": {}, "explain": {}}.items():
        with pytest.raises(NotAllowed) as refused:
            await here.perform(name, by(), given)
        assert "The reason: Ben called Ana names. You can still ask for help" in refused.value.notice
    with pytest.raises(NotListening):
        await here.perform("add", by(plain=True), {"text": "Two."})
    for name in ("help", "about", "report", "mydata export"):
        await here.perform(name, by())
    await here.perform("add", by(ANA), {"text": "Two."})
    await here.perform("start", by(place=ELSEWHERE), {"title": "Another server"})


async def test_the_reason_is_said_in_the_readers_language_around_the_moderators_words(here: Storyteller) -> None:
    await moderated(here, "review block", person=BEN.id, reason="Rude!")
    with pytest.raises(NotAllowed) as refused:
        await here.perform("show", by(language="zh-CN"))
    assert "原因：Rude!你仍然可以" in refused.value.notice


async def test_the_export_says_where_one_is_shut_out_and_why(here: Storyteller) -> None:
    await moderated(here, "review block", person=BEN.id, reason="Rude.")
    for who, expected in ((BEN, [{"server": "w", "reason": "Rude."}]), (ANA, [])):
        file = (await here.perform("mydata export", by(who))).file
        assert file is not None
        assert json.loads(file.text)["shut out"] == expected


async def test_whom_a_moderator_lets_in_again_takes_part(here: Storyteller) -> None:
    await moderated(here, "review block", person=BEN.id, reason="Rude.")
    shown = await moderated(here, "review unblock")
    assert [(str(each.label), str(each.text)) for each in shown.blocks if each.label] == [(BEN.id, "Rude.")]
    await moderated(here, "review unblock", person=BEN.id)
    await here.perform("add", by(), {"text": "Two."})
    with pytest.raises(NotPossible, match="not shut out"):
        await moderated(here, "review unblock", person=BEN.id)
    assert "Nobody is shut out" in texts(await moderated(here, "review unblock"), Shape.NOTE)[0]


async def test_the_log_tells_who_shut_whom_out_and_no_word_of_why(here: Storyteller) -> None:
    await moderated(here, "review block", person=BEN.id, reason="Rude.")
    await moderated(here, "review unblock", person=BEN.id)
    log = [str(each.text) for each in (await moderated(here, "review log")).blocks]
    assert ['"action": "blocked"' in log[-2], '"action": "unblocked"' in log[-1]] == [True, True]
    assert all(f'"actor": "{MO.id}"' in each and f'"person": "{BEN.id}"' in each for each in log[-2:])
    assert "Rude" not in str(log)


async def test_only_moderators_do_it_and_not_to_themselves(here: Storyteller) -> None:
    for name, given in {"review block": {"person": "u1", "reason": "x"}, "review unblock": {}}.items():
        with pytest.raises(NotAllowed, match="Only a moderator"):
            await here.perform(name, by(), given)
    with pytest.raises(NotAllowed, match="yourself"):
        await moderated(here, "review block", person=MO.id, reason="x")
    with pytest.raises(NotAllowed, match="another moderator"):
        await moderated(here, "review block", person="77", reason="x")
    with pytest.raises(BadArgument, match="one person"):
        await moderated(here, "review block", person="u1, u2", reason="x")


async def test_a_reason_is_moderated_too(database: Database) -> None:
    teller = storyteller(database, ScriptedEngine(), Forbidding())
    with pytest.raises(Withheld):
        await teller.perform("review block", turn(), {"person": "u2", "reason": "forbidden"})
    assert (await teller.servers.settings("test", "w")).blocked == frozenset()


async def test_an_admin_who_sets_the_list_anew_lets_the_others_in_without_a_trace_of_why(here: Storyteller) -> None:
    await moderated(here, "review block", person=BEN.id, reason="Rude.")
    await here.perform("setup", turn(), {"blocked": "u9"})
    found = await here.servers.settings("test", "w")
    assert (found.blocked, dict(found.reasons)) == (frozenset({"u9"}), {})
    with pytest.raises(NotAllowed, match="You were shut out"):
        await here.perform("show", by(Contributor("u9", "Nina")))


async def test_somebody_of_another_workspace_is_shut_out_by_the_id_that_people_see(here: Storyteller) -> None:
    await moderated(here, "review block", person="U5", reason="Rude.")
    with pytest.raises(NotAllowed, match=r"Rude\."):
        await here.perform("show", by(Contributor("T2:U5", "Nina")))


@pytest.fixture
async def written(here: Storyteller) -> Storyteller:
    """The same, where only a role and one person may write."""
    await here.perform("setup", turn(), {"writers": f"55, {ANA.id}"})
    return here


async def test_readers_read_ask_and_rate_and_do_not_write(written: Storyteller) -> None:
    for name in ("show", "list", "explain", "recap", "lore list", "settings show", "help"):
        await written.perform(name, by())
    await written.perform("continue", by(ANA))
    await written.perform("rate", by(), {"mark": "good"})
    await written.perform("why", by())
    story = await told(written)
    for name, given in {
        **{"add": {"text": "Two."}, "continue": {}, "refine": {}, "undo": {}, "retry": {}},
        **{"edit": {"number": "1", "text": "x"}, "remove": {}, "lore add": {"name": "Mara", "fact": "x"}},
        **{"start": {"title": "x"}, "review post": {"number": "1"}},
    }.items():
        with pytest.raises(NotAllowed, match="Here you can read stories"):
            await written.perform(name, by(), given)
    with pytest.raises(NotListening):
        await written.perform("add", by(plain=True), {"text": "Two."})
    assert await told(written) == story


async def test_writers_are_named_by_role_or_by_name_and_moderators_always_write(written: Storyteller) -> None:
    for who in (by(ANA), by(roles=frozenset({"55"})), by(MO, roles=frozenset({"77"})), turn(who=BEN)):
        await written.perform("add", who, {"text": "More."})
    await written.perform("setup", turn(), {"writers": "all"})
    await written.perform("add", by(), {"text": "More."})


async def test_whoever_began_a_story_and_may_not_write_any_more_is_a_reader_too(here: Storyteller) -> None:
    await here.perform("end", turn())
    await here.perform("start", by(), {"title": "Ben's"})
    await here.perform("setup", turn(), {"writers": "55"})
    with pytest.raises(NotAllowed, match="whoever began the story"):
        await here.perform("end", by())
    with pytest.raises(NotAllowed, match="Here you can read"):
        await here.perform("add", by(), {"text": "x"})


async def test_what_a_writer_wrote_and_a_moderator_lets_pass_is_posted_though_roles_are_not_kept(
    written: Storyteller,
) -> None:
    await written.perform("setup", turn(), {"approval": "all"})
    with pytest.raises(MustWait):
        await written.perform("add", by(roles=frozenset({"55"})), {"text": "Two."})
    await moderated(written, "review approve", number="1")
    assert await told(written) == ["One.", "Two."]


async def test_who_was_shut_out_meanwhile_is_not_posted(written: Storyteller) -> None:
    await written.perform("setup", turn(), {"approval": "all"})
    with pytest.raises(MustWait):
        await written.perform("add", by(roles=frozenset({"55"})), {"text": "Two."})
    await moderated(written, "review block", person=BEN.id, reason="Rude.")
    reply = await moderated(written, "review approve", number="1")
    assert "could not be posted" in str(reply.blocks)
    assert await told(written) == ["One."]


async def test_a_place_of_another_server_knows_nothing_of_it(written: Storyteller) -> None:
    await started(written, "One.", place=ELSEWHERE)
    await written.perform("add", by(place=ELSEWHERE), {"text": "Two."})
    with pytest.raises(NotAllowed):
        await written.perform("add", by(place=HERE), {"text": "Two."})
