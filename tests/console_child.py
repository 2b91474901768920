"""The program `python -m bots play` with a scripted voice, for tests that need its process but no model.

The argument `hang` makes the voice fall silent after its first word, so that a signal finds it in mid-sentence.
"""

import signal
import sys

import bots.assembly
from bots.cli import main
from bots.settings import Settings
from core.engine import Engine
from tests.voices import ScriptedEngine


def voice(settings: Settings) -> Engine:
    """A voice that answers at once, or hangs, whatever the settings say."""
    scripted = ScriptedEngine(["A ship answered from the dark. Its horn was low."])
    if "hang" in sys.argv:
        scripted.gate.clear()
    return scripted


if __name__ == "__main__":
    bots.assembly.engine = voice
    signal.signal(signal.SIGINT, signal.default_int_handler)  # as `bots.__main__` does, whoever started us
    sys.exit(main(["play"]))
