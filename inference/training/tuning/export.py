"""What a run leaves: an adapter that vLLM serves, or after full tuning a model folder. Whole, or not there at all."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from inference.adapters import CONFIG, FIGURES, WEIGHTS, write_base
from inference.figures import Figure, write_figures
from inference.folder import ModelFolder
from inference.training.errors import TrainingError
from inference.training.tuning.settings import TuneSettings

_BESIDES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "storyteller.json",
    "chat_template.jinja",
)
"""Files of a model folder that tuning does not change."""


def export(
    settings: TuneSettings,
    model: Any,
    measured: Callable[[Path], list[Figure]],
    card: Callable[[list[Figure]], str],
) -> Path:
    """Write the result of a run; returns its folder. TrainingError if the disk does not take it.

    What is measured is the result as it lies on the disk, before it is put in its place.
    """
    full = settings.method.kind == "full"
    base = ModelFolder.find(str(settings.base))

    def write(folder: Path) -> None:
        if full:
            model.save_pretrained(folder)
            for name in _BESIDES:
                if (base.path / name).is_file():
                    shutil.copyfile(base.path / name, folder / name)
        else:
            _write_adapter(model, folder, base)
            write_base(folder, adapter=settings.name, base=base)
        figures = measured(folder)
        write_figures(folder / FIGURES, figures)
        (folder / "README.md").write_text(card(figures), "utf-8")

    return _whole(settings.out / ("model" if full else "adapter"), write)


def _whole(folder: Path, write: Callable[[Path], None]) -> Path:
    """Have a folder written beside its place, and put there when it is whole."""
    unfinished = folder.with_name(f"{folder.name}.tmp")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        write(unfinished)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    except (OSError, RuntimeError, SafetensorError) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise TrainingError(
            f"The result {folder} could not be written: {error}. Make room, and run it again with --resume."
        ) from error
    return folder


def _write_adapter(model: Any, folder: Path, base: ModelFolder) -> None:
    if model.peft_config["default"].peft_type == "ADALORA":
        _write_as_lora(model, folder)
    else:
        model.save_pretrained(str(folder))
    config = json.loads((folder / CONFIG).read_bytes())
    config["base_model_name_or_path"] = base.path.name  # not where it lay on somebody's disk
    (folder / CONFIG).write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", "utf-8")


def _write_as_lora(model: Any, folder: Path) -> None:
    """AdaLoRA computes `B · diag(E) · A`, scaled by the ranks it kept; as plain LoRA, E and the scale go into A.

    Matrices that lost ranks are filled up with zeros: plain LoRA has one rank for all.
    """
    from peft import LoraConfig  # noqa: PLC0415  slow
    from safetensors.torch import save_file  # noqa: PLC0415
    from torch.nn.functional import pad  # noqa: PLC0415

    weights, rank = {}, model.peft_config["default"].init_r
    for name, module in model.named_modules():
        if not hasattr(module, "lora_E") or "default" not in module.lora_E:
            continue
        scale = module.scaling["default"] / (float(module.ranknum["default"]) + 1e-5)
        down, up = module.lora_A["default"] * module.lora_E["default"] * scale, module.lora_B["default"]
        lost = rank - len(down)
        weights[f"{name}.lora_A.weight"] = pad(down.detach(), (0, 0, 0, lost))
        weights[f"{name}.lora_B.weight"] = pad(up.detach(), (0, lost))
    targets = sorted({name.split(".")[-3] for name in weights})
    LoraConfig(r=rank, lora_alpha=rank, target_modules=targets, task_type="CAUSAL_LM").save_pretrained(str(folder))
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, folder / WEIGHTS)
