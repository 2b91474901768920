"""The loopback Slack is as strict and as patient as the real one; slack-bolt is its witness."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.loopback.slack import Channel, DriverError, LoopbackSlack, User, contracts
from tests.loopback.slack_client import Teller, by_http, by_socket


@dataclass
class Club:
    """A workspace with a channel, and the application in it."""

    slack: LoopbackSlack
    teller: Teller
    tales: Channel
    ana: User
    ben: User


Open = Callable[..., AbstractAsyncContextManager[Club]]


@pytest.fixture(params=["socket", "http"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def opener(way: str) -> Open:
    @asynccontextmanager
    async def opened(**rules: Any) -> AsyncIterator[Club]:
        async with LoopbackSlack(**rules) as slack:
            ana, ben = slack.user("ana", admin=True), slack.user("ben", locale="de-DE")
            tales = slack.channel("tales", ana, ben)
            async with by_socket(slack) if way == "socket" else by_http(slack) as teller:
                yield Club(slack, teller, tales, ana, ben)

    return opened


@pytest.fixture
def club(way: str) -> Open:
    return opener(way)


@pytest.fixture
def socket_club() -> Open:
    return opener("socket")


@pytest.fixture
def http_club() -> Open:
    return opener("http")


async def test_a_command_is_answered_with_buttons_that_work(club: Open) -> None:
    async with club() as c:
        x = await (await c.slack.command(c.ana, c.tales, "start The Lamp")).done()
        assert x.acked_after is not None
        assert x.acked_after < 1
        assert x.reply is c.tales.messages[-1]
        assert x.text == "*The Lamp* & more"
        assert x.reply.labels == ["Again", "Title"]
        await (await c.slack.select(c.ben, x.message, "Tone", "Cold")).says("It turns cold.")
        y = await (await c.slack.click(c.ben, x.message, "Again")).done()
        assert y.message is x.message
        assert x.reply.text == "Again it began."
        with pytest.raises(DriverError, match="no button"):
            await c.slack.click(c.ben, x.message, "Again")
        assert "Again it began." in c.slack.seen_by_people()
        await c.slack.idle()


async def test_acks_and_response_urls_speak_to_one_person(club: Open) -> None:
    async with club() as c:
        x = await (await c.slack.command(c.ana, c.tales, "whisper <!channel> & you")).done()
        assert x.ephemeral[0].text == "you said <!channel> & you"
        assert not c.tales.messages
        y = await c.slack.command(c.ana, c.tales, "respond 7")
        await y.until(lambda y: "used_url" in y.errors)
        assert len(y.ephemeral) == 5
        z = await (await c.slack.command(c.ana, c.tales, "quiet only you")).done()
        assert z.ephemeral[0].only_for is c.ana


async def test_forms_are_filled_in_as_people_do(club: Open) -> None:
    async with club() as c:
        x = await c.slack.command(c.ana, c.tales, "form")
        await x.until(lambda x: "exchanged_trigger_id" in x.errors)
        assert x.opened.fields == ["Title", "Mood"]
        with pytest.raises(DriverError, match="required"):
            await c.slack.submit(c.ana, x.view)
        with pytest.raises(DriverError, match="characters"):
            await c.slack.submit(c.ana, x.view, {"Title": "x" * 21})
        assert (await c.slack.suggestions(c.ana, x.view, "mood", "s"))[0]["value"] == "sad"
        bad = await c.slack.submit(c.ana, x.view, {"Title": "bad"})
        assert bad.opened.errors == {"words": "Not that."}
        more = await c.slack.submit(c.ana, x.view, {"Title": "more"})
        assert more.opened.title == "Once more"
        good = await (await c.slack.submit(c.ana, x.view, {"Title": "The Sea"})).says("Now called The Sea")
        assert not c.ana.modals
        assert good.reply.channel is c.slack.dm(c.ana)
        y = await (await c.slack.shortcut(c.ben, "new")).done()
        await c.slack.dismiss(c.ben, y.view)
        await c.slack.until(lambda: bool(c.teller.closed))


async def test_silence_is_noticed(socket_club: Open) -> None:
    async with socket_club(ack_deadline=0.05) as c:
        x = await c.slack.command(c.ana, c.tales, "sleep")
        assert x.silent
        with pytest.raises(AssertionError, match="did not respond"):
            await x.done()
        assert c.slack.forgive("/story sleep .* not acknowledged within 0.05 s")


async def test_home_shortcuts_files_and_the_assistant(club: Open) -> None:
    async with club() as c:
        assert (await c.slack.open_home(c.ana)).text == "Your stories"
        assert (await c.slack.open_home(c.ana)).edits == 1
        said = (await c.slack.say(c.ben, c.tales, "the sea & <!channel> @here")).said
        assert said.raw == "the sea &amp; &lt;!channel&gt; <!here>"
        x = await (await c.slack.message_shortcut(c.ana, said, "explain")).done()
        c.slack.forgive("everyone 'here' resolves, pings")
        assert x.ephemeral
        y = await (await c.slack.command(c.ana, c.tales, "export")).done()
        assert y.reply.files[0].text == "Once upon a time."
        assert "Once upon a time." in c.slack.seen_by_people()
        thread = await c.slack.assistant_thread(c.ana)
        await c.slack.until(lambda: bool(thread.prompts))
        z = await (await c.slack.say(c.ana, thread.channel, "hello", thread=thread)).done()
        assert z.text == "I listen."
        assert thread.statuses == ["is thinking..."]
        assert not thread.status
        with pytest.raises(DriverError, match="no slash commands"):
            await c.slack.command(c.ana, thread.channel, "start x")
        await c.slack.idle()


async def test_a_mention_comes_twice_and_threads_hold_together(club: Open) -> None:
    async with club() as c:
        x = await (await c.slack.mention(c.ana, c.tales, "continue")).done()
        assert [each["type"] for each in c.teller.heard[:2]] in (["app_mention", "message"], ["message", "app_mention"])
        assert len({each["ts"] for each in c.teller.heard[:2]}) == 1
        assert x.reply.thread_ts == x.said.ts
        assert [each.text for each in c.slack.thread_of(x.said)][1:] == ["I hear."]
        y = await (await c.slack.mention(c.ben, c.tales, "more", thread=x.reply)).done()
        assert y.reply.thread_ts == x.said.ts
        with pytest.raises(DriverError, match="threads"):
            await c.slack.command(c.ana, c.tales, "start", thread=x.said)
        await c.slack.edit(x.said, "never mind")
        await c.slack.delete(x.said)
        assert x.said.tombstone
        await c.slack.mention(c.ben, c.tales, "still", thread=x.reply)
        await c.slack.until(lambda: len(c.slack.thread_of(x.reply)) == 5)
        await c.slack.idle()


async def test_streams_live_for_a_while(club: Open) -> None:
    async with club() as c:
        x = await (await c.slack.command(c.ana, c.tales, "stream 3")).says("End.")
        await x.done()
        assert x.messages[-1].text == "sentence 1. sentence 2. sentence 3. End."
        assert len(c.slack.called(r"chat\.(start|append|stop)Stream")) == 4
    async with club(stream_life=0.0) as c:
        x = await (await c.slack.command(c.ana, c.tales, "stream 3")).says("The rest.")
        assert c.teller.refused == ["message_not_in_streaming_state"]


async def test_the_world_can_be_asked(club: Open) -> None:
    async with club() as c:
        await (await c.slack.command(c.ben, c.tales, "look")).says("tales de-DE Writing club 3")
        hall = c.slack.channel("hall", c.ana, bot=False)
        await (await c.slack.command(c.ana, hall, "join")).says("here")
        assert c.slack.bot in hall.members
        secret = c.slack.channel("secret", c.ana, private=True, bot=False)
        await (await c.slack.command(c.ana, secret, "join")).until(lambda x: bool(c.teller.refused))
        await c.slack.archive(hall, c.ana)
        y = await c.slack.command(c.ana, hall, "start x")
        await y.until(lambda y: "is_archived" in y.errors)
        assert c.teller.refused == ["channel_not_found", "is_archived"]


@pytest.mark.skipif(contracts.folder() is None, reason="no contracts")
async def test_what_breaks_our_policy_is_written_down(socket_club: Open) -> None:
    async with socket_club() as c:
        await (await c.slack.command(c.ana, c.tales, "loud")).done()
        assert c.slack.forgive("everyone 'here' resolves, pings ana, ben")
        assert c.slack.forgive("user .* resolves, pings ana")
        assert c.slack.forgive("link 'https://evil.example' resolves")
        assert len(c.slack.forgive("unfurl_.* is not false")) == 2
        await c.slack.command(c.ana, c.tales, "wrong")
        await c.slack.until(lambda: bool(c.teller.refused))
        assert c.slack.forgive("unknown argument 'txt'")
        assert c.slack.forgive("spec: chat.postMessage")
        await c.slack.command(c.ana, c.tales, "unknown")
        await c.slack.until(lambda: len(c.teller.refused) == 2)
        c.slack.forgive("stories.tell is not known")
        assert c.teller.refused == ["invalid_arguments", "unknown_method"]


async def test_tokens_and_scopes(socket_club: Open) -> None:
    async with socket_club(scopes=("commands", "chat:write")) as c:
        await c.slack.command(c.ana, c.tales, "look")
        await c.slack.until(lambda: c.teller.refused == ["missing_scope"])
        gone = await c.slack.uninstall()
        await c.slack.until(lambda: sorted(c.teller.gone) == ["app_uninstalled", "tokens_revoked"])
        assert gone.acked_after is not None
        with pytest.raises(DriverError, match="not installed"):
            await c.slack.command(c.ana, c.tales, "look")


async def test_rate_limits_are_ours(socket_club: Open) -> None:
    async with socket_club(post_burst=1) as c:
        await (await c.slack.command(c.ana, c.tales, "post one")).done()
        x = await c.slack.command(c.ana, c.tales, "post two")
        await x.until(lambda x: "ratelimited" in c.teller.refused)
        assert c.slack.forgive("429 that we caused: chat.postMessage")
        c.slack.faults.add(r"chat\.postMessage", error="is_archived")
        await c.slack.command(c.ana, c.tales, "post three")
        await c.slack.until(lambda: c.teller.refused == ["ratelimited", "is_archived"])


async def test_events_come_again_until_they_are_acknowledged(http_club: Open) -> None:
    async with http_club(ack_deadline=0.2, retry_delays=(0.0, 0.01, 0.02)) as c:
        c.slack.http_to("http://127.0.0.1:9/")
        x = await c.slack.say(c.ana, c.tales, "hello")
        await c.slack.idle()
        assert [each.number for each in x.deliveries[0].attempts] == [0, 1, 2, 3]
        assert c.slack.forgive("connection_failed")


async def test_what_nobody_listens_to_comes_again(club: Open) -> None:
    async with club(ack_deadline=0.3, retry_delays=(0.0, 0.01)) as c:
        said = (await c.slack.say(c.ana, c.tales, "hello")).said
        x = await c.slack.react(c.ben, said, "thumbsup")
        await c.slack.idle()
        assert [each.number for each in x.deliveries[0].attempts] == [0, 1, 2]
        assert x.deliveries[0].attempts[1].reason in ("timeout", "http_error")
        assert x.acked_after is None
        c.slack.forgive("reaction thumbsup .events_api. was (not acknowledged|refused: http_error)")


async def test_signatures_are_checked_and_replays_are_told(http_club: Open) -> None:
    async with http_club() as c:
        c.slack.forge("wrong", "absent", "old")
        for _ in range(3):
            x = await c.slack.command(c.ana, c.tales, "start x")
            assert x.status == 401
        x = await (await c.slack.command(c.ana, c.tales, "start x")).done()
        [again] = await c.slack.again(x)
        assert again.status == 200
        assert again.sent == x.deliveries[0].sent
        assert await c.slack.sender.verify(c.slack.sender.urls[0])


async def test_doubles_and_disorder(socket_club: Open) -> None:
    async with socket_club() as c:
        async with c.slack.out_of_order():
            await c.slack.say(c.ana, c.tales, "first")
            y = await c.slack.say(c.ana, c.tales, "second")
        await c.slack.again(y, retry=True)
        await c.slack.until(lambda: len(c.teller.heard) == 3)
        assert [each["text"] for each in c.teller.heard] == ["second", "first", "second"]


async def test_connections_are_lost_and_found(socket_club: Open) -> None:
    async with socket_club(ack_deadline=1.0) as c:
        link = c.slack.link
        await link.ping()
        for number, reason in enumerate(("warning", "refresh_requested", "too_many_websockets"), 2):
            await link.disconnect(reason)
            await c.slack.until(lambda n=number: link.opened == n and len(link.connections) == 1)  # type: ignore[misc]
            await (await c.slack.command(c.ana, c.tales, f"post {reason}")).says(reason)
        link.refuse_next()
        await link.disconnect("warning")
        await c.slack.until(lambda: link.opened == 5 and len(link.connections) == 1)
        link.deaf = True
        await c.slack.until(lambda: link.opened > 5)
        link.deaf = False
        await link.drop()
        await c.slack.connected()
        await (await c.slack.command(c.ana, c.tales, "whisper back")).says("you said back")


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_a_workspace_is_added_by_oauth(tmp_path: Any) -> None:
    from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
    from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
    from slack_sdk.oauth.installation_store import FileInstallationStore
    from slack_sdk.oauth.state_store import FileOAuthStateStore
    from slack_sdk.web.async_client import AsyncWebClient

    from tests.loopback.slack.rules import SCOPES

    async with LoopbackSlack() as slack:
        guild = slack.enterprise("Guild")
        other = slack.team("Other club", enterprise=guild)
        eve = slack.user("eve", other)
        hall = slack.channel("hall", eve, team=other)
        settings = AsyncOAuthSettings(
            client_id=slack.client_id, client_secret=slack.client_secret, scopes=list(SCOPES),
            authorization_url=slack.authorize_url,
            installation_store=FileInstallationStore(base_dir=str(tmp_path)),
            state_store=FileOAuthStateStore(expiration_seconds=60, base_dir=str(tmp_path)),
        )  # fmt: skip
        flow = AsyncOAuthFlow(client=AsyncWebClient(base_url=slack.api_base), settings=settings)
        async with by_http(slack, oauth_flow=flow) as teller:
            page = f"{teller.address}/slack/install"
            consent = await slack.consent(page, eve)
            assert (await consent.approve(state="forged")).status == 400
            assert (await (await slack.consent(page, eve)).deny()).text
            assert (await (await slack.consent(page, eve)).approve()).status == 200
            await slack.join(slack._platform.world.installation_in(other).bot, hall)  # type: ignore[union-attr]
            await (await slack.command(eve, hall, "post hello")).says("hello")
            assert slack.requests[-1].team == other.id
            wide = await slack.consent(page, eve, org_wide=True)
            assert (await wide.approve()).status == 200
            await (await slack.command(eve, hall, "whisper x")).says("you said x")


@pytest.mark.parametrize("validate", ["now", "deferred"])
async def test_a_crowd_at_the_same_moment_is_served(club: Open, validate: str) -> None:
    async with club(validate=validate, ratelimit_scale=0.0, ack_deadline=60.0) as c:

        async def one(number: int) -> None:
            await (await c.slack.command(c.ana, c.tales, f"post {number}")).done(60)

        await asyncio.gather(*(one(number) for number in range(100)))
        await c.slack.until(lambda: len(c.tales.messages) == 100)
        assert len(c.slack.acks) == 100
        await c.slack.idle()
