"""A guard that is down, slow, busy or not itself: texts are held, it is noticed, and it comes back by itself."""

import asyncio
import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.filters.guard import SAFE, Evidence, Grade, GuardFilter, GuardUnsure, Role
from core.moderation import Gate
from core.policy import Category, Decision, Policy, Rating, Verdict
from inference.guard.breaker import Breaker
from inference.guard.formats import FORMATS
from inference.guard.model import GuardModel
from inference.guard.server import GuardServer, ServerOptions
from tests.inference.guard.loopback import JSON, Json, Loopback, loopback
from tests.inference.servers import free_port, said

TEEN = Policy(Rating.TEEN)
TEXT = "Mara lit the lamp."


def guard(
    url: str, form: str = "qwen3guard", *, breaker: Breaker | None = None, seconds: float = 5.0, **more: int
) -> GuardModel:
    """A guard at that server. Without a breaker it is tried again at every text."""
    way = GuardServer(ServerOptions(url=url))
    return GuardModel(way, FORMATS[form], seconds=seconds, breaker=breaker or Breaker("here", pause_seconds=0), **more)


async def judged(model: GuardModel, text: str = TEXT, policy: Policy = TEEN) -> Verdict:
    """What the real gate says with this guard in it."""
    return await Gate([], guards=[GuardFilter(model)]).judge(text, policy)


async def test_a_harmless_text_is_allowed_by_one_small_greedy_request() -> None:
    async with loopback() as server:
        model = guard(f"{server.url}/v1/")
        assert await judged(model) == Verdict(Decision.ALLOW)
        await model.close()
    (body,) = server.bodies
    assert body.pop("prompt").startswith("<|im_start|>user\n# Task:")
    assert body == {
        "model": "guard",
        "max_tokens": 64,
        "temperature": 0,
        "n": 1,
        "stream": False,
        "add_special_tokens": False,
    }


async def test_the_key_and_the_name_of_the_model_are_sent() -> None:
    async with loopback() as server:
        model = GuardModel(
            GuardServer(ServerOptions(url=server.url, model="qwen", api_key="k3y")), FORMATS["qwen3guard"]
        )
        await model.evidence(TEXT, Role.PARTICIPANT)
        await model.close()
    assert server.bodies[0]["model"] == "qwen"
    assert "authorization: bearer k3y" in server.heads[-1].lower()


async def test_shieldgemma_is_asked_four_times_for_one_token_and_its_probability() -> None:
    async with loopback(text=lambda _: "No", finish="length", likely={"No": -0.1, "Yes": -2.4}) as server:
        model = guard(server.url, "shieldgemma")
        assert await model.evidence(TEXT, Role.STORYTELLER) == SAFE
        await model.close()
    assert [(body["max_tokens"], body["logprobs"]) for body in server.bodies] == [(1, 5)] * 4


async def test_granite_is_asked_once_about_a_harmless_text_and_then_which_harm_it_is() -> None:
    def answer(body: Json) -> str:
        return "Yes" if risk(body) in ("harm", "violence") and "dragon" in body["messages"][-1]["content"] else "No"

    def risk(body: Json) -> str:
        return str(body["chat_template_kwargs"]["guardian_config"]["risk_name"])

    async with loopback(text=answer) as server:
        model = guard(server.url, "granite-guardian")
        assert await model.evidence(TEXT, Role.PARTICIPANT) == SAFE
        assert len(server.bodies) == 1
        found = await model.evidence("He slew the dragon.", Role.PARTICIPANT)
        assert found == Evidence(Grade.UNSAFE, (Category.VIOLENT,))
        assert sorted(map(risk, server.bodies[2:])) == sorted(
            ("social_bias", "violence", "profanity", "sexual_content", "unethical_behavior")
        )
        await model.close()


async def test_safeguard_gets_the_policy_as_system_and_the_text_as_user() -> None:
    async with loopback(text=lambda _: '{"violation": 1, "categories": ["fighting"]}') as server:
        model = guard(server.url, "gpt-oss-safeguard")
        assert await model.evidence(TEXT, Role.PARTICIPANT) == Evidence(Grade.UNSAFE, (Category.VIOLENCE,))
        await model.close()
    (body,) = server.bodies
    assert [each["role"] for each in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"].endswith(TEXT)
    assert body["reasoning_effort"] == "low"


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"status": 500}, "the guard model does not answer"),
        ({"status": 502}, "the guard model does not answer"),
        ({"status": 503}, "the guard model does not answer"),
        ({"status": 429}, "the guard model does not answer"),
        ({"status": 401}, "the guard model does not answer"),
        ({"status": 404}, "the guard model does not answer"),
        ({"status": 302}, "the guard model does not answer"),
        ({"status": 400}, "the guard model's answer cannot be read"),
        ({"raw": b""}, "the guard model does not answer"),
        ({"raw": b"\x00\x01garbage\r\n\r\n"}, "the guard model does not answer"),
        ({"raw": said(200, "<html>", JSON)}, "the guard model does not answer"),
        ({"raw": said(200, "[]", JSON)}, "the guard model does not answer"),
        ({"raw": said(200, '{"choices": []}', JSON)}, "the guard model does not answer"),
        (
            {"raw": said(200, '{"choices": [{"text": null, "finish_reason": "stop"}]}', JSON)},
            "the guard model's answer",
        ),
        ({"raw": said(200, '{"choices": [{"text"', JSON, "Content-Length: 999")}, "the guard model does not answer"),
        ({"finish": "length"}, "the guard model's answer cannot be read"),
        ({"text": lambda _: ""}, "the guard model's answer cannot be read"),
        ({"text": lambda _: "I am sorry, but I cannot help with that."}, "the guard model's answer cannot be read"),
    ],
)
async def test_whatever_goes_wrong_holds_the_text(how: Json, reason: str) -> None:
    async with loopback(**how) as server:
        model = guard(server.url)
        verdict = await judged(model)
        await model.close()
    assert verdict.decision is Decision.HOLD
    assert verdict.reasons[0].startswith(reason)


@pytest.mark.parametrize("form", FORMATS)
async def test_a_guard_of_another_family_holds_every_text(form: str) -> None:
    async with loopback(text=lambda _: "OK") as server:
        model = guard(server.url, form)
        assert (await judged(model)).decision is Decision.HOLD
        await model.close()


async def test_nobody_at_the_address_holds_the_text() -> None:
    model = guard(f"http://127.0.0.1:{free_port()}")
    assert await judged(model) == Verdict(Decision.HOLD, ("the guard model does not answer",))
    assert model.trouble == "does not answer. Start it, or set GUARD_URL."
    await model.close()


async def test_a_guard_past_its_time_holds_the_text_and_the_server_is_hung_up_on() -> None:
    async with loopback(silent=True) as server:
        model = guard(server.url, seconds=0.2)
        assert await judged(model) == Verdict(Decision.HOLD, ("the guard model is too slow",))
        await asyncio.wait_for(server.hung_up.wait(), 5)
        await model.close()


async def test_the_gates_own_limit_hangs_up_too() -> None:
    async with loopback(silent=True) as server:
        model = guard(server.url, seconds=60)
        gate = Gate([], guards=[GuardFilter(model)], limit_seconds=0.1)
        assert (await gate.judge(TEXT, TEEN)).decision is Decision.HOLD
        await asyncio.wait_for(server.hung_up.wait(), 5)
        await model.close()


async def test_texts_beyond_the_places_wait_and_beyond_those_are_held_at_once() -> None:
    async with loopback() as server:
        server.go_on.clear()
        model = guard(server.url, at_once=2, most_waiting=5)
        asked = [asyncio.create_task(model.evidence(f"Text {n}.", Role.PARTICIPANT)) for n in range(5)]
        while server.inside < 2:
            await asyncio.sleep(0.001)
        with pytest.raises(GuardUnsure, match="busy"):
            await model.evidence("One too many.", Role.PARTICIPANT)
        server.go_on.set()
        assert await asyncio.gather(*asked) == [SAFE] * 5
        assert server.most_inside == 2
        await model.close()


async def test_a_guard_that_died_is_left_alone_for_a_while_and_used_again_when_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    port, now = free_port(), [100.0]
    breaker = Breaker(f"at port {port}", pause_seconds=1.0, clock=lambda: now[0])
    model = guard(f"http://127.0.0.1:{port}", breaker=breaker)
    with caplog.at_level(logging.WARNING):
        assert (await judged(model)).decision is Decision.HOLD
        async with loopback(port) as server:
            assert (await judged(model)).decision is Decision.HOLD
            assert server.heads == []  # left alone
            now[0] += 1.5
            assert (await judged(model)).decision is Decision.ALLOW
    assert model.trouble == ""
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert "does not answer" in caplog.messages[0]
    assert "judges again" in caplog.messages[1]
    assert TEXT not in caplog.text
    await model.close()


async def test_a_server_that_serves_another_model_by_now_is_asked_for_that_one() -> None:
    async with loopback(status=404) as server:
        model = guard(server.url)
        assert (await judged(model)).decision is Decision.HOLD
        assert model.trouble == "has no model 'guard', or is no vLLM server."
        server.status, server.serves = 200, "guard-2"
        assert (await judged(model)).decision is Decision.ALLOW
        assert server.bodies[-1]["model"] == "guard-2"
        await model.close()


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(("Safety: Safe", "stop")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("choices", "text", "finish_reason", "logprobs", "message", "x")), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=200) | JSONS.map(lambda value: said(200, json.dumps(value), JSON)),
    form=st.sampled_from(sorted(FORMATS)),
)
def test_whatever_a_server_sends_that_is_no_answer_holds_the_text(body: bytes, form: str) -> None:
    async def held() -> Decision:
        async with loopback(raw=body) as server:
            model = guard(server.url, form)
            try:
                return (await judged(model)).decision
            finally:
                await model.close()

    assert asyncio.run(held()) is Decision.HOLD


async def test_answers_of_another_format_are_told_after_three_and_stop_nobody_elses_text() -> None:
    async with loopback(text=lambda body: "What?" if "odd" in body["prompt"] else Loopback().text(body)) as server:
        model = guard(server.url)
        for n in range(3):
            assert model.trouble == ""
            assert (await judged(model, f"An odd text, number {n}.")).decision is Decision.HOLD
        assert "GUARD_FORMAT" in model.trouble
        assert (await judged(model)).decision is Decision.ALLOW
        assert model.trouble == ""
        await model.close()


def test_the_breaker_opens_at_once_when_it_is_certain_and_else_after_three() -> None:
    breaker = Breaker("x", clock=lambda: 0.0)
    for _ in range(2):
        breaker.failed("is in trouble.", certain=False)
        assert breaker.admits()
    breaker.failed("is in trouble.", certain=False)
    assert not breaker.admits()
    certain = Breaker("x", clock=lambda: 0.0)
    certain.failed("does not answer.", certain=True)
    assert not certain.admits()


def test_one_text_at_a_time_tries_whether_it_is_back_and_the_pauses_grow() -> None:
    now = [0.0]
    breaker = Breaker("x", pause_seconds=1, longest_pause_seconds=3, clock=lambda: now[0])
    breaker.failed("does not answer.", certain=True)
    for pause in (1, 2, 3, 3):
        now[0] += pause - 0.5
        assert not breaker.admits()
        now[0] += 0.5
        assert breaker.admits()
        assert not breaker.admits()
        breaker.failed("is in trouble.", certain=False)
    now[0] += 3
    assert breaker.admits()
    breaker.abandoned()
    assert breaker.admits()
    breaker.answered()
    assert breaker.admits()
    assert breaker.admits()


def test_the_same_trouble_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    breaker = Breaker("x", pause_seconds=0)
    for _ in range(5):
        breaker.failed("does not answer.", certain=True)
    assert len(caplog.records) == 1
