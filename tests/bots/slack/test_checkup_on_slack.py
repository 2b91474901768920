"""What the doctor learns from Slack."""

from typing import Any

import pytest

from bots.slack.checkup import checkup
from bots.slack.manifest import SCOPES, manifest
from tests.bots.slack.conftest import settings
from tests.loopback.slack import LoopbackSlack

HTTP: dict[str, Any] = {"slack_app_token": None, "slack_signing_secret": "s"}
MANY: dict[str, Any] = {"slack_bot_token": None, "slack_client_id": "1.2", "slack_client_secret": "x"} | HTTP


async def test_good_tokens_are_said_to_be_good_in_socket_mode_and_over_http() -> None:
    async with LoopbackSlack(manifest=manifest()) as slack:
        fine, said = await checkup(settings(slack))
        assert fine
        assert said.startswith(f"I am @storycircle in {slack.home.name}, with all {len(SCOPES)} permissions.")
        assert "Socket Mode works" in said
        fine, said = await checkup(settings(slack, **HTTP))
        assert fine
        assert "the signing secret is set" in said


async def test_many_workspaces_are_told_where_to_add_it(slack: LoopbackSlack) -> None:
    fine, said = await checkup(settings(slack, **MANY, slack_public_url="https://stories.example.org/"))
    assert fine
    assert said.endswith("https://stories.example.org/slack/install")


async def test_a_missing_scope_is_named_with_its_reason_and_what_to_click() -> None:
    held = tuple(each for each in SCOPES if each not in ("commands", "files:write"))
    async with LoopbackSlack(scopes=held) as slack:
        fine, said = await checkup(settings(slack))
    assert not fine
    assert "lacks commands (to have /story" in said
    assert "files:write (to send a long text as a file)" in said
    assert "Reinstall to Workspace" in said


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"slack_bot_token": "xoxb-wrong"}, "does not accept SLACK_BOT_TOKEN. Copy it again"),
        ({"slack_app_token": "xapp-wrong"}, "does not accept SLACK_APP_TOKEN. Copy it again"),
        ({"slack_bot_token": None}, "SLACK_BOT_TOKEN is not set"),
        ({"slack_app_token": None}, "neither SLACK_APP_TOKEN"),
        ({"slack_api_base": "http://127.0.0.1:1/api/"}, "cannot be reached"),
        (MANY | {"slack_client_secret": None}, "belong together"),
        (MANY, "SLACK_PUBLIC_URL is not set"),
    ],
)
async def test_what_is_wrong_is_said_in_one_sentence_without_the_secret(
    slack: LoopbackSlack, given: dict[str, Any], expected: str
) -> None:
    fine, said = await checkup(settings(slack, **given))
    assert not fine
    assert expected in said
    assert "wrong" not in said
