"""The terminal as a process: piped lines, a person at a keyboard, signals, and everything that can be missing."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

ROOT = Path(__file__).parent.parent.parent
START = "/as Ana\n/story start The Lamp\n/story add Mara climbed the stairs.\n"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment with a database, a home and no settings of the machine's."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'stories.db'}",
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }


def bots(env: dict[str, str], *arguments: str, typed: str = "", folder: Path | None = None) -> tuple[int, str, str]:
    """Exit code, output and errors of `python -m bots …`."""
    done = subprocess.run(
        [sys.executable, "-m", "bots", *arguments],
        input=typed.encode(), capture_output=True, timeout=100, env=env, cwd=folder or env["HOME"], check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def scripted(env: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    """The terminal with a scripted voice, on pipes."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "tests.console_child", *arguments]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=env, cwd=env["HOME"])


def test_piped_lines_are_answered_in_order_as_plain_text(env: dict[str, str]) -> None:
    out, err = scripted(env).communicate(f"{START}/story continue\n/story show\n".encode(), timeout=60)
    assert out.decode().split("\n\n")[:2] == ["Ana speaks now.", "The Lamp"]
    assert out.decode().count("[2 · the storyteller] A ship answered from the dark. Its horn was low.") == 2
    assert b"\x1b" not in out
    assert err == b""


def test_a_story_goes_on_in_the_next_run(env: dict[str, str]) -> None:
    scripted(env).communicate(START.encode(), timeout=60)
    out, _ = scripted(env).communicate(b"/story show\n", timeout=60)
    assert "[1 · Ana] Mara climbed the stairs." in out.decode()


def test_bytes_that_are_no_text_are_no_end(env: dict[str, str]) -> None:
    child = scripted(env)
    out, _ = child.communicate(START.encode() + b"/story add \xff\xfe\x00 bytes\n/story show\n", timeout=60)
    assert child.returncode == 0
    assert out.decode().count(" bytes") == 2


def test_a_megabyte_on_one_line_is_refused_and_the_next_line_is_heard(env: dict[str, str]) -> None:
    child = scripted(env)
    out, _ = child.communicate(START.encode() + b"/story add " + b"x" * 10**6 + b"\n/story show\n", timeout=60)
    assert child.returncode == 0
    assert "1,000,000 characters" in out.decode()
    assert out.decode().count("Mara climbed the stairs.") == 2


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_in_mid_sentence_ends_it_with_a_sentence_and_keeps_what_was_told(
    env: dict[str, str], sent: signal.Signals, code: int
) -> None:
    child = scripted(env, "hang")
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(f"{START}/story continue\n".encode())
    child.stdin.flush()
    for line in child.stdout:
        if b"Mara" in line:
            break
    child.send_signal(sent)
    _, err = child.communicate(timeout=30)
    assert child.returncode == code
    assert err.decode().startswith("Stopped. Everything that was told before is kept")
    assert "Traceback" not in err.decode()
    out, _ = scripted(env).communicate(b"/story show\n", timeout=60)
    assert out.decode().count("[1 · Ana]") == 1
    assert "[2" not in out.decode()


@pytest.fixture
def person(env: dict[str, str]) -> Iterator[pexpect.spawn]:  # type: ignore[type-arg]
    """Somebody at a terminal, with a scripted voice."""
    terminal = pexpect.spawn(
        sys.executable, ["-m", "tests.console_child"], env=env, cwd=env["HOME"], encoding="utf-8", timeout=60,
        dimensions=(40, 100),
    )  # fmt: skip
    yield terminal
    terminal.close(force=True)


def test_a_person_sees_a_prompt_and_replies_and_leaves_with_ctrl_d(person: pexpect.spawn) -> None:  # type: ignore[type-arg]
    person.expect("One story, told together")
    person.expect("Somebody")
    person.send("/as Ana\r")
    person.expect("Ana speaks now")
    person.send("/story start The Lamp\r")
    person.expect("Ana opens a story")
    person.send("/story continue\r")
    person.expect("Its horn was low.*Ana.*›")
    person.sendeof()
    person.expect(pexpect.EOF)
    person.wait()
    assert person.exitstatus == 0


def test_a_person_who_comes_back_sees_where_the_story_stands_before_anything_else(
    env: dict[str, str],
    person: pexpect.spawn,  # type: ignore[type-arg]
) -> None:
    person.expect("One story, told together")
    person.expect("Somebody.*›")
    person.sendeof()
    person.expect(pexpect.EOF)
    scripted(env).communicate(START.encode(), timeout=60)
    again = pexpect.spawn(
        sys.executable, ["-m", "tests.console_child"], env=env, cwd=env["HOME"], encoding="utf-8", timeout=60
    )
    again.expect("The Lamp.*Mara climbed the stairs.*One story, told together")
    again.close(force=True)


def test_a_person_gets_files_in_the_folder_where_they_are_and_none_is_written_over(
    person: pexpect.spawn,  # type: ignore[type-arg]
    env: dict[str, str],
) -> None:
    person.expect("Somebody")
    for line in ("/start The Lamp", "/add Mara slept."):
        person.send(f"{line}\r")
        person.expect("Somebody.*›")
    for name in ("story.html", "story-2.html"):
        person.send("/export html\r")
        person.expect("Saved as")
        person.expect("›")
        file = Path(env["HOME"]) / name
        assert "<p>Mara slept.</p>" in file.read_text("utf-8")
        assert file.stat().st_mode & 0o777 == 0o600
    person.sendeof()
    person.expect(pexpect.EOF)


def test_a_person_stops_a_turn_with_ctrl_c_and_goes_on(env: dict[str, str]) -> None:
    person = pexpect.spawn(
        sys.executable, ["-m", "tests.console_child", "hang"], env=env, cwd=env["HOME"], encoding="utf-8", timeout=60
    )
    person.expect("Somebody")
    person.send("/story start The Lamp\r")
    person.expect("opens a story")
    person.send("/story continue\r")
    person.expect("is writing")
    person.sendintr()
    person.expect("Stopped. Everything that was told before is kept.*›")
    person.send("/story show\r")
    person.expect("Nothing has happened yet")
    person.send("/quit\r")
    person.expect(pexpect.EOF)
    person.wait()
    assert person.exitstatus == 0


def test_a_model_that_is_not_there_is_one_sentence_and_a_code(env: dict[str, str]) -> None:
    code, out, err = bots(env | {"ENGINE_MODEL": "/no/such/model"}, "play", typed=START)
    assert (code, out) == (1, "")
    assert err.startswith("No model at /no/such/model. Set ENGINE_MODEL to a folder with")
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["", "x" * 65, "a\x1bb"])
def test_a_channel_without_an_ordinary_name_is_refused(env: dict[str, str], name: str) -> None:
    code, _, err = bots(env, "play", "--channel", name)
    assert code == 2
    assert "1 to 64 ordinary characters" in err


def test_a_name_is_judged_before_it_is_said(env: dict[str, str]) -> None:
    out, _ = scripted(env).communicate(b"/as fuck\x1b[31m\n/as Zo\xc3\xab\n", timeout=60)
    assert out.decode().split("\n\n")[:2] == ["somebody speaks now.", "Zoë speaks now."]


def test_a_wrong_setting_is_one_sentence_and_a_code(env: dict[str, str]) -> None:
    code, _, err = bots(env | {"RATING": "adult"}, "play")
    assert code == 2
    assert err.startswith('RATING is "adult", which is not allowed.')


def test_a_port_in_use_is_one_sentence_and_a_code(env: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, _, err = bots(env | {"HEALTH_PORT": port}, "play")
        assert code == 2
        assert err.startswith(f"HEALTH_PORT is {port}, which cannot be used")
        code, out, _ = bots(env | {"HEALTH_PORT": port}, "doctor")
        assert code == 1
        assert f"port {port} cannot be used" in out


def test_a_database_that_another_process_holds_from_the_start_is_to_be_tried_later(env: dict[str, str]) -> None:
    other = sqlite3.connect(Path(env["HOME"]) / "stories.db", isolation_level=None)
    other.execute("CREATE TABLE x (y)")
    other.execute("BEGIN EXCLUSIVE")
    code, _, err = bots(env, "play")
    other.close()
    assert code == 75
    assert err.startswith("Another program is holding the story database")


def test_a_folder_that_is_not_there_is_one_sentence_and_a_code(env: dict[str, str]) -> None:
    code, _, err = bots(env | {"DATABASE_URL": "sqlite+aiosqlite:////no/such/folder/x.db"}, "play")
    assert code == 1
    assert "its folder is missing" in err


def test_the_doctor_says_what_is_there_and_that_it_is_ready(env: dict[str, str]) -> None:
    code, out, err = bots(env, "doctor")
    assert (code, err) == (0, "")
    for part in ("database", "disk", "engine", "model", "health port", "secret", "discord", "slack"):
        assert f"  {part}" in out
    assert "Ready" in out


def test_the_doctor_says_what_is_missing_and_how_to_get_it(env: dict[str, str]) -> None:
    code, out, _ = bots(env | {"ENGINE_MODEL": "/no/such/model"}, "doctor")
    assert code == 1
    assert "!!  model" in out
    assert "Set ENGINE_MODEL" in out
    assert "Not ready: model." in out


def test_nothing_named_is_answered_with_what_there_is(env: dict[str, str]) -> None:
    code, out, _ = bots(env)
    assert code == 0
    assert "To begin: python -m bots play" in out
    code, out, _ = bots(env, "--version")
    assert (code, out.split()[0]) == (0, "Storycircle")


def test_a_log_of_decisions_with_nothing_in_it_says_so(env: dict[str, str]) -> None:
    assert bots(env, "audit") == (0, "", "Nothing was decided anywhere yet.\n")


def test_moderation_answers_a_line_for_a_line_in_order(env: dict[str, str]) -> None:
    lines = '{"id": 1, "text": "The sea was quiet."}\n{"id": "b", "text": "What the fuck."}\n{"id": 3}\nnot json\n'
    code, out, err = bots(env, "moderate", "--rating", "g", typed=lines)
    verdicts = [line.split('"verdict": "')[1].split('"')[0] for line in out.splitlines()]
    assert verdicts == ["allow", "block", "hold", "hold"]
    assert [line.split('"id": ')[1].split(",")[0] for line in out.splitlines()] == ["1", '"b"', "3", "null"]
    assert code == 1
    assert err.splitlines() == ['Line 3: there is no "text" with a string.', "Line 4: this is not JSON."]
