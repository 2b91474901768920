"""The files in `deploy/` are well formed, and name settings and options that exist."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bots.settings import Settings, load

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
YAML = sorted(DEPLOY.rglob("*.yaml"))
SETTINGS = {name.upper() for name in Settings.model_fields}


def scale() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.scale.yaml").read_text("utf-8"))
    return found


@pytest.mark.parametrize("file", YAML, ids=lambda file: file.name)
def test_every_file_can_be_read(file: Path) -> None:
    assert list(yaml.safe_load_all(file.read_text("utf-8")))


@pytest.mark.parametrize("name", ["compose.yaml", "compose.scale.yaml"])
def test_a_compose_file_sets_only_settings_that_there_are(name: str) -> None:
    services = yaml.safe_load((DEPLOY / name).read_text("utf-8"))["services"]
    assert set(services["bot"]["environment"]) <= SETTINGS | {"HF_HOME"}


@pytest.mark.parametrize("file", sorted((DEPLOY / "gpu").glob("*.env")), ids=lambda file: file.name)
def test_settings_for_a_gpu_can_be_loaded(file: Path) -> None:
    lines = [line.split("=", 1) for line in file.read_text("utf-8").splitlines() if "=" in line and line[0] != "#"]
    loaded = load(**{name.lower(): value for name, value in lines})
    assert loaded.engine_quantization == "fp8"


def test_the_router_keeps_stories_together_and_knows_every_server() -> None:
    services = scale()["services"]
    command = " ".join(services["router"]["command"])
    assert "--policy consistent_hash" in command
    servers = {name for name in services if name.startswith("words-")}
    assert set(re.findall(r"http://(words-\d+):8000", command)) == servers
    assert set(services["router"]["depends_on"]) == servers
    targets = yaml.safe_load((DEPLOY / "grafana" / "prometheus.yaml").read_text("utf-8"))["scrape_configs"][1]
    assert {each.split(":")[0] for each in targets["static_configs"][0]["targets"]} == servers


OPTIONS = """
from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser
print(*(option for action in make_arg_parser(FlexibleArgumentParser())._actions for option in action.option_strings))
"""


@pytest.mark.engine
def test_vllm_knows_every_option_that_it_is_given() -> None:
    done = subprocess.run([sys.executable, "-c", OPTIONS], capture_output=True, text=True, check=True)
    known = set(done.stdout.split())
    given = {each.split("=")[0] for each in scale()["services"]["words-0"]["command"]}
    assert given <= known


def test_the_ray_application_takes_its_stories_from_one_replica_and_adds_replicas_in_time() -> None:
    source = (DEPLOY / "ray" / "application.py").read_text("utf-8")
    ast.parse(source)
    assert "ConsistentHashRouter" in source
    assert "target_ongoing_requests" in source
    service = yaml.safe_load((DEPLOY / "ray" / "kuberay.yaml").read_text("utf-8"))
    assert "import_path: application:app" in service["spec"]["serveConfigV2"]
