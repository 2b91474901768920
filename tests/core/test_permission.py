"""Who may do what where: servers, roles, owners, channels, ordinary messages."""

from typing import Any

import pytest

from core.errors import BadArgument, NotAllowed, NotListening, NotPossible
from core.place import Contributor, Turn, Turns
from core.policy import Rating
from core.reply import Shape
from core.storyteller import Storyteller
from tests.kit import ANA, BEN, ELSEWHERE, HERE, started, texts, told, turn


def by(who: Contributor, **more: Any) -> Turn:
    """A turn of somebody with no rights of their own."""
    return turn(who=who, admin=False, **more)


async def test_only_who_began_a_story_a_moderator_or_an_admin_ends_it(teller: Storyteller) -> None:
    await teller.perform("setup", turn(), {"moderators": "77"})
    for ends in (by(ANA), by(BEN, roles=frozenset({"77"})), turn(who=BEN)):
        await teller.perform("start", by(ANA), {"title": "The Lamp"})
        with pytest.raises(NotAllowed, match="whoever began"):
            await teller.perform("end", by(BEN, roles=frozenset({"78"})))
        await teller.perform("end", ends)


async def test_what_an_admin_sets_holds_in_every_channel_of_the_server_and_in_no_other(teller: Storyteller) -> None:
    await teller.perform("setup", turn(), {"rating": "g", "turns": "alternate", "language": "zh"})
    found = await teller.servers.settings(HERE.platform, HERE.workspace)
    assert (found.rating, found.turns, found.language) == (Rating.G, Turns.ALTERNATE, "zh")
    assert (await teller.servers.settings(ELSEWHERE.platform, ELSEWHERE.workspace)).rating is None
    assert "g" in texts(await teller.perform("settings show", turn()), Shape.ITEM)
    assert "teen" in texts(await teller.perform("settings show", turn(ELSEWHERE)), Shape.ITEM)


async def test_settings_made_one_after_the_other_add_up(teller: Storyteller) -> None:
    for name, value in {"rating": "pg", "channels": "1, 2", "moderators": "3", "alerts": "4", "messages": "on"}.items():
        await teller.perform("setup", turn(), {name: value})
    found = await teller.servers.settings(HERE.platform, HERE.workspace)
    assert (found.rating, found.alerts, found.messages) == (Rating.PG, "4", True)
    assert (found.channels, found.moderators) == (frozenset({"1", "2"}), frozenset({"3"}))
    await teller.perform("setup", turn(), {"channels": "all", "moderators": "none", "alerts": "none"})
    found = await teller.servers.settings(HERE.platform, HERE.workspace)
    assert (found.channels, found.moderators, found.alerts) == (frozenset(), frozenset(), None)


async def test_what_is_no_id_is_refused(teller: Storyteller) -> None:
    with pytest.raises(BadArgument, match="list of ids"):
        await teller.perform("setup", turn(), {"channels": "#general"})


async def test_stories_are_told_only_in_the_channels_that_were_chosen_but_help_is_everywhere(
    teller: Storyteller,
) -> None:
    await teller.perform("setup", turn(), {"channels": "another"})
    with pytest.raises(NotAllowed, match="not told in this channel"):
        await teller.perform("start", turn(), {"title": "The Lamp"})
    await teller.perform("help", turn())
    await teller.perform("about", turn())
    await teller.perform("setup", turn(), {"channels": HERE.channel})
    await started(teller, "One.")


async def test_mature_stories_are_told_only_where_none_but_adults_are(teller: Storyteller) -> None:
    with pytest.raises(NotAllowed, match="age-restricted"):
        await teller.perform("settings rating", turn(), {"rating": "mature"})
    await teller.perform("settings rating", turn(adult=True), {"rating": "mature"})
    assert "mature" in texts(await teller.perform("settings show", turn(adult=True)), Shape.ITEM)
    assert "teen" in texts(await teller.perform("settings show", turn()), Shape.ITEM)
    await started(teller, "One.")
    await teller.perform("continue", turn())


async def test_nobody_writes_twice_in_a_row_where_turns_alternate(teller: Storyteller) -> None:
    await teller.perform("setup", turn(), {"turns": "alternate"})
    await started(teller, "One.")
    with pytest.raises(NotAllowed, match="somebody else"):
        await teller.perform("add", turn(), {"text": "Two."})
    await teller.perform("add", turn(who=BEN), {"text": "Two."})
    await teller.perform("add", turn(), {"text": "Three."})
    await teller.perform("continue", turn())
    await teller.perform("add", turn(), {"text": "Five."})


async def test_an_ordinary_message_counts_only_in_a_storys_own_thread_and_where_that_is_switched_on(
    teller: Storyteller,
) -> None:
    await teller.perform("start", turn(dedicated=True), {"title": "The Lamp"})
    with pytest.raises(NotListening):
        await teller.perform("add", turn(plain=True, source="m1"), {"text": "Hello?"})
    await teller.perform("setup", turn(), {"messages": "on"})
    await teller.perform("add", turn(plain=True, source="m2"), {"text": "It began."})
    assert await told(teller) == ["It began."]
    await teller.perform("end", turn())
    await teller.perform("start", turn(), {"title": "In the open channel"})
    with pytest.raises(NotListening):
        await teller.perform("add", turn(plain=True, source="m3"), {"text": "Hello?"})


async def test_a_button_under_a_passage_that_is_not_the_last_any_more_does_nothing(teller: Storyteller) -> None:
    await started(teller, "One.")
    first = (await teller.perform("continue", turn())).passage
    assert first
    await teller.perform("continue", turn(about=first.id))
    for name in ("continue", "retry", "refine", "undo"):
        with pytest.raises(NotPossible, match="gone on"):
            await teller.perform(name, turn(about=first.id))
    assert len(await told(teller)) == 3


async def test_a_report_reaches_whoever_the_moderators_are_and_is_kept(teller: Storyteller) -> None:
    await started(teller, "A rude line.")
    quiet = await teller.perform("report", by(BEN), {"reason": "It is rude."})
    assert quiet.private
    assert "nobody was alerted" in quiet.blocks[0].text
    await teller.perform("setup", turn(), {"alerts": "99"})
    heard = await teller.perform("report", by(BEN), {"reason": "It is rude."})
    assert [str(block.text) for block in heard.alert][1:] == ["A rude line.", "It is rude."]
    assert heard.private


async def test_what_may_be_meant_is_suggested_from_this_place_alone(teller: Storyteller) -> None:
    await started(teller, "One lamp.", "Two lamps.")
    await teller.perform("lore add", turn(), {"name": "Mara", "fact": "keeps the light"})
    assert [each.value for each in await teller.suggest("why", "number", turn(), "lamps")] == ["2"]
    assert [each.value for each in await teller.suggest("lore forget", "name", turn(), "MA")] == ["Mara"]
    assert [each.value for each in await teller.suggest("help", "command", turn(), "cont")] == ["continue"]
    assert not await teller.suggest("resume", "title", turn(), "")
    await teller.perform("end", turn())
    assert [each.value for each in await teller.suggest("resume", "title", turn(), "lamp")] == ["The Lamp"]
    assert not await teller.suggest("resume", "title", turn(ELSEWHERE), "")
    assert not await teller.suggest("start", "title", turn(), "")


async def test_who_was_shut_out_gets_help_may_report_and_sees_nothing_else(teller: Storyteller) -> None:
    await teller.perform("start", turn(dedicated=True), {"title": "The Lamp"})
    await teller.perform("add", turn(), {"text": "A rude line."})
    await teller.perform("setup", turn(), {"blocked": f"{BEN.id}, T9:U9", "messages": "on"})
    for name in ("show", "explain", "recap", "list"):
        with pytest.raises(NotAllowed, match="shut out"):
            await teller.perform(name, by(BEN))
    with pytest.raises(NotAllowed, match="shut out"):
        await teller.perform("add", by(BEN), {"text": "One."})
    with pytest.raises(NotListening):
        await teller.perform("add", by(BEN, plain=True, source="m1"), {"text": "One."})
    for name in ("help", "about", "report", "mydata export"):
        assert (await teller.perform(name, by(BEN))).private
    await teller.perform("setup", turn(), {"blocked": "none"})
    await teller.perform("add", by(BEN), {"text": "One."})
