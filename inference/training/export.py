"""Write the model folder that the bot opens, out of a checkpoint."""

import json
from pathlib import Path
from typing import Any

import torch

from inference.training.errors import TrainingError
from inference.training.network import make_model
from inference.training.settings import Settings
from inference.training.stream import FORMAT, TOKEN_IDS
from inference.training.tokenizer import END, END_OF_TEXT, PAD, load_tokenizer
from inference.training.train import load_checkpoint

_CARD = Path(__file__).with_name("card.md")


def load_model(folder: Path) -> Any:
    """The model of the best state in float32."""
    state = load_checkpoint(folder, best=True)
    model = make_model(Settings.from_state_dict(state["settings"]))
    model.load_state_dict(state["model"])
    return model.eval()


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def _held_out_table(folder: Path) -> str:
    """The rows of the model card's table, from the evaluate command's figures."""
    path = folder / "evaluation.json"
    if not path.is_file():
        return "| not measured yet | | |"
    losses: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
    return "\n".join(
        f"| {kind} | {loss:.3f} | {torch.tensor(loss).exp().item():.1f} |" for kind, loss in losses.items()
    )


def _figures(table: Path | None) -> str:
    if table is None:
        return "Not measured yet."
    try:
        return table.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise TrainingError(f"There is no table of figures at {table}: run python -m inference.evaluation.") from error


def _trained(progress: dict[str, Any]) -> dict[str, float]:
    """What the weights have seen, the run that they began with included: minutes, steps, and tokens in millions."""
    before = progress["before"]
    return {
        "minutes": round(progress["used_s"] / 60 + before.get("minutes", 0)),
        "steps": progress["step"] + before.get("steps", 0),
        "tokens": round(progress["tokens"] / 1e6 + before.get("tokens", 0), 1),
    }


def export(folder: Path, model_folder: Path, figures: Path | None = None) -> None:
    """Write the best state's weights (bfloat16), configuration, tokenizer and model card; files there are replaced.

    `figures` is the table that ``python -m inference.evaluation`` wrote, for the card.
    Raises TrainingError if there is no checkpoint or tokenizer, or the disk does not take the model.
    """
    tokenizer = load_tokenizer(folder / "tokenizer.json")
    tokenizer.encode_special_tokens = False
    state = load_checkpoint(folder, best=True)
    window = Settings.from_state_dict(state["settings"]).window
    trained = _trained(state["progress"])
    model = load_model(folder)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    name = f"Llama Storycircle {round(parameters / 1e6)}M"
    model = model.to(torch.bfloat16)
    model.config.use_cache = True
    model.config.eos_token_id = [TOKEN_IDS[END], TOKEN_IDS[END_OF_TEXT]]
    model.generation_config.eos_token_id = [TOKEN_IDS[END], TOKEN_IDS[END_OF_TEXT]]
    model.generation_config.bos_token_id = TOKEN_IDS[END_OF_TEXT]
    model.generation_config.pad_token_id = TOKEN_IDS[PAD]
    model.generation_config.use_cache = True
    try:
        model_folder.mkdir(parents=True, exist_ok=True)
        model.save_pretrained(str(model_folder))
        (model_folder / "model.safetensors").chmod(0o644)
        tokenizer.save(str(model_folder / "tokenizer.json"))
        _write_json(
            model_folder / "tokenizer_config.json",
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "bos_token": END_OF_TEXT,
                "eos_token": END_OF_TEXT,
                "pad_token": PAD,
                "model_max_length": window,
                "clean_up_tokenization_spaces": False,
            },
        )
        _write_json(
            model_folder / "storyteller.json",
            {"name": name, "format": FORMAT, "max_model_len": window, "trained": trained},
        )
        card = _CARD.read_text(encoding="utf-8").format(
            name=name,
            window=window,
            parameters=f"{parameters / 1e6:.2f}",
            layers=model.config.num_hidden_layers,
            vocabulary=model.config.vocab_size,
            minutes=trained["minutes"],
            steps=f"{trained['steps']:,}",
            tokens=trained["tokens"],
            held_out=_held_out_table(folder),
            figures=_figures(figures),
        )
        (model_folder / "README.md").write_text(card, encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"The model folder {model_folder} could not be written: {error}.") from error
