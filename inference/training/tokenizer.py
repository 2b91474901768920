"""The storyteller's tokenizer: byte-level BPE whose special tokens no text can produce."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from inference.training.errors import TrainingError

END_OF_TEXT = "<|endoftext|>"
PAD = "<|pad|>"
END = "<|end|>"
SPECIAL_TOKENS: tuple[str, ...] = (
    END_OF_TEXT,
    PAD,
    "<|title|>",
    "<|lore|>",
    "<|summary|>",
    "<|passage|>",
    "<|continue|>",
    "<|refine|>",
    "<|explain|>",
    "<|recap|>",
    "<|name|>",
    "<|label|>",
    "<|write|>",
    END,
    *(f"<|reserved_{number}|>" for number in range(16)),
)
"""Every special token; its place here is its id."""


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Learn a tokenizer of at most ``vocab_size`` ids that decodes every Unicode text exactly.

    All 256 bytes are in the vocabulary, so no text is unknown to it. Every digit is a token of its own.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def load_tokenizer(path: Path) -> Tokenizer:
    """Open a trained tokenizer so that it reads special strings in a text as ordinary characters.

    Raises TrainingError if the file is missing or is not a tokenizer.
    """
    if not path.is_file():
        raise TrainingError(f"There is no tokenizer at {path}: run the tokenizer command first.")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the tokenizers library raises a bare Exception
        raise TrainingError(f"The tokenizer at {path} cannot be read: {error}.") from error
    tokenizer.encode_special_tokens = True
    return tokenizer


def encode_texts(tokenizer: Tokenizer, texts: list[str]) -> Iterator[list[int]]:
    """Encode each text as ordinary characters: ``<|write|>`` in a text is eight or so plain tokens."""
    tokenizer.encode_special_tokens = True
    for encoding in tokenizer.encode_batch(texts, add_special_tokens=False):
        yield encoding.ids
