"""The words of a model as token ids: encoding, decoding, control tokens.

Reads `tokenizer.json` with the `tokenizers` library alone, so that a vocabulary is there in milliseconds and long
before the model. It does not know chat templates (`inference.template`) or prompts (`core.prompts`).

A **control token** is one that steers the model, such as `<|write|>`, `<|im_start|>` or `<think>`: every added token
of the file except runs of white space, which some vocabularies add for the sake of source code.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from core.engine import TokenIds
from core.errors import EngineFailed
from core.wording import said

BLANKS = " \t\r\n▁"
"""What a run of white space is made of, in plain and in SentencePiece spelling."""

_TRIES = 4
"""Times that control tokens are looked for in a text until it has none; breaking one up may reveal another."""


class Vocabulary:
    """One model's tokens. Text can never become a control token, and a control token never becomes text."""

    def __init__(self, file: Path) -> None:
        raw = _read(file)
        self.fingerprint = hashlib.sha256(raw).hexdigest()[:16]
        try:
            self._plain, self._controls = _without_controls(json.loads(raw))
        except Exception as error:  # the library raises bare Exception, and so may a broken file anywhere in it
            raise EngineFailed(said("{file} is not a tokenizer file that I can read.", file=str(file))) from error
        self._control_ids = frozenset(self._controls.values())
        self._file = file

    def encode(self, text: str) -> TokenIds:
        """Token ids of plain text, without any control token and without a begin-of-text token."""
        ids = self._ids(text)
        if self._control_ids.isdisjoint(ids):
            return ids
        return tuple(i for letter in text for i in self._ids(letter) if i not in self._control_ids)

    def encode_markup(self, text: str) -> TokenIds:
        """Token ids of trusted text, such as a chat template, in which control tokens are meant."""
        return tuple(self._whole.encode(text, add_special_tokens=False).ids)

    def defused(self, text: str) -> str:
        """`text` in which no name of a control token is whole, for whoever must send text and not token ids.

        The model's own tokenizer is asked, so that names are found however they are spelt; a blank is put into each.
        """
        for _ in range(_TRIES):
            written = self._whole.encode(text, add_special_tokens=False)
            cuts = {
                a + 1
                for i, (a, b) in zip(written.ids, written.offsets, strict=True)
                if i in self._control_ids and a < b
            }
            cuts |= {at + 1 for name in self._controls for at in _places(name, text)}
            if not cuts:
                return text
            text = "".join(f" {char}" if at in cuts else char for at, char in enumerate(text)) + " " * (
                len(text) in cuts
            )
        return " ".join(text)

    @cached_property
    def _whole(self) -> Tokenizer:
        """The tokenizer with its control tokens."""
        return Tokenizer.from_file(str(self._file))

    def decode(self, ids: Sequence[int]) -> str:
        """The text of token ids, control tokens left out."""
        return self._plain.decode(self.plain(ids), skip_special_tokens=False)

    def control(self, name: str) -> int:
        """The id of one control token. Raises KeyError if there is none of that name."""
        return self._controls[name]

    def plain(self, ids: Sequence[int]) -> list[int]:
        """The same ids without control tokens."""
        return [i for i in ids if i not in self._control_ids]

    def reader(self) -> "Reader":
        """A decoder for ids that arrive little by little."""
        return Reader(self, self._plain)

    def _ids(self, text: str) -> TokenIds:
        return tuple(self._plain.encode(text, add_special_tokens=False).ids)


@dataclass
class Reader:
    """Turns arriving ids into text that adds up to what `decode` would say of all of them.

    A character whose bytes are spread over several tokens is held back until it is whole.
    """

    vocabulary: Vocabulary
    tokenizer: Tokenizer
    _stream: DecodeStream = field(default_factory=lambda: DecodeStream(skip_special_tokens=False))
    _ids: list[int] = field(default_factory=list)
    _said: str = ""

    def read(self, ids: Sequence[int], *, last: bool = False) -> str:
        """The text that these ids add. With `last`, also what was held back."""
        plain = self.vocabulary.plain(ids)
        self._ids += plain
        text = "".join(self._stream.step(self.tokenizer, i) or "" for i in plain)
        self._said += text
        return text + self._rest() if last else text

    def _rest(self) -> str:
        whole = self.vocabulary.decode(self._ids)
        return whole[len(self._said) :] if whole.startswith(self._said) else ""


def _places(name: str, text: str) -> Iterator[int]:
    at = text.find(name)
    while at >= 0:
        yield at
        at = text.find(name, at + 1)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise EngineFailed(
            said("No tokenizer at {file}. A model folder needs a tokenizer.json.", file=str(file))
        ) from error


def _without_controls(data: dict[str, Any]) -> tuple[Tokenizer, dict[str, int]]:
    """A tokenizer that has never heard of the control tokens, and the control tokens by name."""
    added = data["added_tokens"]
    blanks = [token for token in added if not token["content"].strip(BLANKS)]
    controls = {token["content"]: int(token["id"]) for token in added if token not in blanks}
    plain = {**data, "added_tokens": blanks, "truncation": None, "padding": None}
    return Tokenizer.from_str(json.dumps(plain)), controls
