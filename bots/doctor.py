"""`python -m bots doctor`: what is configured, what is missing, and how to get it."""

import asyncio
import datetime as dt
import importlib.util
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from sqlalchemy.engine import make_url

from bots.assembly import lines
from bots.settings import BUNDLED_MODEL, Settings, SettingsError
from core import helplines
from core.database import Database
from core.errors import EngineFailed, StoryError
from inference.folder import ModelFolder

_NEEDED_MIB = 500


class State(StrEnum):
    """How a part stands. Only BROKEN keeps the bot from working."""

    FINE = "ok"
    ABSENT = "--"
    BROKEN = "!!"


@dataclass(frozen=True)
class Finding:
    """One part, how it stands, and what to do about it if something is to be done."""

    part: str
    state: State
    said: str


async def doctor(settings: Settings, out: TextIO) -> int:
    """Print a line for each part. The exit code is 0 if the bot can work, else 1."""
    findings = [
        await _database(settings),
        *await asyncio.to_thread(_others, settings),
        await _discord(settings),
        await _slack(settings),
    ]
    for each in findings:
        print(f"{each.state}  {each.part:<11} {each.said}", file=out)
    broken = [each.part for each in findings if each.state is State.BROKEN]
    print(f"\nNot ready: {', '.join(broken)}." if broken else "\nReady: make play tells a story.", file=out)
    return 1 if broken else 0


def _others(settings: Settings) -> list[Finding]:
    checks: list[Callable[[Settings], Finding]] = [_disk, _engine, _model, _health_port, _secret, _env_file, _helplines]
    return [check(settings) for check in checks]


async def _database(settings: Settings) -> Finding:
    address = make_url(settings.database_url.get_secret_value())
    try:
        database = await Database.open(settings.database_url.get_secret_value())
    except StoryError as error:
        return Finding("database", State.BROKEN, error.notice)
    await database.close()
    return Finding("database", State.FINE, f"{address.render_as_string(hide_password=True)} opens and is up to date.")


def _disk(settings: Settings) -> Finding:
    file = make_url(settings.database_url.get_secret_value()).database or ""
    folder = Path(file).parent if file else Path()
    free = shutil.disk_usage(folder if folder.is_dir() else Path()).free // 2**20
    if free < _NEEDED_MIB:
        return Finding("disk", State.BROKEN, f"{free} MiB free where the database is; make room ({_NEEDED_MIB} MiB).")
    return Finding("disk", State.FINE, f"{free:,} MiB free where the database is.")


def _engine(settings: Settings) -> Finding:
    if settings.engine_url:
        return Finding("engine", State.FINE, f"the vLLM server at {settings.engine_url} (not asked now).")
    if importlib.util.find_spec("vllm") is None:
        return Finding("engine", State.BROKEN, "vLLM is not installed. Run make play, or pip install '.[cpu]'.")
    return Finding("engine", State.FINE, "vLLM is installed and runs in this process.")


def _model(settings: Settings) -> Finding:
    if settings.engine_url:
        return Finding("model", State.FINE, f"whatever that server serves; its words from {_words(settings)}.")
    try:
        folder = ModelFolder.find(settings.engine_model)
        name = folder.profile(folder.vocabulary()).name
    except EngineFailed as error:
        return Finding("model", State.BROKEN, error.notice)
    bundled = " (bundled)" if settings.engine_model == BUNDLED_MODEL else f" in {folder.path}"
    return Finding("model", State.FINE, f"{name}{bundled}.")


def _words(settings: Settings) -> str:
    return str(settings.engine_tokenizer or settings.engine_model)


def _health_port(settings: Settings) -> Finding:
    if settings.health_port is None:
        return Finding("health port", State.ABSENT, "none; set HEALTH_PORT to have /healthz and /readyz.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", settings.health_port))
        except OSError as error:
            said = f"port {settings.health_port} cannot be used ({error.strerror}). Set HEALTH_PORT to a free one."
            return Finding("health port", State.BROKEN, said)
    return Finding("health port", State.FINE, f"{settings.health_port} is free.")


def _secret(settings: Settings) -> Finding:
    if settings.secret.get_secret_value():
        return Finding("secret", State.FINE, "set.")
    said = "not set; set SECRET to any long random text before several workspaces or people share it."
    return Finding("secret", State.ABSENT, said)


def _env_file(_settings: Settings) -> Finding:
    file = Path(".env")
    if not file.is_file():
        return Finding("secrets", State.FINE, "there is no .env; they come from the environment.")
    if file.stat().st_mode & 0o077:
        return Finding("secrets", State.ABSENT, "others on this machine may read .env: chmod 600 .env")
    return Finding("secrets", State.FINE, "nobody else may read .env.")


def _helplines(settings: Settings) -> Finding:
    try:
        found = lines(settings)
    except SettingsError as error:
        return Finding("helplines", State.BROKEN, str(error))
    old = helplines.stale(found, dt.datetime.now(dt.UTC).date())
    if old:
        said = f"{len(old)} of {len(found)} were not verified in the last 180 days; docs/safety.md says how."
        return Finding("helplines", State.ABSENT, said)
    return Finding("helplines", State.FINE, f"{len(found)}, all verified in the last 180 days.")


async def _discord(settings: Settings) -> Finding:
    if settings.discord_token is None:
        said = "not set up; the README's section “Discord in five minutes” says how."
        return Finding("discord", State.ABSENT, said)
    from bots.discord.checkup import checkup  # noqa: PLC0415 - its library is loaded only where it is used

    fine, said = await checkup(settings)
    return Finding("discord", State.FINE if fine else State.BROKEN, said)


async def _slack(settings: Settings) -> Finding:
    given = settings.slack_bot_token, settings.slack_app_token, settings.slack_signing_secret, settings.slack_client_id
    if not any(given):
        return Finding("slack", State.ABSENT, "not set up; the README's section “Slack in five minutes” says how.")
    from bots.slack.checkup import checkup  # noqa: PLC0415 - its library is loaded only where it is used

    fine, said = await checkup(settings)
    return Finding("slack", State.FINE if fine else State.BROKEN, said)
