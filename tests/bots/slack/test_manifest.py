"""The manifest: what Slack is told of us is true, valid, and no more than we need."""

import json
from pathlib import Path

import pytest

import core.operations  # noqa: F401 - fills the table
from bots.cli import main
from bots.slack.controls import GLOBAL_SHORTCUTS, SHORTCUTS
from bots.slack.manifest import EVENTS, PROMPTS, SCOPES, manifest, printed, usage_hint
from core.operation import OPERATIONS
from tests.loopback.slack import LoopbackSlack
from tests.loopback.slack.manifest import errors

FILE = Path(__file__).parent.parent.parent.parent / "deploy" / "slack-manifest.json"
URL = "https://stories.example.org"


@pytest.mark.parametrize("url", [None, URL, f"{URL}/"])
def test_it_is_valid_by_the_official_schema(url: str | None) -> None:
    assert errors(manifest(url)) == []


def test_the_file_is_what_the_table_says() -> None:
    assert FILE.read_text("utf-8") == printed(), (
        "write it anew: python -m bots slack-manifest > deploy/slack-manifest.json"
    )


def test_the_hint_names_every_operation() -> None:
    words = usage_hint().split(" | ")
    assert all(name.split()[0] in words for name in OPERATIONS)
    assert len(words) == len(set(words))


def test_socket_mode_needs_no_address_and_http_has_ours_everywhere() -> None:
    assert "example.org" not in printed()
    assert manifest()["settings"]["socket_mode_enabled"] is True
    spoken = manifest(URL)
    assert spoken["settings"]["socket_mode_enabled"] is False
    assert spoken["settings"]["token_rotation_enabled"] is spoken["settings"]["org_deploy_enabled"] is True
    assert spoken["oauth_config"]["redirect_urls"] == [f"{URL}/slack/oauth_redirect"]
    assert printed(URL).count(f"{URL}/slack/events") == 4


def test_every_shortcut_and_prompt_is_in_it_within_slacks_limits() -> None:
    features = manifest()["features"]
    shown = {each["callback_id"]: each["type"] for each in features["shortcuts"]}
    assert shown == dict.fromkeys(SHORTCUTS, "message") | dict.fromkeys(GLOBAL_SHORTCUTS, "global")
    assert len(PROMPTS) <= 4
    assert features["slash_commands"][0]["should_escape"] is True


def test_events_have_the_scopes_that_they_need_and_no_scope_is_without_a_reason() -> None:
    needs = {"app_mention": "app_mentions:read", "app_home_opened": "assistant:write"}
    needs |= {"message.im": "im:history"}
    assert set(needs) <= set(EVENTS)
    assert set(needs.values()) <= set(SCOPES)
    assert all(SCOPES.values())
    assert not {"channels:manage", "users:read.email", "chat:write.customize", "channels:read"} & set(SCOPES)


async def test_a_slack_takes_it() -> None:
    async with LoopbackSlack(manifest=json.loads(printed())) as slack:
        assert set(slack.installation.scopes) == set(SCOPES)


def test_the_command_line_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slack-manifest", "--url", URL]) == 0
    assert json.loads(capsys.readouterr().out) == manifest(URL)
    with pytest.raises(SystemExit):
        main(["slack-manifest", "--url", "stories"])
