"""Records as token ids: the very prompts that the bot sends, put together by the bot's own code.

`core.prompts` lays a prompt out for whatever engine there is; here stands an engine that has the model's vocabulary
and nothing to say.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from core.engine import EngineState, Piece, Profile, Request, TokenIds
from core.errors import EngineError, EngineFailed
from core.moderation import Cleared, phrase
from core.place import WORDS
from core.prompts import Material, Order, Prompt, Task, compose
from core.story import STORYTELLER, Kind, Lore, Passage, Story
from inference.folder import ModelFolder
from inference.template import ChatTemplate, Worded
from inference.training.errors import TrainingError
from inference.training.tuning.clearing import Clearing
from inference.training.tuning.records import Record

_EXPLAIN_WORDS = 70
"""As in the operation `explain`."""


class Silent(Worded):
    """The port `core.engine.Engine` of a model whose weights stay on the disk: for prompts."""

    def __init__(self, folder: ModelFolder, window: int | None = None) -> None:
        self._vocabulary = folder.vocabulary()
        self.profile: Profile = folder.profile(self._vocabulary, window=window)
        self.state = EngineState.READY
        self.end = _end(folder)
        self._template = None
        if self.profile.form == "chat":
            self._template = ChatTemplate.load(folder.path, self._vocabulary)

    def start(self) -> None:
        """It needs no waking."""

    async def ready(self) -> None:
        """At once."""

    async def close(self) -> None:
        """Nothing to stop."""

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """It has nothing to say: raises `EngineFailed`."""
        raise EngineFailed
        yield Piece("", ())


@dataclass(frozen=True)
class Example:
    """A prompt, and what should be written for it, with the id that ends an answer."""

    record: Record
    prompt: TokenIds
    answers: tuple[TokenIds, ...]
    """The answer; or the better and the worse one."""


class Prompter:
    """Makes examples for one model."""

    def __init__(self, folder: Path, clearing: Clearing) -> None:
        """Raises TrainingError if the folder is none of a model."""
        try:
            found = ModelFolder.find(str(folder))
            found.check()
            self.engine = Silent(found)
        except EngineError as error:
            raise TrainingError(str(error.notice)) from error
        self._clearing = clearing

    def example(self, record: Record) -> Example:
        """The prompt and the answers. Raises ValueError if the record holds personal data."""
        answers = tuple(self._answer(text) for text in (record.answer, record.chosen, record.rejected) if text)
        return Example(record, self._prompt(record, max(map(len, answers))).ids, answers)

    def too_long(self, record: Record) -> bool:
        """Whether it does not fit the model's window.

        To continue, the bot leaves the oldest passages of a long story out, and so do we; the answer and the passage
        before it must fit. To refine and explain, all of it must.
        """
        answer = max(len(self._answer(text)) for text in (record.answer, record.chosen, record.rejected) if text)
        passages = [len(self.engine.encode(text)) + 1 for text in self._used(record)]
        needed = sum(passages[-1:] if record.task == "continue" else passages)
        around = len(self._prompt(record, answer, bare=True).ids)
        return around + needed + answer > self.engine.profile.window

    def window_told(self, record: Record) -> str:
        """A sentence for a record that is too long."""
        return (
            f"it is longer than the window of {self.engine.profile.name}, which is {self.engine.profile.window} tokens"
        )

    def _used(self, record: Record) -> tuple[str, ...]:
        alone = record.task == "refine" and self.engine.profile.form != "chat"
        return record.passages[-1:] if alone else record.passages

    def _answer(self, text: str) -> TokenIds:
        return (*self.engine.encode(self._clearing.cleared(text)), self.engine.end)

    def _prompt(self, record: Record, answer: int, *, bare: bool = False) -> Prompt:
        cleared = self._clearing.cleared
        story = Story(
            id=0,
            title=_or_nothing(record.title, self._clearing),
            premise=_or_nothing(record.premise, self._clearing),
            author=phrase("somebody"),
            ended=False,
            head=None,
            passages=len(record.passages),
        )
        lore = [Lore(n, cleared(name), cleared(fact)) for n, (name, fact) in enumerate(record.lore)]
        passages = [] if bare else self._passages(record)
        order = self._order(record, answer)
        return compose(self.engine, Material(story, lore, passages), order)

    def _passages(self, record: Record) -> list[Passage]:
        passages: list[Passage] = []
        before = 0
        for number, text in enumerate(record.passages, start=1):
            words = self._clearing.cleared(text)
            ids = self.engine.encode(words)
            passages.append(_passage(number, words, ids, before))
            before += len(ids) + 1  # the scale on which `core.pages` counts
        return passages

    def _order(self, record: Record, answer: int) -> Order:
        """As the operations give it; with more room if the answer needs more than the bot would leave."""
        words = _or_nothing(record.words, self._clearing)
        order = Order(Task(record.task), words, self._length(record))
        return Order(order.task, words, order.length, room=max(order.answer_tokens, answer))

    def _length(self, record: Record) -> int:
        if record.task == "refine":
            return len(record.passages[-1].split())
        if record.task == "explain":
            return _EXPLAIN_WORDS
        written = len((record.answer or record.chosen).split())
        return min(WORDS.values(), key=lambda words: abs(words - written))


def _passage(number: int, words: Cleared, ids: TokenIds, before: int) -> Passage:
    return Passage(
        id=number,
        number=number,
        parent=number - 1 or None,
        kind=Kind.CONTINUED,
        author_id=STORYTELLER,
        author=phrase("the storyteller"),
        text=words,
        before=before,
        ids=ids,
    )


def _or_nothing(text: str, clearing: Clearing) -> Cleared:
    return clearing.cleared(text) if text else phrase("")


def _end(folder: ModelFolder) -> int:
    """The id with which an answer ends. Raises `EngineFailed` if the model names none."""
    ids = folder.stop_ids()
    if not ids:
        raise EngineFailed
    return ids[0]
