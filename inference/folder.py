"""A model on disk: what its folder says before any weight is read.

Knows files, not engines. A folder that cannot be used is refused here, with one sentence that says what to do.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.engine import Form, Profile
from core.errors import EngineFailed
from core.wording import said
from inference.tokens import Vocabulary

_FORMS: dict[str, Form] = {"storycircle-stream-1": "stream", "storycircle-stream-2": "stream-2"}
WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.gguf")


@dataclass(frozen=True)
class ModelFolder:
    """A folder with `config.json`, `tokenizer.json` and weights, in the layout of the Hugging Face hub."""

    path: Path

    @classmethod
    def find(cls, model: str) -> "ModelFolder":
        """The folder of a path, or of a hub name such as `Qwen/Qwen3-0.6B` that was downloaded before.

        Raises `EngineFailed` if there is none.
        """
        return cls(_located(model))

    def check(self) -> None:
        """Raise `EngineFailed` unless everything that an engine needs is there."""
        if not (self.path / "config.json").is_file():
            raise EngineFailed(
                said(
                    "{path} is not a model folder: it has no config.json. {advice}", path=str(self.path), advice=_ADVICE
                )
            )
        if not any(found for pattern in WEIGHTS for found in self.path.glob(pattern)):
            raise EngineFailed(
                said("{path} is not a model folder: it has no weights. {advice}", path=str(self.path), advice=_ADVICE)
            )

    def vocabulary(self) -> Vocabulary:
        """The tokens of the model."""
        return Vocabulary(self.path / "tokenizer.json")

    def profile(self, vocabulary: Vocabulary, *, name: str | None = None, window: int | None = None) -> Profile:
        """What the folder says of its model; `name` and `window` overrule it."""
        ours = self._json("storyteller.json")
        return Profile(
            name=name or str(ours.get("name") or self.path.name),
            form=self._form(ours),
            window=window or int(ours.get("max_model_len") or self._window()),
            tokenizer=vocabulary.fingerprint,
        )

    def stop_ids(self) -> tuple[int, ...]:
        """The ids with which the model ends its text (`eos_token_id`)."""
        said = self._json("generation_config.json").get("eos_token_id")
        said = self._json("config.json").get("eos_token_id") if said is None else said
        return () if said is None else (said,) if isinstance(said, int) else tuple(said)

    def _form(self, ours: dict[str, Any]) -> Form:
        """The form that the model was trained on. Raises `EngineFailed` for one that is not known here."""
        if not ours:
            return "chat"
        name = str(ours.get("format") or "storycircle-stream-1")
        if name not in _FORMS:
            raise EngineFailed(
                said(
                    "The model in {path} wants to be asked in the form {form}, which this version does not know. "
                    "Install a newer version of Storycircle.",
                    path=str(self.path),
                    form=name,
                )
            )
        return _FORMS[name]

    def _window(self) -> int:
        config = self._json("config.json")
        text = config.get("text_config") or config
        return int(text.get("max_position_embeddings") or 2048)

    def _json(self, file: str) -> dict[str, Any]:
        try:
            value = json.loads((self.path / file).read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise EngineFailed(
                said("{file} cannot be read as JSON. {advice}", file=str(self.path / file), advice=_ADVICE)
            ) from error
        return value if isinstance(value, dict) else {}


def weights_print(path: Path) -> str:
    """A fingerprint of a model's weights: what an adapter for them must have been made for.

    Takes the vocabulary, and of each file of weights its size, its beginning (of a safetensors file: the names, types
    and shapes) and its end, so that it costs milliseconds for any model.
    """
    digest = hashlib.sha256()
    weights = sorted(found for pattern in WEIGHTS for found in path.glob(pattern))
    for file in [*weights, path / "tokenizer.json"]:
        try:
            with file.open("rb") as data:
                digest.update(f"{file.name} {file.stat().st_size}".encode())
                digest.update(data.read(_SAMPLE))
                data.seek(max(0, file.stat().st_size - _SAMPLE))
                digest.update(data.read(_SAMPLE))
        except OSError as error:
            raise EngineFailed(said("{file} cannot be read. {advice}", file=str(file), advice=_ADVICE)) from error
    return digest.hexdigest()[:16]


_SAMPLE = 1 << 17
"""Bytes."""

_ADVICE = said("Set ENGINE_MODEL to a folder with config.json, tokenizer.json and model.safetensors.")


def _located(model: str) -> Path:
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    return _downloaded(model)


def _downloaded(name: str) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415  only for models that are named, not placed

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except Exception as error:
        raise EngineFailed(said("No model at {name}. {advice}", name=name, advice=_ADVICE)) from error
