"""What the loopback Slack refuses, and with which word; asked with slack_sdk's client alone."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from tests.loopback.slack import Channel, DriverError, LoopbackSlack, Message, User, contracts
from tests.loopback.slack import manifest as manifests
from tests.loopback.slack.contracts import Contracts
from tests.loopback.slack_client import BUTTONS, PLAIN, by_socket, form

Json = dict[str, Any]


with_contracts = pytest.mark.skipif(contracts.folder() is None, reason="no contracts")


@pytest.fixture
async def slack() -> AsyncIterator[LoopbackSlack]:
    async with LoopbackSlack(echo=False) as slack:
        yield slack


@pytest.fixture
def ana(slack: LoopbackSlack) -> User:
    return slack.user("ana")


@pytest.fixture
def tales(slack: LoopbackSlack, ana: User) -> Channel:
    return slack.channel("tales", ana)


@pytest.fixture
def client(slack: LoopbackSlack) -> AsyncWebClient:
    return AsyncWebClient(token=slack.bot_token, base_url=slack.api_base)


async def refusal(client: AsyncWebClient, method: str, **body: Any) -> str:
    try:
        await client.api_call(method, json=body)
    except SlackApiError as error:
        return str(error.response["error"])
    return ""


def section(text: str, kind: str = "mrkdwn") -> Json:
    return {"type": "section", "text": {"type": kind, "text": text}}


def button(text: str = "Go", **more: Any) -> Json:
    return {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": text}} | more


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def select(count: int) -> Json:
    options = [{"text": {"type": "plain_text", "text": str(n)}, "value": str(n)} for n in range(count)]
    return {"type": "static_select", "action_id": "pick", "options": options}


@with_contracts
@pytest.mark.parametrize(
    ("body", "error", "why"),
    [
        ({"text": "x" * 4001}, "", "4001 characters"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long", "12001 characters"),
        ({"markdown_text": "x", "text": "x"}, "invalid_arguments", "spec"),
        ({"blocks": [section("x")] * 51}, "invalid_blocks", "51 blocks"),
        ({"blocks": [section("x" * 3001)]}, "invalid_blocks", "3001"),
        ({"blocks": [section("x" * 2990)] * 5}, "msg_blocks_too_long", "14950 characters in all blocks"),
        ({"blocks": [{"type": "markdown", "text": "x" * 6001}] * 2}, "msg_blocks_too_long", "markdown blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}, "invalid_blocks", "151"),
        ({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}, "invalid_blocks", "spec"),
        ({"blocks": [{"type": "sektion"}]}, "invalid_blocks", "spec"),
        ({"blocks": [section("x") | {"txt": 1}]}, "invalid_blocks", "txt"),
        ({"blocks": [actions(*[button(action_id=str(n)) for n in range(26)])]}, "invalid_blocks", "26 elements"),
        ({"blocks": [actions(button("x" * 76))]}, "invalid_blocks", "76 characters"),
        ({"blocks": [actions(button(value="x" * 2001))]}, "invalid_blocks", "2001"),
        ({"blocks": [actions(button(action_id="x" * 256))]}, "invalid_blocks", "256"),
        ({"blocks": [actions(button(), button())]}, "invalid_blocks", "'go' is there 2 times"),
        ({"blocks": [actions(select(101))]}, "invalid_blocks", "101 options"),
        ({"blocks": [section("x") | {"block_id": "a"}] * 2}, "invalid_blocks", "block_id 'a'"),
        ({"text": "x", "colour": "red"}, "", "unknown argument 'colour'"),
        ({"text": "x", "link_names": True}, "", "link_names"),
        ({"text": "x", "parse": "full"}, "", "parse"),
        ({"text": 3}, "invalid_arguments", "spec"),
        ({"text": "hi <@UNOBODY1>"}, "", "user 'UNOBODY1' resolves"),
        ({"text": "hi <!subteam^S1|all>"}, "", "group"),
        ({"text": "hi <http://x.example|y>"}, "", "link"),
        ({"markdown_text": "hi [y](http://x.example)"}, "", "link"),
        ({"blocks": [section("<!everyone>")]}, "", "everyone 'everyone' resolves, pings ana"),
    ],
)
async def test_messages_have_limits(
    slack: LoopbackSlack, client: AsyncWebClient, tales: Channel, body: Json, error: str, why: str
) -> None:
    fallback = {"text": "fallback"} if "blocks" in body else {}
    assert await refusal(client, "chat.postMessage", **fallback, **body | PLAIN, channel=tales.id) == error
    assert slack.forgive(why)
    slack.violations.clear()


@with_contracts
@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"title": {"type": "plain_text", "text": "x" * 25}}, "25 characters"),
        ({"private_metadata": "x" * 3001}, "3001"),
        ({"callback_id": "x" * 256}, "256"),
        ({"blocks": [section("x")] * 101}, "101"),
        ({"submit": None}, "spec|submit"),
        ({"titel": "x"}, "titel"),
    ],
)
async def test_views_have_limits(slack: LoopbackSlack, client: AsyncWebClient, ana: User, more: Json, why: str) -> None:
    home = {"type": "home", "blocks": [section("x")]}
    await client.views_publish(user_id=ana.id, view=home)
    assert await refusal(client, "views.open", trigger_id="x", view=form() | more) == "invalid_arguments"
    assert slack.forgive(why)
    slack.violations.clear()
    assert await refusal(client, "views.open", trigger_id="x", view=form()) == "invalid_trigger_id"
    assert await refusal(client, "views.open", trigger_id="x", view=home) == "invalid_trigger_id"
    assert await refusal(client, "views.update", view_id="V1", view=form()) == "not_found"


async def test_plain_text_and_escaped_text_are_inert(
    slack: LoopbackSlack, client: AsyncWebClient, tales: Channel
) -> None:
    blocks = [section("&lt;!channel&gt; &amp; <#" + tales.id + ">"), section("<!channel>", "plain_text")]
    answer = await client.chat_postMessage(channel=tales.id, text="x", blocks=blocks, **PLAIN)
    link = await client.chat_getPermalink(channel=tales.id, message_ts=answer["ts"])
    await client.chat_postMessage(channel=tales.id, text=f"<{link['permalink']}|The Lamp>", **PLAIN)
    assert tales.messages[0].text == f"<!channel> & #{tales.id}\n<!channel>"
    assert tales.messages[1].text == "The Lamp"


@with_contracts
async def test_messages_are_changed_by_their_author(
    slack: LoopbackSlack, client: AsyncWebClient, tales: Channel, ana: User
) -> None:
    said = (await slack.say(ana, tales, "mine")).said
    posted = await client.chat_postMessage(channel=tales.id, text="x", blocks=BUTTONS, **PLAIN)
    ts = posted["ts"]
    assert await refusal(client, "chat.update", channel=tales.id, ts=said.ts, text="x") == "cant_update_message"
    assert await refusal(client, "chat.delete", channel=tales.id, ts=said.ts) == "cant_delete_message"
    assert await refusal(client, "chat.update", channel=tales.id, ts="1.000001", text="x") == "message_not_found"
    assert await refusal(client, "chat.postMessage", channel="C1", text="x", **PLAIN) == "channel_not_found"
    assert await refusal(client, "chat.postMessage", channel=tales.id, **PLAIN) == "invalid_arguments"
    slack.forgive("spec: chat.postMessage")
    stranger = slack.user("stranger")
    body = {"channel": tales.id, "user": stranger.id, "text": "x"}
    assert await refusal(client, "chat.postEphemeral", **body) == "user_not_in_channel"
    await client.chat_update(channel=tales.id, ts=ts, text="only text")
    assert tales.messages[-1].text == "only text"
    assert not tales.messages[-1].blocks
    await client.chat_delete(channel=tales.id, ts=ts)
    dead = {"channel": tales.id, "thread_ts": ts, "text": "x"} | PLAIN
    assert await refusal(client, "chat.postMessage", **dead) == "cannot_reply_to_message"
    assert await refusal(client, "conversations.replies", channel=tales.id, ts="1.1") == "thread_not_found"


async def test_streams_obey_their_states(
    slack: LoopbackSlack, client: AsyncWebClient, tales: Channel, ana: User
) -> None:
    head = await client.chat_postMessage(channel=tales.id, text="head", **PLAIN)
    whole = {"channel": tales.id, "thread_ts": head["ts"], "markdown_text": "One."}
    assert await refusal(client, "chat.startStream", **whole) == "missing_recipient_user_id"
    whole["recipient_user_id"] = ana.id
    assert await refusal(client, "chat.startStream", **whole) == "missing_recipient_team_id"
    whole["recipient_team_id"] = slack.home.id

    async def started() -> tuple[Json, Message]:
        ts = (await client.api_call("chat.startStream", json=whole))["ts"]
        return {"channel": tales.id, "ts": ts}, tales.by_ts[ts]

    at, message = await started()
    assert await refusal(client, "chat.update", **at, text="x") == "streaming_state_conflict"
    await slack.stop_stream(message)
    assert await refusal(client, "chat.appendStream", **at, markdown_text="x") == "stopped_by_user"
    await client.chat_update(**at, text="The rest.")
    assert message.text == "The rest."
    at, message = await started()
    slack.expire(message)
    assert await refusal(client, "chat.stopStream", **at) == "message_not_in_streaming_state"
    at, message = await started()
    slack.settle()
    assert slack.forgive("was never stopped")
    await slack.leave(slack.bot, tales)
    assert await refusal(client, "chat.startStream", **whole) == "not_in_channel"


async def test_tiers_are_counted_by_workspace(
    slack: LoopbackSlack, client: AsyncWebClient, tales: Channel, ana: User
) -> None:
    other = slack.install(slack.team("Other"))
    for _ in range(50):
        await client.conversations_info(channel=tales.id)
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_info(channel=tales.id)
    assert caught.value.response.status_code == 429
    assert 1 <= int(caught.value.response.headers["Retry-After"]) <= 60
    theirs = AsyncWebClient(token=other.token, base_url=slack.api_base)
    assert await refusal(theirs, "conversations.info", channel=tales.id) == "channel_not_found"
    slack.forgive("429 that we caused: conversations.info")


async def test_faults_strike_as_ordered(slack: LoopbackSlack, client: AsyncWebClient, tales: Channel) -> None:
    at: Json = {"channel": tales.id, "text": "x", **PLAIN}
    client.retry_handlers.clear()
    slack.faults.add(r"chat\.postMessage", error="ratelimited", retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(**at)
    assert caught.value.response.headers["Retry-After"] == "7"
    slack.faults.add("chat", status=502, after=True)
    with pytest.raises((SlackApiError, SlackClientError)):
        await client.chat_postMessage(**at)
    assert len(tales.messages) == 1
    slack.faults.add("chat", drop=True)
    with pytest.raises(Exception, match=r"disconnected|reset"):
        await client.chat_postMessage(**at)
    slack.faults.add("chat", delay=0.05)
    began = time.monotonic()
    await client.chat_postMessage(**at)
    assert time.monotonic() - began >= 0.05
    assert not slack.violations


@pytest.mark.parametrize(("state", "error"), [("revoked", "token_revoked"), ("uninstalled", "account_inactive")])
async def test_dead_tokens(slack: LoopbackSlack, client: AsyncWebClient, state: Any, error: str) -> None:
    slack.installation.state = state
    assert await refusal(client, "auth.test") == error
    assert await refusal(AsyncWebClient(token="xoxb-1", base_url=slack.api_base), "auth.test") == "invalid_auth"
    assert await refusal(AsyncWebClient(base_url=slack.api_base), "auth.test") == "not_authed"
    assert await refusal(client, "apps.connections.open") == "invalid_auth"
    assert slack.unauthorized == 4


async def test_tokens_rotate() -> None:
    async with LoopbackSlack(token_rotation=True) as slack:
        client = AsyncWebClient(base_url=slack.api_base)
        keys = {"client_id": slack.client_id, "client_secret": slack.client_secret}
        slack._platform.codes["code"] = slack.prepare(slack.home)
        given = await client.api_call("oauth.v2.access", params=keys | {"code": "code"})
        refresh = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
        client.token = given["access_token"]
        assert (await client.auth_test())["team_id"] == slack.home.id
        slack.expire(slack._platform.world.installations[-1])
        assert await refusal(client, "auth.test") == "token_expired"
        fresh = await client.api_call("oauth.v2.access", params=keys | refresh)
        client.token = fresh["access_token"]
        assert await refusal(client, "auth.test") == ""
        for wrong, error in (
            (keys | {"code": "code"}, "invalid_code"),
            (keys | {"client_secret": "x"}, "bad_client_secret"),
            (keys | refresh, "invalid_refresh_token"),
        ):
            with pytest.raises(SlackApiError, match=error):
                await client.api_call("oauth.v2.access", params=wrong)


async def test_triggers_and_response_urls_end() -> None:
    async with LoopbackSlack() as slack:
        ana = slack.user("ana")
        tales = slack.channel("tales", ana)
        async with by_socket(slack):
            x = await (await slack.command(ana, tales, "whisper x")).done()
            slack.expire(x)
            client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_base)
            assert await refusal(client, "views.open", trigger_id=x.trigger_id, view=form()) == "expired_trigger_id"
            async with ClientSession() as http, http.post(x.payload["response_url"], json={"text": "late"}) as answer:
                assert answer.status == 404
                assert (await answer.json(content_type=None))["error"] == "expired_url"
            assert x.errors == ["expired_trigger_id", "expired_url"]


async def test_slack_connect_and_grid_say_who_is_who() -> None:
    async with LoopbackSlack() as slack:
        guild = slack.enterprise("Guild")
        north, south = slack.team("North", enterprise=guild), slack.team("South", enterprise=guild)
        guests = slack.team("Guests")
        slack.install(north, org_wide=True)
        nina, gus, sue = slack.user("nina", north), slack.user("gus", guests), slack.user("sue", south)
        hall = slack.channel("hall", nina, gus, team=north, shared_with=guests)
        slack.courier.hold()
        x = await slack.say(gus, hall, "hello")
        assert x.payload["is_ext_shared_channel"]
        assert x.payload["event"]["user_team"] == guests.id
        assert x.payload["team_id"] == north.id
        assert x.payload["authorizations"][0]["is_enterprise_install"]
        y = await slack.command(sue, slack.channel("south", sue, team=south), "start x")
        assert y.payload["enterprise_id"] == guild.id
        assert y.payload["is_enterprise_install"] == "true"
        with pytest.raises(DriverError, match="not installed"):
            await slack.command(gus, slack.channel("own", gus, team=guests), "start x")


async def test_the_manifest_rules() -> None:
    manifest = {
        "display_information": {"name": "Storycircle"},
        "features": {
            "bot_user": {"display_name": "storycircle"},
            "slash_commands": [{"command": "/story", "description": "Tell a story", "should_escape": True}],
        },
        "oauth_config": {"scopes": {"bot": ["commands", "chat:write"]}},
        "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}, "socket_mode_enabled": True},
    }
    async with LoopbackSlack(manifest=manifest) as slack:
        ana = slack.user("ana")
        tales = slack.channel("tales", ana)
        with pytest.raises(DriverError, match="no '/tale'"):
            await slack.command(ana, tales, "x", name="/tale")
        with pytest.raises(DriverError, match="no 'explain'"):
            await slack.shortcut(ana, "explain")
        assert not (await slack.say(ana, tales, "nobody hears")).deliveries
        slack.courier.hold()
        assert len((await slack.mention(ana, tales, "hear me")).deliveries) == 1
        x = await slack.command(ana, tales, f"<!channel> & {ana.mention}")
        assert x.payload["text"] == f"&lt;!channel&gt; &amp; <@{ana.id}|ana>"
        wrong = json.loads(json.dumps(manifest))
        wrong["features"]["slash_commands"][0]["command"] = "/" + "x" * 40
        if not slack._platform.contracts.missing:
            assert slack.manifest_errors(wrong)
            assert manifests.errors(wrong)
            assert not manifests.errors(manifest)


async def test_without_contracts_nothing_is_validated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRACTS", "/nowhere")
    assert contracts.folder() is None
    assert "validation is off" in contracts.summary()
    nothing = Contracts(None)
    assert not list(nothing.request("chat.postMessage", {"x": 1}))
    assert not list(nothing.inbound("S_slash", {}))
    assert not nothing.manifest({})


@with_contracts
def test_every_word_is_documented() -> None:
    import re
    from pathlib import Path

    known = contracts.load()
    words = {each for about in known.docs.values() for each in about.get("errors", {})}
    common = {
        "account_inactive", "invalid_arguments", "invalid_auth", "missing_scope", "not_authed", "token_expired",
        "token_revoked", "ratelimited", "unknown_method", "not_allowed_token_type", "not_in_channel",
    }  # fmt: skip
    hooks = {"used_url", "expired_url", "invalid_url", "invalid_payload", "bad_length", "not_found"}
    for file in (Path(__file__).parent / "slack").glob("*.py"):
        for word in re.findall(r'ApiError\("(\w+)"', file.read_text("utf-8")):
            assert word in words | common | hooks, f"{file.name}: {word}"


@pytest.mark.parametrize(
    ("blocks", "sentence"),
    [
        ([{"type": "actions", "elements": []}], "slack_sdk"),
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], "slack_sdk"),
        ([section("x"), {"type": "actions", "elements": [button("y" * 76)]}], "slack_sdk"),
    ],
)
async def test_slack_sdks_own_validators_judge_blocks_wherever_they_are(
    slack: LoopbackSlack, client: AsyncWebClient, tales: Channel, ana: User, blocks: list[Json], sentence: str
) -> None:
    quiet = {"unfurl_links": False, "unfurl_media": False}
    assert await refusal(client, "chat.postMessage", channel=tales.id, text="x", blocks=blocks, **quiet)
    chunks = [{"type": "blocks", "blocks": blocks}]
    parent = (await client.chat_postMessage(channel=tales.id, text="x", **quiet))["ts"]  # type: ignore[arg-type]
    people = {"recipient_user_id": ana.id, "recipient_team_id": slack.home.id}
    assert await refusal(client, "chat.startStream", channel=tales.id, thread_ts=parent, chunks=chunks, **people)
    assert sum(sentence in each for each in slack.violations) >= 2
    slack.forgive(".")
