"""What the loopback Discord refuses, counts and writes down; asked without a client library."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from discord import utils

from tests.loopback.client import connected
from tests.loopback.discord import Channel, Exchange, LoopbackDiscord, User
from tests.loopback.discord.contracts import Contracts, load

QUIET: dict[str, Any] = {"allowed_mentions": {"parse": []}}
needs_contracts = pytest.mark.skipif(load().missing, reason="the contracts are not here")


class Raw:
    """Sends what it is told, without listening to rate limits."""

    def __init__(self, discord: LoopbackDiscord, session: aiohttp.ClientSession) -> None:
        self.discord = discord
        self.session = session

    async def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, int]:
        """The status and Discord's code."""
        headers = {"Authorization": f"Bot {self.discord.token}"}
        async with self.session.request(
            method, self.discord.api_base + path, json=body, headers=headers, **more
        ) as response:
            answer = await response.json() if response.content_type == "application/json" else None
            return response.status, answer.get("code", 0) if isinstance(answer, dict) else 0


@asynccontextmanager
async def raw(**rules: Any) -> AsyncIterator[tuple[Raw, Channel, User]]:
    async with LoopbackDiscord(**rules) as discord, aiohttp.ClientSession() as session:
        ana = discord.user("ana")
        yield Raw(discord, session), discord.guild("Club", owner=ana).text_channel("tales"), ana


def button(**more: Any) -> dict[str, Any]:
    return {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", **more}]}]}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"content": 5}, "spec: .* content: 5 is not of types"),
        ({"content": "x", "contnet": "y"}, "strict: .* unknown key 'contnet' at body"),
        ({"content": "x", **button(custom_id="a", lable="b")}, "strict: .* unknown key 'lable'"),
        ({"content": "x" * 2001}, "limits: .* 2001 characters"),
        ({"embeds": [{"description": "x" * 3500}] * 2}, "limits: .* 7000 characters in all embeds"),
        ({"content": "x", **button()}, "limits: .* a button needs either"),
        ({"content": "x", **button(custom_id="a", url="https://a.b")}, "limits: .* a button needs either"),
        ({"content": "x", **button(custom_id="a" * 101)}, "spec: .*custom_id"),
        ({"content": "x", "components": button(custom_id="a")["components"] * 2}, "custom_id 'a' is there 2 times"),
        ({"content": "x", "components": [{"type": 10, "content": "a"}]}, "limits: .* IS_COMPONENTS_V2"),
        ({"flags": 1 << 15, "components": [{"type": 10, "content": "a" * 3000}] * 2}, "6000 characters in all text"),
        ({"content": "x", "allowed_mentions": None}, "policy: .* allowed_mentions is missing"),
        ({"content": "x", "allowed_mentions": {"parse": ["users"]}}, "policy: .* lets somebody be pinged"),
    ],
)
@needs_contracts
async def test_a_message_that_discord_or_we_do_not_want(body: dict[str, Any], sentence: str) -> None:
    async with raw() as (send, tales, _):
        status, code = await send("POST", f"/channels/{tales.id}/messages", QUIET | body)
        refused = sentence.startswith(("spec", "limits", "custom", "6000"))
        assert (status, code) == ((400, 50035) if refused else (200, 0))
        assert send.discord.forgive(sentence)


def option(name: str = "title", **more: Any) -> dict[str, Any]:
    return {"type": 3, "name": name, "description": "d", **more}


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ({"name": "Story"}, "cannot be the name"),
        ({"name": "my story"}, "cannot be the name"),
        ({"description_localizations": {"de-DE": "x"}}, "unknown locale 'de-DE'"),
        ({"options": [option("a"), option("b", required=True)]}, "required option 'b' comes after an optional one"),
        ({"options": [option(choices=[{"name": "a", "value": "a"}], autocomplete=True)]}, "choices and autocomplete"),
        ({"options": [option(f"o{n}", description="x" * 100,
                             choices=[{"name": f"c{m}", "value": "v" * 100} for m in range(10)])
                      for n in range(8)]}, "characters in all; 8000 are allowed"),
        ({"options": [option(), option()]}, "is there twice"),
        ({"nsfw": True, "nfsw": True}, "strict: .* unknown key 'nfsw'"),
    ],
)  # fmt: skip
@needs_contracts
async def test_a_command_that_discord_does_not_take(command: dict[str, Any], sentence: str) -> None:
    async with raw() as (send, _, _):
        path = f"/applications/{send.discord.bot.id}/commands"
        status, _code = await send("PUT", path, [{"name": "story", "description": "d", "type": 1, **command}])
        assert status == (200 if "strict" in sentence else 400)
        assert send.discord.forgive(sentence)


async def test_rate_limits_and_wrong_tokens_answer_as_discord_does() -> None:
    async with raw(ratelimit_scale=0.1) as (send, tales, _):
        path = f"/channels/{tales.id}/messages"
        answers = [await send("POST", path, QUIET | {"content": str(n)}) for n in range(6)]
        assert [status for status, _ in answers] == [200] * 5 + [429]
        assert send.discord.forgive("429 that we caused")
        send.discord.token = "wrong"
        assert await send("GET", "/users/@me") == (401, 0)
        assert send.discord.unauthorized == 1


async def test_files_are_kept_and_large_ones_refused() -> None:
    async with raw(file_limit=100) as (send, tales, _):
        for size, expected in ((10, 200), (101, 413)):
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("payload_json", '{"content":"x","allowed_mentions":{"parse":[]}}')
            form.add_field("files[0]", b"x" * size, filename="story.md", content_type="text/markdown")
            status, _code = await send("POST", f"/channels/{tales.id}/messages", data=form)
            assert status == expected
        assert tales.messages[-1].files == {"story.md": b"x" * 10}
        assert send.discord.forgive("a file of more than 100 bytes")


async def test_messages_threads_and_old_edits_have_their_own_refusals() -> None:
    async with raw(ratelimit_scale=0.0, old_edits=1) as (send, tales, ana):
        path = f"/channels/{tales.id}/messages"
        assert await send("PATCH", f"{path}/1", QUIET | {"content": "x"}) == (404, 10008)
        assert await send("POST", path, QUIET) == (400, 50006)
        said = await send.discord.say(ana, tales, "mine")
        assert await send("PATCH", f"{path}/{said.id}", QUIET | {"content": "x"}) == (403, 50005)
        await send("POST", path, QUIET | {"content": "one"})
        message = tales.messages[-1]
        message.older(4000)
        assert [await send("PATCH", f"{path}/{message.id}", QUIET | {"content": str(n)}) for n in range(2)] == [
            (200, 0),
            (429, 30046),
        ]
        thread = send.discord.thread(tales, "The Lamp", by=ana)
        await send("POST", f"/channels/{thread.id}/messages", QUIET | {"content": "in it"})
        thread.archive()
        post = thread.messages[0]
        assert await send("PATCH", f"/channels/{thread.id}/messages/{post.id}", QUIET | {"content": "x"}) == (
            400,
            50083,
        )
        tales.deny(send.discord.bot, "view_channel")
        assert await send("GET", f"/channels/{tales.id}") == (403, 50001)


async def test_an_interaction_is_answered_once_and_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async with raw(ack_deadline=0.3, ratelimit_scale=0.0) as (send, tales, ana), connected(send.discord, monkeypatch):
        waiting = asyncio.create_task(send.discord.slash(ana, tales, "story sleep"))
        await send.discord.until(lambda: bool(send.discord.exchanges))
        x = send.discord.exchanges[0]
        path, hook = _paths(send, x)
        assert await send("POST", hook, QUIET | {"content": "early"}) == (404, 10015)
        assert await send("POST", path, {"type": 8, "data": {"choices": []}}) == (400, 50035)
        assert await send("POST", path, {"type": 5, "data": {"flags": 64}}) == (204, 0)
        assert await send("POST", path, {"type": 5}) == (400, 40060)
        assert await waiting is x
        assert await send("POST", hook, QUIET | {"content": "the answer"}, params={"wait": "true"}) == (200, 0)
        assert x.ephemeral
        assert x.reply.text == "the answer"
        assert not x.followups
        late = await send.discord.slash(ana, tales, "story sleep")
        assert late.silent
        assert await send("POST", _paths(send, late)[0], {"type": 5}) == (404, 10062)
        send.discord.forgive("was not acknowledged")


def _paths(send: Raw, x: Exchange) -> tuple[str, str]:
    return f"/interactions/{x.id}/{x.token}/callback", f"/webhooks/{send.discord.bot.id}/{x.token}"


@needs_contracts
async def test_a_modal_holds_one_to_five_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    field = {"type": 18, "label": "a", "component": {"type": 4, "style": 1}}
    fields = [field | {"component": {"type": 4, "style": 1, "custom_id": str(n)}} for n in range(6)]
    async with raw(ack_deadline=5.0) as (send, tales, ana), connected(send.discord, monkeypatch):
        waiting = asyncio.create_task(send.discord.slash(ana, tales, "story sleep"))
        await send.discord.until(lambda: bool(send.discord.exchanges))
        x = send.discord.exchanges[0]
        path, _ = _paths(send, x)
        body = {"type": 9, "data": {"custom_id": "m", "title": "t", "components": fields}}
        assert await send("POST", path, body) == (400, 50035)
        body["data"] = {"custom_id": "m", "title": "t", "components": fields[:5]}
        assert await send("POST", path, body) == (204, 0)
        await waiting
        assert x.modal
        assert send.discord.forgive("6 components")


class Zlib:
    """What discord.py decompresses with where there is no zstandard."""

    COMPRESSION_TYPE = "zlib-stream"

    def __init__(self) -> None:
        self._stream = zlib.decompressobj()

    def decompress(self, data: bytes) -> str | None:
        """One message; each ends with a sync flush."""
        assert data.endswith(b"\x00\x00\xff\xff")
        return self._stream.decompress(data).decode()


@pytest.mark.parametrize("kind", [Zlib, utils._ActiveDecompressionContext])
async def test_the_gateway_compresses_as_it_is_asked(monkeypatch: pytest.MonkeyPatch, kind: type) -> None:
    monkeypatch.setattr(utils, "_ActiveDecompressionContext", kind)
    async with raw() as (send, tales, ana), connected(send.discord, monkeypatch):
        assert (await send.discord.slash(ana, tales, "story resume", title="x")).text == "On with x"
        await send.discord.gateway.drop(None)
        assert (await send.discord.slash(ana, tales, "story resume", title="y")).text == "On with y"


@pytest.mark.parametrize("validate", ["now", "deferred", "off"])
@needs_contracts
async def test_validation_may_be_put_off(validate: str) -> None:
    async with raw(validate=validate) as (send, tales, _):
        status, _code = await send("POST", f"/channels/{tales.id}/messages", QUIET | {"content": "x" * 2001})
        assert status == (400 if validate == "now" else 200)
        send.discord.settle()
        assert bool(send.discord.violations) == (validate != "off")
        send.discord.violations.clear()


def test_without_contracts_nothing_is_found() -> None:
    contracts = Contracts(None)
    assert contracts.missing
    assert not list(contracts.request("POST", "/channels/{channel_id}/messages", {"content": 5}))
    assert not list(contracts.event("READY", {}))
    assert not list(contracts.response("GET", "/users/@me", 200, {}))
    assert not list(contracts.query("GET", "/users/@me", {"a": "b"}))


async def test_texts_are_handed_on_as_they_arrive() -> None:
    async with raw() as (send, tales, _):
        seen: list[tuple[str, str]] = []
        send.discord.on_text = lambda text, where: seen.append((text, where))
        body = {"content": "a", "embeds": [{"title": "b", "fields": [{"name": "c", "value": "d"}]}]}
        await send("POST", f"/channels/{tales.id}/messages", QUIET | body | button(custom_id="x"))
        assert seen == [("a", "content"), *((each, "embed") for each in "bcd"), ("Go", "component")]
        await send("POST", f"/channels/{tales.id}/threads", {"name": "e", "type": 11})
        assert send.discord.seen_by_people() == ["a", "b", "c", "d", "Go", "e"]


async def test_guild_changes_reach_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    async with raw() as (send, tales, ana), connected(send.discord, monkeypatch) as client:
        other = send.discord.guild("Other")
        await send.discord.remove_channel(tales)
        await send.discord.kick(other)
        foreign = send.discord.guild("Foreign", installed=False)
        await send.discord.invite(foreign)
        other_hall = send.discord.guild("Third", owner=ana).text_channel("hall")
        assert (await send.discord.slash(ana, other_hall, "story resume", title="x")).text == "On with x"
        assert [each.name for each in client.guilds] == ["Club", "Foreign", "Third"]
        assert [each.name for guild in client.guilds for each in guild.channels] == ["hall"]


async def test_a_lost_answer_does_not_lose_the_deed_and_a_nonce_keeps_it_single() -> None:
    async with raw() as (send, tales, _):
        path = f"/channels/{tales.id}/messages"
        body = QUIET | {"content": "once", "nonce": "7", "enforce_nonce": True}
        send.discord.faults.add("POST", "/messages", status=502, after=True)
        send.discord.faults.add("POST", "/messages", drop=True)
        assert (await send("POST", path, body))[0] == 502
        with pytest.raises(aiohttp.ClientError):
            await send("POST", path, body)
        assert (await send("POST", path, body))[0] == 200
        assert len(tales.messages) == 1


async def test_an_interaction_may_come_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    async with raw() as (send, tales, ana), connected(send.discord, monkeypatch) as client:
        x = await send.discord.slash(ana, tales, "story resume", title="x")
        await send.discord.deliver_again(x)
        await x.until(lambda x: x.errors == [40060])
        await client.failed.wait()
