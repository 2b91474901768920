"""Every setting there is. The only reader of the environment and of `.env`."""

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from core.operation import nearest
from core.policy import Rating

BUNDLED_MODEL = str(Path(__file__).parent.parent / "inference" / "model")

_LOOPBACK = ("127.0.0.1", "::1", "localhost")

Quota = Annotated[int, Field(ge=0, le=1_000_000)]
Days = Annotated[int, Field(ge=1, le=3650)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
GuardFormat = Literal[
    "qwen3guard", "llama-guard-3", "llama-guard-4", "shieldgemma", "granite-guardian", "gpt-oss-safeguard"
]


class SettingsError(Exception):
    """Settings that cannot be used. The text has a line for each, with what is allowed; no secret is in it."""


class Settings(BaseSettings):
    """Read from the environment, then from `.env`. Names are written in capitals there."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="forbid", frozen=True)

    database_url: SecretStr = Field(
        SecretStr("sqlite+aiosqlite:///storycircle.db"),
        description="Where stories are kept: `sqlite+aiosqlite:///file` or `postgresql+asyncpg://user@host/name`.",
    )
    lease_seconds: float = Field(
        15.0,
        ge=1,
        le=300,
        description="How long after its last sign of life others take over from a process, where several share a "
        "PostgreSQL.",
    )
    rating: Rating = Field(
        Rating.TEEN, description="How far stories go in a channel that has set nothing: `g`, `pg`, `teen` or `mature`."
    )
    secret: SecretStr = Field(
        SecretStr(""),
        description="Any long random text, which must stay the same: keeps workspaces apart, and seals erasures.",
    )
    forgotten_file: Path | None = Field(
        None,
        description="Where erasures are noted, for after a restored backup; beside an SQLite file if not set.",
    )

    engine_model: str = Field(
        BUNDLED_MODEL,
        description="Folder (or the hub name, once downloaded) of the model that vLLM serves in this process.",
    )
    engine_window: int | None = Field(
        None, ge=256, description="Tokens of prompt and answer together; the model's own limit if not set."
    )
    engine_max_seqs: int = Field(
        64, ge=1, le=4096, description="Turns written at the same time, also by a server at ENGINE_URL."
    )
    engine_max_batched_tokens: int = Field(4096, ge=256, description="Tokens computed in one step of the engine.")
    engine_max_queued: int = Field(256, ge=1, description="Turns that may wait before people are told it is busy.")
    engine_gpu_memory: float = Field(0.9, gt=0, le=1, description="Share of a GPU's memory to use.")
    engine_cpu_cache_gib: float = Field(0.5, gt=0, description="Memory for the prefix cache on a CPU, in GiB.")
    engine_tensor_parallel: int = Field(
        1, ge=1, le=64, description="GPUs among which a model is divided that is too large for one."
    )
    engine_quantization: str | None = Field(None, description="vLLM's quantization, e.g. `fp8`.")
    engine_kv_cache_dtype: str = Field("auto", description="vLLM's type of the key-value cache, e.g. `fp8`.")

    engine_adapters: Path | None = Field(
        None, description="Folder of adapters (`python -m inference.adapters`); `adapters` if there is one."
    )
    engine_adapter: str | None = Field(
        None,
        description="The adapter for stories that chose none (`/story settings voice`); the one in use, if not set.",
    )

    engine_url: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="An OpenAI-compatible vLLM server, e.g. `http://localhost:8000/v1`, instead of the model here.",
    )
    engine_served_name: str | None = Field(None, description="Which model of that server; its only one if not set.")
    engine_api_key: SecretStr | None = Field(None, description="Key for that server.")
    engine_tokenizer: Path | None = Field(
        None, description="Folder with that model's tokenizer; ENGINE_MODEL if not set."
    )

    plot_events: bool = Field(
        True,
        description="Whether a recap says where a conflict arises and is solved (English; a small process of its own).",
    )
    guard_url: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="A vLLM server with a guard model that judges every text, e.g. `http://localhost:8001/v1`.",
    )
    guard_model: str | None = Field(
        None,
        description="Which of that server's models, its only one if not set; without GUARD_URL the folder of a guard "
        "that vLLM serves in this process.",
    )
    guard_format: GuardFormat = Field(
        "qwen3guard",
        description="Whose format it is: `qwen3guard`, `llama-guard-3`, `llama-guard-4`, `shieldgemma`, "
        "`granite-guardian` or `gpt-oss-safeguard`.",
    )
    guard_api_key: SecretStr | None = Field(None, description="Key for that server.")
    guard_seconds: Seconds = Field(4.0, description="How long the guard may take for a text; then the text is held.")
    guard_gpu_memory: float = Field(
        0.2, gt=0, le=1, description="Share of a GPU's memory for a guard in this process; lower ENGINE_GPU_MEMORY."
    )

    first_words_seconds: Seconds = Field(60.0, description="How long the first words of a turn may take.")
    turn_seconds: Seconds = Field(180.0, description="How long the rest of a turn may take.")
    moderation_seconds: Seconds = Field(5.0, description="How long one filter may take; then the text is held.")

    quota_person_minute: Quota = Field(
        6, description="Turns a minute in which one person may ask the storyteller; 0: any."
    )
    quota_person_day: Quota = Field(100, description="The same in 24 hours, over all processes.")
    quota_channel_minute: Quota = Field(20, description="The same a minute for a channel or thread.")
    quota_server_minute: Quota = Field(200, description="The same a minute for a whole server.")

    helplines_file: Path | None = Field(
        None, description="A TOML file with the helplines that you have verified; see docs/safety.md."
    )
    keep_verdicts_days: Days = Field(90, description="Days for which it is kept which texts were allowed (as hashes).")
    keep_held_days: Days = Field(30, description="Days for which texts that were kept back stay, for an appeal.")
    keep_held_class_days: Days = Field(
        7, description="The same where a moderator sees passages before they are posted."
    )
    keep_posts_days: Days = Field(7, description="Days for which answers are kept, to be shown after a crash.")
    keep_audit_days: Days = Field(365, description="Days for which moderators' decisions and reports are kept.")

    discord_token: SecretStr | None = Field(None, description="The bot's token, from Discord's developer portal.")
    discord_messages: bool = Field(
        False,
        description="Whether ordinary messages can count in a story's own thread; needs the Message Content intent.",
    )
    discord_training_permission: str = Field(
        "",
        description="Where Discord's own permission to train with its messages is written; "
        "without one no training file is made there.",
    )
    discord_shards: int | None = Field(
        None, ge=1, description="Connections to Discord; as many as Discord recommends if not set."
    )
    discord_api_base: str = Field(
        "https://discord.com/api/v10", description="Where Discord's API is; `http://` on this machine only."
    )
    discord_gateway_url: str | None = Field(
        None, description="Where Discord's gateway is, if not where Discord says; `ws://` on this machine only."
    )

    slack_bot_token: SecretStr | None = Field(
        None, description="The bot's token (`xoxb-…`) for one workspace: *OAuth & Permissions*, after installing."
    )
    slack_app_token: SecretStr | None = Field(
        None,
        description="The app-level token (`xapp-…`, scope `connections:write`): Socket Mode, no public URL needed.",
    )
    slack_signing_secret: SecretStr | None = Field(
        None, description="The signing secret (*Basic Information*), for Slack over HTTP instead of Socket Mode."
    )
    slack_client_id: str | None = Field(
        None, description="The client ID (*Basic Information*), so that many workspaces can add the bot by themselves."
    )
    slack_client_secret: SecretStr | None = Field(None, description="The client secret that belongs to it.")
    slack_port: int = Field(
        3000, ge=1, le=65535, description="Port for Slack's HTTP requests, behind your reverse proxy."
    )
    slack_host: str = Field("127.0.0.1", description="Address to listen on for them; `0.0.0.0` in a container.")
    slack_public_url: str | None = Field(
        None, description="Where the internet reaches that port, e.g. `https://stories.example.org`."
    )
    slack_keep_days: int = Field(
        30,
        ge=0,
        le=36500,
        description="Days for which stories are kept after a workspace removed the bot (many workspaces only).",
    )
    slack_api_base: str = Field(
        "https://slack.com/api/", description="Where Slack's API is; `http://` on this machine only."
    )
    slack_authorize_url: str = Field(
        "https://slack.com/oauth/v2/authorize", description="Where Slack asks people whether the bot may come in."
    )

    health_port: int | None = Field(
        None, ge=1, le=65535, description="Port of `/healthz`, `/readyz` and `/metrics`; none if not set."
    )
    health_host: str = Field("127.0.0.1", description="Address to listen on for them; `0.0.0.0` in a container.")
    otel_exporter_otlp_endpoint: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="Where traces of turns go (OTLP over HTTP), e.g. `http://localhost:4318`; none if not set.",
    )
    log_level: str = Field(
        "WARNING", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR, to stderr."
    )
    log_file: Path | None = Field(None, description="Write the log to this file instead.")
    log_format: Literal["text", "json"] = Field("text", description="`json`: one JSON object a line, for collectors.")
    faults: str | None = Field(None, description="Never set it: where a test has this process fail (`core/faults.py`).")

    @property
    def secrets(self) -> frozenset[str]:
        """Every value that nobody may read in a log: of an address, its password."""
        address = self.database_url.get_secret_value()
        values = {each.get_secret_value() for _, each in self if isinstance(each, SecretStr)} - {address}
        return frozenset({*values, str(make_url(address).password or "")} - {""})

    @field_validator("database_url")
    @classmethod
    def _address(cls, value: SecretStr) -> SecretStr:
        try:
            address = make_url(value.get_secret_value())
        except ArgumentError:
            address = make_url("none://")
        in_memory = address.database in (None, "", ":memory:")
        if address.drivername not in ("sqlite+aiosqlite", "postgresql+asyncpg") or in_memory:
            raise ValueError("sqlite+aiosqlite:///file or postgresql+asyncpg://user@host/name")
        return value

    @field_validator(
        *("discord_api_base", "discord_gateway_url"), *("slack_public_url", "slack_api_base", "slack_authorize_url")
    )
    @classmethod
    def _safe(cls, value: str | None) -> str | None:
        """Only this machine may be spoken to in clear."""
        address = urlsplit(value or "")
        safe = {"https": True, "wss": True, "http": address.hostname in _LOOPBACK, "ws": address.hostname in _LOOPBACK}
        if value is not None and not (address.hostname and safe.get(address.scheme)):
            raise ValueError("an https:// or wss:// address; http:// and ws:// on this machine only (127.0.0.1)")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


def load(**given: Any) -> Settings:
    """The settings. Raises `SettingsError` with a line for every setting that is wrong."""
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError("\n".join(_line(each) for each in error.errors())) from None
    except UnicodeDecodeError:
        raise SettingsError("The file .env cannot be read as UTF-8 text. Save it as that, or remove it.") from None


def table() -> str:
    """All settings as a Markdown table, for the README."""
    rows = ["| setting | default | what it is |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        rows.append(f"| `{name.upper()}` | {_default(field.default)} | {field.description} |")
    return "\n".join(rows)


def _default(value: object) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value in (None, ""):
        return "—"
    return "the bundled model" if value == BUNDLED_MODEL else f"`{value}`"


def _line(error: ErrorDetails) -> str:
    name = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        known = [each.upper() for each in Settings.model_fields]
        return f"{name.upper()} in .env is no setting of mine.{nearest(name.upper(), known)}"
    value = "" if any(word in name for word in ("secret", "key", "url", "token")) else f' is "{error["input"]}", which'
    return f"{name.upper()}{value or ' has a value that'} is not allowed. Allowed: {_allowed(name, error)}."


def _allowed(name: str, error: ErrorDetails) -> str:
    described = (Settings.model_fields[name].description or "").rstrip(".")
    said = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return said if error["type"] in ("value_error", "enum") else f"{said} ({described})"
