"""The chat template of an instruct model, rendered once and cut where our words go.

The template's text becomes tokens by itself, and so do the rules and people's words between its pieces: whatever
somebody writes, it stays plain text. A conversation that is put together from these pieces grows at its end only, also
where the template would draw an earlier answer otherwise than the one that is being written (as Qwen3's does).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from core.engine import Frame, TokenIds
from core.errors import EngineError, EngineFailed
from core.wording import said
from inference.tokens import Vocabulary

RULES, FIRST, ANSWER, NEXT = "RULES-GO-HERE", "FIRST-WORDS-GO-HERE", "ANSWER-GOES-HERE", "NEXT-WORDS-GO-HERE"


@dataclass(frozen=True)
class ChatTemplate:
    """What stands before the rules, between rules and words, after words, and between an answer and the next words."""

    vocabulary: Vocabulary
    before: TokenIds
    between: TokenIds
    after: TokenIds
    back: TokenIds
    gap: str = ""
    """Plain text between rules and words, for models that know no system text."""

    @classmethod
    def load(cls, path: Path, vocabulary: Vocabulary) -> "ChatTemplate":
        """Read the template of a model folder. Slow: imports transformers.

        Raises `EngineFailed` if there is none, or it cannot hold a conversation.
        """
        from transformers import AutoTokenizer  # noqa: PLC0415  seconds of import, only for models of the chat form

        tokenizer = AutoTokenizer.from_pretrained(str(path), local_files_only=True)
        if not tokenizer.chat_template:
            raise EngineFailed(
                said("The model in {path} has no chat template, so I do not know how to ask it.", path=str(path))
            )

        def render(*messages: dict[str, str]) -> str:
            return str(
                tokenizer.apply_chat_template(
                    list(messages), tokenize=False, add_generation_prompt=True, enable_thinking=False
                )
            )

        system, *talk = (
            {"role": role, "content": text}
            for role, text in (("system", RULES), ("user", FIRST), ("assistant", ANSWER), ("user", NEXT))
        )
        try:
            return cls._cut(vocabulary, render(system, *talk))
        except Exception:  # templates refuse a system text in ways of their own, or put it elsewhere
            try:
                return cls._cut_folded(vocabulary, render(*talk))
            except Exception as error:
                raise EngineFailed(
                    said(
                        "The chat template of the model in {path} cannot hold a conversation of users and assistant.",
                        path=str(path),
                    )
                ) from error

    @classmethod
    def _cut(cls, vocabulary: Vocabulary, text: str) -> "ChatTemplate":
        before, between, _, back, after = _around(text, RULES, FIRST, ANSWER, NEXT)
        markup = vocabulary.encode_markup
        return cls(vocabulary, markup(before), markup(between), markup(after), markup(back))

    @classmethod
    def _cut_folded(cls, vocabulary: Vocabulary, text: str) -> "ChatTemplate":
        before, _, back, after = _around(text, FIRST, ANSWER, NEXT)
        markup = vocabulary.encode_markup
        return cls(vocabulary, markup(before), (), markup(after), markup(back), gap="\n\n")

    def frame(self, rules: str) -> Frame:
        """The ids between the texts of a conversation under these rules."""
        words = self.vocabulary.encode(rules + self.gap)
        return Frame(before=self.before + words + self.between, after=self.after, back=self.back)


def _around(text: str, *marks: str) -> list[str]:
    """What stands before, between and after the marks. Raises ValueError unless each is there once, in this order."""
    places = [text.index(mark) for mark in marks]
    if places != sorted(places) or any(text.count(mark) != 1 for mark in marks):
        raise ValueError
    borders = [0, *(place for at, mark in zip(places, marks, strict=True) for place in (at, at + len(mark))), len(text)]
    return [text[a:b] for a, b in list(pairwise(borders))[::2]]


class Worded:
    """What an engine's vocabulary and chat template answer, however it writes."""

    _vocabulary: Vocabulary
    _template: ChatTemplate | None
    """None for the stream form, and while the engine is not awake."""

    def encode(self, text: str) -> TokenIds:
        """Token ids of plain text. Never contains a control token."""
        return self._vocabulary.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of token ids, control tokens left out."""
        return self._vocabulary.decode(ids)

    def control(self, name: str) -> int:
        """The id of one control token. Raises KeyError if the model has no such token."""
        return self._vocabulary.control(name)

    def frame(self, rules: str) -> Frame:
        """What the chat template puts between texts. Only for the chat form, after `ready()`."""
        if self._template is None:
            raise EngineError(said("This model has no chat template, or is not awake yet."))
        return self._template.frame(rules)
