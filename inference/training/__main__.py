"""The training commands: ``python -m inference.training {tokenizer,corpus,pretrain,evaluate,export}``, and those of
tuning: ``{check,tune,score,records,events}`` (`inference.training.tuning`).
"""

import argparse
import sys
from pathlib import Path

from inference.training.errors import TrainingError
from inference.training.tuning.commands import COMMANDS, add_commands, run_command


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m inference.training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("tokenizer", "learn a tokenizer"), ("corpus", "write the training corpus")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--data", type=Path, required=True, help="folder of story texts")
        command.add_argument("--out", type=Path, required=True, help="working folder")
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--vocab-size", type=int, default=4096)
    pretrain = commands.add_parser("pretrain", help="train a model, from nothing or from an earlier one")
    pretrain.add_argument("--data", type=Path, required=True, help="folder of story texts")
    pretrain.add_argument("--out", type=Path, required=True, help="working folder")
    pretrain.add_argument("--minutes", type=float, required=True, help="wall-clock minutes of training")
    pretrain.add_argument("--begin-with", type=Path, help="model folder whose weights and tokenizer to begin with")
    pretrain.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    pretrain.add_argument("--seed", type=int, default=1)
    pretrain.add_argument("--threads", type=int, default=2)
    pretrain.add_argument("--vocab-size", type=int, default=4096)
    pretrain.add_argument("--layers", type=int, default=4)
    pretrain.add_argument("--hidden", type=int, default=256, help="width; a multiple of 64")
    pretrain.add_argument("--mlp", type=int, default=1024)
    pretrain.add_argument(
        "--kv-heads", type=int, default=0, help="heads of keys and values; as many as of queries if not set"
    )
    pretrain.add_argument("--dropout", type=float, default=0.0, help="0.1 or so where texts are read many times")
    pretrain.add_argument("--batch", type=int, default=1, help="times as many rows in a step")
    pretrain.add_argument(
        "--every-text", action="store_true", help="read every text whole, in long rows: for a GPU, with --batch 32"
    )
    evaluate = commands.add_parser("evaluate", help="measure the checkpoint on held-out text")
    evaluate.add_argument("--out", type=Path, required=True, help="working folder that holds a checkpoint")
    export = commands.add_parser("export", help="write the model folder that the bot opens")
    export.add_argument("--out", type=Path, required=True, help="working folder that holds a checkpoint")
    export.add_argument("--model", type=Path, required=True, help="model folder to write")
    export.add_argument("--figures", type=Path, help="table.md of python -m inference.evaluation, for the model card")
    add_commands(commands)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = make_parser().parse_args(arguments)
    try:
        if options.command in COMMANDS:
            run_command(options)
        elif options.command == "tokenizer":
            from inference.training.pretrain import prepare_tokenizer  # noqa: PLC0415  torch takes seconds

            prepare_tokenizer(options.data, options.out, options.vocab_size)
        elif options.command == "corpus":
            from inference.training.pretrain import prepare_corpus  # noqa: PLC0415  torch takes seconds

            prepare_corpus(options.data, options.out, options.vocab_size, options.seed)
        elif options.command == "pretrain":
            from inference.training.pretrain import pretrain  # noqa: PLC0415  torch takes seconds

            pretrain(options)
        elif options.command == "evaluate":
            from inference.training.pretrain import evaluate  # noqa: PLC0415  torch takes seconds

            for kind, loss in evaluate(options.out).items():
                sys.stdout.write(f"{kind}: {loss:.3f}\n")
        else:
            from inference.training.export import export  # noqa: PLC0415  torch takes seconds

            export(options.out, options.model, options.figures)
    except TrainingError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.status
    except KeyboardInterrupt:
        sys.stderr.write("error: Stopped. What was not finished is not there.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
