"""Adapters: what the registry takes in and refuses, which is in use, and the way back."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from core.engine import PLAIN
from core.errors import EngineFailed
from inference.adapters import AdapterRefused, Registry, main, served, write_base
from inference.figures import Figure, write_figures
from inference.folder import ModelFolder, weights_print
from tests.inference.models import llama

GAIN = Figure("continue/loss", "lower", 3.0, 2.5, 0.4, 0.6, 20)
LOSS = Figure("refine/gleu", "higher", 0.6, 0.5, -0.15, -0.05, 20)
NOTHING = Figure("explain/rouge", "higher", 0.3, 0.31, -0.02, 0.04, 20)


@pytest.fixture
def base(tmp_path: Path) -> ModelFolder:
    return ModelFolder(llama(tmp_path / "llama"))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "adapters")


def adapter(folder: Path, base: ModelFolder, name: str = "fables", *figures: Figure, rank: int = 8) -> Path:
    """An adapter that changes nothing, in a folder of its own."""
    path = folder / f"made-{name}"
    path.mkdir()
    config = {"peft_type": "LORA", "r": rank, "lora_alpha": rank, "target_modules": ["q_proj"]}
    (path / "adapter_config.json").write_text(json.dumps(config))
    at = "base_model.model.model.layers.0.self_attn.q_proj"
    arrays = {f"{at}.lora_A.weight": np.zeros((rank, 64), "f4"), f"{at}.lora_B.weight": np.zeros((64, rank), "f4")}
    save_file(arrays, path / "adapter_model.safetensors")
    write_base(path, adapter=name, base=base)
    write_figures(path / "figures.json", figures or [GAIN])
    return path


def test_an_adapter_that_wins_is_taken_in_with_its_figures(
    tmp_path: Path, registry: Registry, base: ModelFolder
) -> None:
    registry.add(adapter(tmp_path, base, "fables", GAIN, NOTHING), base)
    (found,) = registry.adapters()
    assert (found.name, found.rank, found.base_name) == ("fables", 8, "Llama of the tests")
    assert found.figures() == [GAIN, NOTHING]
    assert registry.current == PLAIN


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        ([GAIN, LOSS], "It is worse than its base in refine/gleu: 0.600 → 0.500"),
        ([NOTHING], "It is nowhere surely better than its base; the nearest is explain/rouge"),
    ],
)
def test_an_adapter_that_loses_is_refused_with_the_reason(
    tmp_path: Path, registry: Registry, base: ModelFolder, figures: list[Figure], why: str
) -> None:
    with pytest.raises(AdapterRefused, match=why):
        registry.add(adapter(tmp_path, base, "fables", *figures), base)
    assert registry.adapters() == []


def test_an_adapter_that_nobody_measured_is_refused(tmp_path: Path, registry: Registry, base: ModelFolder) -> None:
    path = adapter(tmp_path, base)
    (path / "figures.json").unlink()
    with pytest.raises(AdapterRefused, match="cannot be judged: score it first"):
        registry.add(path, base)


def test_an_adapter_for_another_base_model_is_refused(tmp_path: Path, registry: Registry, base: ModelFolder) -> None:
    path = adapter(tmp_path, base)
    weights = base.path / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(AdapterRefused, match="was made for Llama of the tests, not for the weights in"):
        registry.add(path, base)


@pytest.mark.parametrize("missing", ["adapter_model.safetensors", "adapter_config.json", "base.json"])
def test_a_folder_that_is_no_adapter_is_refused(
    tmp_path: Path, registry: Registry, base: ModelFolder, missing: str
) -> None:
    path = adapter(tmp_path, base)
    (path / missing).unlink()
    with pytest.raises(AdapterRefused, match=f"it has no {missing}"):
        registry.add(path, base)


def test_rollback_goes_back_step_by_step(tmp_path: Path, registry: Registry, base: ModelFolder) -> None:
    for name in ("one", "two"):
        registry.add(adapter(tmp_path, base, name), base)
        registry.use(name)
    assert registry.current == "two"
    assert registry.rollback() == "one"
    assert Registry(registry.folder).current == "one"
    assert registry.rollback() == PLAIN
    with pytest.raises(AdapterRefused, match="Nothing was ever switched on"):
        registry.rollback()


def test_only_what_was_taken_in_can_be_used(registry: Registry) -> None:
    with pytest.raises(AdapterRefused, match=r"There is no adapter “fables”\. There are: plain\."):
        registry.use("fables")


def test_an_engine_serves_the_adapters_for_its_weights(tmp_path: Path, registry: Registry, base: ModelFolder) -> None:
    other = ModelFolder(llama(tmp_path / "other"))
    (other.path / "tokenizer.json").write_text((other.path / "tokenizer.json").read_text() + " ")
    assert weights_print(other.path) != weights_print(base.path)
    registry.add(adapter(tmp_path, base, "one"), base)
    registry.add(adapter(tmp_path, other, "two"), other)
    found = served(registry.folder, None, base)
    assert found.voices == (PLAIN, "one")
    assert found.default == PLAIN
    assert served(registry.folder, "one", base).default == "one"
    with pytest.raises(EngineFailed, match="“two” was made for Llama of the tests, not for the weights in"):
        served(registry.folder, "two", base)
    with pytest.raises(EngineFailed, match="There is no adapter “three”"):
        served(registry.folder, "three", base)
    registry.use("one")
    assert served(registry.folder, None, base).default == "one"


def test_a_voice_that_is_not_there_any_more_is_the_engines_own_choice(
    tmp_path: Path, registry: Registry, base: ModelFolder
) -> None:
    for name in ("one", "two"):
        registry.add(adapter(tmp_path, base, name), base)
    found = served(registry.folder, "two", base)
    names = {voice: getattr(found.find(voice), "name", None) for voice in ("", "gone", "one", PLAIN)}
    assert names == {"": "two", "gone": "two", "one": "one", PLAIN: None}


def test_without_a_registry_there_is_nothing_to_choose(tmp_path: Path, base: ModelFolder) -> None:
    found = served(tmp_path / "nowhere", None, base)
    assert found.voices == ()
    assert found.find("anything") is None


def test_the_commands(
    tmp_path: Path, registry: Registry, base: ModelFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        status = main(["--folder", str(registry.folder), *arguments])
        said = capsys.readouterr()
        return status, said.out + said.err

    good, bad = adapter(tmp_path, base, "good"), adapter(tmp_path, base, "bad", LOSS)
    assert run("add", str(good), "--base", str(base.path))[0] == 0
    assert run("add", str(good), "--base", str(base.path)) == (
        1, "error: There is an adapter “good” already. Give the new one another name.\n",
    )  # fmt: skip
    assert run("add", str(bad), "--base", str(base.path))[0] == 1
    write_figures(tmp_path / "better.json", [NOTHING, GAIN])
    assert run("add", str(bad), "--base", str(base.path), "--figures", str(tmp_path / "better.json"))[0] == 0
    assert run("use", "good") == (0, "In use from the next start on: good\n")
    status, shown = run("list")
    assert status == 0
    assert "* good   for Llama of the tests, rank 8\n      continue/loss: 3.000 → 2.500" in shown
    assert "  bad " in shown
    assert run("rollback") == (0, "In use from the next start on: plain\n")
    assert run("rollback")[0] == 1
