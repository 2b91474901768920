"""The log: set up once, for the whole process. No secret and nothing that anybody wrote gets into it.

Secrets are struck out twice: by their value, as they stand in the settings, and by their shape. What an exception
says may quote a story, so of a traceback only the places and the types are written. Libraries are heard from
warnings upwards whatever the level is, since below that they log whole requests. A log that cannot be written (disk
full, closed) stops nothing.
"""

import logging
import logging.handlers
import os
import re
import sys
import threading
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from urllib.parse import quote, quote_plus

from bots.loglines import JsonLines
from bots.settings import Settings, SettingsError

_OURS = ("bots", "core", "inference", "__main__")
_FROM = {"vllm": logging.INFO}
"""Libraries that are heard from another level upwards than warnings: what vLLM says at that level quotes nobody."""
_STRUCK = "[secret]"
_SHORTEST = 6
"""Characters from which on a secret is struck out wherever it stands; a shorter one would be found in any word."""
_SHAPES = re.compile(
    r"""
    xox[a-z]-[\w-]{5,} | xoxe(?:\.xox[a-z])?-[\w-]{5,} | xapp-[\w-]{5,}         # Slack's tokens
    | \b[\w-]{23,30}\.[\w-]{5,8}\.[\w-]{25,45}\b                                 # Discord's
    | (?<=Bearer\s)\S+ | (?<=Bot\s)\S{20,} | (?<=Basic\s)\S+                     # of HTTP's Authorization
    | (?<=://)[^\s/@]+:[^\s/@]+(?=@)                                             # user and password of an address
    | \b(?:sk|hf|ghp)[-_][A-Za-z0-9_-]{16,}                                      # keys of model servers and hubs
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FRAMES = 12


def set_up(settings: Settings) -> None:
    """Log to stderr or to the file that is set. Raises `SettingsError` if that file cannot be written."""
    if sys.stderr is None:  # closed before we began; what prints must not fail
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process lives
    logging.raiseExceptions = False
    handler = _handler(settings.log_file)
    handler.setFormatter(_formatter(settings))
    # vLLM warns of much that nobody at a terminal can use; its errors reach people as our own sentences.
    quiet = settings.log_file is None and settings.log_level in ("WARNING", "ERROR")
    handler.addFilter(Heard(("vllm",) if quiet else ()))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(settings.log_level)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def _formatter(settings: Settings) -> logging.Formatter:
    known = secrets(settings)
    if settings.log_format == "json":
        return JsonLines(lambda text: struck(text, known))
    return Formatter(known)


def secrets(settings: Settings) -> frozenset[str]:
    """Every secret of the settings, in each of the ways in which it may be written."""
    written = {form(value) for value in settings.secrets for form in (str, quote, quote_plus, _escaped)}
    return frozenset(each for each in written if len(each) >= _SHORTEST)


def struck(text: str, known: Iterable[str] = ()) -> str:
    """The text without secrets: those known, the longest first, and whatever is shaped like one."""
    for each in sorted(known, key=len, reverse=True):
        text = text.replace(each, _STRUCK)
    return _SHAPES.sub(_STRUCK, text)


class Formatter(logging.Formatter):
    """One line for each record, and the steps of a traceback below it."""

    def __init__(self, known: Iterable[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._known = tuple(known)

    def format(self, record: logging.LogRecord) -> str:
        """The record as it is written."""
        record.exc_text = None  # another handler may have written it in full
        return struck(super().format(record), self._known)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """The message. asyncio's go on with the exception in full, so only their first line is kept."""
        if not record.name.startswith(_OURS):
            record.message = record.message.partition("\n")[0]
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the library's name
        """Types and places; what the exceptions say is left out."""
        return "\n".join(_steps(ei[1]))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - the library's name
        """The places of a stack."""
        return stack_info


class Heard(logging.Filter):
    """Lets our own records through, and libraries' from warnings upwards unless they are named."""

    def __init__(self, unheard: tuple[str, ...]) -> None:
        super().__init__()
        self._unheard = unheard

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is written."""
        top = record.name.partition(".")[0]
        if top in self._unheard:
            return False
        return top in _OURS or record.levelno >= _FROM.get(top, logging.WARNING)


class _File(logging.handlers.WatchedFileHandler):
    """A file that nobody else may read when we make it, opened again when something else takes its place."""

    def _open(self) -> IO[str]:  # type: ignore[override]
        opener = lambda path, flags: os.open(path, flags, 0o600)  # noqa: E731
        return open(self.baseFilename, "a", encoding="utf-8", errors="replace", opener=opener)

    def emit(self, record: logging.LogRecord) -> None:
        """Write it; if that is not possible, go on without."""
        try:
            super().emit(record)
        except OSError:  # the file is gone and cannot be made again
            self.handleError(record)


def _handler(path: Path | None) -> logging.Handler:
    if path is None:
        return logging.StreamHandler()
    try:
        return _File(path)
    except OSError as error:
        raise SettingsError(f"LOG_FILE cannot be written: {error.strerror}.") from None


def _escaped(text: str) -> str:
    """As `repr` writes it."""
    return repr(text)[1:-1]


def _steps(error: BaseException | None) -> list[str]:
    """The places through which an exception came, and its type; those that it came from first."""
    if error is None:
        return []
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    steps = _steps(before)
    for frame in traceback.extract_tb(error.__traceback__)[-_FRAMES:]:
        steps.append(f"  {frame.filename}:{frame.lineno} in {frame.name}")
    return [*steps, f"{type(error).__module__}.{type(error).__qualname__}"]


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("bots").critical("stopped by a mistake of ours", exc_info=(kind, error, trace))


def _uncaught_in_thread(args: Any) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        found = (args.exc_type, args.exc_value, args.exc_traceback)
        logging.getLogger("bots").error("a thread was stopped by a mistake", exc_info=found)


def _unraisable(args: Any) -> None:
    if args.exc_value is not None:
        found = (args.exc_type, args.exc_value, args.exc_traceback)
        logging.getLogger("bots").error("something could not be cleaned up", exc_info=found)
