"""Score a storyteller on held-out texts: ``python -m inference.evaluation --model FOLDER --data FOLDER``.

Prints a table against baselines that are run at the same time, and writes figures, answers and a blind sheet for people
into a folder. With --ratings, says how far the raters of such a sheet agree.
"""

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from core.engine import Engine
from core.errors import EngineError
from core.prompts import Task
from inference.evaluation.agreement import agreement
from inference.evaluation.asking import Answer, ask
from inference.evaluation.cases import TASKS, Case, load_cases
from inference.evaluation.errors import EvaluationError
from inference.evaluation.figures import Figures, measured, table
from inference.evaluation.scoring import score_simple, score_without_task
from inference.evaluation.sheet import write_sheet
from inference.evaluation.verdict import Verdict, compare
from inference.remote import RemoteEngine, RemoteOptions
from inference.vllm import EngineOptions, VllmEngine


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m inference.evaluation", description=__doc__)
    parser.add_argument("--model", help="model folder, or the folder of its tokenizer if there is --url")
    parser.add_argument("--url", help="a vLLM server that serves the model")
    parser.add_argument("--served-name", help="which of the server's models, e.g. an adapter")
    parser.add_argument("--baseline", help="model folder to compare with, e.g. the version before")
    parser.add_argument("--data", type=Path, help="folder of story texts with the held-out files")
    parser.add_argument("--tasks", nargs="+", type=Task, choices=TASKS, default=list(TASKS))
    parser.add_argument("--size", type=int, default=120, help="cases of each task")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--out", type=Path, default=Path("evaluation"), help="folder for figures, answers and the sheet"
    )
    parser.add_argument("--ratings", type=Path, nargs="+", help="raters' files, for the sheet in --out")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status: 0, 1 if something is wrong, 3 if the model loses to the baseline."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    try:
        if options.ratings:
            return _say_agreement(options)
        if not options.model or not options.data:
            parser.error("--model and --data are needed")
        return asyncio.run(_evaluate(options))
    except (EvaluationError, EngineError, OSError) as error:
        sys.stderr.write(f"error: {getattr(error, 'notice', None) or error}\n")
        return 1


def _say_agreement(options: argparse.Namespace) -> int:
    found = agreement(options.out / "sheet.key.json", options.ratings)
    sys.stdout.write(f"votes: {found.votes}\nCohen's kappa: {found.kappa}\nKrippendorff's alpha: {found.alpha}\n")
    return 0


async def _evaluate(options: argparse.Namespace) -> int:
    cases = load_cases(options.data, options.tasks, size=options.size, seed=options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    several: list[Figures] = []
    async with _awake(_engine(options)) as engine:
        answers = await ask(engine, cases, seed=options.seed)
        several.append(measured(engine.profile.name, cases, answers))
        if engine.profile.form != "chat":
            several.append(await score_without_task(engine, cases, seed=options.seed))
    verdict, before = None, None
    if options.baseline:
        async with _awake(VllmEngine(EngineOptions(model=options.baseline))) as engine:
            before = await ask(engine, cases, seed=options.seed)
            several.insert(1, measured(f"baseline: {engine.profile.name}", cases, before))
        verdict = compare(several[0], several[1])
        write_sheet(options.out / "sheet.html", cases, answers, before, seed=options.seed)
    several.append(score_simple(cases))
    _keep(options.out, several, cases, answers, before)
    shown = table(several, options.tasks) + "\n"
    if not options.url:
        shown += "\n" + await asyncio.to_thread(_perplexities, options) + "\n"
    (options.out / "table.md").write_text(shown, encoding="utf-8")
    sys.stdout.write(shown)
    return _say_verdict(verdict)


def _engine(options: argparse.Namespace) -> Engine:
    if options.url:
        remote = RemoteOptions(url=options.url, tokenizer=options.model, served_name=options.served_name)
        return RemoteEngine(remote)
    return VllmEngine(EngineOptions(model=options.model))


@contextlib.asynccontextmanager
async def _awake(engine: Engine) -> AsyncIterator[Engine]:
    engine.start()
    try:
        await engine.ready()
        yield engine
    finally:
        await engine.close()


def _keep(
    out: Path, several: Sequence[Figures], cases: Sequence[Case], answers: Sequence[Answer], before: list[Answer] | None
) -> None:
    for name, figures in zip(("figures", "baseline") if before else ("figures",), several, strict=False):
        figures.save(out / f"{name}.json")
    with (out / "answers.jsonl").open("w", encoding="utf-8") as file:
        for case, answer in zip(cases, answers, strict=True):
            row = {**vars(case), "answer": answer.text, "finish": answer.finish}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _perplexities(options: argparse.Namespace) -> str:
    from inference.evaluation.perplexity import held_out, perplexity, perplexity_table  # noqa: PLC0415  torch

    tiers = held_out(options.data)
    folders = {"model": options.model} | ({"baseline": options.baseline} if options.baseline else {})
    return perplexity_table({name: perplexity(Path(folder), tiers) for name, folder in folders.items()})


def _say_verdict(verdict: Verdict | None) -> int:
    if verdict is None:
        return 0
    sys.stdout.write(f"\n{'accepted' if verdict.accepted else 'refused'}:\n")
    sys.stdout.writelines(f"- {reason}\n" for reason in verdict.reasons)
    return 0 if verdict.accepted else 3


if __name__ == "__main__":
    sys.exit(main())
