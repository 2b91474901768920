"""The log as JSON lines (`LOG_FORMAT=json`), for machines that collect logs; `bots.logs` sets it up.

What an exception says may quote a story, so of a traceback only places and types are told.
"""

import json
import logging
import time
import traceback
from collections.abc import Callable

_OURS = ("bots", "core", "inference", "__main__")
_FRAMES = 12


class JsonLines(logging.Formatter):
    """One JSON object for each record: time (UTC), level, logger, message, and of an exception its type and places."""

    def __init__(self, clean: Callable[[str], str] = str) -> None:
        super().__init__()
        self._clean = clean

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        message = record.getMessage()
        if not record.name.startswith(_OURS):
            message = message.partition("\n")[0]  # libraries go on with the exception in full
        told: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": self._clean(message),
        }
        if record.exc_info and record.exc_info[1] is not None:
            told["error"] = type(record.exc_info[1]).__qualname__
            told["at"] = _places(record.exc_info[1])
        return json.dumps(told, ensure_ascii=False)


def _places(error: BaseException) -> list[str]:
    """Through which places it came, the last ones of them."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{each.filename.rpartition('/')[2]}:{each.lineno} {each.name}" for each in frames]
