"""The run card: the README of an adapter, with its data, licences, figures and versions."""

from importlib.metadata import version
from typing import Any

from inference.figures import Figure
from inference.training.tuning.check import Sides
from inference.training.tuning.settings import TuneSettings

_LIBRARIES = ("torch", "transformers", "peft", "trl")


def card(settings: TuneSettings, base_name: str, sides: Sides, figures: list[Figure], run: dict[str, Any]) -> str:
    """Markdown. `run` is what the trainer said of itself: steps, best step, held-out losses by step."""
    method, training = settings.method, settings.training
    kind = {"lora": "LoRA", "adalora": "AdaLoRA", "full": "full tuning", "dpo": "DPO with LoRA"}[method.kind]
    built = (
        "**Built with Llama.** The licence of the base model holds for this one too.\n\n" if _llama(base_name) else ""
    )
    return f"""# {settings.name}

{built}{kind} of {base_name}, for Storycircle. It reads the very prompts that the bot sends.

## Data

{_table(("source", "licence", "records"), [(*key, count) for key, count in sides.licences().items()])}

{sides.summary().replace(chr(10), "; ")}. Held out by story. Every text passed the filter for personal data.

## Figures

On the held-out stories, against {base_name} without this adapter. The gain has a 95 % interval (bootstrap over
stories); loss is in nats a token of the answer.

{_table(("figure", "base", "tuned", "gain", "stories"), [_row(figure) for figure in figures])}

Held-out loss while training: {", ".join(f"step {step} {loss:.3f}" for step, loss in run["losses"])}. Best after step
{run["best"]} of {run["steps"]}{", where it stopped early" if run["early"] else ""}.

## How

{_table(("setting", "value"), [*method.model_dump().items(), *training.model_dump().items()])}

{", ".join(f"{name} {version(name)}" for name in _LIBRARIES)}.
"""


def _llama(name: str) -> bool:
    return "llama" in name.casefold()


def _row(figure: Figure) -> tuple[str, ...]:
    gain = f"{figure.low:+.3f} to {figure.high:+.3f}"
    return figure.name, f"{figure.base:.3f}", f"{figure.adapter:.3f}", gain, str(figure.count)


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
