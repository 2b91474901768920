"""The loopback Discord is as strict and as patient as the real one; discord.py is its witness."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import discord as library
import pytest

from tests.loopback.client import Teller, connected
from tests.loopback.discord import Channel, DriverError, File, Guild, LoopbackDiscord, User


@dataclass
class Club:
    """A guild with a channel, and the client in it."""

    discord: LoopbackDiscord
    client: Teller
    guild: Guild
    tales: Channel
    ana: User
    ben: User


Open = Callable[..., AbstractAsyncContextManager[Club]]


@pytest.fixture
def club(monkeypatch: pytest.MonkeyPatch) -> Open:
    @asynccontextmanager
    async def opened(*, content: bool = False, mentions: Any = None, **rules: Any) -> AsyncIterator[Club]:
        settings: dict[str, Any] = {"content": content}
        if mentions:
            settings["allowed_mentions"] = mentions
        async with LoopbackDiscord(**rules) as discord:
            ana, ben = discord.user("ana"), discord.user("ben", locale="de")
            guild = discord.guild("Writing club", owner=ana)
            guild.join(ben)
            tales = guild.text_channel("tales")
            async with connected(discord, monkeypatch, **settings) as client:
                yield Club(discord, client, guild, tales, ana, ben)

    return opened


async def test_a_deferred_answer_is_seen_with_its_buttons(club: Open) -> None:
    async with club() as c:
        x = await (await c.discord.slash(c.ana, c.tales, "story start", title="The Lamp")).done()
        assert x.deferred
        assert x.message is c.tales.messages[-1]
        assert x.text == "**The Lamp**\nOnce upon a time."
        assert x.reply.labels == ["Again", "Title"]
        assert x.acked_after is not None
        assert x.acked_after < 1
        assert "Once upon a time." in "".join(c.discord.seen_by_people())


async def test_buttons_selects_and_forms_are_used_as_people_use_them(club: Open) -> None:
    async with club() as c:
        begun = await (await c.discord.slash(c.ana, c.tales, "story start", title="The Lamp")).done()
        titled = await c.discord.click(c.ben, begun.reply, "Title")
        assert titled.modal
        assert titled.modal.labels == ["Title", "Mood"]
        with pytest.raises(DriverError, match="no field"):
            await c.discord.submit(c.ben, titled.modal, {"Tone": "x"})
        renamed = await c.discord.submit(c.ben, titled.modal, {"Title": "The Sea", "Mood": "Sad"})
        assert renamed.text == "Now called The Sea, Sad"
        toned = await c.discord.select(c.ben, begun.reply, "tone", "Cold")
        assert toned.ephemeral
        assert toned.message not in c.tales.messages
        await (await c.discord.select(c.ana, begun.reply, "who", c.ben)).says("Next is Ben.")
        again = await c.discord.click(c.ana, begun.reply, "again")
        assert again.message is begun.reply
        assert begun.reply.text == "Again it began."
        with pytest.raises(DriverError, match="disabled"):
            await c.discord.click(c.ana, begun.reply, "Again")


async def test_only_registered_options_can_be_given(club: Open) -> None:
    async with club() as c:
        for line, given, why in (
            ("story begin", {}, "no subcommand"),
            ("story start", {}, "required"),
            ("story start", {"title": "x", "tone": "y"}, "no option"),
            ("story lore add", {"who": "ben", "fact": "x"}, "cannot be"),
            ("story lore add", {"who": c.ben, "fact": "x" * 51}, "characters"),
        ):
            with pytest.raises(DriverError, match=why):
                await c.discord.slash(c.ana, c.tales, line, **given)
        x = await c.discord.slash(c.ana, c.tales, "story lore add", who=c.ben, fact="is tall")
        assert x.text == "Ben: is tall"
        assert [
            each["name"]
            for each in await c.discord.autocomplete(c.ana, c.tales, "story resume", focused="title", value="Lan")
        ] == ["Lanterns"]


async def test_files_embeds_and_context_menus(club: Open) -> None:
    async with club() as c:
        x = await (await c.discord.slash(c.ana, c.tales, "story export")).done()
        assert x.ephemeral
        assert x.reply.files == {"story.md": b"Once upon a time."}
        assert {"story.md", "Once upon a time.", "Your story"} <= set(c.discord.seen_by_people())
        said = await c.discord.say(c.ben, c.tales, "the sea answers")
        explained = await c.discord.context_menu(c.ana, c.tales, "Explain this passage", said)
        assert explained.text == "It says 'the sea answers'."


async def test_threads_and_forum_posts(club: Open) -> None:
    async with club() as c:
        await c.discord.slash(c.ana, c.tales, "story thread")
        await c.discord.until(lambda: any(each.archived for each in c.discord.threads))
        [thread] = c.tales.threads
        inside = await c.discord.slash(c.ben, thread, "story start", title="Inside")
        await inside.done()
        assert (await c.discord.click(c.ben, inside.reply, "again")).reply is inside.reply
        await c.discord.delete(inside.reply)
        assert [each.text for each in thread.messages] == ["Chapter 1"]
        assert thread.messages[0].reactions == {"👍": {c.discord.bot.id}}
        forum = c.guild.forum("Tales", tags=["old"])
        x = await c.discord.slash(c.ana, c.tales, "story post", forum=forum)
        assert not c.client.wrong
        [post] = forum.threads
        assert post.messages[0].text == "A tale\nof two"
        assert x.text == f"see <#{post.id}>"
        assert {"The Lamp", "Tale"} <= set(c.discord.seen_by_people())


async def test_message_content_is_blank_without_the_intent(club: Open) -> None:
    async with club() as c:
        await c.discord.say(c.ana, c.tales, "secret")
        await c.discord.say(c.ana, c.tales, f"{c.discord.bot.mention} hello")
        await c.discord.say(c.ana, c.discord.dm(c.ana), "private")
        while len(c.client.heard) < 3:
            await asyncio.sleep(0)
        assert [each.content for each in c.client.heard] == ["", f"{c.discord.bot.mention} hello", "private"]
    async with club(content=True, privileged=("message_content",)) as c:
        await c.discord.say(c.ana, c.tales, "secret", files=[File("a.txt", b"a")])
        while not c.client.heard:
            await asyncio.sleep(0)
        assert c.client.heard[0].content == "secret"
        assert await c.client.heard[0].attachments[0].read() == b"a"


async def test_what_breaks_our_policy_is_written_down(club: Open) -> None:
    async with club(mentions=library.AllowedMentions.all()) as c:
        await c.discord.slash(c.ana, c.tales, "story ping", who=c.ben)
        dm = c.discord.dm(c.ben)
        await c.discord.until(lambda: bool(dm.messages))
        assert len(c.discord.forgive("allowed_mentions lets somebody be pinged")) == 2
    async with club(ack_deadline=0.05) as c:
        x = await c.discord.slash(c.ana, c.tales, "story sleep")
        assert x.silent
        assert c.discord.forgive("not acknowledged within")


async def test_rate_limits_slow_the_client_and_are_not_broken(club: Open) -> None:
    async with club(ratelimit_scale=0.05) as c:
        x = await c.discord.slash(c.ana, c.tales, "story stream", edits=12)
        await x.says("part 12")
        assert x.reply.edits[-1].at - x.reply.at >= 0.1
        assert len(x.reply.edits) == 11
        assert c.discord.hasty_edits()


async def test_a_fault_strikes_as_often_as_it_was_ordered(club: Open) -> None:
    async with club() as c:
        c.discord.faults.add("PATCH", "@original", status=429, times=2)
        x = await (await c.discord.slash(c.ana, c.tales, "story start", title="x")).done()
        assert len(c.discord.called("PATCH", "@original")) == 3
        c.discord.faults.add("PATCH", "@original", code=10008)
        lost = await c.discord.slash(c.ana, c.tales, "story start", title="x")
        await c.client.failed.wait()
        assert lost.orphaned
        c.discord.settle()
        assert c.discord.forgive("thinking for ever")
        c.discord.faults.add("POST", "callback", drop=True)
        x = await c.discord.slash(c.ana, c.tales, "story resume", title="x")
        assert x.silent or not x.errors
        c.discord.violations.clear()


@pytest.mark.parametrize("code", [4000, None, 1000, 4009])
async def test_a_lost_connection_is_resumed_and_what_was_missed_comes_again(club: Open, code: int | None) -> None:
    async with club() as c:
        await c.discord.gateway.drop(code)
        await (await c.discord.slash(c.ana, c.tales, "story start", title="x")).done()
        assert c.discord.gateway.resumes == 1
        assert len(c.discord.gateway.identifies) == 1


async def test_the_gateway_asks_for_reconnection_and_invalidates(club: Open) -> None:
    async with club() as c:
        gateway = c.discord.gateway
        await gateway.reconnect()
        await c.discord.until(lambda: gateway.resumes == 1)
        await gateway.invalidate(resumable=True)
        await c.discord.until(lambda: gateway.resumes == 2)
        await gateway.drop(None, mid_stream=True)
        await c.discord.until(lambda: gateway.resumes == 3)
        await c.discord.ready()
        await gateway.invalidate()
        await c.discord.until(lambda: len(gateway.identifies) == 2)
        await c.discord.ready()
        assert (await c.discord.slash(c.ana, c.tales, "story resume", title="x")).text == "On with x"


async def test_a_zombie_is_left(club: Open) -> None:
    async with club(heartbeat_interval=0.05) as c:
        c.discord.gateway.acking = False
        for shard in c.client._AutoShardedClient__shards.values():  # type: ignore[attr-defined]
            shard.ws._keep_alive.heartbeat_timeout = 0.2
        await c.discord.until(lambda: c.discord.gateway.resumes > 0)
        c.discord.gateway.acking = True
        await c.discord.ready()


async def test_shards_hear_only_of_their_own_guilds(club: Open) -> None:
    async with club(shards=2) as c:
        second = c.discord.guild("Other club", owner=c.ben)
        hall = second.text_channel("hall")
        assert len(c.discord.gateway.identifies) == 2
        for who, channel in ((c.ana, c.tales), (c.ben, hall)):
            x = await c.discord.slash(who, channel, "story resume", title="x")
            assert x.text == "On with x"


async def test_wrong_tokens_and_forbidden_intents_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async with LoopbackDiscord() as discord:
        discord.token = "wrong"
        with pytest.raises(library.LoginFailure):
            async with connected(discord, monkeypatch):
                pass
        assert discord.unauthorized == 1
        discord.token = discord.rules.token
        with pytest.raises(library.PrivilegedIntentsRequired):
            async with connected(discord, monkeypatch, content=True):
                pass
        discord.gateway.refuse_next(4004)
        with pytest.raises(library.ConnectionClosed):
            async with connected(discord, monkeypatch):
                pass


async def test_a_user_installed_app_may_follow_up_five_times(club: Open) -> None:
    async with club(ratelimit_scale=0.0) as c:
        foreign = c.discord.guild("Foreign", owner=c.ana, installed=False)
        hall = foreign.text_channel("hall")
        with pytest.raises(DriverError, match="installed for"):
            await c.discord.slash(c.ana, hall, "story more", times=6)
        for each in c.discord.commands.values():
            each |= {"integration_types": [0, 1], "contexts": [0, 1, 2]}
        x = await c.discord.slash(c.ana, hall, "story more", times=6)
        await x.until(lambda x: 40094 in x.errors)
        assert len(x.followups) == 5
        group = c.discord.private(c.ana, c.ben, c.discord.user("cem"))
        assert (await c.discord.slash(c.ben, group, "story resume", title="x")).text == "On with x"
        assert (await c.discord.slash(c.ben, c.discord.dm(c.ben), "story resume", title="x")).text == "On with x"


async def test_tokens_die_and_permissions_are_asked(club: Open) -> None:
    async with club(token_life=0.0) as c:
        x = await c.discord.slash(c.ana, c.tales, "story start", title="x")
        await x.until(lambda x: 50027 in x.errors)
        c.discord.settle()
        c.discord.forgive("thinking for ever")
    async with club() as c:
        c.tales.deny(c.discord.bot, "send_messages")
        await c.discord.slash(c.ana, c.tales, "story thread")
        await c.client.failed.wait()
        assert [each.code for each in c.discord.called("POST", "messages")] == [50013]


async def test_a_crowd_at_the_same_moment_is_served(club: Open) -> None:
    async with club(validate="deferred", ratelimit_scale=0.0, ack_deadline=60.0) as c:
        await asyncio.gather(*(c.discord.slash(c.ana, c.tales, "story resume", title=str(n)) for n in range(200)))
        assert len(c.discord.acks) == 200
        assert len(c.tales.messages) == 200
