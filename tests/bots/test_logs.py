"""The log: no secret and nothing that anybody wrote is in it, whoever logs and however; and nothing hangs on it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bots.logs import struck
from tests.log_child import STORY, WAYS

ROOT = Path(__file__).parent.parent.parent
SECRETS = {
    "DISCORD_TOKEN": "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA.GcAnAr.discordcanarydiscordcanarydiscordcan",
    "SLACK_BOT_TOKEN": "xoxb-111111111-slackcanary",
    "SLACK_APP_TOKEN": "xapp-1-A1-2222222-slackcanary",
    "SLACK_SIGNING_SECRET": "5161signing7canary",
    "SLACK_CLIENT_SECRET": "client&secret canary",
    "ENGINE_API_KEY": "engine'canary\\key",
    "SECRET": "salt-canary-0815",
}
PASSWORD = "hunter2-canary"


def run(folder: Path, *arguments: str, stderr: int = subprocess.PIPE, **more: str) -> subprocess.CompletedProcess[str]:
    """The child in this folder, with every secret set."""
    known = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "PYTHONDONTWRITEBYTECODE")}
    given = {"DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'x.db'}", "LOG_LEVEL": "DEBUG", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "tests.log_child", *arguments],
        cwd=folder,
        env=known | given | SECRETS | more,
        stderr=stderr,
        stdout=subprocess.PIPE,
        text=True,
        timeout=100,
        check=False,
    )


def clean(written: str) -> None:
    """Nothing is in it that must not be."""
    for canary in ("canary", "Y2FuYXJ5", "hunter2", "zanzibar", STORY, *SECRETS.values()):
        assert canary not in written, next(line for line in written.splitlines() if canary in line)


@pytest.mark.parametrize("to_file", [False, True], ids=["stderr", "file"])
def test_no_secret_and_nobodys_words_are_logged_in_any_way(tmp_path: Path, to_file: bool) -> None:
    file = tmp_path / "bot.log"
    done = run(tmp_path, "fall", **({"LOG_FILE": str(file)} if to_file else {}))
    written = file.read_text() if to_file else done.stderr
    assert done.returncode == 1
    clean(written + done.stdout + done.stderr)
    for way in WAYS:
        assert f"went {way.__name__}" in written
    for shown in (
        "that went wrong",
        "builtins.RuntimeError",
        "log_child.py:",
        "[secret]",
        "a thread was stopped",
        "mistake",
    ):
        assert shown in written, shown
    assert written.rstrip().endswith("builtins.ValueError")


def test_nobody_else_may_read_a_log_that_was_made(tmp_path: Path) -> None:
    file = tmp_path / "bot.log"
    run(tmp_path, LOG_FILE=str(file))
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_log_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    script = (
        "import logging, os; from bots import logs; from bots.settings import load; s = load(); logs.set_up(s);"
        "logging.getLogger('bots').error('one'); os.rename(s.log_file, str(s.log_file) + '.1');"
        "logging.getLogger('bots').error('two')"
    )
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LOG_FILE": str(tmp_path / "bot.log")}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=env, timeout=60, check=True)
    assert "one" in (tmp_path / "bot.log.1").read_text()
    assert "two" in (tmp_path / "bot.log").read_text()
    assert "one" not in (tmp_path / "bot.log").read_text()


def test_a_full_disk_stops_nothing(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no device that is always full")
    done = run(tmp_path, LOG_FILE="/dev/full")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize("closed", ["2>&-", "2>&- >&- <&-"])
def test_a_closed_stderr_stops_nothing(tmp_path: Path, closed: str) -> None:
    command = f'"{sys.executable}" -m tests.log_child {closed}; echo "$?" > code'
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **SECRETS}
    env["DATABASE_URL"] = f"sqlite+aiosqlite:///{tmp_path / 'x.db'}"
    subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, env=env, timeout=100, check=True)
    assert (tmp_path / "code").read_text() == "0\n"


def test_an_unwritable_log_is_said_at_the_start(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LOG_FILE": str(tmp_path / "no" / "bot.log")}
    done = subprocess.run(
        [sys.executable, "-m", "bots", "doctor"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.startswith("LOG_FILE cannot be written")) == (2, True)


@pytest.mark.parametrize(
    "harmless",
    ["bots.discord.exchange.Exchange.perform", "2026-11-26 11:00:00,123 ERROR bots: mistake 4711", "passage 12 of 40"],
)
def test_what_is_no_secret_stays(harmless: str) -> None:
    assert struck(harmless, {"some-secret"}) == harmless


def test_a_longer_secret_is_struck_out_before_one_that_it_contains() -> None:
    assert struck("secret-one-two secret-one", {"secret-one", "secret-one-two"}) == "[secret] [secret]"
