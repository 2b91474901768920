"""The benchmark for GPU machines starts, at a tiny shape on whatever is here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.row import read


@pytest.mark.engine
@pytest.mark.timeout(400)
def test_it_runs_from_one_command_and_writes_its_rows(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.gpu", "--shape", "tiny", "--stories", "2", "--turns", "2"]
    options = ["--rounds", "1", "--json", str(tmp_path / "rows.json")]
    done = subprocess.run(command + options, capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    whole, cached = read(tmp_path / "rows.json")
    assert whole.ours > 0
    assert whole.reference > 0
    assert cached.ours > 0
    assert cached.reference > 0
