"""Where lines come from: a person with history and completion, or a pipe."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from core.operation import OPERATIONS, Operation

HISTORY = Path("~/.storycircle_history")


class Pipe:
    """Lines of a pipe or file, read in a thread that never keeps the program from ending."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._lines: asyncio.Queue[str | None] = asyncio.Queue(maxsize=100)
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    async def line(self) -> str | None:
        """The next line; None at the end."""
        return await self._lines.get()

    def _read(self) -> None:
        for raw in iter(self._source.readline, b""):
            if not self._hand_over(raw.decode("utf-8", "replace")):
                return
        self._hand_over(None)

    def _hand_over(self, line: str | None) -> bool:
        try:
            asyncio.run_coroutine_threadsafe(self._lines.put(line), self._loop).result()
        except (RuntimeError, asyncio.CancelledError):  # the loop has ended
            return False
        return True


class Person:
    """Somebody at a terminal."""

    def __init__(self, name: Callable[[], str], standing: Callable[[], str]) -> None:
        self._name = name
        self._standing = standing
        self._session: PromptSession[str] = PromptSession(
            history=_history(), completer=StoryCompleter(), complete_while_typing=True
        )

    async def line(self) -> str | None:
        """The next line; None when they leave with Ctrl-D. Ctrl-C clears the line."""
        while True:
            try:
                return await self._session.prompt_async(
                    FormattedText([("ansicyan bold", self._name()), ("", " › ")]), bottom_toolbar=self._standing
                )
            except KeyboardInterrupt:
                continue
            except EOFError:
                return None


class StoryCompleter(Completer):
    """Completes commands and choices from the table of operations."""

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What may come next, each with what it does."""
        text = document.text_before_cursor
        if not text.startswith("/story "):
            return _starting_with(text, {"/story ": "tell the story", "/as ": "say who speaks", "/quit": "leave"})
        typed = text.removeprefix("/story ").lstrip()
        for each in OPERATIONS.values():
            if typed.startswith(f"{each.name} ") and each.params:
                return _starting_with(typed.removeprefix(f"{each.name} "), _choices(each))
        return _starting_with(typed, {f"{each.name} ": each.summary for each in OPERATIONS.values()})


def _choices(operation: Operation) -> dict[str, str]:
    first = operation.params[0]
    return dict.fromkeys(first.choices, first.description)


def _starting_with(typed: str, words: dict[str, str]) -> Iterable[Completion]:
    for word, meaning in words.items():
        if word.startswith(typed):
            yield Completion(word, start_position=-len(typed), display_meta=meaning)


def _history() -> History:
    path = HISTORY.expanduser()
    try:
        path.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))
