"""How long a person waits for the prompt of `python -m bots play`, beside a bare start of Python.

python -m benchmarks.prompt [--repeats 7]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

import pexpect

from benchmarks.row import HEAD, Aim, Row


def prompt(folder: str) -> float:
    """Seconds from starting the process to a prompt that takes lines."""
    env = os.environ | {"DATABASE_URL": f"sqlite+aiosqlite:///{folder}/bench.db", "HOME": folder, "TERM": "xterm"}
    began = time.perf_counter()
    terminal = pexpect.spawn(sys.executable, ["-m", "bots", "play"], env=env, encoding="utf-8", timeout=60)
    terminal.expect("Somebody.*›")
    taken = time.perf_counter() - began
    terminal.sendeof()
    terminal.expect(pexpect.EOF)
    terminal.wait()
    return taken


def bare() -> float:
    """Seconds that Python takes to do nothing."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return time.perf_counter() - began


def measure(repeats: int) -> Row:
    """Medians of starts in turns; the first pair warms up and makes the database."""
    with tempfile.TemporaryDirectory() as folder:
        pairs = [(prompt(folder), bare()) for _ in range(repeats + 1)][1:]
    ours, reference = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Row("process start to prompt", ours, 1.0, "s", f"the limit: 1 s; bare Python: {reference:.2f} s", Aim(1))


def main() -> None:
    """Print the row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    print(HEAD)
    print(measure(parser.parse_args().repeats))


if __name__ == "__main__":
    main()
