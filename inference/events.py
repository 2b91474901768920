"""What a passage does in its story: something happens, a conflict arises or grows, it is solved, or none of these.

A head on a model reads each passage; `python -m inference.training events` trains it. It is loaded when it is asked
for. Knows passages, not stories: whoever draws an arc puts the labels in order.

    python -m inference.events MODEL

reads lines `[passage, …]` and answers each with `[label, …]`: for `inference.plot_process`.
"""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from core.errors import EngineFailed
from core.plot import PlotEvent
from core.wording import said
from inference.folder import ModelFolder, weights_print

HEAD = "head.json"
"""Whose head it is, and how strongly it is added."""
WEIGHTS = "head.safetensors"
FOLDER = "events"
"""Beside the weights, in a model's folder."""
EVENTS = tuple(PlotEvent)
_BELOW = "base_model.model."
"""What peft puts before the names of a model's own weights."""


class EventReader:
    """A trained head and the model below it. Blocks while it computes, so call it from a thread."""

    def __init__(self, model: Any, tokenizer: Any, *, longest: int = 256) -> None:
        self._model = model.eval()
        self._tokenizer = tokenizer
        self._longest = longest

    @classmethod
    def load(cls, model: Path, head: Path | None = None) -> "EventReader":
        """The head in `head`, or beside the model's weights. Slow: imports torch.

        Raises `EngineFailed` if there is none, or it was trained for other weights.
        """
        folder = head or model / FOLDER
        told = checked(folder, model)
        from transformers import AutoTokenizer  # noqa: PLC0415  slow, and only for those who want labels

        tokenizer = AutoTokenizer.from_pretrained(str(model), local_files_only=True)
        return cls(_headed(classifier(model), folder, float(told["scale"])), tokenizer)

    def label(self, passages: Sequence[str]) -> list[PlotEvent]:
        """The label of each passage."""
        return [EVENTS[max(range(len(EVENTS)), key=row.__getitem__)] for row in self.scores(passages)]

    def scores(self, passages: Sequence[str]) -> list[list[float]]:
        """For each passage the probabilities of the four labels, in the order of `EVENTS`."""
        import torch  # noqa: PLC0415

        found: list[list[float]] = []
        with torch.no_grad():
            for passage in passages:
                ids = torch.tensor([encoded(self._tokenizer, passage, self._longest)])
                found.append(torch.softmax(self._model(input_ids=ids).logits[0].float(), dim=-1).tolist())
        return found


def classifier(model: Path) -> Any:
    """The model with a new head of four outputs, which reads the last token of a passage."""
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415
    from transformers import AutoModelForSequenceClassification  # noqa: PLC0415

    transformers.logging.set_verbosity_error()  # it would tell at length that the head is new
    transformers.logging.disable_progress_bar()
    return AutoModelForSequenceClassification.from_pretrained(
        str(model), num_labels=len(EVENTS), dtype=torch.float32, local_files_only=True
    )


def encoded(tokenizer: Any, passage: str, longest: int) -> list[int]:
    """Token ids of a passage: the end of it, if it is long, since what it comes to stands there."""
    ids: list[int] = tokenizer(passage, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    return ids[-longest:] or [tokenizer.eos_token_id or 0]


def checked(folder: Path, model: Path) -> dict[str, Any]:
    """What a head says of itself. Raises `EngineFailed` if there is none, or it is for other weights."""
    try:
        told: dict[str, Any] = json.loads((folder / HEAD).read_bytes())
    except (OSError, ValueError) as error:
        raise EngineFailed(
            said("There are no plot events for this model: {folder} has no {file}.", folder=str(folder), file=HEAD)
        ) from error
    if told.get("print") != weights_print(model):
        raise EngineFailed(
            said(
                "The plot events in {folder} were trained for {name}, not for the weights in {model}. Train them anew.",
                folder=str(folder),
                name=str(told.get("name")),
                model=str(ModelFolder(model).path),
            )
        )
    return told


def _headed(model: Any, folder: Path, scale: float) -> Any:
    """The model with a head's weights added: of LoRA, W + scale · B · A (peft is not needed to read)."""
    from safetensors.torch import load_file  # noqa: PLC0415

    weights = {name.removeprefix(_BELOW): value.float() for name, value in load_file(folder / WEIGHTS).items()}
    own = dict(model.named_parameters())
    for name, value in weights.items():
        if name.endswith(".lora_A.weight"):
            below = name.removesuffix(".lora_A.weight")
            own[f"{below}.weight"].data += scale * weights[f"{below}.lora_B.weight"] @ value
        elif name in own:
            own[name].data.copy_(value)
    return model


def answer(reader: EventReader, asked: Iterable[str], out: TextIO) -> None:
    """Answer line by line until there are no more; see the module."""
    for line in asked:
        out.write(json.dumps(reader.label(json.loads(line))) + "\n")
        out.flush()


def main() -> None:
    """The process of `inference.plot_process`: gives way to everything else, and ends with its input."""
    os.nice(10)
    reader = EventReader.load(Path(sys.argv[1]))
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    answer(reader, sys.stdin, sys.stdout)


if __name__ == "__main__":
    main()
