"""The rules of the house, which no type checker knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(p for top in ("bots", "core", "inference") for p in (ROOT / top).rglob("*.py"))
ADAPTERS = {"console", "discord", "slack"}
COMPOSITION = {"bots/assembly.py", "bots/doctor.py"}
"""The only files of the adapters that may meet inference and the database."""
DOWNWARDS = (
    *("storyteller", "clearing", "session", "pages", "writing", "rejudging"),
    *("store", "delivery", "notebook", "servers", "commit", "moves", "prepared", "rows", "statements", "tables"),
    *("moments", "change", "reply", "place", "story"),
)
"""Modules of the core, each of which knows only those that come after it."""
LONGEST = 360
"""Lines that a file of the core may have; a longer one has two purposes."""


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(file: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call):
            target = node.func
            yield (target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")), node


def our_sentences(file: Path) -> Iterator[ast.Call]:
    """Calls that make a sentence of our own; their first argument is its template."""
    makers = {
        alias.asname or alias.name
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ImportFrom) and node.module in ("core.moderation", "core.wording")
        for alias in node.names
        if alias.name in ("phrase", "joined", "said")
    }
    return (call for called, call in calls(file) if called in makers)


@pytest.mark.parametrize("file", FILES, ids=name)
def test_arrows_go_from_bots_to_core_and_from_inference_to_core(file: Path) -> None:
    top = name(file).split("/")[0]
    forbidden = {
        "core": {"bots", "inference"},
        "inference": {"bots"},
        "bots": {"inference", "sqlalchemy", "core.store"},
    }
    allowed = {"inference", "core.store", "sqlalchemy"} if name(file) in COMPOSITION else set()
    if name(file) == "bots/settings.py":
        allowed = {"sqlalchemy"}
    for module in imports(file):
        for each in forbidden[top] - allowed:
            assert module != each and not module.startswith(f"{each}."), f"{name(file)} imports {module}"


@pytest.mark.parametrize("module", DOWNWARDS)
def test_modules_of_the_core_know_only_those_below_them(module: str) -> None:
    above = {f"core.{each}" for each in DOWNWARDS[: DOWNWARDS.index(module)]}
    path = ROOT / "core" / module
    for file in path.glob("*.py") if path.is_dir() else [path.with_suffix(".py")]:
        for imported in imports(file):
            known = ".".join(imported.split(".")[:2])
            assert known not in above, f"{name(file)} imports {imported}"


@pytest.mark.parametrize("file", [file for file in FILES if name(file).startswith("core/")], ids=name)
def test_a_file_of_the_core_has_one_purpose(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("file", [file for file in FILES if name(file).startswith("bots/")], ids=name)
def test_what_two_adapters_share_stands_above_them(file: Path) -> None:
    own = name(file).split("/")[1]
    libraries = {"discord": "discord", "slack_bolt": "slack", "slack_sdk": "slack"}
    if own in ADAPTERS:
        for module in imports(file):
            parts = module.split(".")
            assert parts[0] not in libraries or libraries[parts[0]] == own, f"{name(file)} imports {module}"
            assert parts[0] != "bots" or parts[1] not in ADAPTERS - {own}, f"{name(file)} imports {module}"
    else:
        assert not libraries.keys() & {module.split(".")[0] for module in imports(file)}, name(file)


@pytest.mark.parametrize("file", FILES, ids=name)
def test_only_the_gate_says_cleared(file: Path) -> None:
    if name(file) == "core/moderation.py":
        return
    for called, _ in calls(file):
        assert called != "Cleared", "only core/moderation.py makes cleared text"
        assert called != "stored" or name(file) == "core/rows.py"


@pytest.mark.parametrize("file", FILES, ids=name)
def test_our_own_sentences_are_literals(file: Path) -> None:
    for call in our_sentences(file):
        assert isinstance(call.args[0], ast.Constant), f"line {call.lineno}: the template must be a literal"


def made_of_text(node: ast.expr, made: set[str]) -> bool:
    """Whether an expression puts text together, or is a name of what does."""
    match node:
        case ast.JoinedStr():
            return True
        case ast.BinOp(op=(ast.Add() | ast.Mod()), left=left, right=right):
            return any(isinstance(each, ast.Constant | ast.JoinedStr) for each in (left, right))
        case ast.Name(id=known):
            return known in made
        case ast.Call(func=ast.Attribute(attr=("format" | "join" | "replace" | "format_map"))):
            return True
    return False


@pytest.mark.parametrize("file", FILES, ids=name)
def test_statements_are_never_put_together_from_text(file: Path) -> None:
    made = {
        target.id
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Assign) and made_of_text(node.value, set())
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    takes = {
        "execute",
        "exec_driver_sql",
        "text",
        "scalar",
        "scalars",
        "executescript",
        "executemany",
        "literal_column",
    }
    for called, call in calls(file):
        if called in takes and call.args:
            assert not made_of_text(call.args[0], made), f"line {call.lineno}: parameters only"


@pytest.mark.parametrize(
    "bad",
    [
        'c.execute(f"SELECT {x}")',
        'c.execute("SELECT " + x)',
        'c.exec_driver_sql("SELECT %s" % x)',
        'text("SELECT {}".format(x))',
        'wanted = f"SELECT {x}"\nc.scalar(wanted)',
        'c.execute(" ".join(["SELECT", x]))',
    ],
)
def test_the_rule_for_statements_finds_those_that_break_it(tmp_path: Path, bad: str) -> None:
    (tmp_path / "bad.py").write_text(bad)
    with pytest.raises(AssertionError, match="parameters only"):
        test_statements_are_never_put_together_from_text(tmp_path / "bad.py")


@pytest.mark.parametrize("file", FILES, ids=name)
def test_settings_alone_read_the_environment(file: Path) -> None:
    source = file.read_text("utf-8")
    if name(file).startswith("inference/"):
        return  # it writes what vLLM reads, before vLLM is imported
    assert not re.search(r"os\.environ|os\.getenv", source)


def test_every_module_says_what_it_is_for() -> None:
    for file in FILES:
        assert ast.get_docstring(tree(file)), name(file)


def test_the_readme_has_every_module_on_its_map() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for file in FILES:
        parts = name(file).split("/")
        shown = parts[1] if len(parts) > 2 else file.name
        if shown != "__init__.py":
            assert shown.removesuffix(".py") in readme, f"{name(file)} is not on the README's map"


def test_no_file_names_the_folder_of_this_checkout() -> None:
    for file in [
        *FILES,
        *ROOT.glob("*.*"),
        ROOT / "Makefile",
        *(ROOT / "docs").glob("*"),
        *(ROOT / "deploy").glob("*"),
    ]:
        if file.is_file() and file.suffix not in {".png", ".db"}:
            text = file.read_text("utf-8", "ignore")
            assert f"{ROOT}/" not in text, f"{name(file)} names the folder that it lies in"
