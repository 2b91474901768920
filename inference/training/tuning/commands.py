"""The commands of tuning, for `python -m inference.training`. What they need is imported when one of them is run."""

import argparse
import sys
from pathlib import Path
from typing import Any

BUNDLED = Path(__file__).parents[2] / "model"
COMMANDS = ("check", "tune", "score", "records", "events")


def add_commands(commands: Any) -> None:
    """Add them to the command line (`commands` are argparse's subparsers)."""
    for name, text in (("check", "check the data of a run, and train nothing"), ("tune", "tune a model")):
        command = commands.add_parser(name, help=text)
        command.add_argument("settings", type=Path, help="the settings of the run (TOML)")
        if name == "tune":
            command.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    score = commands.add_parser("score", help="score an adapter against its base by the evaluation harness")
    score.add_argument("adapter", type=Path, help="its folder")
    score.add_argument("--model", type=Path, default=BUNDLED, help="the model that it was made for")
    score.add_argument("--data", type=Path, required=True, help="folder of story texts with the held-out files")
    score.add_argument("--size", type=int, default=60, help="cases of each task")
    score.add_argument("--seed", type=int, default=0)
    records = commands.add_parser("records", help="make records of exported stories, by consent")
    records.add_argument("export", type=Path, help="stories with feedback (JSONL)")
    records.add_argument("--out", type=Path, required=True, help="folder for records.jsonl and pairs.jsonl")
    events = commands.add_parser("events", help="train the head that labels what a passage does in its story")
    events.add_argument("--data", type=Path, required=True, help="folder of story texts")
    events.add_argument("--model", type=Path, required=True, help="model folder whose reading of a text it builds on")
    events.add_argument("--out", type=Path, required=True, help="folder to write")
    events.add_argument("--each", type=int, default=600, help="passages of each label, at most")
    events.add_argument("--threads", type=int, default=2)
    events.add_argument("--seed", type=int, default=1)


def run_command(options: argparse.Namespace) -> None:
    """Run one. Raises TrainingError."""
    run = {"check": _check, "tune": _tune, "score": _score, "records": _records, "events": _events}
    run[options.command](options)


def _check(options: argparse.Namespace) -> None:
    from inference.training.tuning.check import check  # noqa: PLC0415
    from inference.training.tuning.clearing import Clearing  # noqa: PLC0415
    from inference.training.tuning.layout import Prompter  # noqa: PLC0415
    from inference.training.tuning.settings import read_settings  # noqa: PLC0415

    settings, clearing = read_settings(options.settings), Clearing()
    prompter = Prompter(settings.base, clearing)
    _say(check(settings.data, prompter, clearing, preferences=settings.method.kind == "dpo").summary())


def _tune(options: argparse.Namespace) -> None:
    from inference.training.tuning.settings import read_settings  # noqa: PLC0415

    settings = read_settings(options.settings)  # before torch, which takes seconds

    from inference.training.tuning.run import Run  # noqa: PLC0415

    run = Run(settings)
    _say(run.sides.summary())
    _say(f"Written: {run.tune(resume=options.resume)}")


def _score(options: argparse.Namespace) -> None:
    from inference.training.tuning.harness import score_adapter  # noqa: PLC0415

    figures = score_adapter(options.adapter, options.model, options.data, size=options.size, seed=options.seed)
    _say("\n".join(figure.told() for figure in figures))


def _records(options: argparse.Namespace) -> None:
    from inference.training.tuning.feedback import harvest, write_harvest  # noqa: PLC0415

    found = harvest(options.export)
    write_harvest(found, options.out)
    _say(found.summary())


def _events(options: argparse.Namespace) -> None:
    from inference.training.tuning.plot import labelled_texts  # noqa: PLC0415
    from inference.training.tuning.plot_head import train_events  # noqa: PLC0415

    labelled = labelled_texts(options.data, most=4 * options.each)
    told = train_events(
        labelled, options.model, options.out, each=options.each, seed=options.seed, threads=options.threads
    )
    _say(told)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
