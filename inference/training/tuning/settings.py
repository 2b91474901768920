"""The one settings file of a run: TOML, read by pydantic, each mistake told with its line and field."""

import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from inference.training.errors import TrainingError

Problem = Literal["duplicate", "personal", "long"]
"""What may be wrong with a record that can also be left out."""

BUNDLED = Path(__file__).parents[2] / "model"

DEFAULT_LICENCES = ("CC0-1.0", "public-domain", "CC-BY-4.0", "Apache-2.0", "MIT", "CDLA-Sharing-1.0", "consent")
"""Licences that allow training without a further question; `consent` is what the bot's own export has."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(_Section):
    """What to learn from."""

    files: Annotated[tuple[Path, ...], Field(min_length=1)]
    """JSONL files of records; relative to the settings file."""
    held_out_files: tuple[Path, ...] = ()
    """Records to validate with. Without any, a share of the stories of `files` is kept for that."""
    held_out: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """That share; by story, so that no story is on both sides."""
    licences: Annotated[tuple[str, ...], Field(min_length=1)] = DEFAULT_LICENCES
    leave_out: tuple[Problem, ...] = ()
    """Problems whose records are left out; any other problem stops the run."""


class Method(_Section):
    """How the model is changed."""

    kind: Literal["lora", "adalora", "full", "dpo"] = "lora"
    """`lora`, `adalora` and `full` learn from answers; `dpo` learns from preferences, with LoRA."""
    rank: Literal[1, 8, 16, 32, 64, 128] = 16
    """Ranks that vLLM serves."""
    alpha: Annotated[int, Field(gt=0)] = 32
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.05
    targets: str | tuple[str, ...] = "all-linear"
    beta: Annotated[float, Field(gt=0)] = 0.1
    """Of DPO: how closely to stay by the model as it was."""


class Training(_Section):
    """How long, how fast, and when to stop."""

    epochs: Annotated[float, Field(gt=0)] = 3.0
    learning_rate: Annotated[float, Field(gt=0, lt=1)] = 2e-4
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.03
    """Share of the steps."""
    batch: Annotated[int, Field(ge=1)] = 4
    accumulation: Annotated[int, Field(ge=1)] = 4
    """Batches to each step of the optimiser."""
    evaluate_every: Annotated[int, Field(ge=1)] = 50
    """Steps between two looks at the held-out stories, each with a checkpoint."""
    patience: Annotated[int, Field(ge=1)] = 3
    """Looks without a better held-out loss before it stops."""
    seed: Annotated[int, Field(ge=0)] = 1
    bf16: bool = False
    """Compute in bfloat16 (autocast): for GPUs, and CPUs with AVX-512-BF16."""
    threads: Annotated[int, Field(ge=1)] = 1
    """On a CPU."""


class TuneSettings(_Section):
    """Everything that decides a run."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    """Of the adapter: small letters, digits and hyphens."""
    base: Path = BUNDLED
    """Folder of the model to tune."""
    out: Path
    """Folder of the run; its result lies there in `adapter` (or `model`, of full tuning)."""
    data: Data
    method: Method = Method()
    training: Training = Training()

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("name") == "plain":
            raise ValueError("the name `plain` stands for the model without an adapter")
        return value

    def apart_from(self, other: "TuneSettings") -> list[str]:
        """The fields in which another differs, e.g. `training.seed`."""
        mine, others = _flat(self.model_dump(mode="json")), _flat(other.model_dump(mode="json"))
        return sorted(key for key in mine if mine[key] != others.get(key))


def read_settings(file: Path) -> TuneSettings:
    """The settings of a file, paths in it made relative to it. TrainingError has a line for every mistake."""
    try:
        text = file.read_text("utf-8")
        values = tomllib.loads(text)
    except OSError as error:
        raise TrainingError(f"The settings {file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise TrainingError(f"The settings {file} are not UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise TrainingError(f"The settings {file} are not TOML: {error}.") from error
    try:
        settings = TuneSettings.model_validate(values)
    except ValidationError as error:
        lines = [_told(file, text, each["loc"], each["msg"]) for each in error.errors()]
        raise TrainingError("\n".join(lines)) from None
    return _placed(settings, file.parent)


def dump_settings(settings: TuneSettings) -> str:
    """The settings as JSON, to go on with the same later."""
    return json.dumps(settings.model_dump(mode="json"), indent=1) + "\n"


def load_settings(file: Path) -> TuneSettings:
    """Settings that were dumped."""
    return TuneSettings.model_validate_json(file.read_bytes())


def _placed(settings: TuneSettings, folder: Path) -> TuneSettings:
    def at(path: Path) -> Path:
        return (folder / path.expanduser()).resolve()

    data = settings.data
    files = {"files": tuple(map(at, data.files)), "held_out_files": tuple(map(at, data.held_out_files))}
    return settings.model_copy(
        update={"base": at(settings.base), "out": at(settings.out), "data": data.model_copy(update=files)}
    )


def _told(file: Path, text: str, loc: tuple[int | str, ...], problem: str) -> str:
    names = [each for each in loc if isinstance(each, str)]
    where = f"{file.name}, line {line}" if (line := line_of(text, names)) else file.name
    field = ".".join(names) or "the file"
    problem = {"Extra inputs are not permitted": "there is no such setting", "Field required": "it is missing"}.get(
        problem, problem.removeprefix("Value error, ").removeprefix("Input ")
    )
    return f"{where}: {field}: {problem}."


def line_of(text: str, names: list[str]) -> int | None:
    """The line (from 1) on which a field of a TOML text stands; of its section, if the field itself does not."""
    section: list[str] = []
    nearest = None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[([\w.-]+)\]", line):
            section = header[1].split(".")
            found = section
        elif key := re.match(r"\s*([\w.-]+)\s*=", line):
            found = [*section, *key[1].split(".")]
        else:
            continue
        if found == names[: len(found)] and found:
            if found == names:
                return number
            nearest = number
    return nearest


def _flat(values: dict[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{before}{key}.") if isinstance(value, dict) else {before + key: value}
    return flat
