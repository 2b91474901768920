"""The registry of adapters: a folder of LoRA adapters with their figures, of which one is in use.

    python -m inference.adapters list
    python -m inference.adapters add runs/fables/adapter     refused, with the reason, if it loses against its base
    python -m inference.adapters use fables                  `plain` is the model without an adapter
    python -m inference.adapters rollback                    back to what was in use before

Each adapter is a folder as peft writes it, with two files more: `base.json` says for which weights it was made,
`figures.json` what it was worth against them. What is used takes effect when the bot is started the next time.
Importing this is cheap: it knows files, not engines.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.engine import PLAIN
from core.errors import EngineError, EngineFailed
from core.wording import said
from inference.figures import Figure, FiguresError, read_figures, verdict
from inference.folder import ModelFolder, weights_print

REGISTRY = "registry.json"
BASE, FIGURES, CONFIG, WEIGHTS = "base.json", "figures.json", "adapter_config.json", "adapter_model.safetensors"
DEFAULT_FOLDER = Path("adapters")


class AdapterRefused(Exception):
    """Why an adapter cannot be had, in one sentence that says what to do."""


@dataclass(frozen=True)
class Adapter:
    """One adapter on disk. `base` is the print of the weights that it was made for (`inference.folder`)."""

    name: str
    path: Path
    rank: int
    base: str
    base_name: str

    @classmethod
    def read(cls, path: Path, name: str | None = None) -> "Adapter":
        """The adapter in a folder. Raises `AdapterRefused` if there is none that vLLM could serve."""
        config, base = _json(path / CONFIG), _json(path / BASE)
        if not (path / WEIGHTS).is_file():
            raise AdapterRefused(f"{path} is not an adapter folder: it has no {WEIGHTS}.")
        if config.get("peft_type") != "LORA":
            raise AdapterRefused(f"{path} holds no LoRA adapter, and vLLM serves no other kind.")
        try:
            name = name or str(base["adapter"])
            return cls(name, path.resolve(), int(config["r"]), str(base["print"]), str(base["name"]))
        except (KeyError, TypeError, ValueError) as error:
            raise AdapterRefused(f"{path}: {BASE} or {CONFIG} says too little; `tune` writes them.") from error

    def figures(self) -> list[Figure]:
        """What it was worth. Raises `AdapterRefused` if nobody measured."""
        try:
            return read_figures(self.path / FIGURES)
        except FiguresError as error:
            raise AdapterRefused(f"{error} An adapter without figures cannot be judged: score it first.") from error


def write_base(folder: Path, *, adapter: str, base: ModelFolder) -> None:
    """Say in an adapter's folder for which weights it was made."""
    told = {"adapter": adapter, "name": base.profile(base.vocabulary()).name, "print": weights_print(base.path)}
    (folder / BASE).write_text(json.dumps(told, indent=1) + "\n", "utf-8")


class Registry:
    """The folder. Every change of it is one rename, so that it is whole at any time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def adapters(self) -> list[Adapter]:
        """All that were added, by name."""
        if not self.folder.is_dir():
            return []
        return [Adapter.read(each) for each in sorted(self.folder.iterdir()) if (each / CONFIG).is_file()]

    @property
    def current(self) -> str:
        """The name of the one in use; `plain` if it is the model without an adapter."""
        return self._used()[-1] if self._used() else PLAIN

    def find(self, name: str) -> Adapter:
        """An adapter by name. Raises `AdapterRefused`."""
        found = {each.name: each for each in self.adapters()}
        if name not in found:
            raise AdapterRefused(f"There is no adapter “{name}”. There are: {', '.join([PLAIN, *found])}.")
        return found[name]

    def add(self, source: Path, base: ModelFolder, figures: Path | None = None) -> Adapter:
        """Take an adapter in. `figures` are better ones than its own, e.g. those of the evaluation.

        Raises `AdapterRefused` if it is for other weights than `base`, or was measured and lost, or is there already.
        """
        adapter = Adapter.read(source)
        check_base(adapter, base)
        if (self.folder / adapter.name).exists():
            raise AdapterRefused(f"There is an adapter “{adapter.name}” already. Give the new one another name.")
        _judge(adapter, read_figures(figures) if figures else adapter.figures())
        unfinished = self.folder / f".{adapter.name}"
        try:
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(source, unfinished)
            if figures:
                shutil.copyfile(figures, unfinished / FIGURES)
            unfinished.rename(self.folder / adapter.name)
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise AdapterRefused(f"The adapter could not be copied: {error.strerror}. Nothing was changed.") from error
        return Adapter.read(self.folder / adapter.name)

    def use(self, name: str) -> None:
        """Have this one used from the next start on. Raises `AdapterRefused` if it was never added."""
        if name != PLAIN:
            self.find(name)
        if name != self.current:
            self._write([*self._used(), name])

    def rollback(self) -> str:
        """Go back to what was in use before; returns its name. Raises `AdapterRefused` if nothing was."""
        used = self._used()
        if not used:
            raise AdapterRefused("Nothing was ever switched on, so there is nothing to go back to.")
        self._write(used[:-1])
        return self.current

    def _used(self) -> list[str]:
        return [str(name) for name in _json(self.folder / REGISTRY, missing={}).get("used", [])]

    def _write(self, used: Sequence[str]) -> None:
        unfinished = self.folder / f"{REGISTRY}.tmp"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with unfinished.open("w", encoding="utf-8") as file:
                json.dump({"used": list(used)}, file)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self.folder / REGISTRY)
        except OSError as error:
            raise AdapterRefused(f"{self.folder} cannot be written: {error.strerror}. Nothing was changed.") from error


def check_base(adapter: Adapter, base: ModelFolder) -> None:
    """Raise `AdapterRefused` if an adapter was made for other weights."""
    if adapter.base != weights_print(base.path):
        raise AdapterRefused(
            f"The adapter “{adapter.name}” was made for {adapter.base_name}, not for the weights in {base.path}. "
            "Serve that model, or tune this one."
        )


@dataclass(frozen=True)
class Served:
    """The adapters that an engine serves, and the name of the one for everybody who chose nothing."""

    adapters: tuple[Adapter, ...] = ()
    default: str = PLAIN

    @property
    def voices(self) -> tuple[str, ...]:
        """The names that a story can choose from; none if there is nothing to choose."""
        return (PLAIN, *(each.name for each in self.adapters)) if self.adapters else ()

    def find(self, name: str) -> Adapter | None:
        """The adapter that a story gets which chose `name`; the default's for an empty or unknown one."""
        found = {each.name: each for each in self.adapters}
        return found.get(name if name == PLAIN or name in found else self.default)


def served(folder: Path | None, chosen: str | None, base: ModelFolder) -> Served:
    """What of a registry fits the served weights. `chosen` goes before what the registry says is in use.

    Raises `EngineFailed` if the one to be used is not there, or is for other weights.
    """
    registry = Registry(folder or DEFAULT_FOLDER)
    try:
        wanted = chosen or registry.current
        if wanted != PLAIN:
            check_base(registry.find(wanted), base)
        everything = registry.adapters()
    except AdapterRefused as refused:
        raise EngineFailed(said("{reason} (ENGINE_ADAPTER, ENGINE_ADAPTERS)", reason=str(refused))) from refused
    if not everything:
        return Served()
    mine = weights_print(base.path)
    return Served(tuple(each for each in everything if each.base == mine), wanted)


def _judge(adapter: Adapter, figures: list[Figure]) -> None:
    if reasons := verdict(figures):
        raise AdapterRefused(f"The adapter “{adapter.name}” is not taken in. " + " ".join(reasons))


def _json(file: Path, missing: dict[str, Any] | None = None) -> dict[str, Any]:
    try:
        value = json.loads(file.read_bytes())
    except FileNotFoundError:
        if missing is not None:
            return missing
        raise AdapterRefused(f"{file.parent} is not an adapter folder of ours: it has no {file.name}.") from None
    except (OSError, ValueError) as error:
        raise AdapterRefused(f"{file} cannot be read as JSON.") from error
    if not isinstance(value, dict):
        raise AdapterRefused(f"{file} holds no JSON object.")
    return value


def _shown(registry: Registry) -> str:
    current = registry.current
    lines = [f"{'*' if current == PLAIN else ' '} {PLAIN}   the model without an adapter"]
    for each in registry.adapters():
        lines.append(f"{'*' if each.name == current else ' '} {each.name}   for {each.base_name}, rank {each.rank}")
        lines += [f"      {figure.told()}" for figure in each.figures()]
    return "\n".join(lines)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m inference.adapters", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="the registry (default: adapters)")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="show the adapters, their figures, and which is in use")
    add = commands.add_parser("add", help="take an adapter in, if it does not lose against its base")
    add.add_argument("adapter", type=Path, help="its folder")
    add.add_argument("--base", default=str(Path(__file__).parent / "model"), help="the model that is served")
    add.add_argument("--figures", type=Path, help="figures to judge by instead of its own")
    use = commands.add_parser("use", help="have an adapter used from the next start on")
    use.add_argument("name")
    commands.add_parser("rollback", help="go back to what was in use before")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = make_parser().parse_args(arguments)
    registry = Registry(options.folder)
    try:
        sys.stdout.write(_run(registry, options) + "\n")
    except (AdapterRefused, FiguresError) as refused:
        sys.stderr.write(f"error: {refused}\n")
        return 1
    except EngineError as error:
        sys.stderr.write(f"error: {error.notice}\n")
        return 1
    return 0


def _run(registry: Registry, options: argparse.Namespace) -> str:
    match options.command:
        case "list":
            return _shown(registry)
        case "add":
            base = ModelFolder.find(options.base)
            adapter = registry.add(options.adapter, base, options.figures)
            return f"Added: {adapter.name}. To have it used: python -m inference.adapters use {adapter.name}"
        case "use":
            registry.use(options.name)
            return f"In use from the next start on: {registry.current}"
        case _:
            return f"In use from the next start on: {registry.rollback()}"


if __name__ == "__main__":
    sys.exit(main())
