"""The story stream: how a story and a request are laid out as tokens.

A stream is only ever appended to while a story grows, so that a server's prefix cache serves it: what the storyteller
was asked for stays in it, before the passage that it wrote.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from tokenizers import Tokenizer

from inference.training.tokenizer import END, END_OF_TEXT, SPECIAL_TOKENS, encode_texts

FORMAT = "storycircle-stream-2"
Task = Literal["continue", "refine", "explain", "recap", "name"]
TOKEN_IDS: dict[str, int] = {token: number for number, token in enumerate(SPECIAL_TOKENS)}


@dataclass(frozen=True)
class Piece:
    """A special token with the text that follows it, and how much its tokens count in the loss (0 to 100)."""

    token: str
    text: str = ""
    weight: int = 100


@dataclass(frozen=True)
class Written:
    """A passage that the storyteller wrote, behind what it was asked for."""

    asked: str
    text: str


@dataclass(frozen=True)
class Fact:
    """A fact that was noted at this point of the story."""

    name: str
    fact: str


@dataclass(frozen=True)
class Story:
    """What is known of a story: the last passage is the newest one. `lore` holds from its beginning on."""

    passages: tuple[str | Written | Fact, ...]
    title: str = ""
    summary: str = ""
    lore: tuple[tuple[str, str], ...] = field(default=())


def story_pieces(story: Story, weight: int = 100) -> list[Piece]:
    """Lay a story out, from ``<|endoftext|>`` to its last passage."""
    pieces = [Piece(END_OF_TEXT, "", 0), Piece("<|title|>", story.title.strip(), weight)]
    if story.summary:
        pieces.append(Piece("<|summary|>", story.summary.strip(), weight))
    pieces += [_fact(Fact(*each), weight) for each in story.lore]
    for passage in story.passages:
        if isinstance(passage, Fact):
            pieces.append(_fact(passage, weight))
        elif isinstance(passage, Written):
            pieces += task_pieces("continue", passage.asked, passage.text, weight)
        else:
            pieces.append(Piece("<|passage|>", passage.strip(), weight))
    return pieces


def _fact(fact: Fact, weight: int) -> Piece:
    return Piece("<|lore|>", f"{fact.name}: {fact.fact}".strip(), weight // 2)


def task_pieces(task: Task, asked: str, written: str, weight: int = 100) -> list[Piece]:
    """Lay out a task: what is asked, then what shall be written. All but "continue" only at the end of a stream."""
    return [Piece(f"<|{task}|>", asked.strip(), 0), Piece("<|write|>", written.strip(), weight), Piece(END, "", weight)]


def render(pieces: Iterable[Piece]) -> str:
    """The stream as one string, as the bot sends it."""
    return "".join(piece.token + piece.text for piece in pieces)


def encode(tokenizer: Tokenizer, documents: list[list[Piece]]) -> list[tuple[list[int], list[int]]]:
    """Token ids and loss weights of each document; text never turns into a special token.

    A special token that the program puts there itself has weight 0, all but ``<|passage|>`` and ``<|end|>``,
    which the model has to write in order to stop.
    """
    encoded = iter(encode_texts(tokenizer, [piece.text for pieces in documents for piece in pieces]))
    results = []
    for pieces in documents:
        ids: list[int] = []
        weights: list[int] = []
        for piece in pieces:
            text_ids = next(encoded)
            own_weight = piece.weight if piece.token in ("<|passage|>", END) else 0
            ids += [TOKEN_IDS[piece.token], *text_ids]
            weights += [own_weight, *[piece.weight] * len(text_ids)]
        results.append((ids, weights))
    return results
