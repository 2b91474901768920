"""The chat template of an instruct model, rendered once and cut where our words go.

The template's text becomes tokens by itself, and so do the rules and the contributor's words between its pieces:
whatever somebody writes, it stays plain text.
"""

from dataclasses import dataclass
from pathlib import Path

from core.engine import Frame, TokenIds
from core.errors import EngineFailed
from core.wording import said
from inference.tokens import Vocabulary

RULES, WORDS = "RULES-GO-HERE", "WORDS-GO-HERE"


@dataclass(frozen=True)
class ChatTemplate:
    """What stands before the rules, between rules and words, and after the words."""

    vocabulary: Vocabulary
    before: TokenIds
    between: TokenIds
    after: TokenIds
    gap: str = ""
    """Plain text between rules and words, for models that know no system text."""

    @classmethod
    def load(cls, path: Path, vocabulary: Vocabulary) -> "ChatTemplate":
        """Read the template of a model folder. Slow: imports transformers. Raises `EngineFailed` if there is none."""
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

        system, user = {"role": "system", "content": RULES}, {"role": "user", "content": WORDS}
        try:
            return cls._cut(vocabulary, render(system, user))
        except Exception:  # templates refuse a system text in ways of their own
            return cls._cut_folded(vocabulary, render(user))

    @classmethod
    def _cut(cls, vocabulary: Vocabulary, text: str) -> "ChatTemplate":
        before, rest = text.split(RULES)
        between, after = rest.split(WORDS)
        markup = vocabulary.encode_markup
        return cls(vocabulary, markup(before), markup(between), markup(after))

    @classmethod
    def _cut_folded(cls, vocabulary: Vocabulary, text: str) -> "ChatTemplate":
        before, after = text.split(WORDS)
        return cls(vocabulary, vocabulary.encode_markup(before), (), vocabulary.encode_markup(after), gap="\n\n")

    def frame(self, rules: str) -> Frame:
        """The ids around one user message."""
        words = self.vocabulary.encode(rules + self.gap)
        return Frame(before=self.before + words + self.between, after=self.after)
